/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Setting the machine up: memory files, RMP, the SVSM's region.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

struct machine fake;

_Noreturn void fake_violation(const char *fmt, ...)
{
	va_list args;

	fputs("fake: VIOLATION: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}

static void *reserve(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		fake_violation("no address space for %zu bytes", len);
	return p;
}

void fake_map_file(uintptr_t va, enum view view, uint64_t at, uint64_t len,
		int prot)
{
	void *p = mmap((void *)va, len, prot, MAP_SHARED | MAP_FIXED,
			fake.file[view], (off_t)at);

	if (p == MAP_FAILED)
		fake_violation("mmap of %#lx failed", (unsigned long)va);
}

static void make_view(enum view view, const char *name)
{
	void *p;

	fake.file[view] = memfd_create(name, MFD_CLOEXEC);
	if (fake.file[view] < 0 ||
			ftruncate(fake.file[view], (off_t)fake.bytes) != 0)
		fake_violation("no memory file");
	p = mmap(NULL, fake.bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, fake.file[view], 0);
	if (p == MAP_FAILED)
		fake_violation("memory file cannot be mapped");
	fake.alias[view] = p;
	fake.fetches[view] = reserve(fake.bytes);
	fake.fetched_page[view] = reserve(fake.bytes / SVSM_PAGE_BYTES);
}

/* The window area is found at a multiple of 2 MiB inside a larger one. */
static void make_windows(void)
{
	size_t len = fake.config.window_bytes + SVSM_HUGE_BYTES;
	uint64_t aligned;
	uint8_t *p = mmap(NULL, len, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED || !svsm_align_up((uintptr_t)p, SVSM_HUGE_BYTES,
			&aligned))
		fake_violation("no window area");
	fake.window = (uint8_t *)(uintptr_t)aligned;
}

static void make_region(void)
{
	const struct svsm_range *region = &fake.config.region;
	void *p = mmap((void *)(uintptr_t)region->start.v, region->len,
			PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != (void *)(uintptr_t)region->start.v)
		fake_violation("address of the region is taken");
	fake_mapping_set(&(struct mapping){ .va = region->start.v,
			.gpa = region->start.v, .len = region->len,
			.private = true, .writable = true });
	fake_make_svsm(region->start.v, region->len);
}

static void assign(uint64_t start, uint64_t end, enum rmp_page_size size)
{
	uint64_t step = size == RMP_2M ? RMP_LARGE_BYTES : RMP_PAGE_BYTES;

	for (uint64_t gpa = start; gpa < end; gpa += step) {
		struct rmp_operand op = { .gpa = gpa, .asid = FAKE_ASID,
			.size = size, .assigned = true };

		if (rmp_rmpupdate(&fake.rmp, 0, gpa, &op).code != RMP_SUCCESS)
			fake_violation("RMPUPDATE of %#lx", (unsigned long)gpa);
	}
}

static void make_rmp(void)
{
	const struct svsm_range *region = &fake.config.region;
	uint64_t pages = fake.bytes / SVSM_PAGE_BYTES;
	enum rmp_page_size size = fake.config.state == FAKE_INVALID_2M ?
		RMP_2M : RMP_4K;

	fake.entries = reserve(pages * sizeof(*fake.entries));
	fake.frame = reserve(pages * sizeof(*fake.frame));
	fake.stale = reserve(pages);
	fake.stale_vmsas = reserve(pages * sizeof(*fake.stale_vmsas));
	fake.nested = reserve(pages * sizeof(*fake.nested));
	for (uint64_t i = 0; i < pages; i++)
		fake.frame[i] = (uint32_t)i;
	rmp_init(&fake.rmp, fake.entries, pages);
	assign(region->start.v, svsm_range_end(region), RMP_4K);
	if (fake.config.state == FAKE_SHARED)
		return;
	for (uint64_t gpa = 0; gpa < fake.config.memory;
			gpa += SVSM_HUGE_BYTES) {
		if (!svsm_range_has(region, svsm_gpa(gpa)))
			assign(gpa, gpa + SVSM_HUGE_BYTES, size);
	}
}

static void check_config(const struct fake_config *config)
{
	if (!svsm_range_is_aligned(&config->region, SVSM_HUGE_BYTES) ||
			!svsm_is_aligned(config->memory, SVSM_HUGE_BYTES))
		fake_violation("memory and region go in 2 MiB steps");
}

void fake_setup_with(const struct fake_config *config)
{
	uint64_t region_end = svsm_range_end(&config->region);

	if (fake.running)
		fake_teardown();
	check_config(config);
	memset(&fake, 0, sizeof(fake));
	fake.config = *config;
	fake.bytes = config->memory > region_end ? config->memory : region_end;
	fake_cpus_reset();
	fake_tlb_reset();
	fake_mapping_reset();
	make_view(VIEW_PRIVATE, "fake-private");
	make_view(VIEW_SHARED, "fake-shared");
	make_windows();
	make_rmp();
	make_region();
	fake_host_reset();
	fake_oracle_reset();
	fake_signals_install();
	memset(&fake.count, 0, sizeof(fake.count));
	fake.running = true;
}

void fake_setup(void)
{
	fake_setup_with(&(struct fake_config){ FAKE_DEFAULTS });
}

static void drop_view(enum view view)
{
	munmap(fake.alias[view], fake.bytes);
	munmap(fake.fetches[view], fake.bytes);
	munmap(fake.fetched_page[view], fake.bytes / SVSM_PAGE_BYTES);
	close(fake.file[view]);
}

void fake_teardown(void)
{
	uint64_t pages = fake.bytes / SVSM_PAGE_BYTES;

	if (!fake.running)
		return;
	munmap((void *)(uintptr_t)fake.config.region.start.v,
			fake.config.region.len);
	munmap(fake.window, fake.config.window_bytes);
	drop_view(VIEW_PRIVATE);
	drop_view(VIEW_SHARED);
	munmap(fake.entries, pages * sizeof(*fake.entries));
	munmap(fake.frame, pages * sizeof(*fake.frame));
	munmap(fake.stale, pages);
	munmap(fake.stale_vmsas, pages * sizeof(*fake.stale_vmsas));
	munmap(fake.nested, pages * sizeof(*fake.nested));
	fake_mapping_reset();
	fake.running = false;
}

uint64_t fake_cbit_mask(void)
{
	return 1ull << fake.config.cbit;
}

void *fake_window_area(void)
{
	return fake.window;
}

/* Behind the windows, before what fake_map() uses. */
void *fake_arena(void)
{
	return fake.window + fake.config.window_bytes / 2;
}

void *fake_region(uint64_t off)
{
	if (off >= fake.config.region.len)
		fake_violation("offset %#lx is behind the region",
				(unsigned long)off);
	return (void *)(uintptr_t)(fake.config.region.start.v + off);
}

uint64_t fake_spa(uint64_t gpa)
{
	return (uint64_t)fake.frame[gpa / SVSM_PAGE_BYTES] * SVSM_PAGE_BYTES +
		(gpa & SVSM_PAGE_MASK);
}

void *fake_peek_private(uint64_t gpa)
{
	return gpa < fake.bytes ? fake.alias[VIEW_PRIVATE] + fake_spa(gpa) :
		NULL;
}

void *fake_peek_shared(uint64_t gpa)
{
	return gpa < fake.bytes ? fake.alias[VIEW_SHARED] + gpa : NULL;
}

struct rmp_entry *fake_rmp(uint64_t gpa)
{
	return gpa < fake.bytes ? rmp_entry_of(&fake.rmp, fake_spa(gpa)) : NULL;
}

unsigned fake_perms(uint64_t gpa, unsigned vmpl)
{
	const struct rmp_entry *entry = fake_rmp(gpa);

	return entry && entry->validated ? entry->perms[vmpl] : 0;
}

/* Straight into the table: as if it had happened before the test began. */
static void put_state(uint64_t gpa, uint64_t len, bool valid, uint8_t perms)
{
	if (!fake_host_assign(gpa, len, true))
		fake_violation("%#lx cannot be private", (unsigned long)gpa);
	for (uint64_t at = gpa; at < gpa + len; at += SVSM_PAGE_BYTES) {
		struct rmp_entry *entry = fake_rmp(at);

		entry->validated = valid;
		for (unsigned v = 1; v < RMP_VMPLS; v++)
			entry->perms[v] = v <= fake.config.guest_vmpl ?
				perms : 0;
		if (valid && fake.running)	/* a new machine's are zero */
			memset(fake_peek_private(at), 0, SVSM_PAGE_BYTES);
	}
	fake_mapping_refresh(gpa, len);
}

void fake_make_guest(uint64_t gpa, uint64_t len)
{
	put_state(gpa, len, true, RMP_PERM_READ | RMP_PERM_WRITE |
			RMP_PERM_EXEC_USER | RMP_PERM_EXEC_SUPER);
}

void fake_make_svsm(uint64_t gpa, uint64_t len)
{
	put_state(gpa, len, true, 0);
}

void fake_make_invalid(uint64_t gpa, uint64_t len)
{
	put_state(gpa, len, false, 0);
}

void fake_make_shared(uint64_t gpa, uint64_t len)
{
	if (!fake_host_assign(gpa, len, false))
		fake_violation("%#lx cannot be shared", (unsigned long)gpa);
}
