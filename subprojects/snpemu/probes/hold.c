// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Any VMSA is run, and vCPUs are held. */
#include "probe.h"

#define SVME		(1ull << 12)
#define EFER		0x0d0
#define VMPL		0x0c8	/* in its third byte */

static volatile uint32_t stage, beats;

static void arrive(uint64_t argument)
{
	stage = (uint32_t)argument;
	rest();
}

static void create_vmpl0(uint64_t unused)
{
	(void)unused;
	need(msr_call(ghcb_gpa() | 0x012) == (ghcb_gpa() | 0x013));
	say_answer("create", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 1));
	level_back();
}

PROBE(any_level_may_have_a_vmsa_of_vmpl0_run)
{
	cpu1_prepare(arrive, 7);
	level_start(1, create_vmpl0, 0);
	level_run(1);
	say("it runs: %u\n", (uint64_t)wait_for(&stage, 7));
}

/* Of a level that would read RMPADJUST's word on it: it is VMPL0. */
PROBE(any_vmsa_still_needs_its_mark)
{
	vmsa_prepare(0, arrive, 7);
	say_answer("create", cpu1_create());
	say("it runs: %u\n", (uint64_t)wait_ticks(&stage, 7, 200000000));
}

static void end(uint64_t reason)
{
	fail((unsigned)reason);
}

PROBE(any_vmsa_may_take_the_place_of_the_own)
{
	cpu1_prepare(end, 5);
	say_answer("create", vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 0));
	for (;;)
		__asm__ volatile("pause");
}

static volatile uint32_t second;

static void arrive_second(uint64_t unused)
{
	(void)unused;
	second = 1;
	rest();
}

/* vCPU 1 is asked for first, and waits for vCPU 2. */
PROBE(vcpus_start_in_the_order_of_the_host)
{
	cpu1_prepare(arrive, 7);
	need(cpu1_create().info1 == 0);
	say("vCPU 1 runs: %u\n", (uint64_t)wait_ticks(&stage, 7, 200000000));
	vmsa_prepare(1, arrive_second, 0);
	vmsa_set(1, VMPL, 0);
	vmsa_mark(1);
	need(vmsa_create(0, vmsa_gpa(1), FEATURE_SNP, 2).info1 == 0);
	say("vCPU 1 runs: %u\n", (uint64_t)wait_for(&stage, 7));
	say("vCPU 2 runs: %u\n", (uint64_t)wait_for(&second, 1));
}

static void beat(uint64_t unused)
{
	(void)unused;
	for (stage = 1;; beats++)
		__asm__ volatile("pause");
}

static void wait_beats(uint32_t n)
{
	uint32_t from = beats;

	while (beats - from < n)
		__asm__ volatile("pause");
}

#define HOLD(cpu, how)	(((cpu) << 8 | (how)) << 12)

PROBE(stopped_vcpu_does_not_run_and_lets_go_of_its_vmsa)
{
	uint32_t from;

	cpu1_prepare(beat, 0);
	need(cpu1_create().info1 == 0 && wait_for(&stage, 1));
	wait_beats(10);
	need(attack(ATTACK_HOLD, HOLD(1ull, 1)) == 0);
	vmsa_set(0, EFER, vmsa_get(0, EFER) & ~SVME);
	from = beats;
	say("it runs: %u\n", (uint64_t)wait_ticks(&beats, from + 1, 200000000));
	vmsa_set(0, EFER, vmsa_get(0, EFER) | SVME);
	need(attack(ATTACK_HOLD, HOLD(1ull, 0)) == 0);
	need(cpu1_create().info1 == 0);
	wait_beats(10);
	say("it runs again\n");
}

/* The vCPU itself is what ends the wait. */
static void keep_a_while(uint64_t unused)
{
	(void)unused;
	stage = 1;
	need(wait_for(&stage, 2));
	for (beats = 0; beats < 1000; beats++)
		__asm__ volatile("pause");
	stage = 3;
	need(attack(ATTACK_HOLD, HOLD(1ull, 0)) == 0);
	rest();
}

/* Of this vCPU's TLB, by a host whose TLBs keep what is older than a VMSA. */
#define FLUSH		0xe11

PROBE(kept_vmsa_blocks_who_writes_it)
{
	cpu1_prepare(keep_a_while, 0);
	need(cpu1_create().info1 == 0 && wait_for(&stage, 1));
	need(attack(ATTACK_HOLD, HOLD(1ull, 2)) == 0);
	(void)msr_call(FLUSH);
	stage = 2;
	vmsa_set(0, EFER, vmsa_get(0, EFER) & ~SVME);
	say("written at stage %u\n", (uint64_t)stage);
}
