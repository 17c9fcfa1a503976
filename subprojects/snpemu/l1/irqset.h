/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* A set of interrupt vectors. */
#ifndef SNPEMU_L1_IRQSET_H
#define SNPEMU_L1_IRQSET_H

#include <stdbool.h>
#include <stdint.h>

#define IRQSET_WORDS	8

struct irqset {
	uint32_t word[IRQSET_WORDS];	/* as the APIC's IRR and ISR */
};

/* Setting and clearing is atomic: other cores post into a pending set. */
static inline void irqset_add(struct irqset *set, uint8_t vector)
{
	__atomic_fetch_or(&set->word[vector / 32], 1u << vector % 32,
			  __ATOMIC_ACQ_REL);
}

static inline void irqset_remove(struct irqset *set, uint8_t vector)
{
	__atomic_fetch_and(&set->word[vector / 32], ~(1u << vector % 32),
			   __ATOMIC_ACQ_REL);
}

static inline bool irqset_has(const struct irqset *set, uint8_t vector)
{
	uint32_t word = __atomic_load_n(&set->word[vector / 32],
					__ATOMIC_ACQUIRE);

	return word >> vector % 32 & 1;
}

/* The highest vector, or -1 when the set is empty. */
static inline int irqset_top(const struct irqset *set)
{
	for (int i = IRQSET_WORDS; i-- > 0;) {
		uint32_t word = __atomic_load_n(&set->word[i],
						__ATOMIC_ACQUIRE);

		if (word)
			return 32 * i + 31 - __builtin_clz(word);
	}
	return -1;
}

static inline void irqset_clear(struct irqset *set)
{
	for (int i = 0; i < IRQSET_WORDS; i++)
		__atomic_store_n(&set->word[i], 0, __ATOMIC_RELEASE);
}

#endif
