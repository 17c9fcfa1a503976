// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* What a host does where it strikes, and whether that was a take-over. */
#include "blow.h"
#include "cpu.h"
#include "deliver.h"
#include "ghcb.h"
#include "hold.h"
#include "host.h"
#include "log.h"
#include "script.h"
#include "vcpu.h"
#include "walk.h"

#define ANY_RSP		(~0ull)
#define FRAME_MAX	1024u
#define VECTORS		32u
#define VECTOR_BP	3u
#define VECTOR_OF	4u
#define IOIO_IN		1u
#define MSR_WRITE	1u

/* Would VMRUN take it? What restricted injection leaves is #HV. */
static const char *refusal(const struct vcpu *v, uint64_t vector)
{
	uint64_t features = v->level[0].vmsa->sev_features;

	if (vector >= VECTORS || vector == VECTOR_BP || vector == VECTOR_OF)
		return "no event that may be injected";
	if (features & SEV_FEATURE_ALTERNATE_INJ)
		return "injection is alternate";
	if (features & SEV_FEATURE_RESTRICTED_INJ)
		return vector == VECTOR_HV ? NULL : "injection is restricted";
	return vector == VECTOR_HV ? "injection is not restricted" : NULL;
}

static void inject(struct vcpu *v, const struct strike_site *site)
{
	uint8_t vector = (uint8_t)site->vector;
	const char *why = refusal(v, site->vector);

	if (why) {
		log_line("strike %u: VMRUN refuses vector %lu: %s",
			 site->number, site->vector, why);
		return;
	}
	log_line("strike %u: vector %lu error %lx at RIP %lx on vCPU %u",
		 site->number, site->vector, site->error,
		 vcpu_vmsa(v)->s.rip, v->index);
	/* What IRET restores lets the instruction pass our breakpoint. */
	vcpu_vmsa(v)->s.rflags |= RFLAGS_RF;
	deliver_exception(v, vector, site->code,
			  (uint32_t)site->error);
	v->strike.watch = site->watch;
	if (site->watch)
		blow_watch(v, ANY_RSP);
}

static void run_vmsa(struct vcpu *v, const struct strike_site *site)
{
	struct vcpu *target = vcpu_by_apic_id((uint32_t)site->on);

	if (!target || site->vmpl >= VMPL_COUNT)
		return;
	log_line("strike %u: VMSA %lx is run on vCPU %u at VMPL%lu",
		 site->number, site->vmsa, target->index, site->vmpl);
	if (target != v)
		vcpu_start(target, (unsigned)site->vmpl, site->vmsa);
}

void blow(struct vcpu *v, struct strike_site *site)
{
	if (site->page)
		script_turn(v, (unsigned)site->page);
	if (site->runs)
		run_vmsa(v, site);
	if (site->answers)
		v->strike.answer = site;
	if (site->hold)
		hold_vcpu(v, (enum hold)site->hold);
	if (site->injects)
		inject(v, site);
	else
		log_line("strike %u: RIP %lx on vCPU %u", site->number,
			 vcpu_vmsa(v)->s.rip, v->index);
}

/* ------------------------------------------------------------------ watch */

static _Noreturn void taken_over(struct vcpu *v, const char *whose)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;

	machine_stop(STOP_VIOLATION,
		     "TAKEN OVER: ring 0 of VMPL0 has its stack in memory of "
		     "%s (vCPU %u VMPL0 RIP %lx RSP %lx)", whose, v->index,
		     s->rip, s->rsp);
}

/* A push or a frame, and no switch to another stack. */
static bool is_push(uint64_t before, uint64_t rsp)
{
	return before == ANY_RSP || (rsp < before && before - rsp <= FRAME_MAX);
}

/*
 * After SYSCALL ring 0 has the stack pointer of ring 3 for some instructions;
 * what counts is that it pushes.
 */
void blow_watch(struct vcpu *v, uint64_t before)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	struct translation to;
	struct fault fault;

	if (v->vmpl != 0 || s->cpl != 0 || !(s->efer & EFER_LMA) ||
	    !is_push(before, s->rsp))
		return;
	if (guest_probe(v, s->rsp, &to, &fault) && !to.private)
		taken_over(v, "the host");
	if (guest_translate(v, s->rsp, RMP_WRITE, 3, &to, &fault))
		taken_over(v, "ring 3");
}

/* ---------------------------------------------------------------- answers */

static void answer(struct ghcb_request *r, uint64_t value)
{
	ghcb_set(r, GHCB_RAX, r->code == EXIT_MSR ? (uint32_t)value : value);
	if (r->code == EXIT_MSR || r->code == EXIT_CPUID)
		ghcb_set(r, GHCB_RDX, value >> 32);
	if (r->code == EXIT_CPUID) {
		ghcb_set(r, GHCB_RBX, value);
		ghcb_set(r, GHCB_RCX, value);
	}
}

bool blow_answers(struct ghcb_request *r)
{
	struct strike_site *site = r->v->strike.answer;
	bool write;

	if (!site || r->v->vmpl != 0)
		return false;
	if (r->code != site->error)
		return false;
	r->v->strike.answer = NULL;
	write = (r->code == EXIT_MSR && r->info1 & MSR_WRITE) ||
		(r->code == EXIT_IOIO && !(r->info1 & IOIO_IN));
	if (!write)
		answer(r, site->answer);
	log_line("strike %u: TOLD: VMPL0 asked for %lx, %s", site->number,
		 r->code, write ? "which is lost" : "and got what we like");
	return true;
}
