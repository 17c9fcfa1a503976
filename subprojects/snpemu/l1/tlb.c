// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* TLBs, as nested page tables of each vCPU. */
#include "config.h"
#include "mm.h"
#include "npt.h"
#include "pages.h"
#include "smp.h"
#include "tlb.h"
#include "vcpu.h"

static uint64_t key_of(uint64_t gpa, enum view view, unsigned tree)
{
	bool unpaged = tree & 1;

	gpa &= ~PAGE_MASK;
	if (view == VIEW_PRIVATE && !unpaged)
		return gpa | 1ull << config.cbit;
	return gpa;
}

uint64_t *tlb_entry(struct vcpu *v, unsigned tree, uint64_t gpa,
		    enum view view, bool make)
{
	return npt_entry(&v->npt, tree, key_of(gpa, view, tree), make);
}

static bool detach(struct vcpu *target, uint32_t trees)
{
	target->transient = NULL;
	return npt_detach(&target->npt, trees);
}

/* Our own, while we are out of the guest. */
static void empty(struct vcpu *v, uint32_t trees)
{
	detach(v, trees);
	npt_release(&v->npt);
}

void tlb_make_room(struct vcpu *v)
{
	if (npt_has_room(&v->npt))
		return;
	counter_add(v, COUNTER_TLB_EVICTED, 1);
	empty(v, ALL_TREES);
}

static void flush(struct vcpu *v, uint64_t targets)
{
	uint64_t had = 0;

	for (unsigned i = 0; i < vcpu_count; i++) {
		if (targets & 1ull << i && detach(vcpus[i], ALL_TREES))
			had |= 1ull << i;
	}
	smp_shootdown(v, targets);
	for (unsigned i = 0; i < vcpu_count; i++) {
		if (had & 1ull << i)
			npt_release(&vcpus[i]->npt);
	}
}

void tlb_flush_all(struct vcpu *v)
{
	flush(v, ~0ull);
}

void page_flush_vcpu(struct vcpu *v, struct vcpu *target)
{
	spin_lock(&rmp_lock);
	flush(v, 1ull << target->index);
	spin_unlock(&rmp_lock);
}

void tlb_flush_linear(struct vcpu *v)
{
	smp_shootdown(v, ~0ull);
}

static void flush_level(struct vcpu *v)
{
	spin_lock(&rmp_lock);
	empty(v, npt_trees(v->vmpl));
	spin_unlock(&rmp_lock);
}

void tlb_flush_own(struct vcpu *v)
{
	counter_add(v, COUNTER_TLB_OWN, 1);
	flush_level(v);
}

/*
 * Cores are numbered from 1: 0 is software's way to have the level flushed,
 * and it may wait until it reads another number here.
 */
void tlb_enter_vmsa(struct vcpu *v)
{
	uint64_t *pcpu_id = &vcpu_vmsa(v)->pcpu_id;
	uint64_t mine = v->index + 1;

	if (__atomic_load_n(pcpu_id, __ATOMIC_SEQ_CST) == mine)
		return;
	counter_add(v, COUNTER_TLB_PCPU, 1);
	flush_level(v);
	__atomic_store_n(pcpu_id, mine, __ATOMIC_SEQ_CST);
}

/* Clear a page's entry when it has one of @bits; true when it had. */
static bool drop_entry(struct vcpu *target, unsigned tree, uint64_t gpa,
		       enum view view, uint64_t bits)
{
	uint64_t *entry = tlb_entry(target, tree, gpa, view, false);

	if (!entry || !(*entry & bits))
		return false;
	__atomic_store_n(entry, 0, __ATOMIC_SEQ_CST);
	return true;
}

/* A plain address's entry is the same for both other views. */
static bool drop_entries(struct vcpu *target, uint64_t gpa, uint64_t bits)
{
	bool had = false;

	for (unsigned tree = 0; tree < NPT_TREES; tree++) {
		if (!(target->npt.filled & 1u << tree))
			continue;
		had |= drop_entry(target, tree, gpa, VIEW_PRIVATE, bits);
		had |= drop_entry(target, tree, gpa, VIEW_SHARED, bits);
	}
	return had;
}

static void drop(struct vcpu *v, uint64_t targets, uint64_t gpa, uint64_t bits)
{
	uint64_t had = 0;

	for (unsigned i = 0; i < vcpu_count; i++) {
		if (targets & 1ull << i && drop_entries(vcpus[i], gpa, bits))
			had |= 1ull << i;
	}
	if (had)
		smp_shootdown(v, had);
}

void tlb_drop_gpa(struct vcpu *v, uint64_t gpa)
{
	drop(v, ~0ull, gpa, NPT_PRESENT);
}

/* page.vmsa_writer: nobody, one vCPU by its index and 1, or several. */
#define NOBODY		0u
#define SEVERAL		0xffffu

void tlb_note_vmsa(struct vcpu *v, uint64_t spa)
{
	struct page *page = page_of(spa);
	uint16_t me = (uint16_t)(v->index + 1);

	if (page->vmsa_writer == NOBODY)
		page->vmsa_writer = me;
	else if (page->vmsa_writer != me)
		page->vmsa_writer = SEVERAL;
}

void tlb_drop_vmsa(struct vcpu *v, uint64_t gpa)
{
	struct page *page = page_of(page_spa(gpa));
	unsigned writer = page->vmsa_writer;

	page->vmsa_writer = NOBODY;
	if (writer == SEVERAL)
		drop(v, ~0ull, gpa, NPT_VMSA);
	else if (writer != NOBODY)
		drop(v, 1ull << (writer - 1), gpa, NPT_VMSA);
}
