/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands that end where memory ends: see guarded.h.
 */
#include <check.h>
#include <string.h>
#include <sys/mman.h>

#include "guarded.h"

#define PAGE	4096u
#define PAGES	2u
#define CANARY	0xa5

/* A command ends at its end; the page behind it is not there. */
static uint8_t *window(void)
{
	static uint8_t *base;

	if (!base) {
		base = mmap(NULL, (size_t)(PAGES + 1) * PAGE,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		ck_assert_ptr_ne(base, MAP_FAILED);
		ck_assert_int_eq(mprotect(base + (size_t)PAGES * PAGE, PAGE,
			PROT_NONE), 0);
	}
	return base;
}

static bool is_canary(const uint8_t *p, size_t len)
{
	static uint8_t canary[PAGES * PAGE];

	if (canary[0] == 0)
		memset(canary, CANARY, sizeof(canary));
	return memcmp(p, canary, len) == 0;
}

uint32_t guarded_get16(const struct guarded *g, size_t at)
{
	ck_assert_uint_le(at + 2, g->rlen);
	return (uint32_t)g->response[at] << 8 | g->response[at + 1];
}

uint32_t guarded_get32(const struct guarded *g, size_t at)
{
	return guarded_get16(g, at) << 16 | guarded_get16(g, at + 2);
}

/* A whole response of the length that it says, and nothing behind it. */
static void check_response(const struct guarded *g)
{
	uint32_t tag = guarded_get16(g, 0);

	ck_assert(tag == TPM_NO_SESSIONS || tag == TPM_SESSIONS ||
		tag == 0xc4);
	ck_assert_uint_eq(guarded_get32(g, 2), g->rlen);
	ck_assert(is_canary(g->response + g->rlen,
		sizeof(g->response) - g->rlen));
}

uint32_t guarded_run(struct guarded *g, const void *command, size_t len)
{
	uint8_t *end = window() + (size_t)PAGES * PAGE;

	ck_assert_uint_le(len, GUARDED_BYTES);
	memset(window(), CANARY, (size_t)PAGES * PAGE);
	if (len)
		memcpy(end - len, command, len);
	memset(g->response, CANARY, sizeof(g->response));
	g->rlen = vtpm_command(end - len, len, g->response);
	ck_assert_uint_ge(g->rlen, VTPM_HEADER_BYTES);
	ck_assert_uint_le(g->rlen, sizeof(g->response));
	check_response(g);
	ck_assert(is_canary(window(), (size_t)(end - len - window())));
	return guarded_get32(g, 6);
}

uint32_t guarded_command(struct guarded *g, struct tpm *t)
{
	uint32_t len = t->len;

	t->len = 2;
	tpm_u32(t, len);
	t->len = len;
	return guarded_run(g, t->command, len);
}

void guarded_still_works(void)
{
	static const uint8_t test_result[] = {
		0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x7c
	};
	struct guarded g;

	ck_assert_uint_eq(guarded_run(&g, test_result, sizeof(test_result)), 0);
	ck_assert_uint_eq(guarded_get32(&g, g.rlen - 4), 0);
}
