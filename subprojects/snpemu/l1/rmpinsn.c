// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The guest's RMP instructions, on the model's rules. */
#include "convert.h"
#include "cpu.h"
#include "deliver.h"
#include "insn.h"
#include "mm.h"
#include "nomem.h"
#include "pages.h"
#include "report.h"
#include "rmpinsn.h"
#include "script.h"
#include "softtlb.h"
#include "tlbinsn.h"
#include "vcpu.h"
#include "walk.h"

#define RFLAGS_STATUS	0x8d5ull	/* OF SF ZF AF PF CF */
#define RFLAGS_ZF	(1ull << 6)

enum rmp_insn {
	INSN_NONE, INSN_PVALIDATE, INSN_RMPADJUST, INSN_RMPQUERY, INSN_HOST,
};

struct execution {
	struct vcpu *v;
	struct vmsa *regs;
	enum rmp_insn insn;
	unsigned length;
	struct rmp_guest guest;
};

static enum rmp_insn decode(const struct insn *insn)
{
	if (insn_is_0f01(insn, 0xff))
		return insn->repne ? INSN_PVALIDATE :
		       insn->rep && insn->wide ? INSN_HOST : INSN_NONE;
	if (!insn->wide)
		return INSN_NONE;
	if (insn_is_0f01(insn, 0xfe))
		return insn->rep ? INSN_RMPADJUST :
		       insn->repne ? INSN_HOST : INSN_NONE;
	if (insn_is_0f01(insn, 0xfd) && insn->rep)
		return INSN_RMPQUERY;
	return INSN_NONE;
}

static const char *name(enum rmp_insn insn)
{
	static const char *const names[] = {
		"?", "PVALIDATE", "RMPADJUST", "RMPQUERY", "RMPUPDATE/PSMASH",
	};

	return names[insn];
}

static uint64_t linear_address(const struct execution *e, bool wide)
{
	return wide ? e->regs->s.rax :
		      (uint32_t)e->regs->s.rax + e->regs->s.ds.base;
}

static struct rmp_outcome check(const struct execution *e, uint64_t va)
{
	const struct vmsa *r = e->regs;

	switch (e->insn) {
	case INSN_PVALIDATE:
		return rmp_pvalidate_check(&e->guest, va, (uint32_t)r->rcx,
					   (uint32_t)r->rdx);
	case INSN_RMPADJUST:
		return rmp_rmpadjust_check(&e->guest, va, r->rcx, r->rdx);
	case INSN_RMPQUERY:
		return rmp_rmpquery_check(&e->guest, r->rdx);
	default:
		return rmp_host_insn_check(&e->guest);
	}
}

/*
 * L1's own remembered walks never grant what was taken away; TLBs do.
 * Validating takes nothing away: the page could not be reached before.
 */
static void forget_walks(const struct execution *e)
{
	bool adjust = e->insn == INSN_RMPADJUST;

	if (!adjust && e->regs->rdx & 1)
		return;
	if (adjust && !(e->regs->rdx & RMP_RDX_VMSA))
		softtlb_forget(e->regs->rdx & 3);
	else
		softtlb_forget_all();
}

static struct rmp_outcome apply(struct execution *e, uint64_t gpa)
{
	struct rmp_place place = page_place(gpa);
	struct vmsa *r = e->regs;
	uint64_t query_rdx = r->rdx, query_rcx = 0;
	struct rmp_outcome out;

	spin_lock(&rmp_lock);
	if (e->insn == INSN_PVALIDATE)
		out = rmp_pvalidate(&rmp, &e->guest, &place, (uint32_t)r->rcx,
				    (uint32_t)r->rdx);
	else if (e->insn == INSN_RMPADJUST)
		out = rmp_rmpadjust(&rmp, &e->guest, &place, r->rcx, r->rdx);
	else
		out = rmp_rmpquery(&rmp, &e->guest, &place, &query_rdx,
				   &query_rcx);
	if (e->insn != INSN_RMPQUERY && out.exit == RMP_EXIT_NONE &&
	    out.code == RMP_SUCCESS && !out.carry)
		forget_walks(e);
	spin_unlock(&rmp_lock);
	if (e->insn == INSN_RMPQUERY && out.exit == RMP_EXIT_NONE &&
	    out.code == RMP_SUCCESS) {
		r->rdx = query_rdx;
		r->rcx = query_rcx;
	}
	return out;
}

static void answer(struct execution *e, const struct rmp_outcome *out)
{
	struct vmsa_common *s = &e->regs->s;

	s->rax = (uint64_t)out->code;
	s->rflags &= ~RFLAGS_STATUS;
	if (out->code == RMP_SUCCESS)
		s->rflags |= RFLAGS_ZF;
	if (out->carry)
		s->rflags |= RFLAGS_CF;
	insn_skip(e->v, e->length);
}

/* The VMSA of a running vCPU: make it stop, then try again. */
static void wait_until_unused(struct vcpu *v, uint64_t gpa)
{
	vcpu_vmsa_wanted(v, gpa);
}

/* What KVM does with a nested fault: split what is too large, or give up. */
static void nested_fault(struct execution *e, uint64_t va, uint64_t gpa,
			 const struct rmp_outcome *out)
{
	struct fault fault = {
		.va = va, .gpa = gpa, .private = true,
		.access = e->insn == INSN_RMPQUERY ? RMP_READ : RMP_WRITE,
		.outcome = *out,
	};

	if (out->exitinfo1 & RMP_NPF_SIZE &&
	    host_rmp_psmash(e->v, gpa) == RMP_SUCCESS)
		return;		/* and the guest executes it again */
	if (nomem_denies_instruction(e->v, gpa) ||
	    convert_denied(e->v, gpa, out))
		return;
	report_denied(e->v, &fault);
}

static void tell_script(struct execution *e, uint64_t gpa)
{
	uint64_t rdx = e->regs->rdx;

	if (e->insn == INSN_PVALIDATE)
		script_rmp(e->v, rdx & 1 ? SCRIPT_VALIDATE : SCRIPT_RESCIND,
			   gpa);
	else if (e->insn == INSN_RMPADJUST && rdx & RMP_RDX_VMSA)
		script_rmp(e->v, SCRIPT_VMSA, gpa);
	else if (e->insn == INSN_RMPADJUST)
		script_rmp(e->v, rdx == 1 ? SCRIPT_REVOKE : SCRIPT_GRANT, gpa);
}

static void execute(struct execution *e, uint64_t va)
{
	struct rmp_outcome out = check(e, va);
	struct translation to = { 0, false };
	struct fault fault;

	if (out.exit == RMP_EXIT_NONE && out.code == RMP_SUCCESS) {
		if (!guest_translate(e->v, va, RMP_READ, 0, &to, &fault)) {
			deliver_fault(e->v, &fault);
			return;
		}
		tell_script(e, to.gpa);
		out = apply(e, to.gpa);
	}
	trace(TRACE_RMP, "%s va %lx gpa %lx rcx %lx rdx %lx: exit %u code %u%s"
	      " %s", name(e->insn), va, to.gpa, e->regs->rcx, e->regs->rdx,
	      out.exit, out.code, out.carry ? " CF" : "",
	      out.rule ? rmp_rule_text(out.rule) : "");
	switch (out.exit) {
	case RMP_EXIT_NPF:
		nested_fault(e, va, to.gpa, &out);
		break;
	case RMP_EXIT_VC:
		deliver_not_validated(e->v, va);
		break;
	case RMP_EXIT_GP:
		deliver_exception(e->v, VECTOR_GP, true, 0);
		break;
	case RMP_EXIT_UD:
		deliver_exception(e->v, VECTOR_UD, false, 0);
		break;
	case RMP_EXIT_RETRY:
		wait_until_unused(e->v, to.gpa);
		break;
	default:
		answer(e, &out);
	}
}

void rmpinsn_undefined_opcode(struct vcpu *v)
{
	struct execution e = {
		.v = v, .regs = vcpu_vmsa(v),
		.guest = { GUEST_ASID, v->vmpl, vcpu_vmsa(v)->s.cpl },
	};
	struct insn insn;

	if (insn_fetch(v, &insn)) {
		if (tlbinsn_execute(v, &insn))
			return;
		e.insn = decode(&insn);
	}
	if (e.insn == INSN_NONE) {
		deliver_exception(v, VECTOR_UD, false, 0);
		return;
	}
	e.length = insn_length(&insn);
	if (e.insn == INSN_PVALIDATE)
		counter_add(v, COUNTER_PVALIDATE, 1);
	else if (e.insn == INSN_RMPADJUST)
		counter_add(v, COUNTER_RMPADJUST, 1);
	else if (e.insn == INSN_RMPQUERY)
		counter_add(v, COUNTER_RMPQUERY, 1);
	execute(&e, linear_address(&e, insn.wide));
}
