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
#include "tlb.h"
#include "vcpu.h"

#define NOT_IN_USE	(~0ull)
#define YIELD_TSC	400000ull
#define PATIENCE_TSC	(100 * YIELD_TSC)

void level_set_launch_vmsa(struct vcpu *v, uint64_t gpa, uint64_t spa)
{
	struct vmpl_state *level = &v->level[0];

	v->launch_vmsa = (struct launch_vmsa){ gpa, spa };
	level->vmsa_gpa = gpa;
	level->vmsa = page_private_frame(spa);
	level->runnable = true;
	level->fresh = true;
	host_level_started(v, 0);
}

/* Several launch VMSAs may have one address. */
static uint64_t page_of_vmsa(const struct vcpu *v, uint64_t gpa)
{
	return gpa == v->launch_vmsa.gpa ? v->launch_vmsa.spa : page_spa(gpa);
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
	spin_lock(&rmp_lock);
	rmp_vmsa_leave(&rmp, v->vmsa_spa);
	spin_unlock(&rmp_lock);
	__atomic_store_n(&v->vmsa_in_use, NOT_IN_USE, __ATOMIC_SEQ_CST);
}

/* Under the lock: mark it in use; no CPU writes it as a VMSA from now on. */
static const char *take_page(struct vcpu *v, struct vmpl_state *level)
{
	struct rmp_place place = page_place(level->vmsa_gpa);
	struct rmp_outcome out;

	place.spa = page_of_vmsa(v, level->vmsa_gpa);
	out = rmp_vmsa_enter(&rmp, GUEST_ASID, &place);
	if (out.code == RMP_FAIL_INUSE)
		return "it is in use by another vCPU";
	if (out.code != RMP_SUCCESS)
		return rmp_rule_text(out.rule);
	tlb_drop_vmsa(v, level->vmsa_gpa);
	v->vmsa_spa = place.spa;
	level->vmsa = page_private_frame(place.spa);
	return NULL;
}

/* VMRUN looks at it each time: what is in use may be written all the same. */
static const char *still_runs(struct vcpu *v, struct vmpl_state *level)
{
	const char *reason = vmsa_refusal(level->vmsa, v->vmpl);

	if (reason)
		level_release(v);
	return reason;
}

const char *level_acquire(struct vcpu *v)
{
	struct vmpl_state *level = &v->level[v->vmpl];
	const char *reason;

	if (v->vmsa_in_use == level->vmsa_gpa)
		return still_runs(v, level);
	level_release(v);
	spin_lock(&rmp_lock);
	reason = take_page(v, level);
	spin_unlock(&rmp_lock);
	if (reason)
		return reason;
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

static void wait_for_owner(struct vcpu *owner, uint64_t gpa)
{
	uint64_t start = rdtsc();

	__atomic_store_n(&owner->vmsa_wanted, 1, __ATOMIC_SEQ_CST);
	vcpu_kick(owner);
	while (__atomic_load_n(&owner->vmsa_wanted, __ATOMIC_SEQ_CST) &&
	       __atomic_load_n(&owner->vmsa_in_use, __ATOMIC_SEQ_CST) == gpa &&
	       rdtsc() - start < PATIENCE_TSC)
		cpu_relax();
}

/* Our own VMSA is let go of: its owner may be waiting for that one. */
void vcpu_vmsa_wanted(struct vcpu *v, uint64_t gpa)
{
	gpa &= ~PAGE_MASK;
	level_release(v);
	for (unsigned i = 0; i < vcpu_count; i++) {
		struct vcpu *owner = vcpus[i];

		if (owner == v || __atomic_load_n(&owner->vmsa_in_use,
						  __ATOMIC_SEQ_CST) != gpa)
			continue;
		if (hold_keeps_vmsa(owner))
			v->npf_repeats = 0;	/* for as long as it takes */
		else
			wait_for_owner(owner, gpa);
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

void level_start_launch_vmsa(struct vcpu *v, uint64_t gpa, uint64_t spa)
{
	v->launch_vmsa = (struct launch_vmsa){ gpa, spa };
	log_line("note: vCPU %u starts with a VMSA of the launch, VMPL 0",
		 v->index);
	vcpu_start(v, 0, gpa);
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
