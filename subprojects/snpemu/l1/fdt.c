// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The flattened device tree: this machine has no devices to tell of in it. */
#include <stddef.h>

#include "fdt.h"

#define FDT_MAGIC	0xd00dfeedu
#define FDT_VERSION	17u
#define FDT_COMPATIBLE	16u
#define FDT_BEGIN_NODE	1u
#define FDT_END_NODE	2u
#define FDT_END		9u

/* Header, an empty list of reservations (its end), the root, no strings. */
enum { HEADER_WORDS = 10, RESERVED_WORDS = 4, TREE_WORDS = 4 };

#define RESERVED_AT	(HEADER_WORDS * 4u)
#define TREE_AT		(RESERVED_AT + RESERVED_WORDS * 4u)
#define TOTAL		(TREE_AT + TREE_WORDS * 4u)

static const uint32_t words[TOTAL / 4] = {
	FDT_MAGIC, TOTAL, TREE_AT, TOTAL, RESERVED_AT, FDT_VERSION,
	FDT_COMPATIBLE, 0, 0, TREE_WORDS * 4u,
	0, 0, 0, 0,
	FDT_BEGIN_NODE, 0, FDT_END_NODE, FDT_END,
};

bool fdt_write(uint8_t *to, uint32_t bytes)
{
	if (bytes < TOTAL)
		return false;
	for (uint32_t i = 0; i < TOTAL; i++)	/* big-endian words */
		to[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
	return true;
}
