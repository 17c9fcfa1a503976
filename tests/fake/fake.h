/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The fake platform: an SNP machine inside a Linux process.
 *
 * It implements platform.h on snpemu's RMP model. Private and shared memory
 * are two files, so a page has two contents; page table entries that the code
 * under test stores become mappings. It is strict: when *we* break a rule it
 * says which one and aborts the test. Honest unless a test sets a hook.
 *
 * What it enforces beside the RMP:
 *   - Memory that somebody else can write (shared pages, pages that a lower
 *     VMPL may write) is touched by svsm_plat_copy() only: a plain access is
 *     a violation. Each byte fetched that way is counted.
 *   - A page is scrambled when it is validated, and must not show that
 *     pattern any more when a lower VMPL gets access.
 *   - VMGEXIT needs interrupts off, a registered shared GHCB, and the fields
 *     that the request defines, marked valid.
 *   - A page given to the host was rescinded before.
 *   - Revoked permissions live on in lower VMSAs' TLBs until each of them has
 *     flushed; what was behind an address that is rescinded, in ours.
 *   - Locks are taken in one order, by whoever allocates as well; none is held
 *     when a CPU halts, ends or switches to a guest, nor waited for in a
 *     handler.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rmp.h>

#include <svsm/abi/ghcb.h>
#include <svsm/addr.h>
#include <svsm/page.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>

#define FAKE_MAX_CPUS	64
#define FAKE_ASID	1u

/* ---------------------------------------------------------------- machine */

/** State of guest memory (not of the region) at the start. */
enum fake_memory {
	FAKE_INVALID_4K,	/* private, 4 KiB entries, not validated */
	FAKE_INVALID_2M,	/* private, 2 MiB entries, not validated */
	FAKE_SHARED,		/* the hypervisor's */
};

struct fake_config {
	uint64_t memory;	/* bytes of guest memory from GPA 0 */
	struct svsm_range region;	/* the SVSM's; VA == GPA, validated */
	enum fake_memory state;
	unsigned guest_vmpl;
	unsigned cbit;		/* position in page table entries */
	uint64_t sev_status;
	uint64_t hv_features;	/* what the host says it has */
	size_t window_bytes;	/* size of the window area */
};

#define FAKE_DEFAULTS							\
	.memory = 32ull << 20,						\
	.region = { { 0x8000000 }, 4ull << 20 },			\
	.guest_vmpl = 2,						\
	.cbit = 51,							\
	.sev_status = 7,						\
	.hv_features = SVSM_HV_SNP | SVSM_HV_AP_CREATION |		\
		SVSM_HV_MULTI_VMPL,					\
	.window_bytes = 512ull << 20

/** Start a machine with the defaults; the caller is CPU 0, APIC ID 0. */
void fake_setup(void);
/** ... with other values; start from { FAKE_DEFAULTS, ... }. */
void fake_setup_with(const struct fake_config *config);
void fake_teardown(void);

/** End the test: we broke a rule. */
_Noreturn void fake_violation(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/** The C-bit as a page table mask. */
uint64_t fake_cbit_mask(void);

/* ------------------------------------------------------------------ memory */

/** The area for windows: 2 MiB aligned, nothing mapped until pte_set. */
void *fake_window_area(void);

/**
 * Addresses for svsm_paging_map(), aligned to 2 MiB. What is unmapped here
 * stays in the TLBs of other CPUs until they flush: to map an address again,
 * or to grant the page, before that is a violation.
 */
#define FAKE_ARENA_BYTES	(64ull << 20)
void *fake_arena(void);

/** A pointer into the region (VA == GPA). */
void *fake_region(uint64_t off);

/**
 * Views of memory for the test itself, past all rules. NULL when the page does
 * not exist. Valid for the rest of the page.
 */
void *fake_peek_private(uint64_t gpa);
void *fake_peek_shared(uint64_t gpa);

/** The RMP entry that rules a guest page. */
struct rmp_entry *fake_rmp(uint64_t gpa);

/** The mask that a VMPL has on a page (RMP_PERM_*), without stale ones. */
unsigned fake_perms(uint64_t gpa, unsigned vmpl);

/** A page state as boot or an earlier call would have left it. */
void fake_make_guest(uint64_t gpa, uint64_t len);	/* valid, clear, RWX */
void fake_make_svsm(uint64_t gpa, uint64_t len);	/* valid, VMPL0 only */
void fake_make_shared(uint64_t gpa, uint64_t len);
void fake_make_invalid(uint64_t gpa, uint64_t len);

/** Map a page at a VA of the window area, for tests of single instructions. */
void *fake_map(uint64_t gpa, enum svsm_page_size size, bool private);

/* ------------------------------------------- what guest, host, devices do */

/** The guest reads or writes private memory; false: not permitted. */
bool fake_guest_read(uint64_t gpa, void *dst, size_t n);
bool fake_guest_write(uint64_t gpa, const void *src, size_t n);

/** Make a page shared, or private and invalid, without being asked. */
void fake_host_steal(uint64_t gpa);
void fake_host_invalidate(uint64_t gpa);
/** Put another system page behind a GPA, with an RMP entry that fits. */
void fake_host_remap(uint64_t gpa, uint64_t spa);

/* -------------------------------------------------------- fetch counting */

/** Forget what was fetched so far. */
void fake_fetch_reset(void);
/** The most often fetched untrusted byte since; @p gpa (may be NULL): which. */
unsigned fake_fetch_max(uint64_t *gpa);
/** Fetches of one byte. */
unsigned fake_fetch_count(uint64_t gpa, bool private);

/**
 * Called after each fetch of untrusted bytes, to change them for the next.
 *
 * @param bytes  The test's alias of what was just read.
 */
extern void (*fake_after_fetch)(uint64_t gpa, void *bytes, size_t n);

/* ---------------------------------------------------------------- the host */

/** One VMGEXIT as the host sees it. */
struct fake_exit {
	unsigned nr;		/* 1, 2, 3... since fake_setup() */
	unsigned cpu;
	bool msr_protocol;
	uint64_t msr;		/* GHCB MSR; the answer goes here as well */
	uint64_t code;		/* SW_EXITCODE, or the MSR code */
	uint64_t info1, info2;
	struct svsm_abi_ghcb *ghcb;	/* shared page, NULL by MSR */
};

/** Before the honest host: true means "answered, do nothing more". */
extern bool (*fake_before_exit)(struct fake_exit *exit);
/** After it, to spoil an answer: @p exit->msr or the page. */
extern void (*fake_after_exit)(struct fake_exit *exit);
/** The guest's turn in a run-VMPL request; NULL: returns at once. */
extern void (*fake_guest_run)(unsigned cpu, unsigned vmpl);
/** Ports and MSRs of the honest host; default: 0, and writes are kept. */
extern uint32_t (*fake_io)(uint16_t port, bool in, unsigned size,
		uint32_t value);
extern uint64_t (*fake_msr)(uint32_t msr, bool write, uint64_t value);
extern uint64_t (*fake_mmio)(uint64_t gpa, bool write, unsigned size,
		uint64_t value);

/** Helpers for hooks: answer the present GHCB request. */
void fake_ghcb_answer(struct svsm_abi_ghcb *ghcb, uint64_t info1,
		uint64_t info2);
void fake_ghcb_set_rax(struct svsm_abi_ghcb *ghcb, uint64_t value);
void fake_ghcb_set_rdx(struct svsm_abi_ghcb *ghcb, uint64_t value);

/** What AP creation left behind; NULL: nothing for that CPU and level. */
struct fake_ap {
	uint32_t apic_id;
	unsigned vmpl;
	uint64_t vmsa;
	uint64_t sev_features;
	bool running;
};
const struct fake_ap *fake_ap_find(uint32_t apic_id, unsigned vmpl);

/** Counters since fake_setup(). */
struct fake_counters {
	unsigned exits;
	unsigned msr_exits;
	unsigned psc_entries;
	unsigned pvalidates;
	unsigned rmpadjusts;
	unsigned flushes;	/* the next two together */
	unsigned own_flushes;	/* svsm_plat_tlb_flush(), on all CPUs */
	unsigned broadcasts;	/* svsm_plat_tlb_broadcast() that worked */
	unsigned pte_sets;
	unsigned copies;
};
struct fake_counters fake_counters(void);

/**
 * Share and register a page of the region as this CPU's GHCB, as boot does.
 *
 * @return  Its address (VA == GPA), for svsm_ghcb_init().
 */
void *fake_make_ghcb(uint64_t region_off);

/**
 * The machine has no INVLPGB: VMPL0's CPUs have to flush one by one, and lower
 * VMSAs keep what they know until their PCPU_ID is 0. After fake_setup(): true.
 */
extern bool fake_no_broadcast;

/** A VMSA that boot or an earlier call has marked: it has a TLB from now on. */
void fake_make_vmsa(uint64_t gpa);

/* --------------------------------------------------------------- CPU, time */

/**
 * Run a function as another CPU, in a thread of its own. Pair: fake_cpu_join.
 * A termination there ends that thread with its reason.
 */
void fake_cpu_start(unsigned index, uint32_t apic_id, void (*fn)(void *arg),
		void *arg);
/** Wait for it; the reason it terminated with, or FAKE_NO_TERMINATION. */
int fake_cpu_join(unsigned index);

/* --------------------------------------------------------------- schedules */

#define FAKE_MAX_PARTS	4u
#define FAKE_MAX_TURNS	64u
/** Steps after which a schedule has hung, when it names no other number. */
#define FAKE_STEPS	200000u

/** What one CPU does in a schedule. */
struct fake_part {
	unsigned index;		/* CPU; not one that runs in a thread */
	uint32_t apic_id;
	void (*fn)(void *arg);
	void *arg;
	/* out: */
	int reason;		/* it terminated with, or FAKE_NO_TERMINATION */
	unsigned began, ended;	/* at which step */
	uint64_t work_began, work_ended;	/* pages of work done by then */
};

/**
 * CPUs that take turns on one thread. A step is a call of the seam (but for
 * svsm_plat_cpu()); a CPU that pauses or halts gives its turn away, and at
 * the steps that @ref turn names the one at work is interrupted. All are
 * ours: no fake_cpu_start() meanwhile.
 *
 * Work is counted in pages: clearing 2 MiB is 512 of them, most steps are 1.
 */
struct fake_schedule {
	struct fake_part *part;
	unsigned parts;		/* the first one begins, the next is next */
	const unsigned *turn;	/* ascending */
	unsigned turns;
	unsigned limit;		/* steps; more is a violation of O5 */
	/* out: */
	unsigned steps;
	unsigned contended;	/* steps while more than one was not done */
	uint64_t work;
};

void fake_schedule_run(struct fake_schedule *schedule);

/**
 * Every schedule with at most @ref most_turns turns, then random ones until
 * there were @ref at_least.
 */
struct fake_explore {
	struct fake_schedule schedule;	/* part and parts */
	void (*before)(void);
	void (*after)(void);
	unsigned most_turns;
	uint64_t limit;		/* of the systematic ones */
	uint64_t at_least;
	uint64_t seed;
	/* out: */
	uint64_t count;
	unsigned turn[FAKE_MAX_TURNS];	/* of the latest: replay it */
};

void fake_explore(struct fake_explore *explore);

/** A step that is not ours: the guest's, say. */
void fake_step(void);

/** What the code under test knows of a CPU. */
const struct svsm_cpu *fake_cpu(unsigned index);

/** A GHCB for the calling CPU, so that svsm_plat_cpu()->ghcb is set. */
void fake_cpu_set_ghcb(struct svsm_ghcb *ghcb);

/** Ring 3: looks at the registers in the gate's frame and changes them as the
 *  cell and then the processor would. */
extern void (*fake_cell)(void *gate);
/** RDSEED and RDRAND; NULL: words that look random. */
extern bool (*fake_random)(bool seed, uint64_t *word);

/** Ticks that each look at the TSC adds; may be 0 or negative. */
extern int64_t fake_tsc_step;

/* ------------------------------------------------------------- termination */

#define FAKE_NO_TERMINATION	(-1)
/** An access would never end: the host took a page away below us. */
#define FAKE_STALL		(-2)

/** For fake_reason_of(); not called directly. */
sigjmp_buf *fake_catch(void);
int fake_caught(bool jumped);

/**
 * The reason with which a statement ends the VM, FAKE_STALL, or
 * FAKE_NO_TERMINATION. Without it a termination aborts the test.
 */
#define fake_reason_of(statement)					\
	__extension__({							\
		volatile bool fake_jumped_ = true;			\
		if (sigsetjmp(*fake_catch(), 1) == 0) {			\
			statement;					\
			fake_jumped_ = false;				\
		}							\
		fake_caught(fake_jumped_);				\
	})

/** A result that a test does not want: the call does not return, say. */
#define fake_ignore(call) ((void)!(call))

/* ------------------------------------------------------------------- locks */

/** Run a function as a handler of an exception or interrupt does: it must not
 *  wait for a lock, nor allocate. */
void fake_handler(void (*fn)(void *arg), void *arg);

/* ---------------------------------------------------------------- failures */

/**
 * Let the n-th possible failure from now happen (1: the next); 0: none.
 * Wrappers of allocators (linked with --wrap) ask fake_fail_now(); that of
 * svsm_page_alloc() is part of the fake.
 */
void fake_fail_at(unsigned n);
/** ... that one and all later ones. */
void fake_fail_from(unsigned n);
bool fake_fail_now(void);
/** Did the armed failure happen? */
bool fake_fail_fired(void);

/* ------------------------------------------------------------------- pages */

/** An empty pool again, its accounts closed; the spans are forgotten. */
void fake_pool_reset(struct svsm_page_pool *pool);

/* ------------------------------------------------------------------ oracle */

/** A secret that must not appear anywhere outside (O2): 16 bytes. */
extern const uint8_t fake_canary[16];

/**
 * Fill a region page with the canary; the oracle checks that it stays so (O1)
 * and is seen nowhere else.
 */
void fake_plant(uint64_t region_off);

/** A check of the component's own (allocator invariants...), run by the
 *  oracle; it aborts by itself when something is wrong. */
void fake_oracle_add(void (*check)(void));

/**
 * O5: a call of another vCPU, which the oracle makes as that CPU. It ends
 * within @p steps steps of the seam, or it is a violation.
 */
void fake_oracle_vcpu(unsigned index, uint32_t apic_id,
		void (*call)(void *arg), void *arg, unsigned steps);

/** Text that reached a log sink; the oracle looks for the canary in it. */
void fake_oracle_log(const char *text, size_t len);

/**
 * The common oracle, after each hostile case: O1 planted pages unchanged, O2
 * no canary outside, O3 the RMP's invariants, region private, VMSAs not
 * writable, one validated page per GPA, O4 the added checks, O5 the added
 * vCPU's call within its steps, O6 at most this many exits since fake_setup()
 * or the last call.
 */
void fake_oracle(unsigned exit_budget);

#endif
