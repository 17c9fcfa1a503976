// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Exception delivery as the processor does it, in protected and long mode:
 * the gate from the IDT, code segment from the GDT, stack by IST, TSS or the
 * current one, then the frame. Nothing changes unless all of it succeeds.
 */
#include "context.h"
#include "cpu.h"
#include "deliver.h"
#include "report.h"
#include "vcpu.h"
#include "walk.h"

#define GATE_INTERRUPT_32	0xeu
#define GATE_TRAP_32		0xfu

#define DESCRIPTOR_CONFORMING	(1u << 2)
#define DESCRIPTOR_CODE		(1u << 3)
#define DESCRIPTOR_S		(1u << 4)
#define DESCRIPTOR_PRESENT	(1u << 7)
#define DESCRIPTOR_GRANULAR	(1u << 11)

#define TSS64_RSP0		4u
#define TSS64_IST1		36u
#define TSS32_ESP0		4u

/* An exception that delivery raised itself. */
struct trouble {
	uint8_t vector;		/* #PF comes with CR2 */
	uint32_t error;
	uint64_t cr2;
};

struct gate {
	uint64_t offset;
	uint16_t selector;
	unsigned type;
	unsigned ist;
};

struct delivery {
	struct vcpu *v;
	struct vmsa_common *s;
	bool wide;		/* long mode: 64-bit frames */
	uint8_t vector;
	unsigned skip;		/* length of an INT instruction; else 0 */
	bool interrupt;		/* from outside, between two instructions */
	struct gate gate;
	struct vmsa_segment cs;
	struct vmsa_segment ss;
	unsigned cpl;		/* of the handler */
	bool switched;		/* another stack than the current one */
	uint64_t rsp;
	struct trouble trouble;
};

static bool raise(struct delivery *d, uint8_t vector, uint32_t error)
{
	d->trouble.vector = vector;
	d->trouble.error = error;
	return false;
}

/* A page fault stays one; what the RMP refuses has no handler to go to. */
static bool memory_trouble(struct delivery *d, const struct fault *fault)
{
	if (fault->kind == FAULT_DENIED)
		report_denied(d->v, fault);
	d->trouble.cr2 = fault->va;
	if (fault->kind == FAULT_PAGE)
		return raise(d, VECTOR_PF, fault->error);
	return raise(d, VECTOR_VC, fault->kind == FAULT_NOT_VALIDATED ?
		     EXIT_PAGE_NOT_VALIDATED : EXIT_NPF);
}

static bool read_system(struct delivery *d, uint64_t va, void *to, unsigned len)
{
	struct fault fault;

	if (guest_read(d->v, va, to, len, RMP_READ, 0, &fault))
		return true;
	return memory_trouble(d, &fault);
}

static bool read_gate(struct delivery *d)
{
	unsigned bytes = d->wide ? 16 : 8, offset = d->vector * bytes;
	uint64_t raw[2] = { 0, 0 };
	uint32_t idt_error = (uint32_t)d->vector << 3 | 2;

	if (offset + bytes - 1 > d->s->idtr.limit)
		return raise(d, VECTOR_GP, idt_error);
	if (!read_system(d, d->s->idtr.base + offset, raw, bytes))
		return false;
	d->gate.offset = (raw[0] & 0xffff) | (raw[0] >> 32 & 0xffff0000) |
			 raw[1] << 32;
	d->gate.selector = (uint16_t)(raw[0] >> 16);
	d->gate.ist = d->wide ? (raw[0] >> 32) & 7 : 0;
	d->gate.type = (raw[0] >> 40) & 0x1f;
	if (d->gate.type != GATE_INTERRUPT_32 && d->gate.type != GATE_TRAP_32)
		return raise(d, VECTOR_GP, idt_error);
	if (d->skip && (raw[0] >> 45 & 3) < d->s->cpl)
		return raise(d, VECTOR_GP, idt_error);
	if (!(raw[0] >> 47 & 1))
		return raise(d, VECTOR_NP, idt_error);
	return true;
}

/* Also marks the descriptor accessed in the cached attributes. */
static bool read_descriptor(struct delivery *d, uint16_t selector,
			    uint8_t vector, struct vmsa_segment *segment)
{
	const struct vmsa_segment *table =
		selector & 4 ? &d->s->ldtr : &d->s->gdtr;
	unsigned offset = selector & ~7u;
	uint64_t raw;

	if (selector & 4)
		context_sync(d->v);
	if (!(selector & ~3u) || offset + 7 > table->limit)
		return raise(d, vector, selector & ~3u);
	if (!read_system(d, table->base + offset, &raw, 8))
		return false;
	segment->selector = selector;
	segment->attributes = (uint16_t)((raw >> 40 & 0xff) |
					 (raw >> 44 & 0xf00) | 1);
	segment->limit = (uint32_t)((raw & 0xffff) | (raw >> 32 & 0xf0000));
	if (segment->attributes & DESCRIPTOR_GRANULAR)
		segment->limit = segment->limit << 12 | 0xfff;
	segment->base = (raw >> 16 & 0xffffff) | (raw >> 32 & 0xff000000);
	return true;
}

static bool choose_code(struct delivery *d)
{
	unsigned dpl, attributes;

	if (!read_descriptor(d, d->gate.selector, VECTOR_GP, &d->cs))
		return false;
	attributes = d->cs.attributes;
	dpl = SEGMENT_DPL(attributes);
	if (!(attributes & DESCRIPTOR_S) || !(attributes & DESCRIPTOR_CODE) ||
	    dpl > d->s->cpl || (d->wide && !(attributes & SEGMENT_LONG)))
		return raise(d, VECTOR_GP, d->gate.selector & ~3u);
	if (!(attributes & DESCRIPTOR_PRESENT))
		return raise(d, VECTOR_NP, d->gate.selector & ~3u);
	d->cpl = attributes & DESCRIPTOR_CONFORMING ? d->s->cpl : dpl;
	d->cs.selector = (uint16_t)((d->gate.selector & ~3u) | d->cpl);
	return true;
}

static bool choose_stack_64(struct delivery *d)
{
	unsigned offset = d->gate.ist ? TSS64_IST1 + 8 * (d->gate.ist - 1) :
					TSS64_RSP0 + 8 * d->cpl;

	d->ss = d->s->ss;
	d->rsp = d->s->rsp;
	if (d->cpl < d->s->cpl) {
		d->ss = (struct vmsa_segment){ .selector = (uint16_t)d->cpl };
		d->ss.attributes = (uint16_t)(d->cpl << 5);
	}
	d->switched = d->gate.ist || d->cpl < d->s->cpl;
	if (!d->switched)
		return true;
	context_sync(d->v);
	if (offset + 7 > d->s->tr.limit)
		return raise(d, VECTOR_TS, d->s->tr.selector & ~3u);
	return read_system(d, d->s->tr.base + offset, &d->rsp, 8);
}

static bool choose_stack_32(struct delivery *d)
{
	unsigned offset = TSS32_ESP0 + 8 * d->cpl;
	struct {
		uint32_t esp;
		uint16_t ss, padding;
	} tss;

	d->ss = d->s->ss;
	d->rsp = (uint32_t)d->s->rsp;
	d->switched = d->cpl < d->s->cpl;
	if (!d->switched)
		return true;
	context_sync(d->v);
	if (offset + 7 > d->s->tr.limit)
		return raise(d, VECTOR_TS, d->s->tr.selector & ~3u);
	if (!read_system(d, d->s->tr.base + offset, &tss, sizeof(tss)) ||
	    !read_descriptor(d, tss.ss, VECTOR_TS, &d->ss))
		return false;
	d->rsp = tss.esp;
	return true;
}

/* RFLAGS as a fault pushes them: RF set, so that breakpoints do not repeat. */
static uint64_t pushed_flags(const struct delivery *d)
{
	return d->skip || d->interrupt ? d->s->rflags :
					 d->s->rflags | RFLAGS_RF;
}

static bool write_frame(struct delivery *d, uint64_t va, const void *frame,
			unsigned len)
{
	struct fault fault;

	if (guest_write(d->v, va, frame, len, d->cpl, &fault))
		return true;
	return memory_trouble(d, &fault);
}

static bool push_frame_64(struct delivery *d, bool has_error, uint32_t error)
{
	uint64_t frame[6] = {
		error, d->s->rip + d->skip, d->s->cs.selector, pushed_flags(d),
		d->s->rsp, d->s->ss.selector,
	};
	unsigned skip = has_error ? 0 : 1;

	d->rsp = (d->rsp & ~15ull) - 8 * (6 - skip);
	return write_frame(d, d->rsp, frame + skip, 8 * (6 - skip));
}

static bool push_frame_32(struct delivery *d, bool has_error, uint32_t error)
{
	uint32_t frame[6] = {
		error, (uint32_t)d->s->rip + d->skip, d->s->cs.selector,
		(uint32_t)pushed_flags(d), (uint32_t)d->s->rsp,
		d->s->ss.selector,
	};
	unsigned first = has_error ? 0 : 1, end = d->switched ? 6 : 4;
	uint64_t esp = (uint32_t)(d->rsp - 4 * (end - first));

	d->rsp = esp;
	return write_frame(d, d->ss.base + esp, frame + first,
			   4 * (end - first));
}

static void enter_handler(struct delivery *d)
{
	d->s->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
	if (d->gate.type == GATE_INTERRUPT_32)
		d->s->rflags &= ~RFLAGS_IF;
	d->s->cs = d->cs;
	d->s->ss = d->ss;
	d->s->cpl = (uint8_t)d->cpl;
	d->s->rip = d->gate.offset;
	d->s->rsp = d->rsp;
	d->v->vmcb->control.int_state = 0;
}

/* Real mode and virtual 8086 mode have other gates, and frames. */
static bool has_gates(const struct vmsa_common *s)
{
	return s->cr0 & CR0_PE && !(s->rflags & RFLAGS_VM);
}

static bool try_deliver(struct delivery *d, bool has_error, uint32_t error)
{
	d->s = &vcpu_vmsa(d->v)->s;
	d->wide = d->s->efer & EFER_LMA;
	if (!has_gates(d->s))
		return raise(d, VECTOR_GP, 0);
	if (!read_gate(d) || !choose_code(d))
		return false;
	if (d->wide) {
		if (!choose_stack_64(d) || !push_frame_64(d, has_error, error))
			return false;
	} else {
		if (!choose_stack_32(d) || !push_frame_32(d, has_error, error))
			return false;
	}
	enter_handler(d);
	return true;
}

/* Contributory exceptions, #PF, and #VC, make a #DF of what they meet. */
static bool makes_double_fault(uint8_t first)
{
	return first == VECTOR_DE || first == VECTOR_PF || first == VECTOR_VC ||
	       (first >= VECTOR_TS && first <= VECTOR_GP);
}

static void deliver(struct delivery d, bool has_error, uint32_t error)
{
	struct vcpu *v = d.v;

	trace(TRACE_VC, "deliver #%u error %x at %lx", d.vector, error,
	      vcpu_vmsa(v)->s.rip);
	while (!try_deliver(&d, has_error, error)) {
		struct delivery next = { .v = v };

		if (d.trouble.vector == VECTOR_PF)
			vcpu_vmsa(v)->s.cr2 = d.trouble.cr2;
		if (d.vector == VECTOR_DF)
			report_shutdown(v, "fault in the delivery of #DF");
		if (!d.skip && makes_double_fault(d.vector)) {
			next.vector = VECTOR_DF;
			error = 0;
		} else {
			next.vector = d.trouble.vector;
			error = d.trouble.error;
		}
		trace(TRACE_VC, "delivery of #%u met #%u (%x, va %lx): #%u",
		      d.vector, d.trouble.vector, d.trouble.error,
		      d.trouble.cr2, next.vector);
		has_error = true;
		d = next;
	}
}

void deliver_exception(struct vcpu *v, uint8_t vector, bool has_error,
		       uint32_t error)
{
	deliver((struct delivery){ .v = v, .vector = vector }, has_error,
		error);
}

void deliver_software(struct vcpu *v, uint8_t vector, unsigned length)
{
	meter_emulated(v);
	deliver((struct delivery){ .v = v, .vector = vector, .skip = length },
		false, 0);
}

bool deliver_interrupt(struct vcpu *v, uint8_t vector)
{
	if (!has_gates(&vcpu_vmsa(v)->s))
		return false;
	deliver((struct delivery){ .v = v, .vector = vector,
				   .interrupt = true }, false, 0);
	return true;
}

void deliver_vc(struct vcpu *v, uint32_t exit_code)
{
	counter_add(v, COUNTER_VC, 1);
	deliver_exception(v, VECTOR_VC, true, exit_code);
}

void deliver_not_validated(struct vcpu *v, uint64_t va)
{
	vcpu_vmsa(v)->s.cr2 = va;
	deliver_vc(v, EXIT_PAGE_NOT_VALIDATED);
}

void deliver_fault(struct vcpu *v, const struct fault *fault)
{
	if (fault->kind == FAULT_PAGE) {
		vcpu_vmsa(v)->s.cr2 = fault->va;
		deliver_exception(v, VECTOR_PF, true, fault->error);
	} else if (fault->kind == FAULT_NOT_VALIDATED) {
		deliver_not_validated(v, fault->va);
	} else if (fault->kind == FAULT_DEVICE) {
		deliver_vc(v, EXIT_NPF);
	} else {
		report_denied(v, fault);
	}
}

void vcpu_inject_exception(struct vcpu *v, uint8_t vector, bool has_error,
			   uint32_t error)
{
	deliver_exception(v, vector, has_error, error);
}
