// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The meter: single steps by RFLAGS.TF, which the guest's VMSA never shows.
 * PVALIDATE, VMGEXIT and other instructions that L1 completes are counted
 * where they are skipped. An IRET at VMPL0 ends the stepping until the next
 * exit; nothing on a call's way takes an exception.
 */
#include "config.h"
#include "insn.h"
#include "meter.h"
#include "mm.h"
#include "vcpu.h"
#include "walk.h"

#define RFLAGS_TF	(1ull << 8)
#define RFLAGS_DF	(1ull << 10)
#define DR6_BS		(1ull << 14)
#define CR4_PGE		(1ull << 7)
#define REX		0x40	/* with W, R, X and B in the low bits */
#define REX_MASK	0xf0
#define REX_B		1

static bool enabled;

void meter_init(void)
{
	enabled = config_has("meter", "1");
}

/* REP STOSQ, by which VMPL0 clears pages. */
static bool is_clearing(const uint8_t *op, const struct vmsa *s)
{
	return op[0] == 0xf3 && op[1] == 0x48 && op[2] == 0xab &&
	       !(s->s.rflags & RFLAGS_DF);
}

/* VMRUN to TLBSYNC, PVALIDATE and RMPADJUST; also INVLPG. */
static bool is_privileged_0f01(uint8_t modrm)
{
	return (modrm >= 0xd8 && modrm <= 0xdf) || modrm >= 0xfe ||
	       (modrm < 0xc0 && (modrm >> 3 & 7) == 7);
}

/* What only a kernel executes, as far as VMPL0 has it on a call's way. */
static bool is_privileged(const uint8_t *op)
{
	if (op[0] == 0xf2 || op[0] == 0xf3)
		op++;
	if (op[0] == 0xf4)
		return true;
	if (op[0] != 0x0f)
		return false;
	switch (op[1]) {
	case 0x01:
		return is_privileged_0f01(op[2]);
	case 0x09:	/* WBINVD */
	case 0x20:	/* MOV of control registers */
	case 0x22:
	case 0x30:	/* WRMSR, RDMSR */
	case 0x32:
		return true;
	default:
		return false;
	}
}

/* MOV to CR3, or one to CR4 that turns global pages off. */
static bool is_own_flush(struct vcpu *v, const uint8_t *op)
{
	unsigned number = (op[0] & REX_MASK) == REX && (op[0] & REX_B) ? 8 : 0;
	uint64_t cr4 = vcpu_vmsa(v)->s.cr4;

	if ((op[0] & REX_MASK) == REX)
		op++;
	if (op[0] != 0x0f || op[1] != 0x22)
		return false;
	if ((op[2] >> 3 & 7) == 3)
		return true;
	number |= op[2] & 7;
	return (op[2] >> 3 & 7) == 4 && (cr4 & CR4_PGE) &&
	       !(insn_register(v, number) & CR4_PGE);
}

/* A whole TLB goes: of this CPU, or by INVLPGB those of all. */
static bool is_flush(struct vcpu *v, const uint8_t *op)
{
	return (op[0] == 0x0f && op[1] == 0x01 && op[2] == 0xfe) ||
	       is_own_flush(v, op);
}

/* What is executed next; it is counted when it has been. */
static void look_ahead(struct vcpu *v)
{
	const struct vmsa *s = vcpu_vmsa(v);
	uint8_t op[4] = { 0 };

	(void)guest_fetch(v, op, sizeof(op));
	v->meter.rip = s->s.rip;
	v->meter.next_clears = is_clearing(op, s);
	v->meter.next_privileged = is_privileged(op);
	v->meter.next_flushes = is_flush(v, op);
}

static void count(struct vcpu *v)
{
	struct meter *m = &v->meter;

	m->instructions++;
	m->privileged += m->next_privileged;
	m->clearing += m->next_clears;
	m->flushes += m->next_flushes;
	look_ahead(v);
}

static void begin(struct vcpu *v, unsigned from)
{
	const struct vmsa *caller = v->level[from].vmsa;

	v->meter = (struct meter) {
		.pvalidate = v->counter[COUNTER_PVALIDATE],
		.rmpadjust = v->counter[COUNTER_RMPADJUST],
		.vmgexit = v->counter[COUNTER_VMGEXIT_MSR] +
			   v->counter[COUNTER_VMGEXIT_GHCB],
		.call = caller->s.rax,
		.label = caller->r9,
		.running = 1,
	};
	look_ahead(v);
}

static void end(struct vcpu *v)
{
	const struct meter *m = &v->meter;
	uint64_t vmgexit = v->counter[COUNTER_VMGEXIT_MSR] +
			   v->counter[COUNTER_VMGEXIT_GHCB];

	log_line("meter call %lx label %lx instructions %lu privileged %lu "
		 "clearing %lu flushes %lu exits %lu pvalidate %lu "
		 "rmpadjust %lu vmgexit %lu", m->call, m->label,
		 m->instructions, m->privileged, m->clearing, m->flushes,
		 m->exits,
		 v->counter[COUNTER_PVALIDATE] - m->pvalidate,
		 v->counter[COUNTER_RMPADJUST] - m->rmpadjust,
		 vmgexit - m->vmgexit);
	v->meter.running = 0;
}

void meter_switch(struct vcpu *v, unsigned from)
{
	if (!enabled)
		return;
	if (v->vmpl == 0 && from != 0)
		begin(v, from);
	else if (v->vmpl != 0 && v->meter.running)
		end(v);
}

void meter_arm(struct vcpu *v)
{
	if (!v->meter.running || v->vmpl != 0)
		return;
	v->vmcb->save.rflags |= RFLAGS_TF;
	v->vmcb->control.exceptions |= 1u << VECTOR_DB;
}

void meter_disarm(struct vcpu *v, uint32_t exit_code)
{
	if (!v->meter.running || v->vmpl != 0)
		return;
	vcpu_vmsa(v)->s.rflags &= ~RFLAGS_TF;
	vcpu_vmsa(v)->s.dr6 &= ~DR6_BS;
	if (exit_code != EXIT_EXCEPTION + VECTOR_DB &&
	    exit_code != EXIT_CR0_WRITE + 4)
		v->meter.exits++;
}

/* The part of REP STOSQ that lies in one page; false when that may fault. */
static bool fill_in_page(struct vcpu *v, struct vmsa *s)
{
	uint64_t count = (PAGE_SIZE - (s->rdi & PAGE_MASK)) / sizeof(uint64_t);
	struct translation to;
	struct fault fault;
	uint64_t *words;

	if (s->rdi % sizeof(uint64_t) ||
	    !guest_translate(v, s->rdi, RMP_WRITE, 0, &to, &fault))
		return false;
	words = to.private ? mm_private_view(to.gpa) : mm_host_view(to.gpa, 8);
	if (!words)
		return false;
	if (to.private)
		words += (to.gpa & PAGE_MASK) / sizeof(uint64_t);
	if (count > s->rcx)
		count = s->rcx;
	for (uint64_t i = 0; i < count; i++)
		words[i] = s->s.rax;
	s->rdi += count * sizeof(uint64_t);
	s->rcx -= count;
	return true;
}

/*
 * Clearing memory one step for each word would take minutes. What cannot be
 * done here is left to the processor.
 */
static void complete_rep_stosq(struct vcpu *v)
{
	struct vmsa *s = vcpu_vmsa(v);

	while (s->rcx > 0 && fill_in_page(v, s))
		;
}

void meter_step(struct vcpu *v)
{
	if (vcpu_vmsa(v)->s.rip != v->meter.rip)
		count(v);
	if (v->meter.next_clears)
		complete_rep_stosq(v);
}

void meter_emulated(struct vcpu *v)
{
	if (v->meter.running && v->vmpl == 0)
		count(v);
}
