/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Stacks and symbol tables of any content: ends, and reads nothing else.
 */
#include <svsm/backtrace.h>

#include "fuzz.h"

#define WORDS 64u

static uintptr_t stack[2][WORDS];

/* A word: any value, or one that points into a stack. */
static uintptr_t word(struct fuzz_input *in)
{
	uint8_t kind = fuzz_u8(in);

	if (kind < 128)
		return (uintptr_t)&stack[kind % 2][kind / 2 % WORDS];
	return kind < 192 ? kind : (uintptr_t)fuzz_u64(in);
}

static void frames(struct fuzz_input *in)
{
	const struct svsm_stack stacks[2] = {
		{ (uintptr_t)stack[0], (uintptr_t)(stack[0] + WORDS) },
		{ (uintptr_t)stack[1], (uintptr_t)(stack[1] + WORDS) },
	};
	uintptr_t out[SVSM_BACKTRACE_MAX];
	uintptr_t fp = word(in);

	for (unsigned i = 0; i < WORDS && in->len; i++) {
		stack[0][i] = word(in);
		stack[1][i] = word(in);
	}
	FUZZ_REQUIRE(svsm_backtrace(fp, stacks, 2, out, SVSM_BACKTRACE_MAX) <=
		     SVSM_BACKTRACE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	uint32_t addr, offset = 0;
	const char *name;
	void *table;

	memset(stack, 0, sizeof(stack));
	if (fuzz_u8(&in) & 1) {
		frames(&in);
		return 0;
	}
	addr = fuzz_u16(&in);
	len = in.len;
	table = fuzz_rest(&in);
	name = svsm_symbol_find(table, len, addr, &offset);
	if (name)
		FUZZ_REQUIRE(strlen(name) < len && offset <= addr);
	free(table);
	return 0;
}
