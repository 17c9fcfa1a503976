/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The instructions of platform.h on a real processor. Inline, because a call
 * costs more than most of them do, in time and in bytes of the image. The
 * others are in platform.c.
 */
#ifndef SVSM_PLATFORM_INLINE_H
#define SVSM_PLATFORM_INLINE_H

/* Without a function behind it: who needs its address gets a link error. */
#define PLATFORM_INLINE \
	extern inline __attribute__((gnu_inline, always_inline))

/* PVALIDATE and RMPADJUST as bytes: assemblers know them only since 2020. */
PLATFORM_INLINE struct svsm_pvalidate_out
svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	uint64_t rax = (uintptr_t)va;
	bool carry;

	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
			 : "+a"(rax), "=@ccc"(carry)
			 : "c"((uint64_t)huge), "d"((uint64_t)valid)
			 : "memory");
	return (struct svsm_pvalidate_out){ (uint32_t)rax, carry };
}

PLATFORM_INLINE uint32_t
svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs)
{
	uint64_t rax = (uintptr_t)va;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax)
			 : "c"((uint64_t)huge), "d"(attrs)
			 : "memory", "cc");
	return (uint32_t)rax;
}

PLATFORM_INLINE uint64_t svsm_plat_msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

PLATFORM_INLINE void svsm_plat_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 : : "c"(msr), "a"((uint32_t)value),
			     "d"((uint32_t)(value >> 32))
			 : "memory");
}

PLATFORM_INLINE void svsm_plat_clear(void *va, uint64_t len)
{
	uint64_t words = len / sizeof(uint64_t);

	__asm__ volatile("rep stosq"
			 : "+D"(va), "+c"(words) : "a"(0ull) : "memory");
}

PLATFORM_INLINE uint64_t svsm_plat_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

PLATFORM_INLINE void svsm_plat_pte_set(uint64_t *pte, uint64_t val, void *va)
{
	*(volatile uint64_t *)pte = val;
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

PLATFORM_INLINE uint64_t svsm_plat_irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq\n\tpop %0\n\tcli" : "=r"(flags) : : "memory");
	return flags;
}

PLATFORM_INLINE void svsm_plat_irq_restore(uint64_t flags)
{
	__asm__ volatile("push %0\n\tpopfq" : : "r"(flags) : "memory", "cc");
}

PLATFORM_INLINE struct svsm_cpu *svsm_plat_cpu(void)
{
	struct svsm_cpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

#undef PLATFORM_INLINE

#endif
