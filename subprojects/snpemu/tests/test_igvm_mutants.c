/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* IGVM files: cut (F-01), fields at their limits (F-02), mutants (F-11). */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "igvm_player.h"

/* A copy of exactly this size, so that one byte too far is found. */
static bool open_copy(const uint8_t *bytes, uint32_t size,
		      struct igvm_error *error)
{
	uint8_t *copy = malloc(size ? size : 1);
	bool good;

	memcpy(copy, bytes, size);
	good = open_bytes(copy, size, error);
	free(copy);
	return good;
}

START_TEST(file_cut_anywhere_is_refused)
{
	struct igvm_error error;

	finish_good();
	for (uint32_t size = 0; size < file.size; size++) {
		error = (struct igvm_error){ .offset = ~0ull };
		ck_assert(!open_copy(file.bytes, size, &error));
		ck_assert_uint_le(error.offset, file.size);
		ck_assert_ptr_nonnull(error.reason);
	}
	file_free(&file);
}
END_TEST

/* The same, with a fixed header that fits what is left. */
START_TEST(file_cut_and_sealed_is_refused)
{
	struct igvm_error error;
	uint8_t *copy;
	uint32_t start;

	finish_good();
	memcpy(&start, file.bytes + 12, sizeof(start));
	start += 24;
	for (uint32_t size = 24; size < file.size; size++) {
		uint32_t headers = size < start ? (size - 24) & ~7u :
						  start - 24;

		copy = malloc(size);
		memcpy(copy, file.bytes, size);
		memcpy(copy + 12, &headers, sizeof(headers));
		memcpy(copy + 16, &size, sizeof(size));
		file_seal(copy, size);
		ck_assert(!open_bytes(copy, size, &error));
		ck_assert_uint_le(error.offset, size);
		free(copy);
	}
	file_free(&file);
}
END_TEST

/* Each 16-bit and 32-bit word of all headers: 0, 1, max - 1, max. */
static void mutate(uint32_t at, uint32_t width)
{
	static const uint32_t values[] = { 0, 1, 0xfffffffe, 0xffffffff };
	struct igvm_error error;
	uint8_t saved[4];

	memcpy(saved, file.bytes + at, width);
	for (unsigned i = 0; i < 4; i++) {
		memcpy(file.bytes + at, &values[i], width);
		if (at < 20 || at > 23)
			file_seal(file.bytes, file.size);
		error.reason = NULL;
		ck_assert(open_copy(file.bytes, file.size, &error) ||
			  (error.reason && error.offset <= file.size));
	}
	memcpy(file.bytes + at, saved, width);
	file_seal(file.bytes, file.size);
}

START_TEST(every_field_at_its_limits_is_refused_or_loaded)
{
	uint32_t end;

	finish_good();
	memcpy(&end, file.bytes + 12, sizeof(end));
	end += 24;
	for (uint32_t at = 0; at < end; at += 2) {
		mutate(at, 2);
		if (at % 4 == 0)
			mutate(at, 4);
	}
	file_free(&file);
}
END_TEST

static uint32_t random32(void)
{
	static uint64_t state = 0x5eed;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

START_TEST(mutants_are_refused_or_loaded)
{
	unsigned refused = 0;
	struct igvm_error error;
	uint8_t *good;
	uint32_t end;

	finish_good();
	good = malloc(file.size);
	memcpy(good, file.bytes, file.size);
	memcpy(&end, good + 12, sizeof(end));
	end += 24;
	for (unsigned i = 0; i < 20000; i++) {
		for (unsigned n = random32() % 4 + 1; n != 0; n--)
			file.bytes[random32() % end] = (uint8_t)random32();
		file_seal(file.bytes, file.size);
		refused += !open_bytes(file.bytes, file.size, &error);
		memcpy(file.bytes, good, end);
	}
	ck_assert_uint_gt(refused, 10000);
	free(good);
	file_free(&file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("igvm_mutants");

	CASE(suite, "mutants",
	     file_cut_anywhere_is_refused, file_cut_and_sealed_is_refused,
	     every_field_at_its_limits_is_refused_or_loaded,
	     mutants_are_refused_or_loaded);
	return run_suite(suite);
}
