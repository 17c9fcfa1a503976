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

static bool enabled;

void meter_init(void)
{
	enabled = config_has("meter", "1");
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
}

static void end(struct vcpu *v)
{
	const struct meter *m = &v->meter;
	uint64_t vmgexit = v->counter[COUNTER_VMGEXIT_MSR] +
			   v->counter[COUNTER_VMGEXIT_GHCB];

	log_line("meter call %lx label %lx instructions %lu exits %lu "
		 "pvalidate %lu rmpadjust %lu vmgexit %lu", m->call, m->label,
		 m->instructions, m->exits,
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
	if (exit_code != EXIT_EXCEPTION + VECTOR_DB)
		v->meter.exits++;
}

static bool at_rep_stosq(struct vcpu *v)
{
	static const uint8_t rep_stosq[] = { 0xf3, 0x48, 0xab };
	uint8_t bytes[sizeof(rep_stosq)];

	return guest_fetch(v, bytes, sizeof(bytes)) == sizeof(bytes) &&
	       memcmp(bytes, rep_stosq, sizeof(bytes)) == 0 &&
	       !(vcpu_vmsa(v)->s.rflags & RFLAGS_DF);
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
	uint64_t rip = vcpu_vmsa(v)->s.rip;

	if (rip != v->meter.rip)
		v->meter.instructions++;
	v->meter.rip = rip;
	if (at_rep_stosq(v))
		complete_rep_stosq(v);
}

void meter_emulated(struct vcpu *v)
{
	if (v->meter.running && v->vmpl == 0)
		v->meter.instructions++;
}
