/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * What a probe is made of. A probe is one function that shows one rule of the
 * machine and says what it saw; the transcript in expected/ says what it must
 * see. After PROBE() returns the guest asks for termination with reason 14:0.
 */
#ifndef PROBES_PROBE_H
#define PROBES_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

struct probe {
	const char *name;
	void (*run)(void);
};

/** Define the probe @p id; the image's name for it is the same. */
#define PROBE(id)							\
	static void probe_##id(void);					\
	static const struct probe entry_##id				\
	__attribute__((section(".probes"), used, aligned(8))) =	\
		{ #id, probe_##id };					\
	static void probe_##id(void)

/* ----------------------------------------------------------- console */

/** Knows %u %x %s and %%, all 64-bit but %s. */
void say(const char *format, ...);

/** End the run with a GHCB termination request, reason set 14. */
_Noreturn void fail(unsigned reason);

/** Something a probe needs before its rule did not work. */
#define need(condition)							\
	do {								\
		if (!(condition)) {					\
			say("line %u: setup failed\n",			\
			    (uint64_t)__LINE__);			\
			fail(1);					\
		}							\
	} while (0)

/* ------------------------------------------------- instructions, traps */

struct regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, flags;
};

#define FLAG_CF		1u
#define FLAG_IF		0x200u

/** The last exception that an attempt ran into. */
struct trap {
	uint64_t vector, error, cr2, rip, cs, flags, rsp, frame;
};

extern volatile struct trap trap;

typedef void insn_fn(struct regs *regs);

#define INSNS(X)							\
	X(pvalidate) X(rmpadjust) X(rmpquery) X(cpuid) X(rdmsr)		\
	X(wrmsr) X(in8) X(in16) X(in32) X(in8_imm) X(out8) X(out32)	\
	X(insb) X(rep_insb) X(outsb) X(rep_outsb) X(wbinvd) X(invd)	\
	X(monitor) X(mwait) X(rdtsc) X(rdtscp) X(rdpmc) X(vmmcall)	\
	X(dr7_read) X(dr7_write) X(read) X(write) X(write32) X(read32)	\
	X(add_memory) X(jump) X(pause) X(ud2) X(int3) X(int16)	\
	X(int64) X(hlt) X(invlpgb) X(tlbsync) X(invlpgb_66)
#define INSN_DECLARE(name) insn_fn insn_##name; extern char insn_##name##_at[];
INSNS(INSN_DECLARE)

#define INSNS32(X)							\
	X(cpuid) X(rdmsr) X(in8) X(out8) X(rep_outsb) X(wbinvd)		\
	X(vmmcall) X(dr7_read) X(pvalidate) X(rmpadjust) X(read)	\
	X(monitor) X(invlpgb)
#define INSN32_DECLARE(name) extern char insn32_##name[];
INSNS32(INSN32_DECLARE)

/** Execute; true when no exception came. */
bool attempt(insn_fn *insn, struct regs *regs);
bool attempt_user(insn_fn *insn, struct regs *regs);
bool attempt32(const char *insn, struct regs *regs);

/** Say what became of an attempt at the instruction at @p at. */
void report(const char *name, bool done, const char *at);

#define TRY(name, regs) \
	report(#name, attempt(insn_##name, regs), insn_##name##_at)
#define TRY_USER(name, regs) \
	report(#name, attempt_user(insn_##name, regs), insn_##name##_at)
#define TRY32(name, regs) \
	report(#name, attempt32(insn32_##name, regs), insn32_##name)

/** The results of the three instructions, as "rax 0 cf 0" and the like. */
void try_pvalidate(uint64_t va, uint64_t size, uint64_t valid);
void try_rmpadjust(uint64_t va, uint64_t size, uint64_t rdx);
void try_rmpquery(uint64_t va, uint64_t vmpl);

/* Without a word; true when EAX is 0. */
bool pvalidate(uint64_t va, uint64_t size, uint64_t valid);
bool rmpadjust(uint64_t va, uint64_t size, uint64_t rdx);

/** RDX of RMPADJUST. */
#define ADJUST(vmpl, perms)	((uint64_t)(perms) << 8 | (vmpl))
#define ADJUST_VMSA		0x10000u
#define P_READ	1u
#define P_WRITE	2u
#define P_XUSER	4u
#define P_XSUPER 8u
#define P_ALL	15u

struct trap_frame;

/** How often each vector >= 32 was taken; EOI is sent if @ref irq_eoi. */
extern volatile unsigned irq_count[256];
extern volatile bool irq_eoi;
/** Called for vectors that no attempt waits for; NULL: they end the probe. */
extern bool (*volatile trap_hook)(struct trap_frame *frame);

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx;
	uint64_t rdx, rcx, rax;
	uint64_t vector, error, rip, cs, flags, rsp, ss;
};

/** Let this vector use IST 1 (its stack is the page at ist_stack). */
void trap_use_ist(unsigned vector);
extern uint8_t ist_stack[4096];
/** From now on delivery of this vector fails. */
void trap_gate_absent(unsigned vector);

/* ------------------------------------------------------------- memory */

/** The view without C-bit. */
static inline volatile void *shared(uint64_t gpa)
{
	return (volatile void *)(SHARED_BASE + gpa);
}

static inline volatile void *private(uint64_t gpa)
{
	return (volatile void *)gpa;
}

/** Change the flags of a page mapped below SMALL_END: set and clear. */
void page_flags(uint64_t va, uint64_t set, uint64_t clear);

/** Drop what this CPU has cached for this level (CR4.PGE). */
void flush_own_tlb(void);

/** Page state changes by the MSR protocol; true when the host agreed. */
bool psc_private(uint64_t gpa);
bool psc_shared(uint64_t gpa);

/** Make TEST_PAGE, or any other page, private, valid and zero. */
void take_page(uint64_t gpa);
/** The same for 2 MiB, by a page state change list. */
void take_large(uint64_t gpa);

/* --------------------------------------------------------------- GHCB */

#define GHCB_RAX	0x1f8
#define GHCB_RCX	0x308
#define GHCB_RDX	0x310
#define GHCB_RBX	0x318
#define GHCB_CPL	0x0cb
#define GHCB_XCR0	0x3e8
#define GHCB_CODE	0x390
#define GHCB_INFO1	0x398
#define GHCB_INFO2	0x3a0
#define GHCB_SCRATCH	0x3a8
#define GHCB_BITMAP	0x3f0
#define GHCB_BUFFER	0x800
#define GHCB_VERSION	0xffa
#define GHCB_USAGE	0xffc

#define NAE_DR7_READ	0x27
#define NAE_DR7_WRITE	0x37
#define NAE_RDTSC	0x6e
#define NAE_CPUID	0x72
#define NAE_IOIO	0x7b
#define NAE_MSR		0x7c
#define NAE_VMMCALL	0x81
#define NAE_WBINVD	0x89
#define NAE_MMIO_READ	0x80000001
#define NAE_MMIO_WRITE	0x80000002
#define NAE_RESET_HOLD	0x80000004
#define NAE_JUMP_TABLE	0x80000005
#define NAE_PSC		0x80000010
#define NAE_GUEST_REQUEST 0x80000011
#define NAE_AP_CREATION	0x80000013
#define NAE_DOORBELL	0x80000014
#define NAE_HV_IPI	0x80000015
#define NAE_APIC_IDS	0x80000017
#define NAE_RUN_VMPL	0x80000018
#define NAE_FEATURES	0x8000fffd
#define NAE_TERMINATE	0x8000fffe
#define NAE_UNSUPPORTED	0x8000ffff

struct answer {
	uint64_t info1, info2;
};

/** The GHCB of this CPU and level: its shared view and address. */
volatile uint8_t *ghcb_page(void);
uint64_t ghcb_gpa(void);

/** Start a request: clear the bitmap. Then set registers, then go. */
void ghcb_begin(void);
void ghcb_set(unsigned field, uint64_t value);
uint64_t ghcb_get(unsigned field);
struct answer ghcb_go(uint64_t code, uint64_t info1, uint64_t info2);
/** All three for an event without registers. */
struct answer ghcb_event(uint64_t code, uint64_t info1, uint64_t info2);
/** NAE_MMIO_READ or NAE_MMIO_WRITE of four bytes; what was read. */
uint32_t ghcb_mmio(uint64_t event, uint64_t gpa, uint32_t value);
/** VMGEXIT with this MSR value; the value that comes back. */
uint64_t msr_call(uint64_t value);
/** Say "name: info1 A info2 B". */
void say_answer(const char *name, struct answer answer);

uint64_t rdmsr(uint32_t msr);		/* the instruction */
void wrmsr(uint32_t msr, uint64_t value);	/* by the GHCB */
void outb_host(uint16_t port, uint8_t value);
uint8_t inb_host(uint16_t port);
/** SW_EXITINFO1 of an IOIO request; @p in is 1 for IN. */
uint64_t ioio(uint16_t port, unsigned bytes, unsigned in);
void out_host(uint16_t port, uint32_t value, unsigned bytes);
uint32_t in_host(uint16_t port, unsigned bytes);

/* ----------------------------------------------- attacks (--hostile) */

enum attack {
	ATTACK_REMAP = 0xe01,	/* another page behind the GPA */
	ATTACK_TAKE = 0xe02,	/* back to the hypervisor */
	ATTACK_MOVE = 0xe03,	/* the entry names the next GPA */
	ATTACK_LARGE = 0xe04,	/* a 2 MiB entry around it */
	ATTACK_LOOK = 0xe05,	/* the first 4 bytes as the host sees them */
	ATTACK_UPDATE = 0xe07,	/* RMPUPDATE to shared; its code */
	ATTACK_SMASH = 0xe08,	/* PSMASH; its code */
	ATTACK_BATCH = 0xe09,	/* PSC: back after so many (GFN) entries */
	ATTACK_HOLD = 0xe0a,	/* GFN 15:8: vCPU; 7:0: 1 stop, 2 keep, 0 go */
	ATTACK_TURN = 0xe0b,	/* that page (GFN) is behind --remap's GPA */
	ATTACK_REMAP_STALE = 0xe10,	/* like REMAP, no TLB is flushed */
	ATTACK_FLUSH = 0xe11,	/* all TLBs of vCPU number (GFN) */
};

/** 63:32 of the host's answer. */
uint32_t attack(enum attack kind, uint64_t gpa);

/* ----------------------------------------------- other levels and CPUs */

#define FEATURE_SNP		1u
#define FEATURE_RESTRICTED	8u
#define FEATURE_ALTERNATE	16u

/** A VMSA page that would run @p fn(argument) at this level; not yet marked. */
void vmsa_prepare(unsigned vmpl, void (*fn)(uint64_t), uint64_t argument);
uint64_t vmsa_gpa(unsigned vmpl);
void vmsa_set(unsigned vmpl, unsigned offset, uint64_t value);
uint64_t vmsa_get(unsigned vmpl, unsigned offset);

/** Mark it and hand it to the host for this CPU. */
void vmsa_mark(unsigned vmpl);
struct answer vmsa_create(unsigned vmpl, uint64_t gpa, uint64_t features,
			  uint64_t apic_id);

/** Allow a level everything in our image. */
void grant_image(unsigned vmpl);

/** prepare, grant, mark, create; then run it until it comes back. */
void level_start(unsigned vmpl, void (*fn)(uint64_t), uint64_t argument);
/** Run VMPL by the GHCB; back when it gives up the CPU. */
struct answer level_run(unsigned vmpl);
/** In a lower level: back to VMPL0 (MSR protocol). */
void level_back(void);
/** Which level executes; 0 unless between level_run() and level_back(). */
extern volatile unsigned level;

/** Run @p fn on vCPU 1 at VMPL0; its stack and GHCB are its own. */
void cpu1_prepare(void (*fn)(uint64_t), uint64_t argument);
struct answer cpu1_create(void);
uint64_t cpu1_vmsa(void);
/** For the code on vCPU 1: nothing more to do. */
_Noreturn void rest(void);
/** For the code on vCPU 1: which CPU is this? 0 or 1. */
unsigned cpu_number(void);

/** Spin until *word is value; false after a long while. */
bool wait_for(volatile uint32_t *word, uint32_t value);
/** The same for so many TSC ticks. */
bool wait_ticks(volatile uint32_t *word, uint32_t value, uint64_t patience);

#endif
