// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* VMGEXIT with a request in the GHCB MSR itself. */
#include "config.h"
#include "ghcb.h"
#include "hostile.h"
#include "hostside.h"
#include "lie.h"
#include "mm.h"

#define PROTOCOL_MIN	1ull
#define PROTOCOL_MAX	2ull

/* Every answer's code is its request's plus one. */
static uint64_t response(unsigned request, uint64_t fields)
{
	return fields | (request + 1);
}

uint64_t ghcb_msr_reset_value(void)
{
	return PROTOCOL_MAX << 48 | PROTOCOL_MIN << 32 |
	       (uint64_t)config.cbit << 24 | GHCB_MSR_INFO_RESPONSE;
}

static uint64_t cpuid_register(struct vcpu *v, uint64_t value)
{
	uint32_t leaf = (uint32_t)(value >> 32);
	unsigned which = value >> 30 & 3;
	struct cpuid_result r = host_cpuid(v, leaf, 0, 1, 0);
	uint32_t registers[] = { r.eax, r.ebx, r.ecx, r.edx };

	return response(GHCB_MSR_CPUID, (uint64_t)registers[which] << 32 |
			(uint64_t)which << 30);
}

static uint64_t register_page(struct vcpu *v, uint64_t value)
{
	uint64_t gpa = value & ~PAGE_MASK;

	if (!mm_host_view(gpa, PAGE_SIZE)) {
		host_level(v)->ghcb_registered = GPA_NONE;
		return response(GHCB_MSR_REGISTER, ~PAGE_MASK);
	}
	host_level(v)->ghcb_registered = gpa;
	return response(GHCB_MSR_REGISTER, gpa);
}

/* The answer is the target's own affair, unless there is none. */
static void run_other(struct vcpu *v, uint64_t value)
{
	struct vmpl_state *level = &v->level[v->vmpl];
	uint64_t target = value >> 32;

	if (target < VMPL_COUNT &&
	    run_vmpl(v, (unsigned)target, HOST_CALL_MSR, 0))
		return;
	level->ghcb_msr = 1ull << 32 | GHCB_MSR_RUN_VMPL_RESPONSE;
}

static void hold(struct vcpu *v)
{
	struct vmpl_state *level = &v->level[v->vmpl];

	reset_hold(v);
	level->ghcb_msr = response(GHCB_MSR_RESET_HOLD, 1ull << 12);
}

void ghcb_msr_request(struct vcpu *v, uint64_t value)
{
	uint64_t *msr = &v->level[v->vmpl].ghcb_msr;

	counter_add(v, COUNTER_VMGEXIT_MSR, 1);
	trace(TRACE_GHCB, "MSR %lx", (unsigned long)value);
	if (lie_instead_msr(v, value, msr))
		return;
	switch (value & PAGE_MASK) {
	case GHCB_MSR_INFO:
		*msr = ghcb_msr_reset_value();
		break;
	case GHCB_MSR_CPUID:
		*msr = cpuid_register(v, value);
		break;
	case GHCB_MSR_RESET_HOLD:
		hold(v);
		break;
	case GHCB_MSR_PREFERRED:
		*msr = response(GHCB_MSR_PREFERRED, ~PAGE_MASK);
		break;
	case GHCB_MSR_REGISTER:
		*msr = register_page(v, value);
		*msr = lie_msr(v, value, *msr);
		break;
	case GHCB_MSR_PSC:
		*msr = response(GHCB_MSR_PSC, (uint64_t)psc_msr(v, value)
				<< 32);
		*msr = lie_msr(v, value, *msr);
		break;
	case GHCB_MSR_RUN_VMPL:
		run_other(v, value);
		break;
	case GHCB_MSR_FEATURES:
		*msr = response(GHCB_MSR_FEATURES, HV_FEATURES << 12);
		*msr = lie_msr(v, value, *msr);
		break;
	case GHCB_MSR_TERMINATE:
		ghcb_terminate(v, value >> 12 & 0xf, value >> 16 & 0xff);
	default:
		if (hostile_request(v, value, msr))
			break;
		/* The guest finds its own request there: not an answer. */
		log_line("vCPU %u VMPL%u: unknown GHCB MSR request %lx",
			 v->index, v->vmpl, (unsigned long)value);
	}
}
