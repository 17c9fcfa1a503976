// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* #VC: every source with its code, in 64-bit and 32-bit code, from ring 3. */
#include "probe.h"

#include <stddef.h>

#define MSR_UNKNOWN	0x1b		/* APIC base: the host's */
#define APIC_PAGE	0xfee00000
#define VC		29
#define DOUBLE_FAULT	8

/* ------------------------------------------------------ 64-bit code */

#define PROBE_VC(name, ...)						\
	PROBE(vc_of_##name)						\
	{								\
		struct regs r = { __VA_ARGS__ };			\
									\
		TRY(name, &r);						\
	}

PROBE_VC(cpuid, .rax = 0)
PROBE_VC(rdmsr, .rcx = MSR_UNKNOWN)
PROBE_VC(wrmsr, .rcx = MSR_UNKNOWN)
PROBE_VC(in8, .rdx = 0x71)
PROBE_VC(in16, .rdx = 0x3f8)
PROBE_VC(in32, .rdx = 0xcfc)
PROBE_VC(in8_imm, .rax = 0)
PROBE_VC(out8, .rdx = 0x80)
PROBE_VC(out32, .rdx = 0xcf8)
PROBE_VC(insb, .rdx = 0x71, .rdi = TEST_PAGE)
PROBE_VC(rep_insb, .rdx = 0x71, .rdi = TEST_PAGE, .rcx = 3)
PROBE_VC(outsb, .rdx = 0x80, .rsi = TEST_PAGE)
PROBE_VC(rep_outsb, .rdx = 0x80, .rsi = TEST_PAGE, .rcx = 3)
PROBE_VC(wbinvd, .rax = 0)
PROBE_VC(invd, .rax = 0)
PROBE_VC(monitor, .rax = IMAGE_PAGE)
PROBE_VC(mwait, .rax = 0)
PROBE_VC(rdtsc, .rax = 0)
PROBE_VC(rdtscp, .rax = 0)
PROBE_VC(rdpmc, .rcx = 0)
PROBE_VC(vmmcall, .rax = 0)
PROBE_VC(dr7_read, .rax = 0)
PROBE_VC(dr7_write, .rax = 0x400)

PROBE(debug_swap_leaves_dr7_to_the_guest)
{
	struct regs w = { .rax = 0x500 }, r = { .rax = 0 };

	TRY(dr7_write, &w);
	TRY(dr7_read, &r);
	say("dr7 %x\n", r.rax);
}

PROBE(vc_of_an_mmio_read)
{
	struct regs r = { .rsi = SHARED_BASE + APIC_PAGE + 0x20 };

	TRY(read32, &r);
}

PROBE(vc_of_an_mmio_write)
{
	struct regs r = { .rdi = SHARED_BASE + APIC_PAGE + 0xb0 };

	TRY(write32, &r);
}

PROBE(vc_of_an_mmio_read_and_write)
{
	struct regs r = { .rdi = SHARED_BASE + APIC_PAGE + 0xf0, .rax = 1 };

	TRY(add_memory, &r);
}

PROBE(no_vc_of_rdtsc_by_default)
{
	struct regs r = { 0 };

	TRY(rdtsc, &r);
	TRY(rdtscp, &r);
}

PROBE(no_vc_of_passed_msrs)
{
	struct regs r = { .rcx = MSR_EFER };

	TRY(rdmsr, &r);
	say("long mode is on: %u\n", r.rax >> 10 & 1);
	r.rcx = 0xc0000100;
	TRY(rdmsr, &r);
	r.rcx = 0xc0010131;
	TRY(rdmsr, &r);
	say("sev status %x\n", r.rax);
}

PROBE(other_exceptions_are_delivered)
{
	struct regs r = { 0 };

	attempt(insn_ud2, &r);
	say("ud2: exception %u\n", trap.vector);
	attempt(insn_int3, &r);
	say("int3: exception %u\n", trap.vector);
}

/* ------------------------------------------------------ 32-bit code */

#define PROBE_VC32(name, ...)						\
	PROBE(vc_in_32_bit_code_of_##name)				\
	{								\
		struct regs r = { __VA_ARGS__ };			\
									\
		TRY32(name, &r);					\
	}

PROBE_VC32(cpuid, .rax = 0)
PROBE_VC32(rdmsr, .rcx = MSR_UNKNOWN)
PROBE_VC32(in8, .rdx = 0x71)
PROBE_VC32(out8, .rdx = 0x80)
PROBE_VC32(rep_outsb, .rdx = 0x80, .rsi = TEST_PAGE, .rcx = 3)
PROBE_VC32(wbinvd, .rax = 0)
PROBE_VC32(vmmcall, .rax = 0)
PROBE_VC32(dr7_read, .rax = 0)
PROBE_VC32(monitor, .rax = IMAGE_PAGE)

PROBE(vc_in_32_bit_code_of_a_page_not_validated)
{
	struct regs r = { .rsi = TEST_PAGE };

	need(psc_private(TEST_PAGE));
	TRY32(read, &r);
}

/* ------------------------------------------------------------ ring 3 */

PROBE(vc_in_ring_3_of_cpuid)
{
	struct regs r = { 0 };

	TRY_USER(cpuid, &r);
}

PROBE(vc_in_ring_3_of_vmmcall)
{
	struct regs r = { 0 };

	TRY_USER(vmmcall, &r);
}

PROBE(ring_3_may_not_reach_ports_or_msrs)
{
	struct regs r = { .rdx = 0x71, .rcx = MSR_UNKNOWN };

	TRY_USER(in8, &r);
	TRY_USER(rdmsr, &r);
	TRY_USER(wbinvd, &r);
}

PROBE(vc_in_ring_3_of_mmio)
{
	struct regs r = { .rsi = SHARED_BASE + APIC_PAGE + 0x20 };

	TRY_USER(read32, &r);
}

/* ---------------------------------------------------------- delivery */

PROBE(vc_uses_its_ist_stack)
{
	struct regs r = { 0 };

	trap_use_ist(VC);
	TRY(cpuid, &r);
	say("on the IST stack: %u\n",
	    (uint64_t)(trap.frame - (uint64_t)ist_stack < 4096));
}

PROBE(vc_without_ist_stays_on_the_stack)
{
	struct regs r = { 0 };

	TRY(cpuid, &r);
	say("right below the old stack: %u\n",
	    (uint64_t)(trap.rsp - trap.frame <= 0xb0 + 15));
}

PROBE(vc_from_ring_3_uses_its_ist_stack)
{
	struct regs r = { 0 };

	trap_use_ist(VC);
	TRY_USER(cpuid, &r);
	say("on the IST stack: %u\n",
	    (uint64_t)(trap.frame - (uint64_t)ist_stack < 4096));
}

static bool look_at_registers(struct trap_frame *frame)
{
	if (frame->vector != VC || frame->error != NAE_IOIO ||
	    (uint16_t)frame->rdx != 0x80)
		return false;
	trap_hook = NULL;
	say("rax %x rbx %x rcx %x rdx %x rsi %x rdi %x\n", frame->rax,
	    frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi);
	say("interrupts %x cs %x ss %x\n", frame->flags & FLAG_IF, frame->cs,
	    frame->ss);
	return false;
}

PROBE(vc_keeps_all_registers)
{
	struct regs r = { .rax = 0x11, .rbx = 0x22, .rcx = 0x33, .rdx = 0x80,
			  .rsi = 0x55, .rdi = 0x66 };

	trap_hook = look_at_registers;
	TRY(rep_outsb, &r);
}

PROBE(vc_with_an_absent_gate_is_a_double_fault)
{
	struct regs r = { 0 };

	trap_gate_absent(VC);
	TRY(cpuid, &r);
}

PROBE(vc_on_a_stack_not_validated_is_a_double_fault)
{
	struct regs r = { 0 };

	trap_use_ist(VC);
	need(pvalidate((uint64_t)ist_stack, 0, 0));
	TRY(cpuid, &r);
}

PROBE(vc_without_any_way_out_is_a_triple_fault)
{
	struct regs r = { 0 };

	trap_gate_absent(VC);
	trap_gate_absent(DOUBLE_FAULT);
	TRY(cpuid, &r);
}

/* Count and skip: CPUID has two bytes. */
static volatile unsigned count;

static bool skip_cpuid(struct trap_frame *frame)
{
	if (frame->vector != VC || frame->error != NAE_CPUID)
		return false;
	count++;
	frame->rax = count;
	frame->rip += 2;
	return true;
}

PROBE(vc_is_neither_lost_nor_doubled)
{
	struct regs r = { 0 };
	unsigned good = 0;

	trap_hook = skip_cpuid;
	for (unsigned i = 1; i <= 1000; i++) {
		insn_cpuid(&r);
		good += r.rax == i;
	}
	say("count %u good %u\n", (uint64_t)count, (uint64_t)good);
}

/* A handler that runs into another #VC before it is done. */
static bool nest(struct trap_frame *frame)
{
	struct regs r = { 0 };

	if (frame->vector != VC || frame->error != NAE_CPUID)
		return false;
	count++;
	if (count < 4)
		insn_cpuid(&r);
	frame->rip += 2;
	return true;
}

PROBE(vc_nests_in_its_handler)
{
	struct regs r = { 0 };

	trap_hook = nest;
	insn_cpuid(&r);
	say("depth %u\n", (uint64_t)count);
}
