/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * System pages: their RMP entries, their two views, and which nested tables
 * have them mapped. One lock for all of it.
 *
 * The host maps guest page n to system page n (page_spa() is the identity)
 * unless it was told to lie.
 */
#ifndef SNPEMU_L1_PAGES_H
#define SNPEMU_L1_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "rmp.h"

struct vcpu;

#define GUEST_ASID	1u

/* How a nested table came to point at a page. */
enum view {
	VIEW_PRIVATE,	/* by its address with C-bit; unpaged: without */
	VIEW_SHARED,	/* by its plain address */
	VIEW_FORCED,	/* plain, but a walk or fetch: private still */
	VIEW_COUNT
};

struct page {
	uint32_t private_pfn;		/* 0: no frame yet */
	uint32_t host_pfn;		/* 0: QEMU's RAM, or none */
	uint8_t mapped[VIEW_COUNT];	/* bit per nested table */
	bool memory;			/* not a device, though no RAM */
};

extern struct rmp rmp;
extern struct spinlock rmp_lock;

void pages_init(void);

/* There is memory here though QEMU has none (firmware below 4 GiB). */
void page_make_memory(uint64_t gpa);

uint64_t page_spa(uint64_t gpa);

/* NULL beyond the RMP. */
struct page *page_of(uint64_t spa);

struct rmp_place page_place(uint64_t gpa);

/* The frames, made when missing. Under the lock. */
void *page_private_frame(uint64_t spa);
void *page_host_frame(uint64_t spa);

/*
 * Point a nested table at the page, as its RMP entry allows. Under the lock.
 * Bits are those of a nested page table entry.
 */
void page_map(uint64_t gpa, enum view view, unsigned tree, uint64_t frame_pa,
	      uint64_t bits);

/* The same whatever the page is (nomem.h). */
void page_map_as_is(uint64_t gpa, enum view view, unsigned tree,
		    uint64_t frame_pa, uint64_t bits);

/*
 * Remove the page from the nested tables in @trees and, before returning,
 * from every other core's TLB. Under the lock.
 */
void page_drop(struct vcpu *v, uint64_t spa, uint32_t trees);

#define ALL_TREES	0xffu

/*
 * RMPUPDATE by the host; splits a 2 MiB page that is in the way. What the page
 * held and every mapping of it is gone. Returns the instruction's code.
 */
unsigned page_rmpupdate(struct vcpu *v, uint64_t spa,
			const struct rmp_operand *op);

/* The host lies: @gpa is backed by system page @spa from now on. */
void page_remap(struct vcpu *v, uint64_t gpa, uint64_t spa);

#endif
