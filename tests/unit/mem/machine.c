/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See machine.h.
 */
#include <string.h>

#include "machine.h"

struct svsm_own machine_own;
struct svsm_page_pool machine_pool;
struct svsm_page_account machine_account;

static struct svsm_page_span span;

static struct svsm_own_node runs[64];
static struct svsm_ghcb ghcb;

/* Four tables at most: 4 MiB from 128 MiB need a PML4, a PDPT, a PD, 2 PTs. */
static uint64_t *table(unsigned i)
{
	return fake_region(TABLES + i * PAGE);
}

static uint64_t link_to(unsigned i)
{
	return (uintptr_t)table(i) | fake_cbit_mask() | SVSM_PTE_PRESENT |
		SVSM_PTE_WRITE;
}

static void make_tables(void)
{
	table(0)[0] = link_to(1);
	table(1)[0] = link_to(2);
	table(2)[REGION / HUGE] = link_to(3);
	/* The second 2 MiB are one entry. */
	table(2)[REGION / HUGE + 1] = (REGION + HUGE) | fake_cbit_mask() |
		SVSM_PTE_PRESENT | SVSM_PTE_WRITE | SVSM_PTE_HUGE;
	for (unsigned i = 0; i < 512; i++)
		table(3)[i] = (REGION + i * PAGE) | fake_cbit_mask() |
			SVSM_PTE_PRESENT | SVSM_PTE_WRITE | SVSM_PTE_NX;
	svsm_paging_init(table(0), fake_cbit_mask());
}

static void check(void)
{
	if (!svsm_page_check(&machine_pool))
		fake_violation("O4: page pool");
	if (svsm_plat_cpu()->window_busy)
		fake_violation("O4: window leaked");
}

void machine_setup(void)
{
	fake_setup();
	svsm_window_init(fake_window_area(), fake_cbit_mask());
	svsm_own_init(&machine_own, runs, SVSM_ARRAY_SIZE(runs));
	machine_set(REGION, 1024, SVSM_OWN_SVSM);
	fake_pool_reset(&machine_pool);
	ck_assert_int_eq(svsm_page_fill(&machine_pool, &span,
					fake_region(POOL), POOL_LEN), SVSM_OK);
	ck_assert_int_eq(svsm_page_account_open(&machine_account,
						&machine_pool, "test", 0,
						SIZE_MAX), SVSM_OK);
	make_tables();
	svsm_paging_set_pages(&machine_account);
	svsm_ghcb_init(&ghcb, fake_make_ghcb(GHCB), svsm_gpa(REGION + GHCB));
	fake_cpu_set_ghcb(&ghcb);
	fake_oracle_add(check);
}

void machine_teardown(void)
{
	fake_teardown();
}

void machine_set(uint64_t gpa, uint64_t pages, enum svsm_owner owner)
{
	struct svsm_range range = { { gpa }, pages * PAGE };

	ck_assert_int_eq(svsm_own_set(&machine_own, &range, owner), SVSM_OK);
}

void machine_give(uint64_t gpa, uint64_t pages)
{
	fake_make_guest(gpa, pages * PAGE);
	machine_set(gpa, pages, SVSM_OWN_GUEST);
}

uint64_t *machine_pte(const void *va)
{
	uint64_t page = ((uintptr_t)va - REGION) / PAGE;

	ck_assert_uint_lt(page, 512);
	return &table(3)[page];
}
