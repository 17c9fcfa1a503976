// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The HPET in the place of the old timers, and the clock's alarm then. */
#include "probe.h"

#define APIC_BASE	0x1b
#define X2APIC_SVR	0x80f

#define IOAPIC		0xfec00000u
#define PIN_RTC		8u
#define PIN_SCI		9u
#define LEVEL		0x8000u

#define HPET		0xfed00000u
#define HPET_CONFIG	0x010u
#define HPET_ON_LEGACY	3u
#define HPET_COUNTER	0x0f0u
#define HPET_T1_CONFIG	0x120u
#define HPET_T1_COMPARE	0x128u
#define HPET_T_ENABLE	4u
#define HPET_T_32BIT	0x100u
#define HPET_MS		100000u

#define RTC_B		0x0bu
#define RTC_C		0x0cu
#define RTC_ALARM_ON	0x22u	/* and hours from 0 to 23 */
#define RTC_ALARM_FLAG	0x20u
#define ANY		0xff

#define PM1		0x600u
#define RTC_EVENT	0x400u

#define VECTOR		0x40
#define PATIENCE	20000000000ull

static void hpet(uint32_t reg, uint32_t value)
{
	ghcb_mmio(NAE_MMIO_WRITE, HPET + reg, value);
}

static void route(unsigned pin, uint32_t entry)
{
	ghcb_mmio(NAE_MMIO_WRITE, IOAPIC, 0x11 + 2 * pin);
	ghcb_mmio(NAE_MMIO_WRITE, IOAPIC + 0x10, 0);
	ghcb_mmio(NAE_MMIO_WRITE, IOAPIC, 0x10 + 2 * pin);
	ghcb_mmio(NAE_MMIO_WRITE, IOAPIC + 0x10, entry);
}

static void apic_on(void)
{
	wrmsr(APIC_BASE, 0xfee00d00);
	wrmsr(X2APIC_SVR, 0x1ff);
	irq_eoi = true;
}

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static bool comes(void)
{
	uint64_t end = ticks() + PATIENCE;
	unsigned before = irq_count[VECTOR];

	while (irq_count[VECTOR] == before && ticks() < end) {
		msr_call(2);
		__asm__ volatile("sti; nop; nop; cli" : : : "memory");
	}
	return irq_count[VECTOR] != before;
}

PROBE(hpet_interrupt_takes_the_place_of_the_clocks)
{
	uint32_t now;

	apic_on();
	route(PIN_RTC, VECTOR);
	hpet(HPET_CONFIG, HPET_ON_LEGACY);
	now = ghcb_mmio(NAE_MMIO_READ, HPET + HPET_COUNTER, 0);
	hpet(HPET_T1_CONFIG, HPET_T_ENABLE | HPET_T_32BIT);
	hpet(HPET_T1_COMPARE, now + 100 * HPET_MS);
	say("it comes: %u\n", (uint64_t)comes());
}

static void cmos(uint8_t reg, uint8_t value)
{
	outb_host(0x70, reg);
	outb_host(0x71, value);
}

static uint8_t cmos_read(uint8_t reg)
{
	outb_host(0x70, reg);
	return inb_host(0x71);
}

static void power_management(void)
{
	out_host(0xcf8, 0x8000f840, 4);
	out_host(0xcfc, PM1 | 1, 4);
	out_host(0xcf8, 0x8000f844, 4);
	out_host(0xcfc, 0x80, 4);
}

static void say_status(const char *when)
{
	say("%s: status %x\n", when,
	    (uint64_t)(in_host(PM1, 2) & RTC_EVENT));
}

PROBE(alarm_of_the_clock_is_an_event_while_the_hpet_is_on)
{
	apic_on();
	power_management();
	hpet(HPET_CONFIG, HPET_ON_LEGACY);
	route(PIN_SCI, VECTOR | LEVEL);
	for (uint8_t reg = 1; reg <= 5; reg += 2)
		cmos(reg, ANY);
	cmos_read(RTC_C);
	cmos(RTC_B, RTC_ALARM_ON);
	say_status("before");
	out_host(PM1 + 2, RTC_EVENT, 2);
	say("it comes: %u\n", (uint64_t)comes());
	say_status("then");
	say("and again while it is there: %u\n", (uint64_t)comes());
	cmos(RTC_B, 2);
	say("the clock tells it, too: %x\n",
	    (uint64_t)(cmos_read(RTC_C) & RTC_ALARM_FLAG));
	out_host(PM1, RTC_EVENT, 2);
	say_status("cleared");
	out_host(PM1 + 2, 0, 2);
}

PROBE(alarm_of_the_clock_is_no_event_unasked)
{
	power_management();
	hpet(HPET_CONFIG, HPET_ON_LEGACY);
	for (uint8_t reg = 1; reg <= 5; reg += 2)
		cmos(reg, ANY);
	cmos(RTC_B, RTC_ALARM_ON);
	while (!(cmos_read(RTC_C) & RTC_ALARM_FLAG))
		;
	say_status("after an alarm");
}
