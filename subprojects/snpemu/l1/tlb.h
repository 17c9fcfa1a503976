/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * TLBs: what each vCPU has cached of nested translations and RMP permissions,
 * for each of its levels.
 *
 * An entry of a nested page table of ours is an entry of a TLB: it is made by
 * an access that the RMP allows at that moment, and from then on it grants the
 * same, whatever becomes of the RMP and of the host's nested tables. Neither
 * RMPADJUST nor PVALIDATE, RMPUPDATE nor PSMASH ends it; no exit, no switch to
 * another level, no halt. These do:
 *
 *	INVLPGB for nested translations		tlb_flush_all()
 *	VMRUN with a PCPU_ID that does not fit	tlb_enter_vmsa()
 *	CR4.PGE changed at that level		tlb_flush_own()
 *	the host's wish				page_flush_vcpu(), page_flush()
 *	too many entries			tlb_make_room()
 *	a VMSA is taken into use		tlb_drop_vmsa()
 *
 * An access that an entry does not allow asks the RMP again, so that rights
 * which were gained are seen.
 *
 * What QEMU caches does not outlive a VMRUN. So a linear address's translation
 * by the guest's own tables lives for one entry at most, which is kinder than
 * hardware; and a core that has left the guest has lost what was dropped here.
 *
 * All of it is under rmp_lock, but tlb_enter_vmsa() and tlb_flush_own().
 */
#ifndef SNPEMU_L1_TLB_H
#define SNPEMU_L1_TLB_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* How an entry came to point at a page. */
enum view {
	VIEW_PRIVATE,	/* by its address with C-bit; unpaged: without */
	VIEW_SHARED,	/* by its plain address */
	VIEW_FORCED,	/* plain, but a walk or fetch: private still */
};

/* The entry for a page in one of the vCPU's trees; see npt_entry(). */
uint64_t *tlb_entry(struct vcpu *v, unsigned tree, uint64_t gpa,
		    enum view view, bool make);

/* Before entries are made: a vCPU with too many tables loses all entries. */
void tlb_make_room(struct vcpu *v);

/* Every vCPU, every level. */
void tlb_flush_all(struct vcpu *v);

/* Other cores leave the guest, which ends what QEMU knows; entries stay. */
void tlb_flush_linear(struct vcpu *v);

/* This vCPU, the level that it executes. */
void tlb_flush_own(struct vcpu *v);

/* VMRUN: the VMSA's PCPU_ID is made to be this core's. */
void tlb_enter_vmsa(struct vcpu *v);

/* Every vCPU's entries for one guest page. */
void tlb_drop_gpa(struct vcpu *v, uint64_t gpa);

/* An entry by which this vCPU may write a VMSA's page is being made. */
void tlb_note_vmsa(struct vcpu *v, uint64_t spa);

/*
 * A page becomes a VMSA in use: such entries go. Those that were made before
 * it was marked as a VMSA go on.
 */
void tlb_drop_vmsa(struct vcpu *v, uint64_t gpa);

#endif
