/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Page table entries of the code under test as mappings of the process.
 *
 * A page is readable and writable for plain accesses only while nobody else
 * can write it and the RMP lets VMPL0 in; otherwise a touch ends in the signal
 * handler of access.c.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

void fake_mapping_reset(void)
{
	free(fake.map);
	fake.map = NULL;
	fake.maps = 0;
	fake.maps_room = 0;
}

/* The youngest wins: a split page of the region lies over the region. */
const struct mapping *fake_mapping_find(uintptr_t va)
{
	for (size_t i = fake.maps; i-- > 0;) {
		if (va - fake.map[i].va < fake.map[i].len)
			return &fake.map[i];
	}
	return NULL;
}

static int protection(const struct mapping *map, uint64_t gpa)
{
	if (map->absent || fake_untrusted(gpa, map->private))
		return PROT_NONE;
	if (fake_check(gpa, map->private, false, 0).exit != RMP_EXIT_NONE)
		return PROT_NONE;
	return map->writable ? PROT_READ | PROT_WRITE : PROT_READ;
}

/* Pages that look the same in a row are one mmap(). */
static void apply(const struct mapping *map, uint64_t off, uint64_t len)
{
	uint64_t end = off + len;

	while (off < end) {
		uint64_t from = off;
		uint64_t spa = fake_spa(map->gpa + off);
		int prot = protection(map, map->gpa + off);

		do {
			off += SVSM_PAGE_BYTES;
		} while (off < end &&
			fake_spa(map->gpa + off) == spa + (off - from) &&
			protection(map, map->gpa + off) == prot);
		fake_map_file(map->va + from,
			map->private ? VIEW_PRIVATE : VIEW_SHARED,
			map->private ? spa : map->gpa + from, off - from, prot);
	}
}

void fake_mapping_set(const struct mapping *mapping)
{
	if (mapping->gpa >= fake.bytes ||
			mapping->len > fake.bytes - mapping->gpa)
		fake_violation("page table entry points at %#lx: no memory",
				(unsigned long)mapping->gpa);
	if (fake.maps == fake.maps_room) {
		fake.maps_room = fake.maps_room * 2 + 16;
		fake.map = realloc(fake.map,
				fake.maps_room * sizeof(*fake.map));
		if (!fake.map)
			fake_violation("no memory for mappings");
	}
	fake.map[fake.maps++] = *mapping;
	apply(mapping, 0, mapping->len);
}

static void forget(uintptr_t va, uint64_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < fake.maps; i++) {
		if (fake.map[i].va != va || fake.map[i].len != len)
			fake.map[kept++] = fake.map[i];
	}
	fake.maps = kept;
}

static void leave_hole(uintptr_t va, uint64_t len)
{
	void *p = mmap((void *)va, len, PROT_NONE, MAP_PRIVATE |
			MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		fake_violation("cannot unmap %#lx", (unsigned long)va);
}

/* Younger mappings of the same address come later and repair what an older
 * one has painted over. */
void fake_mapping_refresh(uint64_t gpa, uint64_t len)
{
	for (size_t i = 0; i < fake.maps; i++) {
		const struct mapping *map = &fake.map[i];
		uint64_t from = gpa > map->gpa ? gpa : map->gpa;
		uint64_t end = gpa + len < map->gpa + map->len ?
			gpa + len : map->gpa + map->len;

		if (from < end)
			apply(map, from - map->gpa, end - from);
	}
}

static void check_leaf(uint64_t val, const void *va, uint64_t len)
{
	if (!svsm_is_aligned((uintptr_t)va, len))
		fake_violation("page table entry for misaligned %p", va);
	if (!(val & 1))
		fake_violation("entry %#lx is neither 0 nor present",
				(unsigned long)val);
	if (val & 4)
		fake_violation("entry %#lx is open to ring 3",
				(unsigned long)val);
}

/* A hole in the region stays one when the pages around it change. */
static void unmap(void *va, uint64_t len)
{
	if (svsm_range_has(&fake.config.region, svsm_gpa((uintptr_t)va)))
		fake_mapping_set(&(struct mapping){ .va = (uintptr_t)va,
			.gpa = (uintptr_t)va, .len = len, .private = true,
			.absent = true });
}

static bool is_inside(const void *va, const void *start, uint64_t len)
{
	return (uintptr_t)va - (uintptr_t)start < len;
}

void svsm_plat_pte_set(uint64_t *pte, uint64_t val, void *va)
{
	uint64_t len = val & 0x80 ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
	uint64_t old = *pte;
	uint64_t old_len = old & 0x80 ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;

	fake_seam(1);
	fake_lock();
	fake.count.pte_sets++;
	if (!is_inside(va, fake.window, fake.config.window_bytes) &&
			!svsm_range_has(&fake.config.region,
			    svsm_gpa((uintptr_t)va)))
		fake_violation("page table entry for foreign address %p", va);
	if (old & 1) {
		fake_tlb_unmapped(fake_mapping_find((uintptr_t)va));
		forget((uintptr_t)va, old_len);
		if (!val || len != old_len)
			leave_hole((uintptr_t)va, old_len);
	}
	*pte = val;
	if (!val) {
		unmap(va, old_len);
	} else {
		check_leaf(val, va, len);
		fake_tlb_check_va((uintptr_t)va, len);
		fake_mapping_set(&(struct mapping){ .va = (uintptr_t)va,
			.gpa = val & 0x000ffffffffff000ull & ~fake_cbit_mask() &
				~(len - 1),
			.len = len, .private = val & fake_cbit_mask(),
			.writable = val & 2 });
	}
	fake_unlock();
}

void *fake_map(uint64_t gpa, enum svsm_page_size size, bool private)
{
	static uint64_t pte[64];
	static unsigned next;
	unsigned slot = next++ % SVSM_ARRAY_SIZE(pte);
	uint64_t end = fake.config.window_bytes / SVSM_HUGE_BYTES - slot - 1;
	void *va = fake.window + end * SVSM_HUGE_BYTES;
	uint64_t val = gpa | 3 | (size == SVSM_PAGE_2M ? 0x80 : 0) |
		(private ? fake_cbit_mask() : 0);

	svsm_plat_pte_set(&pte[slot], val, va);
	return va;
}
