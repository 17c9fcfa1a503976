/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* L1's own voice: log lines, traces, and counters, on the debug console. */
#ifndef SNPEMU_L1_LOG_H
#define SNPEMU_L1_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* --trace WHAT, as in the configuration's "trace=exit,rmp,...". */
enum trace_class {
	TRACE_EXIT = 1 << 0,	/* every #VMEXIT */
	TRACE_RMP = 1 << 1,	/* RMPUPDATE, PVALIDATE, RMPADJUST ... */
	TRACE_GHCB = 1 << 2,	/* VMGEXITs of both protocols */
	TRACE_IRQ = 1 << 3,	/* interrupts taken and delivered */
	TRACE_NPF = 1 << 4,	/* nested faults and fills */
	TRACE_VC = 1 << 5,	/* #VC and other deliveries in software */
	TRACE_VCPU = 1 << 6,	/* starts, VMPL switches, waits */
	TRACE_IO = 1 << 7,	/* emulated port, MMIO and MSR accesses */
};

extern uint32_t trace_mask;

static inline bool trace_on(enum trace_class what)
{
	return trace_mask & what;
}

/* A line; "\n" is added. Knows %d %u %x %lu %lx %s %c %p, widths, '0', '-'. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same into a buffer; always terminated; returns the length needed. */
int log_format(char *buffer, unsigned size, const char *format, va_list args);

/* Prefixed by the vCPU and VMPL this core is running. */
void trace_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define trace(what, ...)						\
	do {								\
		if (trace_on(what))					\
			trace_line(__VA_ARGS__);			\
	} while (0)

/* Counters of one vCPU, summed when the machine stops. */
#define COUNTERS(C)							\
	C(VMPL_SWITCH, "vmpl-switches")					\
	C(VMSA_LOAD, "vmsa-loads")					\
	C(VC, "vc-delivered")						\
	C(PVALIDATE, "pvalidate")					\
	C(RMPADJUST, "rmpadjust")					\
	C(RMPQUERY, "rmpquery")						\
	C(INVLPGB, "invlpgb")						\
	C(RMPUPDATE, "rmpupdate")					\
	C(PSMASH, "psmash")						\
	C(NPT_FILL, "nested-fills")					\
	C(TLB_PCPU, "tlb-flushes-pcpu-id")				\
	C(TLB_OWN, "tlb-flushes-own")					\
	C(TLB_EVICTED, "tlb-evictions")					\
	C(SHOOTDOWN, "shootdowns")					\
	C(KICK, "kicks")						\
	C(VMGEXIT_MSR, "vmgexit-msr")					\
	C(VMGEXIT_GHCB, "vmgexit-ghcb")					\
	C(PSC_ENTRY, "psc-entries")					\
	C(PSC_PRIVATE, "psc-pages-private")				\
	C(PSC_SHARED, "psc-pages-shared")				\
	C(IO, "host-io")						\
	C(MMIO, "host-mmio")						\
	C(MSR, "host-msr")						\
	C(HLT, "host-hlt")						\
	C(INTERRUPT, "interrupts-taken")				\
	C(INJECTED, "interrupts-delivered")				\
	C(GUEST_REQUEST, "guest-requests")				\
	C(CONVERTED, "pages-converted")					\
	C(STALE_CODE, "stale-code")

enum counter {
#define COUNTER_ID(id, name) COUNTER_##id,
	COUNTERS(COUNTER_ID)
#undef COUNTER_ID
	COUNTER_COUNT
};

/* snpemu-run's exit status; L1 hands it over through isa-debug-exit. */
enum stop_code {
	STOP_POWER_OFF = 0,
	STOP_TERMINATED = 10,	/* the guest asked for it (GHCB) */
	STOP_SHUTDOWN = 11,	/* triple fault */
	STOP_VIOLATION = 12,	/* an RMP rule, for ever */
	STOP_REFUSED = 13,	/* image or configuration */
	STOP_TIMEOUT = 14,	/* snpemu-run's, never ours */
	STOP_FAULT = 15,	/* L1 itself is wrong */
	STOP_RESET = 16,
	STOP_NO_PROGRESS = 17,	/* the host lets nobody go on */
};

/**
 * Say why, print the counters, leave.
 *
 * Any core may call it, with any lock held; the first one wins.
 */
_Noreturn void machine_stop(enum stop_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
