// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* VMPLs of a vCPU: starting, stopping, switching, and whose VMSA is in use. */
#include "context.h"
#include "hold.h"
#include "host.h"
#include "level.h"
#include "meter.h"
#include "mm.h"
#include "order.h"
#include "pages.h"
#include "vcpu.h"

#define NOT_IN_USE	(~0ull)
#define YIELD_TSC	400000ull

void level_set_boot_vmsa(struct vcpu *v, void *page)
{
	struct vmpl_state *level = &v->level[0];

	level->vmsa_gpa = BSP_VMSA_GPA;
	level->vmsa = page;
	level->runnable = true;
	level->fresh = true;
	host_level_started(v, 0);
}

/* The core still holds state that belongs to the VMSA in use. */
static bool holds_its_context(const struct vcpu *v)
{
	return v->context_vmpl >= 0 &&
	       v->level[v->context_vmpl].vmsa_gpa == v->vmsa_in_use;
}

void level_release(struct vcpu *v)
{
	if (v->vmsa_in_use == NOT_IN_USE)
		return;
	if (holds_its_context(v))
		context_save(v);
	if (v->vmsa_in_use != BSP_VMSA_GPA) {
		spin_lock(&rmp_lock);
		rmp_vmsa_leave(&rmp, page_spa(v->vmsa_in_use));
		spin_unlock(&rmp_lock);
	}
	__atomic_store_n(&v->vmsa_in_use, NOT_IN_USE, __ATOMIC_SEQ_CST);
}

/* Under the lock: mark it in use and take it away from everyone's tables. */
static const char *take_page(struct vcpu *v, struct vmpl_state *level)
{
	struct rmp_place place = page_place(level->vmsa_gpa);
	struct rmp_outcome out = rmp_vmsa_enter(&rmp, GUEST_ASID, &place);

	if (out.code == RMP_FAIL_INUSE)
		return "it is in use by another vCPU";
	if (out.code != RMP_SUCCESS)
		return rmp_rule_text(out.rule);
	page_drop(v, place.spa, ALL_TREES);
	level->vmsa = page_private_frame(place.spa);
	return NULL;
}

const char *level_acquire(struct vcpu *v)
{
	struct vmpl_state *level = &v->level[v->vmpl];
	const char *reason = NULL;

	if (v->vmsa_in_use == level->vmsa_gpa)
		return NULL;
	level_release(v);
	if (level->vmsa_gpa != BSP_VMSA_GPA) {
		spin_lock(&rmp_lock);
		reason = take_page(v, level);
		spin_unlock(&rmp_lock);
		if (reason)
			return reason;
	}
	v->vmsa_in_use = level->vmsa_gpa;
	counter_add(v, COUNTER_VMSA_LOAD, 1);
	reason = vmsa_refusal(level->vmsa, v->vmpl);
	if (reason)
		level_release(v);
	return reason;
}

void level_yield(struct vcpu *v)
{
	uint64_t start = rdtsc();

	level_release(v);
	while (rdtsc() - start < YIELD_TSC)
		cpu_relax();
	__atomic_store_n(&v->vmsa_wanted, 0, __ATOMIC_RELEASE);
}

void vcpu_vmsa_wanted(struct vcpu *v, uint64_t gpa)
{
	gpa &= ~PAGE_MASK;
	for (unsigned i = 0; i < vcpu_count; i++) {
		struct vcpu *owner = vcpus[i];

		if (owner == v || __atomic_load_n(&owner->vmsa_in_use,
						  __ATOMIC_SEQ_CST) != gpa)
			continue;
		if (hold_keeps_vmsa(owner)) {
			v->npf_repeats = 0;	/* for as long as it takes */
			continue;
		}
		__atomic_store_n(&owner->vmsa_wanted, 1, __ATOMIC_SEQ_CST);
		vcpu_kick(owner);
		while (__atomic_load_n(&owner->vmsa_wanted,
				       __ATOMIC_SEQ_CST) &&
		       __atomic_load_n(&owner->vmsa_in_use,
				       __ATOMIC_SEQ_CST) == gpa)
			cpu_relax();
	}
}

static void retire_vmsa(struct vcpu *v, unsigned vmpl)
{
	struct vmpl_state *level = &v->level[vmpl];

	if (v->vmsa_in_use == level->vmsa_gpa)
		level_release(v);
	level->runnable = false;
}

static void take_start(struct vcpu *v, unsigned vmpl)
{
	struct vmpl_state *level = &v->level[vmpl];

	if (level->runnable)
		retire_vmsa(v, vmpl);
	level->vmsa_gpa = level->start_vmsa_gpa;
	level->runnable = true;
	level->fresh = true;
	level->start = false;
	if (!v->level[v->vmpl].runnable || v->vmpl == vmpl) {
		v->vmpl = vmpl;
		v->vmcb->control.event_inj = 0;
		v->vmcb->control.int_state = 0;
	}
	trace(TRACE_VCPU, "VMPL %u starts with VMSA %lx", vmpl,
	      level->vmsa_gpa);
	host_level_started(v, vmpl);
}

static bool request_pending(const struct vcpu *v)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		if (v->level[vmpl].start || v->level[vmpl].stop)
			return true;
	}
	return false;
}

void level_take_requests(struct vcpu *v)
{
	if (!request_pending(v))
		return;
	spin_lock(&v->lock);
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		struct vmpl_state *level = &v->level[vmpl];

		if (level->stop) {
			trace(TRACE_VCPU, "VMPL %u is taken away", vmpl);
			retire_vmsa(v, vmpl);
			level->stop = false;
		}
		if (level->start)
			take_start(v, vmpl);
	}
	spin_unlock(&v->lock);
	if (v->level[0].runnable)
		order_started(v);
}

void vcpu_start(struct vcpu *target, unsigned vmpl, uint64_t vmsa_gpa)
{
	spin_lock(&target->lock);
	target->level[vmpl].start_vmsa_gpa = vmsa_gpa & ~PAGE_MASK;
	target->level[vmpl].start = true;
	target->level[vmpl].stop = false;
	spin_unlock(&target->lock);
	vcpu_kick(target);
}

void vcpu_stop(struct vcpu *target, unsigned vmpl)
{
	spin_lock(&target->lock);
	target->level[vmpl].stop = true;
	target->level[vmpl].start = false;
	spin_unlock(&target->lock);
	vcpu_kick(target);
}

bool vcpu_set_vmpl(struct vcpu *v, unsigned vmpl)
{
	unsigned from = v->vmpl;
	const char *reason;

	level_take_requests(v);
	if (vmpl >= VMPL_COUNT || !v->level[vmpl].runnable)
		return false;
	if (vmpl == v->vmpl)
		return true;
	v->vmpl = vmpl;
	reason = level_acquire(v);
	if (!reason) {
		counter_add(v, COUNTER_VMPL_SWITCH, 1);
		trace(TRACE_VCPU, "from VMPL %u", from);
		meter_switch(v, from);
		return true;
	}
	trace(TRACE_VCPU, "VMRUN refuses VMPL %u: %s", vmpl, reason);
	v->vmpl = from;
	return false;
}
