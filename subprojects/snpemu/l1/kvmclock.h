/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* KVM's clock for a guest. */
#ifndef SNPEMU_L1_KVMCLOCK_H
#define SNPEMU_L1_KVMCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* KVM's leaf 4000_0001: these MSRs exist, and the TSC can be relied upon. */
#define KVM_CLOCKSOURCE		(1u << 3)
#define KVM_CLOCKSOURCE_STABLE	(1u << 24)

/* The real-time clock's registers, as they are: BCD. */
struct rtc_time {
	uint8_t second, minute, hour, day, month, year, century;
};

/* Once, before a guest runs: uses the core's APIC timer for 20 ms. */
void kvmclock_init(void);

/* False when it is no MSR of the clock's, or the value is none for it. */
bool kvmclock_write(uint32_t msr, uint64_t value);

/* clockmath.c: pure, tested on the host. */

/* Seconds since 1970. */
uint64_t rtc_to_unix(const struct rtc_time *time);

/* ns = (ticks << shift, or >> -shift) * mul >> 32. */
void kvmclock_scale(uint64_t hz, uint32_t *mul, int8_t *shift);

#endif
