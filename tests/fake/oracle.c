/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The common oracle of the hostile cases.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define MAX_CHECKS	8
#define MAX_PLANTED	8
#define LOG_BYTES	(64 * 1024)

const uint8_t fake_canary[16] = {
	0xc4, 0x9e, 0x11, 0xfa, 0x6d, 0x28, 0xb7, 0x03,
	0x5a, 0xe0, 0x8c, 0x71, 0xd9, 0x46, 0x3f, 0xb2,
};

static void (*checks[MAX_CHECKS])(void);
static size_t check_count;
static uint64_t planted[MAX_PLANTED];
static size_t planted_count;
static unsigned exits_before;
static struct fake_part vcpu_part;
static unsigned vcpu_steps;
static char log_text[LOG_BYTES];
static size_t log_len;

void fake_oracle_reset(void)
{
	check_count = 0;
	vcpu_steps = 0;
	planted_count = 0;
	exits_before = 0;
	log_len = 0;
}

void fake_oracle_add(void (*check)(void))
{
	if (check_count == MAX_CHECKS)
		fake_violation("too many oracle checks");
	checks[check_count++] = check;
}

void fake_oracle_vcpu(unsigned index, uint32_t apic_id,
		void (*call)(void *arg), void *arg, unsigned steps)
{
	vcpu_part = (struct fake_part){ .index = index, .apic_id = apic_id,
		.fn = call, .arg = arg };
	vcpu_steps = steps;
}

void fake_oracle_log(const char *text, size_t len)
{
	if (len > LOG_BYTES - log_len)
		len = LOG_BYTES - log_len;
	memcpy(log_text + log_len, text, len);
	log_len += len;
}

void fake_plant(uint64_t region_off)
{
	uint64_t gpa = fake.config.region.start.v + region_off;
	uint8_t *page = fake_peek_private(gpa);

	if (planted_count == MAX_PLANTED)
		fake_violation("too many planted pages");
	for (size_t i = 0; i < SVSM_PAGE_BYTES; i += sizeof(fake_canary))
		memcpy(page + i, fake_canary, sizeof(fake_canary));
	planted[planted_count++] = gpa;
}

/* O1: nobody wrote where nothing may be written. */
static void check_planted(void)
{
	for (size_t p = 0; p < planted_count; p++) {
		const uint8_t *page = fake_peek_private(planted[p]);

		for (size_t i = 0; i < SVSM_PAGE_BYTES;
				i += sizeof(fake_canary)) {
			if (memcmp(page + i, fake_canary,
				   sizeof(fake_canary)) != 0)
				fake_violation("O1: SVSM page %#lx changed",
						(unsigned long)planted[p]);
		}
	}
}

static bool has_canary(const void *bytes, size_t len)
{
	return memmem(bytes, len, fake_canary, sizeof(fake_canary)) != NULL;
}

/* Only pages that hold data at all: the files are sparse. */
static void each_page(enum view view, void (*fn)(uint64_t at))
{
	off_t at = 0;

	for (;;) {
		off_t end;

		at = lseek(fake.file[view], at, SEEK_DATA);
		if (at < 0)
			return;
		end = lseek(fake.file[view], at, SEEK_HOLE);
		for (; at < end; at += (off_t)SVSM_PAGE_BYTES)
			fn((uint64_t)at);
	}
}

static void check_shared_page(uint64_t at)
{
	if (has_canary(fake.alias[VIEW_SHARED] + at, SVSM_PAGE_BYTES))
		fake_violation("O2: canary in shared page %#lx",
				(unsigned long)at);
}

static bool lower_access(const struct rmp_entry *entry)
{
	return entry->assigned &&
		(entry->perms[1] | entry->perms[2] | entry->perms[3]);
}

static void check_private_page(uint64_t spa)
{
	const struct rmp_entry *entry = rmp_entry_of(&fake.rmp, spa);

	if (lower_access(entry) && has_canary(fake.alias[VIEW_PRIVATE] + spa,
			SVSM_PAGE_BYTES))
		fake_violation("O2: canary in guest page %#lx",
				(unsigned long)spa);
}

static void check_log(void)
{
	if (has_canary(log_text, log_len))
		fake_violation("O2: canary in the log");
}

/* O3 of one page of the region: shared on purpose, or ours alone. */
static void check_region_page(uint64_t gpa)
{
	const struct rmp_entry *entry = fake_rmp(gpa);

	if (lower_access(entry) && !entry->vmsa)
		fake_violation("O3: SVSM page %#lx is open to lower VMPLs",
				(unsigned long)gpa);
}

static void check_vmsas(void)
{
	for (uint64_t p = 0; p < fake.rmp.pages; p++) {
		const struct rmp_entry *entry = &fake.rmp.entry[p];

		if (entry->vmsa && ((entry->perms[1] | entry->perms[2] |
				entry->perms[3]) & RMP_PERM_WRITE))
			fake_violation("O3: VMSA in page %#lx is writable",
					(unsigned long)p);
	}
}

/* A GPA validated in two frames: the host can then switch between them. */
static void check_validated_once(void)
{
	uint64_t pages = fake.bytes / SVSM_PAGE_BYTES;
	uint8_t *seen = calloc(pages, 1);

	if (!seen)
		fake_violation("no memory for the oracle");
	for (uint64_t p = 0; p < fake.rmp.pages; p++) {
		const struct rmp_entry *entry = &fake.rmp.entry[p];

		if (entry->validated && seen[entry->gpa / SVSM_PAGE_BYTES]++)
			fake_violation("O3: %#lx is validated twice",
					(unsigned long)entry->gpa);
	}
	free(seen);
}

static void check_rmp(void)
{
	const struct svsm_range *region = &fake.config.region;
	struct rmp_breach breach;

	if (!rmp_check_invariants(&fake.rmp, &breach))
		fake_violation("O3: page %#lx: %s",
				(unsigned long)breach.page, breach.text);
	check_vmsas();
	check_validated_once();
	for (uint64_t gpa = region->start.v; gpa < svsm_range_end(region);
			gpa += SVSM_PAGE_BYTES)
		check_region_page(gpa);
}

/* O5: whatever happened, another vCPU is served, and in time. */
static void check_vcpu(void)
{
	struct fake_schedule one = { .part = &vcpu_part, .parts = 1,
		.limit = vcpu_steps };

	if (!vcpu_steps)
		return;
	fake_schedule_run(&one);
	if (vcpu_part.reason != FAKE_NO_TERMINATION)
		fake_violation("O5: another vCPU's call ends the VM, reason %d",
				vcpu_part.reason);
}

void fake_oracle(unsigned exit_budget)
{
	unsigned exits;

	check_vcpu();
	exits = fake.count.exits - exits_before;
	fake_lock();
	check_planted();
	each_page(VIEW_SHARED, check_shared_page);
	each_page(VIEW_PRIVATE, check_private_page);
	check_log();
	check_rmp();
	for (size_t i = 0; i < check_count; i++)
		checks[i]();
	if (exits > exit_budget)
		fake_violation("O6: %u exits, budget %u", exits, exit_budget);
	exits_before = fake.count.exits;
	fake_unlock();
}
