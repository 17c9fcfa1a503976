/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The processor L1 itself runs on: registers, port I/O, MSRs and locks. */
#ifndef SNPEMU_L1_CPU_H
#define SNPEMU_L1_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define MSR_APIC_BASE		0x0000001bu
#define MSR_PAT			0x00000277u
#define MSR_XSS			0x00000da0u
#define MSR_EFER		0xc0000080u
#define MSR_STAR		0xc0000081u
#define MSR_FS_BASE		0xc0000100u
#define MSR_GS_BASE		0xc0000101u
#define MSR_KERNEL_GS_BASE	0xc0000102u
#define MSR_TSC_AUX		0xc0000103u
#define MSR_VM_HSAVE_PA		0xc0010117u
#define MSR_GHCB		0xc0010130u
#define MSR_SEV_STATUS		0xc0010131u

#define EFER_SCE		(1ull << 0)
#define EFER_LME		(1ull << 8)
#define EFER_LMA		(1ull << 10)
#define EFER_NXE		(1ull << 11)
#define EFER_SVME		(1ull << 12)
#define EFER_FFXSR		(1ull << 14)

#define CR0_PE			(1ull << 0)
#define CR0_WP			(1ull << 16)
#define CR0_PG			(1ull << 31)
#define CR4_PSE			(1ull << 4)
#define CR4_PAE			(1ull << 5)
#define CR4_OSFXSR		(1ull << 9)
#define CR4_OSXMMEXCPT		(1ull << 10)
#define CR4_LA57		(1ull << 12)
#define CR4_OSXSAVE		(1ull << 18)
#define CR4_SMEP		(1ull << 20)
#define CR4_SMAP		(1ull << 21)

#define RFLAGS_CF		(1ull << 0)
#define RFLAGS_TF		(1ull << 8)
#define RFLAGS_IF		(1ull << 9)
#define RFLAGS_NT		(1ull << 14)
#define RFLAGS_RF		(1ull << 16)
#define RFLAGS_VM		(1ull << 17)
#define RFLAGS_AC		(1ull << 18)

enum exception_vector {
	VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_NMI = 2, VECTOR_BP = 3,
	VECTOR_UD = 6, VECTOR_DF = 8, VECTOR_TS = 10, VECTOR_NP = 11,
	VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MC = 18,
	VECTOR_HV = 28, VECTOR_VC = 29,
};

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (uint64_t)high << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 : : "c"(msr), "a"((uint32_t)value),
			     "d"((uint32_t)(value >> 32))
			 : "memory");
}

struct cpuid_result {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_result r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return low | (uint64_t)high << 32;
}

static inline uint64_t xgetbv(uint32_t index)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(index));
	return low | (uint64_t)high << 32;
}

static inline void xsetbv(uint32_t index, uint64_t value)
{
	__asm__ volatile("xsetbv"
			 : : "c"(index), "a"((uint32_t)value),
			     "d"((uint32_t)(value >> 32)));
}

#define CPU_REGISTER(name)						\
static inline uint64_t read_##name(void)				\
{									\
	uint64_t value;							\
	__asm__ volatile("mov %%" #name ", %0" : "=r"(value));		\
	return value;							\
}									\
static inline void write_##name(uint64_t value)				\
{									\
	__asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");	\
}

CPU_REGISTER(cr0)
CPU_REGISTER(cr2)
CPU_REGISTER(cr3)
CPU_REGISTER(cr4)
CPU_REGISTER(dr0)
CPU_REGISTER(dr1)
CPU_REGISTER(dr2)
CPU_REGISTER(dr3)
CPU_REGISTER(dr7)
#undef CPU_REGISTER

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void cli(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void clgi(void)
{
	__asm__ volatile("clgi" : : : "memory");
}

static inline void stgi(void)
{
	__asm__ volatile("stgi" : : : "memory");
}

/* Take what the physical APIC has pending, then close the window again. */
static inline void interrupt_window(void)
{
	__asm__ volatile("sti; nop; cli" : : : "memory");
}

/*
 * A test-and-set lock. L1 runs with interrupts off outside of
 * interrupt_window() and vcpu_wait(), so none has to save flags.
 */
struct spinlock {
	uint32_t held;
};

static inline void spin_lock(struct spinlock *lock)
{
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			cpu_relax();
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif
