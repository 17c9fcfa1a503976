// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The second vCPU: AP creation, changes that reach it, VMSAs in use. */
#include "probe.h"

static volatile uint32_t stage;

static void arrive(uint64_t argument)
{
	stage = (uint32_t)argument;
	rest();
}

PROBE(ap_starts_where_its_vmsa_says)
{
	cpu1_prepare(arrive, 7);
	say_answer("create", cpu1_create());
	say("arrived: %u\n", (uint64_t)wait_for(&stage, 7));
}

PROBE(ap_creation_refuses_bad_addresses)
{
	say_answer("unaligned", vmsa_create(0, cpu1_vmsa() + 8, FEATURE_SNP,
					    1));
	say_answer("2 MiB aligned", vmsa_create(0, TEST_LARGE, FEATURE_SNP, 1));
	say_answer("no memory", vmsa_create(0, 0xfee01000, FEATURE_SNP, 1));
}

PROBE(ap_creation_refuses_an_unknown_apic_id)
{
	say_answer("id 9", vmsa_create(1, cpu1_vmsa(), FEATURE_SNP, 9));
}

PROBE(ap_creation_refuses_an_unknown_level)
{
	say_answer("vmpl 4", vmsa_create(4, cpu1_vmsa(), FEATURE_SNP, 1));
}

PROBE(ap_creation_refuses_an_unknown_action)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, FEATURE_SNP);
	say_answer("action 3", ghcb_go(NAE_AP_CREATION, 1ull << 32 | 3,
				       cpu1_vmsa()));
}

PROBE(ap_creation_refuses_other_features)
{
	say_answer("restricted", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP |
					     FEATURE_RESTRICTED, 1));
	say_answer("no snp", vmsa_create(0, cpu1_vmsa(), 0, 1));
}

PROBE(ap_creation_refuses_the_own_vmpl0)
{
	say_answer("self", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 0));
}

PROBE(ap_creation_needs_the_features)
{
	say_answer("create", ghcb_event(NAE_AP_CREATION, 1ull << 32 | 1,
					cpu1_vmsa()));
}

static void create_vmpl0(uint64_t unused)
{
	(void)unused;
	need(msr_call(ghcb_gpa() | 0x012) == (ghcb_gpa() | 0x013));
	say_answer("create", vmsa_create(0, vmsa_gpa(2), FEATURE_SNP, 1));
	level_back();
}

PROBE(ap_creation_of_vmpl0_is_vmpl0s_affair)
{
	level_start(1, create_vmpl0, 0);
	level_run(1);
}

PROBE(ap_destroy_is_accepted)
{
	cpu1_prepare(arrive, 7);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 7));
	say_answer("destroy", ghcb_event(NAE_AP_CREATION, 1ull << 32 | 2,
					 cpu1_vmsa()));
}

static void once(uint64_t argument)
{
	stage = (uint32_t)argument;
	level_back();
	stage = 9;
	level_back();
}

static void create_on_init(uint64_t gpa)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, FEATURE_SNP);
	say_answer("create", ghcb_go(NAE_AP_CREATION, 1ull << 16, gpa));
}

PROBE(level_created_on_init_runs_when_it_is_run)
{
	vmsa_prepare(1, once, 5);
	grant_image(1);
	vmsa_mark(1);
	create_on_init(vmsa_gpa(1));
	say("not before: %u\n", (uint64_t)stage);
	level_run(1);
	say("then: %u\n", (uint64_t)stage);
	level_run(1);
	say("and goes on: %u\n", (uint64_t)stage);
}

PROBE(level_created_on_init_takes_the_place_of_another)
{
	level_start(1, once, 5);
	level_run(1);
	say("first: %u\n", (uint64_t)stage);
	vmsa_prepare(2, once, 7);
	vmsa_set(2, 0x0c8, 1ull << 16);		/* VMPL1 */
	vmsa_mark(2);
	create_on_init(vmsa_gpa(2));
	level_run(1);
	say("second: %u\n", (uint64_t)stage);
}

PROBE(ap_with_a_large_id_starts)
{
	cpu1_prepare(arrive, 7);
	say_answer("id 1", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 1));
	say_answer("id 254", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 254));
	say("arrived: %u\n", (uint64_t)wait_for(&stage, 7));
}

PROBE(ap_ids_with_gaps_are_listed)
{
	volatile uint32_t *ids = shared(TEST_PAGE);

	ghcb_begin();
	ghcb_set(GHCB_RAX, 1);
	say_answer("get", ghcb_go(NAE_APIC_IDS, TEST_PAGE, 0));
	for (unsigned i = 0; i <= ids[0]; i++)
		say("%u\n", (uint64_t)ids[i]);
}

PROBE(ap_ids_are_listed)
{
	volatile uint32_t *ids = shared(TEST_PAGE);
	uint64_t pages;

	ghcb_begin();
	ghcb_set(GHCB_RAX, 0);
	ghcb_go(NAE_APIC_IDS, 0, 0);
	pages = ghcb_get(GHCB_RAX);
	say("pages %u\n", pages);
	ghcb_begin();
	ghcb_set(GHCB_RAX, 1);
	say_answer("get", ghcb_go(NAE_APIC_IDS, TEST_PAGE, 0));
	say("count %u: %u %u\n", (uint64_t)ids[0], (uint64_t)ids[1],
	    (uint64_t)ids[2]);
}

/* ----------------------------------------------------- waiting, waking up */

static void halt_once(uint64_t unused)
{
	(void)unused;
	stage = 1;
	__asm__ volatile("cli; hlt" : : : "memory");
	stage = 2;
	rest();
}

#define A_WHILE	1000000000ull	/* TSC ticks */
#define TRIES	30u

PROBE(ap_creation_of_a_lower_level_ends_a_halt)
{
	unsigned tries = 0;

	cpu1_prepare(halt_once, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	vmsa_prepare(1, arrive, 9);
	grant_image(1);
	vmsa_mark(1);
	say_answer("create", vmsa_create(1, vmsa_gpa(1), FEATURE_SNP, 1));
	/* It may have come before the HLT, which is then no business of it. */
	while (!wait_ticks(&stage, 2, A_WHILE) && tries++ < TRIES)
		vmsa_create(1, vmsa_gpa(1), FEATURE_SNP, 1);
	say("the halt ended: %u\n", (uint64_t)(stage == 2));
}

static void hold(uint64_t unused)
{
	uint64_t answer;

	(void)unused;
	stage = 1;
	answer = msr_call(0x006);
	stage = (answer & 0xfff) == 0x007 && answer >> 12 != 0 ? 2 : 3;
	rest();
}

/* Start-up with vector 8 to APIC ID 1; too early a one is lost. */
PROBE(ap_reset_hold_ends_with_a_startup_interrupt)
{
	bool ended = false;

	wrmsr(0x1b, 0xfee00d00);
	cpu1_prepare(hold, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	for (unsigned i = 0; i < 20 && !ended; i++) {
		wrmsr(0x830, 1ull << 32 | 0x4608);
		ended = wait_ticks(&stage, 2, 1000000000);
	}
	say("the hold ended: %u\n", (uint64_t)ended);
}

/* ------------------------------------------------ changes reach it */

static void read_until_trap(uint64_t va)
{
	struct regs r = { .rsi = va };

	stage = 1;
	while (attempt(insn_read, &r))
		;
	stage = trap.vector == 29 && trap.error == 0x404 ? 2 : 3;
	rest();
}

/* With INVLPGB of nested translations; stale.c has it without. */
PROBE(rescinding_reaches_the_other_cpu)
{
	struct regs flush = { .rax = 1 << 2 | 1 << 3 | 1 << 5 };

	take_page(TEST_PAGE);
	cpu1_prepare(read_until_trap, TEST_PAGE);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	need(pvalidate(TEST_PAGE, 0, 0));
	TRY(invlpgb, &flush);
	TRY(tlbsync, &flush);
	say("the other cpu had its #VC 404: %u\n",
	    (uint64_t)wait_for(&stage, 2));
}

static void count_up(uint64_t va)
{
	stage = 1;
	for (;;)
		(*(volatile uint32_t *)va)++;
}

PROBE(revoking_reaches_a_running_level)
{
	take_page(TEST_PAGE);
	cpu1_prepare(count_up, TEST_PAGE);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 1));
	need(attack(ATTACK_TAKE, TEST_PAGE) == 0);
	rest();
}

/* ------------------------------------------------------------ in use */

PROBE(vmsa_in_use_is_not_updated)
{
	cpu1_prepare(arrive, 7);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 7));
	say("RMPUPDATE %u\n", (uint64_t)attack(ATTACK_UPDATE, cpu1_vmsa()));
}

PROBE(vmsa_in_use_is_not_adjusted)
{
	cpu1_prepare(arrive, 7);
	need(cpu1_create().info1 == 0);
	need(wait_for(&stage, 7));
	try_rmpadjust(cpu1_vmsa(), 0, ADJUST(1, 0));
}

PROBE(vmsa_not_in_use_is_adjusted)
{
	cpu1_prepare(arrive, 7);
	try_rmpadjust(cpu1_vmsa(), 0, ADJUST(1, 0));
	say_answer("create", cpu1_create());
	for (unsigned i = 0; i < 100000; i++)
		__asm__ volatile("pause");
	say("it does not run: %u\n", (uint64_t)(stage == 0));
}
