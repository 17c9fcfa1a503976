/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the allocators need of platform.h, in ring 3: one CPU, no interrupts.
 */
#ifndef SVSM_PLATFORM_INLINE_H
#define SVSM_PLATFORM_INLINE_H

#define PLATFORM_INLINE \
	extern inline __attribute__((gnu_inline, always_inline))

extern struct svsm_cpu cell_cpu;

PLATFORM_INLINE struct svsm_cpu *svsm_plat_cpu(void)
{
	return &cell_cpu;
}

PLATFORM_INLINE uint64_t svsm_plat_irq_save(void)
{
	return 0;
}

PLATFORM_INLINE void svsm_plat_irq_restore(uint64_t flags)
{
	(void)flags;
}

PLATFORM_INLINE void svsm_plat_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

PLATFORM_INLINE void svsm_plat_clear(void *va, uint64_t len)
{
	__builtin_memset(va, 0, len);
}

#undef PLATFORM_INLINE

#endif
