/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The fake machine with windows, an ownership map, page tables of the region
 * and a page pool.
 */
#ifndef MEM_MACHINE_H
#define MEM_MACHINE_H

#include <svsm/ghcb.h>
#include <svsm/own.h>
#include <svsm/page.h>
#include <svsm/paging.h>
#include <svsm/umem.h>
#include <svsm/window.h>

#include "fake.h"
#include "unit.h"

#define PAGE		0x1000ull
#define HUGE		0x200000ull
#define REGION		0x8000000ull
#define GHCB		0x2000ull	/* offsets in the region */
#define TABLES		0x10000ull
#define POOL		0x100000ull
#define POOL_LEN	0x40000ull

extern struct svsm_own machine_own;
extern struct svsm_page_pool machine_pool;
/** Without limits, of that pool. */
extern struct svsm_page_account machine_account;

void machine_setup(void);
void machine_teardown(void);

/** Make pages the guest's, in RMP and map. */
void machine_give(uint64_t gpa, uint64_t pages);
void machine_set(uint64_t gpa, uint64_t pages, enum svsm_owner owner);

/** The region's page table entry of an address; never NULL. */
uint64_t *machine_pte(const void *va);

#endif
