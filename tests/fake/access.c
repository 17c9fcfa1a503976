/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Accesses: what may be touched how, copies with fault, fetch counts, and
 * the signal handler that turns a wrong touch into words.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "internal.h"

void (*fake_after_fetch)(uint64_t gpa, void *bytes, size_t n);

struct rmp_place fake_place(uint64_t gpa)
{
	uint64_t spa = fake_spa(gpa);
	const struct rmp_entry *entry = rmp_entry_of(&fake.rmp, spa);

	return (struct rmp_place){ .gpa = gpa, .spa = spa,
		.npt_size = entry->size };
}

struct rmp_outcome fake_check(uint64_t gpa, bool private, bool write,
		unsigned vmpl)
{
	struct rmp_access access = {
		.who = RMP_WHO_SNP_GUEST,
		.kind = write ? RMP_WRITE : RMP_READ,
		.private = private,
		.guest = { .asid = FAKE_ASID, .vmpl = vmpl },
		.place = fake_place(gpa),
	};

	return rmp_check(&fake.rmp, &access);
}

bool fake_untrusted(uint64_t gpa, bool private)
{
	const struct rmp_entry *entry = fake_rmp(gpa);
	unsigned perms;

	if (!private)
		return true;
	perms = fake_tlb_stale(gpa);
	for (unsigned v = 1; v < RMP_VMPLS; v++)
		perms |= entry->perms[v];
	return perms & RMP_PERM_WRITE;
}

/* ------------------------------------------------------------------ copies */

enum side_kind {
	PLAIN,		/* memory of the process: our .data, heap, stack */
	MANAGED,
	FAULT,
};

struct side {
	enum side_kind kind;
	uint8_t *bytes;
	uint64_t gpa;
	size_t room;	/* to the end of the page; of plain memory, no less
			 * than what is copied */
	bool private;
};

static bool is_managed(uintptr_t va)
{
	return svsm_range_has(&fake.config.region, svsm_gpa(va)) ||
		va - (uintptr_t)fake.window < fake.config.window_bytes;
}

/* False: #VC "not validated". Does not return when the access never ends. */
static bool allowed(const struct side *side, bool write)
{
	struct rmp_outcome out = fake_check(side->gpa, side->private, write, 0);

	if (out.exit == RMP_EXIT_NONE)
		return true;
	if (out.exit == RMP_EXIT_VC)
		return false;
	fake_end(FAKE_STALL);
}

/*
 * Plain memory has no pages of interest: where it lies, which is by chance,
 * does not cut a copy of one guest page in two.
 */
static struct side resolve(const void *p, size_t n, bool write)
{
	uintptr_t va = (uintptr_t)p;
	const struct mapping *map = fake_mapping_find(va);
	struct side side = { .kind = PLAIN, .bytes = (uint8_t *)va,
		.room = SVSM_PAGE_BYTES - (va & SVSM_PAGE_MASK) };

	if (!is_managed(va)) {
		while (side.room < n && !is_managed(va + side.room))
			side.room += SVSM_PAGE_BYTES;
		return side;
	}
	side.kind = FAULT;
	if (!map || map->absent || (write && !map->writable))
		return side;
	side.gpa = map->gpa + (va - map->va);
	side.private = map->private;
	side.bytes = side.private ? fake_peek_private(side.gpa) :
		fake_peek_shared(side.gpa);
	if (allowed(&side, write))
		side.kind = MANAGED;
	return side;
}

static void count_fetch(const struct side *side, size_t n)
{
	enum view view = side->private ? VIEW_PRIVATE : VIEW_SHARED;

	fake.fetched_page[view][side->gpa / SVSM_PAGE_BYTES] = 1;
	for (size_t i = 0; i < n; i++) {
		uint8_t *count = &fake.fetches[view][side->gpa + i];

		*count = (uint8_t)(*count + (*count < 255));
	}
}

static void copy_chunk(const struct side *dst, const struct side *src, size_t n)
{
	memcpy(dst->bytes, src->bytes, n);
	if (src->kind != MANAGED || !fake_untrusted(src->gpa, src->private))
		return;
	count_fetch(src, n);
	if (fake_after_fetch)
		fake_after_fetch(src->gpa, src->bytes, n);
}

static bool copy(uint8_t *dst, const uint8_t *src, size_t n)
{
	while (n) {
		struct side to = resolve(dst, n, true);
		struct side from = resolve(src, n, false);
		size_t step = n;

		if (to.kind == FAULT || from.kind == FAULT)
			return false;
		step = step < to.room ? step : to.room;
		step = step < from.room ? step : from.room;
		copy_chunk(&to, &from, step);
		dst += step;
		src += step;
		n -= step;
	}
	return true;
}

bool svsm_plat_copy(void *dst, const void *src, size_t n)
{
	bool done;

	fake_seam(1);
	fake_lock();
	fake.count.copies++;
	done = copy(dst, src, n);
	fake_unlock();
	return done;
}

/* ------------------------------------------------------------ fetch counts */

static void each_fetched_page(void (*fn)(enum view view, uint64_t gpa,
		void *ctx), void *ctx)
{
	for (int view = VIEW_PRIVATE; view <= VIEW_SHARED; view++) {
		for (uint64_t p = 0; p < fake.bytes / SVSM_PAGE_BYTES; p++) {
			if (fake.fetched_page[view][p])
				fn((enum view)view, p * SVSM_PAGE_BYTES, ctx);
		}
	}
}

static void forget(enum view view, uint64_t gpa, void *ctx)
{
	(void)ctx;
	memset(fake.fetches[view] + gpa, 0, SVSM_PAGE_BYTES);
	fake.fetched_page[view][gpa / SVSM_PAGE_BYTES] = 0;
}

void fake_fetch_reset(void)
{
	each_fetched_page(forget, NULL);
}

struct most {
	unsigned count;
	uint64_t gpa;
};

static void find_most(enum view view, uint64_t gpa, void *ctx)
{
	struct most *most = ctx;

	for (uint64_t i = gpa; i < gpa + SVSM_PAGE_BYTES; i++) {
		if (fake.fetches[view][i] > most->count) {
			most->count = fake.fetches[view][i];
			most->gpa = i;
		}
	}
}

unsigned fake_fetch_max(uint64_t *gpa)
{
	struct most most = { 0 };

	each_fetched_page(find_most, &most);
	if (gpa)
		*gpa = most.gpa;
	return most.count;
}

unsigned fake_fetch_count(uint64_t gpa, bool private)
{
	return fake.fetches[private ? VIEW_PRIVATE : VIEW_SHARED][gpa];
}

/* ---------------------------------------------------------- guest accesses */

static bool guest_may(uint64_t gpa, bool write)
{
	unsigned vmpl = fake.config.guest_vmpl;
	unsigned perm = write ? RMP_PERM_WRITE : RMP_PERM_READ;
	const struct rmp_entry *entry;

	if (gpa >= fake.bytes)
		return false;
	entry = fake_rmp(gpa);
	if (!entry->validated || !entry->assigned)
		return false;
	/* A translation that no flush has dropped still works. */
	if (fake_tlb_stale(gpa) & perm)
		return true;
	return fake_check(gpa, true, write, vmpl).exit == RMP_EXIT_NONE;
}

/* From @at on, what lies in one page: at most @n bytes. */
static size_t in_page(uint64_t at, size_t n)
{
	size_t room = SVSM_PAGE_BYTES - (at & SVSM_PAGE_MASK);

	return n < room ? n : room;
}

static bool guest_access(uint64_t gpa, void *bytes, size_t n, bool write)
{
	bool ok = true;
	uint8_t *p = bytes;
	size_t step;

	fake_lock();
	for (size_t i = 0; i < n && ok; i += in_page(gpa + i, n - i))
		ok = guest_may(gpa + i, write);
	for (size_t i = 0; i < n && ok; i += step) {
		uint8_t *there = fake_peek_private(gpa + i);

		step = in_page(gpa + i, n - i);
		if (write)
			memcpy(there, p + i, step);
		else
			memcpy(p + i, there, step);
	}
	fake_unlock();
	return ok;
}

bool fake_guest_read(uint64_t gpa, void *dst, size_t n)
{
	return guest_access(gpa, dst, n, false);
}

bool fake_guest_write(uint64_t gpa, const void *src, size_t n)
{
	return guest_access(gpa, (void *)(uintptr_t)src, n, true);
}

/* ----------------------------------------------------------------- signals */

static struct sigaction old_segv;

/* A plain access that the mapping did not allow. */
static void explain(uintptr_t va, bool write)
{
	const struct mapping *map = fake_mapping_find(va);
	uint64_t gpa;

	if (!map || map->absent)
		fake_violation("#PF: nothing mapped at %#lx",
				(unsigned long)va);
	gpa = map->gpa + (va - map->va);
	if (fake_check(gpa, map->private, write, 0).exit == RMP_EXIT_VC)
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	if (fake_untrusted(gpa, map->private))
		fake_violation("plain access to %s page %#lx, which others "
			       "can write: use svsm_plat_copy()",
				map->private ? "private" : "shared",
				(unsigned long)gpa);
	if (write && !map->writable)
		fake_violation("#PF: write to read-only %#lx",
				(unsigned long)va);
	fake_end(FAKE_STALL);
}

/* Nothing tells the fake that a VMSA has forgotten its TLB: it looks now. */
static bool is_settled(uintptr_t va)
{
	const struct mapping *map = fake_mapping_find(va);

	return map && !map->absent && map->private &&
		fake_tlb_settle(map->gpa + (va - map->va));
}

static void on_segv(int number, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	uintptr_t va = (uintptr_t)info->si_addr;

	if (fake.running && is_managed(va)) {
		if (is_settled(va))
			return;
		explain(va, uc->uc_mcontext.gregs[REG_ERR] & 2);
	}
	if (old_segv.sa_flags & SA_SIGINFO)
		old_segv.sa_sigaction(number, info, context);
	sigaction(SIGSEGV, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

void fake_signals_install(void)
{
	static bool done;
	struct sigaction action = { .sa_sigaction = on_segv,
		.sa_flags = SA_SIGINFO | SA_NODEFER };

	if (!done)
		sigaction(SIGSEGV, &action, &old_segv);
	done = true;
}
