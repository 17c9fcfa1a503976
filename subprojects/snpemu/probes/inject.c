// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Interrupts: normal, restricted (#HV) and alternate injection. */
#include "probe.h"

#define X2APIC_ID	0x802
#define X2APIC_EOI	0x80b
#define X2APIC_TPR	0x808
#define X2APIC_SVR	0x80f
#define X2APIC_ICR	0x830
#define X2APIC_LVT_TIMER 0x832
#define X2APIC_INITIAL	0x838
#define X2APIC_DIVIDE	0x83e
#define X2APIC_SELF	0x83f
#define APIC_BASE	0x1b
#define VECTOR		0x40
#define SELF		0x40000

static void apic_on(void)
{
	uint64_t bsp = cpu_number() == 0 ? 0x100 : 0;

	wrmsr(APIC_BASE, 0xfee00c00 | bsp);
	wrmsr(X2APIC_SVR, 0x1ff);
	irq_eoi = true;
}

static void window(void)
{
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

static void say_count(const char *when)
{
	say("%s: %u\n", when, (uint64_t)irq_count[VECTOR]);
}

PROBE(interrupt_is_delivered_once)
{
	apic_on();
	wrmsr(X2APIC_SELF, VECTOR);
	say_count("interrupts off");
	window();
	say_count("after a window");
	window();
	say_count("after another");
}

PROBE(interrupt_waits_for_the_task_priority)
{
	apic_on();
	wrmsr(X2APIC_TPR, 0xf0);
	wrmsr(X2APIC_SELF, VECTOR);
	window();
	say_count("priority f0");
	wrmsr(X2APIC_TPR, 0);
	window();
	say_count("priority 0");
}

PROBE(interrupt_waits_for_cr8)
{
	apic_on();
	__asm__ volatile("mov %0, %%cr8" : : "r"(15ull));
	wrmsr(X2APIC_SELF, VECTOR);
	window();
	say_count("cr8 15");
	__asm__ volatile("mov %0, %%cr8" : : "r"(0ull));
	window();
	say_count("cr8 0");
}

PROBE(interrupt_ends_a_halt)
{
	apic_on();
	wrmsr(X2APIC_DIVIDE, 0xb);
	wrmsr(X2APIC_LVT_TIMER, VECTOR);
	wrmsr(X2APIC_INITIAL, 2000000);
	__asm__ volatile("sti; hlt; cli" : : : "memory");
	say_count("after the halt");
}

PROBE(interrupt_comes_with_the_higher_vector_first)
{
	apic_on();
	irq_eoi = false;
	wrmsr(X2APIC_SELF, 0x31);
	wrmsr(X2APIC_SELF, 0x62);
	window();
	say("62: %u 31: %u\n", (uint64_t)irq_count[0x62],
	    (uint64_t)irq_count[0x31]);
	wrmsr(X2APIC_EOI, 0);
	window();
	say("62: %u 31: %u\n", (uint64_t)irq_count[0x62],
	    (uint64_t)irq_count[0x31]);
}

static void read_id(void)
{
	struct answer answer;
	uint64_t id;

	ghcb_begin();
	ghcb_set(GHCB_RCX, X2APIC_ID);
	answer = ghcb_go(NAE_MSR, 0, 0);
	id = ghcb_get(GHCB_RAX);
	say_answer("read", answer);
	if (answer.info1 == 0)
		say("id %u\n", id);
}

PROBE(x2apic_msrs_need_the_mode)
{
	read_id();
	apic_on();
	read_id();
}

static volatile unsigned cpuids;

static bool skip_cpuid(struct trap_frame *frame)
{
	if (frame->vector != 29 || frame->error != NAE_CPUID)
		return false;
	cpuids++;
	frame->rip += 2;
	return true;
}

PROBE(interrupts_and_vc_do_not_disturb_each_other)
{
	unsigned tries = 0;

	apic_on();
	trap_hook = skip_cpuid;
	wrmsr(X2APIC_DIVIDE, 0xb);
	wrmsr(X2APIC_LVT_TIMER, VECTOR | 1 << 17);
	wrmsr(X2APIC_INITIAL, 1000000);
	for (; irq_count[VECTOR] < 5; tries++)
		__asm__ volatile("sti; nop; cpuid; cli" : : "a"(0), "c"(0)
				 : "rbx", "rdx", "memory");
	say("each cpuid had its #VC: %u\n", (uint64_t)(tries == cpuids));
}

static volatile uint32_t other;

static void wait_for_ipi(uint64_t unused)
{
	(void)unused;
	need(msr_call(ghcb_gpa() | 0x012) == (ghcb_gpa() | 0x013));
	apic_on();
	other = 1;
	while (irq_count[VECTOR] == 0)
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	other = 2;
	for (;;)
		__asm__ volatile("pause");
}

PROBE(interrupt_reaches_a_large_apic_id)
{
	apic_on();
	cpu1_prepare(wait_for_ipi, 0);
	need(vmsa_create(0, cpu1_vmsa(), FEATURE_SNP, 254).info1 == 0);
	need(wait_for(&other, 1));
	wrmsr(X2APIC_ICR, 254ull << 32 | 0x4000 | VECTOR);
	say("taken: %u\n", (uint64_t)wait_for(&other, 2));
}

PROBE(interrupt_reaches_the_other_cpu)
{
	apic_on();
	cpu1_prepare(wait_for_ipi, 0);
	need(cpu1_create().info1 == 0);
	need(wait_for(&other, 1));
	wrmsr(X2APIC_ICR, 1ull << 32 | 0x4000 | VECTOR);
	say("taken: %u\n", (uint64_t)wait_for(&other, 2));
}

/* ------------------------------------------------------- restricted */

#define DOORBELL	TEST_PAGE
#define NO_FURTHER	0x80

static volatile unsigned hv_count;

static bool on_hv(struct trap_frame *frame)
{
	if (frame->vector != 28)
		return false;
	hv_count++;
	return true;
}

static volatile uint8_t *doorbell(void)
{
	return shared(DOORBELL);
}

static void doorbell_on(void)
{
	apic_on();
	trap_hook = on_hv;
	say_answer("doorbell", ghcb_event(NAE_DOORBELL, 1, DOORBELL));
}

PROBE(doorbell_signals_an_interrupt)
{
	doorbell_on();
	say_answer("ipi", ghcb_event(NAE_HV_IPI, SELF | VECTOR, 0));
	window();
	say("signals %u vector %x no further %u interrupts %u\n",
	    (uint64_t)hv_count, (uint64_t)doorbell()[0],
	    (uint64_t)(doorbell()[1] & NO_FURTHER),
	    (uint64_t)irq_count[VECTOR]);
}

PROBE(doorbell_does_not_signal_twice)
{
	doorbell_on();
	ghcb_event(NAE_HV_IPI, SELF | VECTOR, 0);
	window();
	doorbell()[0] = 0;
	ghcb_event(NAE_HV_IPI, SELF | 0x51, 0);
	window();
	say("signals %u vector %x\n", (uint64_t)hv_count,
	    (uint64_t)doorbell()[0]);
	doorbell()[0] = 0;
	doorbell()[1] = 0;
	ghcb_event(NAE_HV_IPI, SELF | 0x62, 0);
	window();
	say("signals %u vector %x\n", (uint64_t)hv_count,
	    (uint64_t)doorbell()[0]);
}

PROBE(doorbell_refuses_bad_pages)
{
	say_answer("unaligned", ghcb_event(NAE_DOORBELL, 1, DOORBELL + 8));
	say_answer("private", ghcb_event(NAE_DOORBELL, 1,
					 IMAGE_PAGE));
	say_answer("query", ghcb_event(NAE_DOORBELL, 2, 0));
}

PROBE(doorbell_has_no_preferred_page)
{
	say_answer("preferred", ghcb_event(NAE_DOORBELL, 0, 0));
}

/* -------------------------------------------------------- alternate */

#define VMSA_VINTR	0x3b8
#define VMSA_EVENTINJ	0x3e0
#define V_IRQ		(1ull << 8)
#define V_PRIORITY	(15ull << 16)
#define V_IGNORE_TPR	(1ull << 20)

static void take_interrupts(uint64_t unused)
{
	(void)unused;
	window();
	say_count("vmpl1 took");
	level_back();
	window();
	say_count("vmpl1 took");
	level_back();
}

static void alternate_level(void)
{
	vmsa_prepare(1, take_interrupts, 0);
	vmsa_set(1, 0x3b0, FEATURE_SNP | FEATURE_ALTERNATE);
	grant_image(1);
	vmsa_mark(1);
	say_answer("create", vmsa_create(1, vmsa_gpa(1), FEATURE_SNP |
					 FEATURE_ALTERNATE, 0));
}

PROBE(alternate_injection_by_vintr)
{
	alternate_level();
	vmsa_set(1, VMSA_VINTR, V_IRQ | V_PRIORITY | V_IGNORE_TPR |
		 (uint64_t)VECTOR << 32);
	level_run(1);
	say("V_IRQ left: %u\n", vmsa_get(1, VMSA_VINTR) >> 8 & 1);
	level_run(1);
}

PROBE(alternate_injection_by_event)
{
	alternate_level();
	vmsa_set(1, 0x170, 0x202);
	vmsa_set(1, VMSA_EVENTINJ, 1ull << 31 | VECTOR);
	level_run(1);
	say("event left: %x\n", vmsa_get(1, VMSA_EVENTINJ) >> 31);
}

PROBE(restricted_and_alternate_together_are_refused)
{
	say_answer("create", vmsa_create(1, vmsa_gpa(1), FEATURE_SNP |
					 FEATURE_RESTRICTED |
					 FEATURE_ALTERNATE, 0));
}
