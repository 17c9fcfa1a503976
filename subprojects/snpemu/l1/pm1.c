// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The alarm of the real-time clock as an event of power management: RTC_STS
 * and RTC_EN of the ICH9, which QEMU does not have but for waking up.
 *
 * While the HPET has the place of the old timers the clock has no interrupt
 * of its own (legacy replacement), and what is left of an alarm is this
 * event: Linux counts on it on AMD's processors with firmware after 2020.
 */
#include "cpu.h"
#include "devices.h"
#include "hostside.h"

#define PM1_STATUS		0		/* from PMBASE on */
#define PM1_ENABLE		2
#define RTC_EVENT		(1u << 10)	/* in both */

#define RTC_FLAG_ALARM		(1u << 5)

#define SCI_PIN			9u
#define IOAPIC_LOGICAL		(1u << 11)

#define POLL_TSC		10000000ull	/* some milliseconds */

static uint32_t enabled, pending;
static uint64_t looked;

/* Bits of an access that begins at @port which are RTC_EVENT of @reg. */
static uint32_t event_bit(uint16_t port, unsigned size, unsigned reg)
{
	unsigned first = port & 0x7f;

	if (first >= 4 || (port & 0xff80) != pm_base() ||
	    reg + 1 < first || reg + 1 >= first + size)
		return 0;
	return RTC_EVENT >> 8 << 8 * (reg + 1 - first);
}

uint32_t pm1_read(uint16_t port, unsigned size, uint32_t value)
{
	if ((port & 0x7f) < 4 &&
	    __atomic_load_n(&pending, __ATOMIC_ACQUIRE))
		value |= event_bit(port, size, PM1_STATUS);
	return value;
}

void pm1_write(uint16_t port, unsigned size, uint32_t value)
{
	uint32_t bit;

	if ((port & 0x7f) >= 4)
		return;
	if (value & event_bit(port, size, PM1_STATUS))
		__atomic_store_n(&pending, 0, __ATOMIC_RELEASE);
	bit = event_bit(port, size, PM1_ENABLE);
	if (bit)
		__atomic_store_n(&enabled, !!(value & bit), __ATOMIC_RELEASE);
}

/* As the IOAPIC would send it; a masked entry waits for the next look. */
static void send_sci(struct vcpu *v)
{
	uint32_t low, high;

	ioapic_entry(SCI_PIN, &low, &high);
	if (low & IOAPIC_MASKED)
		return;
	apic_ipi(v, (uint64_t)(high >> 24) << 32 | (low & IOAPIC_LOGICAL) |
		 (low & 0xff));
}

/*
 * The interrupt is level triggered: it comes again for as long as the event
 * is there. Only from the level that has interrupts: then it is that one's.
 */
void pm1_poll(struct vcpu *v)
{
	uint64_t now, before = __atomic_load_n(&looked, __ATOMIC_RELAXED);

	if (!__atomic_load_n(&enabled, __ATOMIC_ACQUIRE) ||
	    irq_owner(v) != v->vmpl)
		return;
	now = rdtsc();
	if (now - before < POLL_TSC ||
	    !__atomic_compare_exchange_n(&looked, &before, now, false,
			__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	if (cmos_peek_flags() & RTC_FLAG_ALARM)
		__atomic_store_n(&pending, 1, __ATOMIC_RELEASE);
	if (__atomic_load_n(&pending, __ATOMIC_ACQUIRE))
		send_sci(v);
}
