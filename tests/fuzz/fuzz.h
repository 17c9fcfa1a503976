/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the fuzz targets share. A target is one function of libFuzzer's name;
 * AFL++ takes it as well, and replay.c runs it on files with any compiler.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Try one input. Returns 0; whatever is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/** What must hold for every input. */
#define FUZZ_REQUIRE(cond)						\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "%s:%d: %s does not hold\n",	\
				__FILE__, __LINE__, #cond);		\
			abort();					\
		}							\
	} while (0)

/** The same of a number, which is shown. */
static inline void fuzz_want(int have, int want)
{
	if (have == want)
		return;
	fprintf(stderr, "%d instead of %d\n", have, want);
	abort();
}

/** Bytes of an input that are still to be used; after the end, zeros. */
struct fuzz_input {
	const uint8_t *data;
	size_t len;
};

static inline void fuzz_take(struct fuzz_input *in, void *dst, size_t n)
{
	size_t have = n < in->len ? n : in->len;

	memset(dst, 0, n);
	if (have)
		memcpy(dst, in->data, have);
	in->data += have;
	in->len -= have;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint16_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

static inline uint64_t fuzz_u64(struct fuzz_input *in)
{
	uint64_t value;

	fuzz_take(in, &value, sizeof(value));
	return value;
}

/** The rest in memory of exactly its size, whose ends ASan guards. Free it. */
static inline void *fuzz_rest(struct fuzz_input *in)
{
	void *copy = calloc(1, in->len ? in->len : 1);

	FUZZ_REQUIRE(copy);
	if (in->len)
		memcpy(copy, in->data, in->len);
	return copy;
}

#endif
