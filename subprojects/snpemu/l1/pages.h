/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * System pages: their RMP entries and their two views. One lock for all of it,
 * and for what TLBs hold of it (tlb.h).
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

struct page {
	uint32_t private_pfn;		/* 0: no frame yet */
	uint32_t host_pfn;		/* 0: QEMU's RAM, or none */
	uint16_t piece;			/* made for an image; 0: it was not */
	uint16_t vmsa_writer;		/* whose TLB may have NPT_VMSA, tlb.c */
};

extern struct rmp rmp;
extern struct spinlock rmp_lock;

void pages_init(void);

/* A piece that no image has asked for. */
#define PIECE_OF_HOST	UINT16_MAX

/* There is memory here though QEMU has none, of a piece with this number. */
void page_make_memory(uint64_t gpa, uint16_t piece);

/* The piece of memory that the page is of; 0: none, 1: RAM. */
unsigned page_piece(uint64_t gpa);

uint64_t page_spa(uint64_t gpa);

/* NULL beyond the RMP. */
struct page *page_of(uint64_t spa);

struct rmp_place page_place(uint64_t gpa);

/*
 * The frames, made when missing. Under the lock. A private frame is its page's
 * for ever: an old translation must not lead to another page's content.
 */
void *page_private_frame(uint64_t spa);
void *page_host_frame(uint64_t spa);

/*
 * RMPUPDATE by the host; splits a 2 MiB page that is in the way. What the page
 * held is noise then; translations that CPUs have of it stay. Returns the
 * instruction's code.
 */
unsigned page_rmpupdate(struct vcpu *v, uint64_t spa,
			const struct rmp_operand *op);

/*
 * The host lies: @gpa is backed by system page @spa from now on; by itself, and
 * the lie is over. @flush: the host flushes all TLBs of the page, as it should.
 */
void page_remap(struct vcpu *v, uint64_t gpa, uint64_t spa, bool flush);

/* The host flushes the page from all TLBs. */
void page_flush(struct vcpu *v, uint64_t gpa);

/* The host flushes all that a vCPU has in its TLBs, at all levels. */
void page_flush_vcpu(struct vcpu *v, struct vcpu *target);

#endif
