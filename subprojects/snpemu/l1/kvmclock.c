// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * KVM's clock: it tells a guest how fast the TSC runs.
 *
 * A guest could measure that against a timer, but Linux gives up when one
 * access takes as long as a VMGEXIT of this machine, and would then read the
 * HPET for every time stamp. The page is written once for each vCPU: the TSC
 * is neither scaled nor moved.
 */
#include "hostside.h"
#include "kvmclock.h"
#include "mm.h"

#define MSR_WALL_CLOCK		0x4b564d00u
#define MSR_SYSTEM_TIME		0x4b564d01u
#define SYSTEM_TIME_ENABLE	1ull
#define TSC_STABLE		1u

#define LVT_MASKED		(1u << 16)
#define DIVIDE_BY_1		0xbu
#define CALIBRATE_NS		20000000u	/* QEMU's APIC counts 1 GHz */

#define CMOS_INDEX		0x70
#define CMOS_DATA		0x71

struct time_info {
	uint32_t version, pad;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t tsc_to_system_mul;
	int8_t tsc_shift;
	uint8_t flags;
	uint8_t reserved[2];
};

struct wall_clock {
	uint32_t version, seconds, nanoseconds;
};

_Static_assert(sizeof(struct time_info) == 32, "kvmclock");

static uint64_t start_tsc;
static uint64_t tsc_hz;
static uint32_t start_seconds;

/* TSC ticks per second, by the APIC timer of the core that asks. */
static uint64_t measure_tsc(void)
{
	uint64_t from;
	uint32_t left;

	apic_core_write(APIC_LVT_TIMER, LVT_MASKED);
	apic_core_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_core_write(APIC_TIMER_INITIAL, ~0u);
	from = rdtsc();
	do
		left = apic_core_read(APIC_TIMER_CURRENT);
	while (~left < CALIBRATE_NS);
	from = rdtsc() - from;
	apic_core_write(APIC_TIMER_INITIAL, 0);
	apic_core_write(APIC_TIMER_DIVIDE, 0);
	return from * 1000000000 / ~left;
}

static uint8_t cmos(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static struct rtc_time read_rtc(void)
{
	return (struct rtc_time){
		.second = cmos(0), .minute = cmos(2), .hour = cmos(4),
		.day = cmos(7), .month = cmos(8), .year = cmos(9),
		.century = cmos(0x32),
	};
}

void kvmclock_init(void)
{
	struct rtc_time time = read_rtc();

	start_seconds = (uint32_t)rtc_to_unix(&time);
	tsc_hz = measure_tsc();
	start_tsc = rdtsc();
}

static void write_wall_clock(uint64_t gpa)
{
	struct wall_clock *clock = mm_host_view(gpa, sizeof(*clock));

	if (!clock)
		return;
	clock->seconds = start_seconds;
	clock->nanoseconds = 0;
	__atomic_store_n(&clock->version, 2, __ATOMIC_RELEASE);
}

static void write_time_info(uint64_t value)
{
	uint64_t gpa = value & ~SYSTEM_TIME_ENABLE;
	struct time_info *info = mm_host_view(gpa, sizeof(*info));

	if (!(value & SYSTEM_TIME_ENABLE) || !info)
		return;
	info->tsc_timestamp = start_tsc;
	info->system_time = 0;
	kvmclock_scale(tsc_hz, &info->tsc_to_system_mul, &info->tsc_shift);
	info->flags = TSC_STABLE;
	__atomic_store_n(&info->version, 2, __ATOMIC_RELEASE);
}

bool kvmclock_write(uint32_t msr, uint64_t value)
{
	if (value & 3 & ~SYSTEM_TIME_ENABLE)
		return false;
	if (msr == MSR_WALL_CLOCK)
		write_wall_clock(value);
	else if (msr == MSR_SYSTEM_TIME)
		write_time_info(value);
	else
		return false;
	return true;
}
