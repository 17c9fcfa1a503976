/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Facts of the manuals, by name: two lists of them can be compared although
 * their sources can not be included together.
 */
#ifndef ABI_FACTS_H
#define ABI_FACTS_H

#include <stddef.h>
#include <stdint.h>

struct abi_fact {
	const char *name;
	uint64_t value;
};

struct abi_facts {
	const struct abi_fact *fact;
	size_t count;
};

/** What include/svsm/abi says. */
extern const struct abi_facts abi_svsmkit;
/** What snpemu says: it read the manuals on its own. */
extern const struct abi_facts abi_snpemu;

/* One side of the list: `ours` or `theirs` of each FACT in facts.def. */
#define ABI_FACTS_DEFINE(list)						\
	const struct abi_facts list = {					\
		facts, sizeof(facts) / sizeof(facts[0]),		\
	}

#endif
