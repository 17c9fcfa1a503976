// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* VMPL permissions: each bit, at each level; switches between levels. */
#include "probe.h"

static void read_page(uint64_t va)
{
	struct regs r = { .rsi = va };

	TRY(read, &r);
	level_back();
}

static void write_page(uint64_t va)
{
	struct regs r = { .rdi = va, .rax = 0x77 };

	TRY(write, &r);
	level_back();
}

/* 0xc3: the page holds a return instruction. */
static void execute_page(uint64_t va)
{
	struct regs r = { .rax = va };

	report("execute", attempt(insn_jump, &r), insn_jump_at);
	level_back();
}

static void execute_page_user(uint64_t va)
{
	struct regs r = { .rax = va };

	report("execute at cpl 3", attempt_user(insn_jump, &r), insn_jump_at);
	level_back();
}

static void at_level(unsigned vmpl, uint64_t mask, void (*fn)(uint64_t))
{
	take_page(TEST_PAGE);
	*(volatile uint8_t *)TEST_PAGE = 0xc3;
	need(rmpadjust(TEST_PAGE, 0, ADJUST(vmpl, mask)));
	level_start(vmpl, fn, TEST_PAGE);
	say_answer("run", level_run(vmpl));
}

PROBE(vmpl1_reads_with_read)
{
	at_level(1, P_READ, read_page);
}

PROBE(vmpl1_does_not_read_without_read)
{
	at_level(1, P_XSUPER, read_page);
}

PROBE(vmpl1_writes_with_write)
{
	at_level(1, P_READ | P_WRITE, write_page);
	say("page has %x\n", (uint64_t)*(volatile uint8_t *)TEST_PAGE);
}

PROBE(vmpl1_does_not_write_without_write)
{
	at_level(1, P_READ, write_page);
}

PROBE(vmpl1_does_not_read_with_write_alone)
{
	at_level(1, P_WRITE, read_page);
}

PROBE(vmpl1_executes_with_supervisor_execute)
{
	at_level(1, P_READ | P_XSUPER, execute_page);
}

PROBE(vmpl1_does_not_execute_with_user_execute_alone)
{
	at_level(1, P_READ | P_XUSER, execute_page);
}

PROBE(vmpl1_executes_at_cpl_3_with_user_execute)
{
	at_level(1, P_READ | P_XUSER, execute_page_user);
}

PROBE(vmpl1_does_not_execute_at_cpl_3_with_supervisor_execute_alone)
{
	at_level(1, P_READ | P_XSUPER, execute_page_user);
}

PROBE(vmpl2_has_its_own_mask)
{
	at_level(2, P_READ, read_page);
}

PROBE(vmpl3_has_its_own_mask)
{
	at_level(3, P_READ | P_WRITE, write_page);
}

PROBE(vmpl3_does_not_have_the_mask_of_vmpl2)
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(2, P_ALL)));
	level_start(3, read_page, TEST_PAGE);
	level_run(3);
}

PROBE(vmpl1_writes_shared_memory)
{
	level_start(1, write_page, SHARED_BASE + TEST_PAGE);
	level_run(1);
	say("shared page has %x\n",
	    (uint64_t)*(volatile uint8_t *)shared(TEST_PAGE));
}

PROBE(page_tables_need_permissions)
{
	extern uint64_t tables_pt[];

	level_start(1, read_page, TEST_PAGE);
	need(rmpadjust((uint64_t)&tables_pt[TEST_PAGE / 4096], 0,
		       ADJUST(1, 0)));
	level_run(1);
}

static void two_turns(uint64_t unused)
{
	(void)unused;
	say("first turn\n");
	level_back();
	say("second turn\n");
	level_back();
}

PROBE(level_goes_on_where_it_left_off)
{
	level_start(1, two_turns, 0);
	say_answer("run", level_run(1));
	say("vmpl0 again\n");
	say_answer("run", level_run(1));
}

static void spoil_registers(uint64_t unused)
{
	(void)unused;
	__asm__ volatile("mov $-1, %%r12; mov $-1, %%r15; mov %0, %%cr2"
			 : : "r"(0x1111ull) : "r12", "r15");
	level_back();
}

PROBE(levels_do_not_share_registers)
{
	uint64_t r12, cr2;

	level_start(1, spoil_registers, 0);
	__asm__ volatile("mov %0, %%cr2" : : "r"(0x2222ull));
	__asm__ volatile("mov $0x12, %%r12" : : : "r12");
	level_run(1);
	__asm__ volatile("mov %%r12, %0; mov %%cr2, %1" : "=r"(r12), "=r"(cr2));
	say("cr2 %x\n", cr2);
	say("vmpl1 had cr2 %x\n", vmsa_get(1, 0x240));
}

PROBE(vmsa_shows_the_registers_of_a_level)
{
	level_start(1, two_turns, 0);
	level_run(1);
	say("vmpl in the vmsa %u\n", vmsa_get(1, 0xc8) >> 16 & 0xff);
	say("exit code %x\n", vmsa_get(1, 0x3c0));
}

PROBE(vmpl0_changes_a_register_of_a_level)
{
	level_start(1, two_turns, 0);
	vmsa_set(1, 0x178, (uint64_t)read_page);
	vmsa_set(1, 0x338, CPUID_GPA);
	need(rmpadjust(CPUID_GPA, 0, ADJUST(1, P_READ)));
	level_run(1);
}

PROBE(level_without_svme_does_not_run)
{
	level_start(1, two_turns, 0);
	vmsa_set(1, 0x0d0, vmsa_get(1, 0x0d0) & ~0x1000ull);
	say_answer("run", level_run(1));
	vmsa_set(1, 0x0d0, vmsa_get(1, 0x0d0) | 0x1000ull);
	say_answer("run", level_run(1));
}

PROBE(page_without_the_vmsa_mark_does_not_run)
{
	vmsa_prepare(1, two_turns, 0);
	grant_image(1);
	say_answer("create", vmsa_create(1, vmsa_gpa(1), FEATURE_SNP, 0));
	say_answer("run", level_run(1));
}

PROBE(level_without_a_vmsa_does_not_run)
{
	say_answer("run 2", ghcb_event(NAE_RUN_VMPL, 2, 0));
	say_answer("run 4", ghcb_event(NAE_RUN_VMPL, 4, 0));
}

PROBE(msr_run_vmpl_refuses_an_unknown_level)
{
	say("answer %x\n", msr_call(4ull << 32 | 0x16));
}

static void msr_of_own_level(uint64_t unused)
{
	(void)unused;
	say("ghcb msr of vmpl1 at the start: code %x, versions %x\n",
	    rdmsr(0xc0010130) & 0xfff, rdmsr(0xc0010130) >> 32);
	level_back();
}

PROBE(each_level_has_its_own_ghcb_msr)
{
	level_start(1, msr_of_own_level, 0);
	level_run(1);
}

static void vc_in_level(uint64_t unused)
{
	struct regs r = { 0 };

	(void)unused;
	TRY(cpuid, &r);
	level_back();
}

PROBE(vc_is_delivered_in_a_lower_level)
{
	level_start(2, vc_in_level, 0);
	level_run(2);
}
