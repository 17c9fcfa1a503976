/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M: what must not come out of a TPM: keys that were flushed, and bytes
 * that nobody has set; and what a chained cipher must be.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libtpms/tpm_memory.h>

#include "keys.h"
#include "platform.h"
#include "tpm.h"
#include "unit.h"
#include "vtpm/command.h"

#define PATTERN		16u
#define PIECE		(1u << 20)
#define HUGE_RANGE	(1ul << 30)

static struct tpm t;

static void setup(void)
{
	tpm_new(&t);
}

static void teardown(void)
{
	tpm_stop(&t);
}

static bool is_at(const uint8_t *p, const uint8_t *complement, bool reversed)
{
	for (unsigned i = 0; i < PATTERN; i++) {
		unsigned at = reversed ? PATTERN - 1 - i : i;

		if (p[i] + complement[at] != 0xff)
			return false;
	}
	return true;
}

static unsigned count(const uint8_t *bytes, size_t len,
	const uint8_t *complement, bool reversed)
{
	int first = complement[reversed ? PATTERN - 1 : 0] ^ 0xff;
	const uint8_t *end = bytes + len;
	unsigned found = 0;

	while ((bytes = memchr(bytes, first, (size_t)(end - bytes)))) {
		if (end - bytes >= PATTERN &&
		    is_at(bytes, complement, reversed))
			found++;
		bytes++;
	}
	return found;
}

/* Read through the kernel: the sanitizer does not see it. */
static unsigned search_range(int mem, unsigned long from, unsigned long to,
	const uint8_t *complement)
{
	static uint8_t *piece;
	unsigned found = 0;

	if (!piece)
		piece = mmap(NULL, HUGE_RANGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(piece, MAP_FAILED);
	for (; from < to; from += PIECE) {
		size_t len = to - from < PIECE ? to - from : PIECE;
		ssize_t n = pread(mem, piece, len, (off_t)from);

		if (n > 0)
			found += count(piece, (size_t)n, complement, false) +
				count(piece, (size_t)n, complement, true);
	}
	return found;
}

/* All that this process can write; the sanitizer's shadow and our own piece
 * are huge. */
static unsigned search(enum key_kind kind)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned long from;
	unsigned long to;
	unsigned found = 0;
	char rights[8];
	char line[512];

	ck_assert(maps && mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 &&
		    rights[1] == 'w' && to - from < HUGE_RANGE)
			found += search_range(mem, from, to,
				key_complement(kind));
	}
	fclose(maps);
	close(mem);
	return found;
}

static void load_and_use(enum key_kind kind, uint32_t *key)
{
	ck_assert_uint_eq(key_load(&t, kind, key), 0);
	ck_assert_uint_eq(key_use(&t, kind, *key), 0);
	memset(t.command, 0, sizeof(t.command));
}

START_TEST(M_15_of_a_flushed_key_no_byte_is_left)
{
	for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
		/* libtpms' self test has the key of SP 800-38A, too. */
		unsigned before = search(kind);
		unsigned found;
		uint32_t key;

		load_and_use(kind, &key);
		ck_assert_uint_gt(search(kind), before);
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
		found = search(kind);
		ck_assert_msg(found == before, "key %u: %u places", kind,
			found - before);
	}
}
END_TEST

/* After those nothing is wiped: a password, another tag, a byte too few or
 * another command, and it is. */
START_TEST(M_15_few_commands_count_as_public)
{
	tpm_begin(&t, TPM_SESSIONS, 0x182);
	tpm_u32(&t, 10);
	tpm_password(&t);
	ck_assert(vtpm_is_public(t.command, t.len));
	for (uint32_t len = 0; len < 24; len++)
		ck_assert(!vtpm_is_public(t.command, len));
	for (unsigned at = 0; at < 24; at++) {
		bool counts = (at >= 2 && at < 6) || (at >= 10 && at < 14);

		t.command[at] ^= 0x40;
		ck_assert(vtpm_is_public(t.command, t.len) == counts);
		t.command[at] ^= 0x40;
	}
	for (uint32_t code = 0; code < 0x200; code++) {
		tpm_begin(&t, TPM_NO_SESSIONS, code);
		ck_assert(vtpm_is_public(t.command, t.len) ==
			(code == 0x17a || code == 0x17c || code == 0x17e ||
				code == 0x181));
	}
}
END_TEST

/* A reset does not go through a command. */
START_TEST(M_15_of_a_key_before_a_reset_no_byte_is_left)
{
	for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
		unsigned before = search(kind);
		uint32_t key;

		load_and_use(kind, &key);
		tpm_stop(&t);
		ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
		ck_assert_uint_eq(tpm_power_on(&t), 0);
		ck_assert_uint_eq(search(kind), before);
	}
}
END_TEST

/* That is why: CVE-2026-6726. When libtpms has learned it, this fails, and
 * vtpm_command() has less to do. */
START_TEST(M_15_libtpms_alone_leaves_the_key)
{
	uint32_t key;

	ck_assert_uint_eq(search(KEY_HMAC), 0);
	load_and_use(KEY_HMAC, &key);
	tpm_begin(&t, TPM_NO_SESSIONS, 0x165);
	tpm_u32(&t, key);
	t.command[5] = (unsigned char)t.len;
	ck_assert_uint_eq(TPMLIB_Process(&t.response, &t.rlen, &t.room,
		t.command, t.len), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_get32(&t, 6), 0);
	ck_assert_uint_ge(search(KEY_HMAC), 1);
}
END_TEST

#define BLOCK	16u
#define BLOCKS	4u

static const uint8_t plain[BLOCKS * BLOCK] = {
	0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
	0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
	0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c,
	0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,
	0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,
	0xe5, 0xfb, 0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef,
	0xf6, 0x9f, 0x24, 0x45, 0xdf, 0x4f, 0x9b, 0x17,
	0xad, 0x2b, 0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10,
};

/* SP 800-38A, appendix F. */
static const struct {
	enum key_kind kind;
	unsigned mode;
	uint8_t iv[BLOCK];
	uint8_t cipher[BLOCKS * BLOCK];
} vectors[] = {
	{ KEY_AES_CBC, 0x42, {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	}, {
		0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46,
		0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d,
		0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72, 0x19, 0xee,
		0x95, 0xdb, 0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2,
		0x73, 0xbe, 0xd6, 0xb8, 0xe3, 0xc1, 0x74, 0x3b,
		0x71, 0x16, 0xe6, 0x9e, 0x22, 0x22, 0x95, 0x16,
		0x3f, 0xf1, 0xca, 0xa1, 0x68, 0x1f, 0xac, 0x09,
		0x12, 0x0e, 0xca, 0x30, 0x75, 0x86, 0xe1, 0xa7,
	} },
	{ KEY_AES_CFB, 0x43, {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	}, {
		0x3b, 0x3f, 0xd9, 0x2e, 0xb7, 0x2d, 0xad, 0x20,
		0x33, 0x34, 0x49, 0xf8, 0xe8, 0x3c, 0xfb, 0x4a,
		0xc8, 0xa6, 0x45, 0x37, 0xa0, 0xb3, 0xa9, 0x3f,
		0xcd, 0xe3, 0xcd, 0xad, 0x9f, 0x1c, 0xe5, 0x8b,
		0x26, 0x75, 0x1f, 0x67, 0xa3, 0xcb, 0xb1, 0x40,
		0xb1, 0x80, 0x8c, 0xf1, 0x87, 0xa4, 0xf4, 0xdf,
		0xc0, 0x4b, 0x05, 0x35, 0x7c, 0x5d, 0x1c, 0x0e,
		0xea, 0xc4, 0xc6, 0x6f, 0x9f, 0xf7, 0xf2, 0xe6,
	} },
	{ KEY_AES_OFB, 0x41, {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
		0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
	}, {
		0x3b, 0x3f, 0xd9, 0x2e, 0xb7, 0x2d, 0xad, 0x20,
		0x33, 0x34, 0x49, 0xf8, 0xe8, 0x3c, 0xfb, 0x4a,
		0x77, 0x89, 0x50, 0x8d, 0x16, 0x91, 0x8f, 0x03,
		0xf5, 0x3c, 0x52, 0xda, 0xc5, 0x4e, 0xd8, 0x25,
		0x97, 0x40, 0x05, 0x1e, 0x9c, 0x5f, 0xec, 0xf6,
		0x43, 0x44, 0xf7, 0xa8, 0x22, 0x60, 0xed, 0xcc,
		0x30, 0x4c, 0x65, 0x28, 0xf6, 0x59, 0xc7, 0x78,
		0x66, 0xa5, 0x10, 0xd9, 0xc1, 0xd6, 0xae, 0x5e,
	} },
	{ KEY_AES_CTR, 0x40, {
		0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
		0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
	}, {
		0x87, 0x4d, 0x61, 0x91, 0xb6, 0x20, 0xe3, 0x26,
		0x1b, 0xef, 0x68, 0x64, 0x99, 0x0d, 0xb6, 0xce,
		0x98, 0x06, 0xf6, 0x6b, 0x79, 0x70, 0xfd, 0xff,
		0x86, 0x17, 0x18, 0x7b, 0xb9, 0xff, 0xfd, 0xff,
		0x5a, 0xe4, 0xdf, 0x3e, 0xdb, 0xd5, 0xd3, 0x5e,
		0x5b, 0x4f, 0x09, 0x02, 0x0d, 0xb0, 0x3e, 0xab,
		0x1e, 0x03, 0x1d, 0xda, 0x2f, 0xbe, 0x03, 0xd1,
		0x79, 0x21, 0x70, 0xa0, 0xf3, 0x00, 0x9c, 0xee,
	} },
};

/* The text in pieces, each with the IV that the one before it gave. */
static void chain(uint32_t key, unsigned mode, const uint8_t *iv,
	const uint8_t *in, const uint8_t *out, unsigned first, bool decrypt)
{
	uint8_t next[BLOCK];
	unsigned at = 0;
	unsigned len = first;

	memcpy(next, iv, BLOCK);
	while (at < BLOCKS * BLOCK) {
		tpm_begin(&t, TPM_SESSIONS, 0x193);
		tpm_u32(&t, key);
		tpm_password(&t);
		tpm_sized(&t, in + at, len);
		tpm_u8(&t, decrypt);
		tpm_u16(&t, mode);
		tpm_sized(&t, next, BLOCK);
		ck_assert_uint_eq(tpm_run(&t), 0);
		ck_assert_uint_eq(tpm_get16(&t, 14), len);
		ck_assert_mem_eq(t.response + 16, out + at, len);
		ck_assert_uint_eq(tpm_get16(&t, 16 + len), BLOCK);
		memcpy(next, t.response + 18 + len, BLOCK);
		at += len;
		len = BLOCKS * BLOCK - at;
	}
}

/* CVE-2021-3446, CVE-2026-21444: it gave the one it was called with. */
START_TEST(M_14_a_cipher_goes_on_with_the_iv_that_it_gave)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint32_t key;

		ck_assert_uint_eq(key_load(&t, vectors[i].kind, &key), 0);
		for (unsigned n = BLOCK; n <= BLOCKS * BLOCK; n += BLOCK) {
			chain(key, vectors[i].mode, vectors[i].iv, plain,
				vectors[i].cipher, n, false);
			chain(key, vectors[i].mode, vectors[i].iv,
				vectors[i].cipher, plain, n, true);
		}
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

/** What a process with memory of one colour got as responses. */
struct trace {
	uint32_t len;
	uint8_t bytes[PIECE];
};

static uint8_t colour;
static struct trace *trace;

/* What the next call finds below. */
static __attribute__((noinline)) void colour_stack(void)
{
	volatile uint8_t below[1u << 16];

	for (size_t i = 0; i < sizeof(below); i++)
		below[i] = colour;
}

static void record(const void *bytes, uint32_t len)
{
	ck_assert_uint_le(len, sizeof(trace->bytes) - trace->len);
	memcpy(trace->bytes + trace->len, bytes, len);
	trace->len += len;
}

static uint32_t traced(void)
{
	uint32_t code;

	colour_stack();
	code = tpm_run(&t);
	record(t.response, t.rlen);
	return code;
}

static void trace_capabilities(void)
{
	for (uint32_t capability = 0; capability < 10; capability++) {
		tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
		tpm_u32(&t, capability);
		tpm_u32(&t, capability == 6 ? 0x100 : 0);
		tpm_u32(&t, 200);
		(void)traced();
	}
}

static void trace_keys(uint32_t key)
{
	static const uint8_t text[16] = { 1 };

	tpm_begin(&t, TPM_NO_SESSIONS, 0x173);
	tpm_u32(&t, key);
	(void)traced();
	tpm_begin(&t, TPM_SESSIONS, 0x158);
	tpm_u32(&t, key);
	tpm_password(&t);
	tpm_sized(&t, text, sizeof(text));
	tpm_u16(&t, TPM_ECDSA);
	tpm_u16(&t, TPM_SHA256);
	tpm_u32(&t, 1);
	tpm_u16(&t, TPM_SHA256);
	tpm_u32(&t, 0x03ffffff);
	(void)traced();
	tpm_begin(&t, TPM_NO_SESSIONS, 0x162);
	tpm_u32(&t, key);
	ck_assert_uint_eq(traced(), 0);
}

/* A parent, a child of it, and a secret. */
static void trace_children(void)
{
	uint32_t parent;

	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256, TPM_STORAGE, &parent),
		0);
	record(t.response, t.rlen);
	for (unsigned bits = 0; bits <= 1024; bits += 1024) {
		tpm_begin(&t, TPM_SESSIONS, 0x153);
		tpm_u32(&t, parent);
		tpm_password(&t);
		tpm_u16(&t, 4);
		tpm_u32(&t, 0);
		if (bits)
			tpm_template_rsa(&t, bits, TPM_SIGN_DECRYPT);
		else
			tpm_template_ecc(&t, TPM_P384, TPM_SIGN_DECRYPT);
		tpm_u16(&t, 0);
		tpm_u32(&t, 0);
		ck_assert_uint_eq(traced(), 0);
	}
}

/* Every command without a word behind its header, and with zeros. */
static void trace_short_commands(void)
{
	for (uint32_t code = 0x11f; code <= 0x197; code++) {
		if (code == 0x145)
			continue;
		for (unsigned zeros = 0; zeros < 60; zeros += 4) {
			tpm_begin(&t, TPM_NO_SESSIONS, code);
			while (t.len < 10 + zeros)
				tpm_u8(&t, 0);
			(void)traced();
		}
	}
}

static void trace_state(enum TPMLIB_StateType type)
{
	unsigned char *state;
	uint32_t len;

	colour_stack();
	ck_assert_uint_eq(TPMLIB_GetState(type, &state, &len), TPM_SUCCESS);
	record(state, len);
	free(state);
}

static void trace_all(void)
{
	uint32_t key;

	platform_stop_clock();
	platform_colour(colour);
	platform_seed(1);
	tpm_nv_len = 0;
	colour_stack();
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&t), 0);
	trace_capabilities();
	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT,
		&key), 0);
	record(t.response, t.rlen);
	trace_keys(key);
	trace_children();
	trace_short_commands();
	trace_state(TPMLIB_STATE_PERMANENT);
	trace_state(TPMLIB_STATE_VOLATILE);
}

static struct trace *trace_of(uint8_t c)
{
	int status;
	pid_t pid;

	trace = mmap(NULL, sizeof(*trace), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(trace, MAP_FAILED);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		colour = c;
		tpm_stop(&t);
		trace_all();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return trace;
}

START_TEST(M_11_no_response_has_bytes_that_nobody_set)
{
	struct trace *a;
	struct trace *b;

	a = trace_of(0x3c);
	b = trace_of(0xe7);
	ck_assert_uint_ge(a->len, 20000);
	ck_assert_uint_eq(a->len, b->len);
	for (uint32_t i = 0; i < a->len; i++)
		ck_assert_msg(a->bytes[i] == b->bytes[i], "byte %u", i);
}
END_TEST

UNIT_MAIN("hostile M, secrets", setup, teardown,
	M_11_no_response_has_bytes_that_nobody_set,
	M_14_a_cipher_goes_on_with_the_iv_that_it_gave,
	M_15_of_a_flushed_key_no_byte_is_left,
	M_15_few_commands_count_as_public,
	M_15_of_a_key_before_a_reset_no_byte_is_left,
	M_15_libtpms_alone_leaves_the_key)
