// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Stale translations: what they outlive, and what ends them. */
#include "probe.h"

#define GHCB_INFO	0x002
#define VMSA_PCPU_ID	0x3d8
#define VMSA_UNUSED	0x7c8	/* nothing that this machine looks at */
#define VMSA_R12	0x360
#define RW		(P_READ | P_WRITE)

#define ASID_VALID	4u
#define GLOBAL		8u
#define NESTED		0x20u

static volatile uint32_t exits, writes, stage;

static volatile uint32_t *word(uint64_t va)
{
	return (volatile uint32_t *)va;
}

static void invlpgb(uint64_t bits)
{
	struct regs r = { .rax = ASID_VALID | bits };

	need(attempt(insn_invlpgb, &r));
}

static void tlbsync(void)
{
	struct regs r = { 0 };

	need(attempt(insn_tlbsync, &r));
}

static void revoke(void)
{
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, 0)));
}

/* ------------------------------------------ a writer on the other CPU */

static void write_and_exit(uint64_t va)
{
	for (;;) {
		(*word(va))++;
		writes++;
		msr_call(GHCB_INFO);
		exits++;
	}
}

/* It writes at VMPL1 of vCPU 1 by a translation that it may not have. */
static void start_stale_writer(void)
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, RW)));
	vmsa_prepare(1, write_and_exit, TEST_PAGE);
	grant_image(1);
	vmsa_mark(1);
	need(vmsa_create(1, vmsa_gpa(1), FEATURE_SNP, 1).info1 == 0);
	while (writes == 0)
		__asm__ volatile("pause");
	revoke();
}

/* The page's own word tells, not what the writer says. */
static void say_that_it_writes(unsigned how_often)
{
	uint32_t before = *word(TEST_PAGE), start = exits;

	while (exits - start < how_often)
		__asm__ volatile("pause");
	say("after %u exits it writes: %u\n", (uint64_t)how_often,
	    (uint64_t)(*word(TEST_PAGE) - before >= how_often));
}

static void say_that_it_ended(void)
{
	uint32_t start = exits;

	while (exits - start < 3)
		__asm__ volatile("pause");
	say("it goes on\n");
}

PROBE(stale_write_outlives_1000_exits)
{
	start_stale_writer();
	say_that_it_writes(1000);
}

PROBE(stale_write_of_the_other_cpu_ends_by_invlpgb)
{
	start_stale_writer();
	say_that_it_writes(10);
	invlpgb(GLOBAL | NESTED);
	say_that_it_writes(10);
	tlbsync();
	say_that_it_ended();
}

PROBE(stale_write_of_the_other_cpu_ends_by_the_hosts_flush)
{
	start_stale_writer();
	say_that_it_writes(10);
	need(attack(ATTACK_FLUSH, 0) == 0);
	say_that_it_writes(10);
	need(attack(ATTACK_FLUSH, 0x1000) == 0);
	say_that_it_ended();
}

PROBE(stale_write_outlives_invlpgb_of_less)
{
	static const uint64_t less[] = {
		GLOBAL, NESTED, NESTED | GLOBAL | 1 | TEST_PAGE,
	};

	start_stale_writer();
	for (unsigned i = 0; i < 3; i++) {
		invlpgb(less[i]);
		tlbsync();
		say_that_it_writes(10);
	}
}

/* --------------------------------------- a lower level of the same CPU */

static void write_in_turns(uint64_t va)
{
	for (;;) {
		(*word(va))++;
		level_back();
	}
}

static void write_then_toggle(uint64_t va)
{
	(*word(va))++;
	level_back();
	flush_own_tlb();
	(*word(va))++;
	level_back();
}

static void run_once(void)
{
	uint32_t before = *word(TEST_PAGE);

	level_run(1);
	say("vmpl1 writes: %u\n", (uint64_t)(*word(TEST_PAGE) == before + 1));
}

static void start_lower(void (*fn)(uint64_t))
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, RW)));
	level_start(1, fn, TEST_PAGE);
	run_once();
	revoke();
}

PROBE(stale_write_outlives_level_switches)
{
	start_lower(write_in_turns);
	for (unsigned i = 0; i < 100; i++)
		level_run(1);
	run_once();
}

PROBE(stale_write_outlives_a_flush_of_another_level)
{
	start_lower(write_in_turns);
	flush_own_tlb();
	run_once();
}

PROBE(stale_write_ends_by_the_own_flush)
{
	start_lower(write_then_toggle);
	run_once();
}

PROBE(stale_write_ends_by_pcpu_id_0)
{
	start_lower(write_in_turns);
	run_once();
	vmsa_set(1, VMSA_PCPU_ID, 0);
	run_once();
}

PROBE(stale_write_ends_by_another_cpus_pcpu_id)
{
	start_lower(write_in_turns);
	vmsa_set(1, VMSA_PCPU_ID, 2);
	run_once();
}

PROBE(pcpu_id_is_written_by_vmrun)
{
	take_page(TEST_PAGE);
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, RW)));
	level_start(1, write_in_turns, TEST_PAGE);
	say("prepared: %u\n", vmsa_get(1, VMSA_PCPU_ID));
	run_once();
	say("cpu 0: %u\n", vmsa_get(1, VMSA_PCPU_ID));
	vmsa_set(1, VMSA_PCPU_ID, 0);
	run_once();
	say("again: %u\n", vmsa_get(1, VMSA_PCPU_ID));
	cpu1_prepare(write_and_exit, TEST_PAGE);
	need(cpu1_create().info1 == 0);
	while (exits == 0)
		__asm__ volatile("pause");
	say("cpu 1: %u\n", vmsa_get(0, VMSA_PCPU_ID));
}

static void execute_in_turns(uint64_t va)
{
	for (;;) {
		struct regs r = { .rax = va };

		report("execute", attempt(insn_jump, &r), insn_jump_at);
		level_back();
	}
}

/* Of supervisor code alone, which this machine maps for one entry at a time. */
PROBE(stale_execution_outlives_rmpadjust)
{
	take_page(TEST_PAGE);
	*(volatile uint8_t *)TEST_PAGE = 0xc3;
	need(rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ | P_XSUPER)));
	level_start(1, execute_in_turns, TEST_PAGE);
	level_run(1);
	revoke();
	level_run(1);
	vmsa_set(1, VMSA_PCPU_ID, 0);
	level_run(1);
}

/* ------------------------------------------------- VMPL0's own ones */

static void write_for_ever(struct regs *r)
{
	for (;;)
		*word(r->rdi) = ++writes;
}

static void write_until_trap(uint64_t va)
{
	struct regs r = { .rdi = va };

	(void)attempt(write_for_ever, &r);
	stage = trap.vector == 29 && trap.error == 0x404 ? 2 : 3;
	for (;;)
		__asm__ volatile("pause");
}

PROBE(rescinding_leaves_translations_of_all_cpus)
{
	struct regs r = { .rsi = TEST_PAGE };
	uint32_t start;

	take_page(TEST_PAGE);
	cpu1_prepare(write_until_trap, TEST_PAGE);
	need(cpu1_create().info1 == 0);
	while (writes == 0)
		__asm__ volatile("pause");
	need(pvalidate(TEST_PAGE, 0, 0));
	start = writes;
	while (writes - start < 100)
		__asm__ volatile("pause");
	say("the other cpu writes\n");
	TRY(read, &r);
	flush_own_tlb();
	TRY(read, &r);
	say("the other cpu was stopped: %u\n", (uint64_t)(stage != 0));
	invlpgb(GLOBAL | NESTED);
	tlbsync();
	say("the other cpu had its #VC 404: %u\n",
	    (uint64_t)wait_for(&stage, 2));
}

PROBE(page_taken_without_a_flush_is_still_reached)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(psc_shared(TEST_PAGE));
	TRY(read, &r);
	flush_own_tlb();
	TRY(read, &r);
}

PROBE(remapping_without_a_flush_leaves_the_old_page)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	*word(TEST_PAGE) = 77;
	need(attack(ATTACK_REMAP_STALE, TEST_PAGE) == 0);
	say("has %u\n", (uint64_t)*word(TEST_PAGE));
	flush_own_tlb();
	TRY(read, &r);
}

PROBE(stale_read_outlives_a_halt)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	need(pvalidate(TEST_PAGE, 0, 0));
	irq_eoi = true;
	wrmsr(0x1b, 0xfee00d00);
	wrmsr(0x80f, 0x1ff);
	wrmsr(0x83e, 0xb);
	wrmsr(0x832, 0x40);	/* the timer, once, vector 0x40 */
	wrmsr(0x838, 2000000);
	while (irq_count[0x40] == 0)
		__asm__ volatile("sti; hlt; cli");
	TRY(read, &r);
}

/* ------------------------------------------------------------- VMSAs */

static void write_vmsa(uint64_t va)
{
	for (unsigned i = 1;; i++) {
		*word(va) = i;
		level_back();
	}
}

static void spin(uint64_t unused)
{
	(void)unused;
	for (stage = 1;;)
		__asm__ volatile("pause");
}

/* The lower level had the page before it was a VMSA, and still has. */
PROBE(stale_write_reaches_a_running_vmsa)
{
	level_start(1, write_vmsa, cpu1_vmsa() + VMSA_UNUSED);
	need(rmpadjust(cpu1_vmsa(), 0, ADJUST(1, RW)));
	level_run(1);
	cpu1_prepare(spin, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	say("before %u\n", vmsa_get(0, VMSA_UNUSED) & 0xffffffff);
	level_run(1);
	say("after %u\n", vmsa_get(0, VMSA_UNUSED) & 0xffffffff);
}

static void spin_with_r12(uint64_t value)
{
	stage = 1;
	__asm__ volatile("mov %0, %%r12; 1: pause; cmp %0, %%r12; je 1b"
			 : : "r"(value) : "r12");
	for (stage = 2;;)
		__asm__ volatile("pause");
}

/* The translation is of the time when it was a VMSA already. */
PROBE(write_of_a_vmsa_in_use_waits_for_it)
{
	cpu1_prepare(spin_with_r12, 5);
	flush_own_tlb();	/* what prepared it has an older one */
	vmsa_set(0, VMSA_UNUSED, 1);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	for (unsigned i = 0; i < 100; i++)
		__asm__ volatile("pause");
	vmsa_set(0, VMSA_R12, 6);
	say("it was not running then: %u\n", (uint64_t)wait_for(&stage, 2));
}

static void write_the_others_vmsa(uint64_t va)
{
	for (unsigned i = 0; i < 300; i++)
		(*word(va))++;
	stage++;
}

static void write_as_cpu1(uint64_t va)
{
	write_the_others_vmsa(va);
	for (;;)
		__asm__ volatile("pause");
}

static void write_as_level(uint64_t va)
{
	write_the_others_vmsa(va);
	level_back();
}

/* Each waits for the VMSA that the other one runs with. */
PROBE(two_cpus_write_each_others_vmsa)
{
	level_start(1, write_as_level, cpu1_vmsa() + VMSA_UNUSED);
	cpu1_prepare(write_as_cpu1, vmsa_gpa(1) + VMSA_UNUSED);
	need(rmpadjust(cpu1_vmsa(), 0, ADJUST(1, RW) | ADJUST_VMSA));
	need(cpu1_create().info1 == 0);
	level_run(1);
	need(wait_for(&stage, 2));
	say("both are through: %u %u\n",
	    vmsa_get(0, VMSA_UNUSED) & 0xffffffff,
	    vmsa_get(1, VMSA_UNUSED) & 0xffffffff);
}
