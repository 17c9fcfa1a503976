// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Who runs on a vCPU: switches between its VMPLs, and its waits. */
#include "ghcb.h"
#include "hostside.h"

/*
 * The level that runs from now on had asked for another one: tell it that it
 * is back. One that never asked (it was just started) is told nothing.
 */
static void answer_call(struct vcpu *v)
{
	struct host_level *l = host_level(v);

	switch (l->call) {
	case HOST_CALL_MSR:
		v->level[v->vmpl].ghcb_msr = GHCB_MSR_RUN_VMPL_RESPONSE;
		break;
	case HOST_CALL_GHCB:
		ghcb_answer(l->ghcb_call, 0, 0);
		break;
	case HOST_CALL_NONE:
		break;
	}
	l->call = HOST_CALL_NONE;
}

bool run_vmpl(struct vcpu *v, unsigned vmpl, enum host_call call,
	      uint64_t ghcb_gpa)
{
	struct host_level *caller = host_level(v);

	if (vmpl >= VMPL_COUNT)
		return false;
	if (vmpl == v->vmpl) {
		caller->call = call;
		caller->ghcb_call = ghcb_gpa;
		answer_call(v);
		return true;
	}
	ap_start_on_init(v, vmpl);
	if (!vcpu_set_vmpl(v, vmpl))
		return false;
	caller->call = call;
	caller->ghcb_call = ghcb_gpa;
	answer_call(v);
	return true;
}

void host_choose_level(struct vcpu *v)
{
	unsigned owner = irq_owner(v);
	const struct vmpl_state *level = &v->level[v->vmpl];

	pm1_poll(v);
	if (owner == v->vmpl || !level->vmsa || vcpu_event_pending(v) ||
	    !(level->vmsa->sev_features & SEV_FEATURE_ALTERNATE_INJ))
		return;
	if (irqset_top(&v->host.level[owner].pending) < 0)
		return;
	if (vcpu_set_vmpl(v, owner))
		answer_call(v);
}

static bool request_pending(const struct vcpu *v)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		const struct vmpl_state *level = &v->level[vmpl];

		if (__atomic_load_n(&level->start, __ATOMIC_ACQUIRE) ||
		    __atomic_load_n(&level->stop, __ATOMIC_ACQUIRE))
			return true;
	}
	return false;
}

void host_hlt(struct vcpu *v)
{
	counter_add(v, COUNTER_HLT, 1);
	while (!host_work_pending(v) && !request_pending(v)) {
		vcpu_wait(v);
		pm1_poll(v);
	}
}

void host_pause(struct vcpu *v)
{
	(void)v;
	interrupt_window();
}

void reset_hold(struct vcpu *v)
{
	trace(TRACE_VCPU, "AP reset hold");
	__atomic_store_n(&v->host.startup, 0, __ATOMIC_RELAXED);
	while (!request_pending(v) &&
	       !__atomic_load_n(&v->host.startup, __ATOMIC_ACQUIRE))
		vcpu_wait(v);
}

/* The GHCB's address and registration outlive the VMSA: OVMF counts on it. */
void host_level_started(struct vcpu *v, unsigned vmpl)
{
	struct host_level *l = &v->host.level[vmpl];

	irq_level_reset(v, vmpl);
	apic_level_reset(v, vmpl);
	l->call = HOST_CALL_NONE;
	l->dr7 = 0x400;
}

void host_vcpu_init(struct vcpu *v)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		struct host_level *l = &v->host.level[vmpl];

		l->doorbell = GPA_NONE;
		l->ghcb_registered = GPA_NONE;
		l->init_vmsa = GPA_NONE;
		l->dr7 = 0x400;
		v->level[vmpl].ghcb_msr = ghcb_msr_reset_value();
		apic_level_init(v, vmpl);
	}
	msr_init(v);
}
