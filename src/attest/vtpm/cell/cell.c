/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM as a cell: its platform is the SVSM, by the cell's calls.
 */
#include <svsm/abi/vtpm.h>
#include <svsm/cell_program.h>
#include <svsm/malloc.h>
#include <svsm/string.h>

#include "../platform.h"
#include "../tpm.h"

SVSM_CELL(.name = "vtpm", .stack_pages = 16, .heap_pages = 256);

/* Ticks for which a millisecond is taken: more than any processor has. */
#define TICKS_PER_MS	(1ull << 22)

/* For svsm_cell_fail(). */
enum vtpm_fail {
	FAIL_DIED = 0x1000,	/* vtpm_plat_die(): the log has a line */
	FAIL_HEAP,
	FAIL_START,
	FAIL_ENTROPY,
};

/* Where --wrap puts the heap's own. */
void *__real_realloc(void *block, size_t size);

void *vtpm_plat_realloc(void *block, size_t size)
{
	return __real_realloc(block, size);
}

void vtpm_plat_entropy(void *buf, size_t len)
{
	if (svsm_cell_entropy(buf, len) != SVSM_OK)
		svsm_cell_fail(FAIL_ENTROPY);
}

/* The length of a tick is not known for sure, and a lockout must not be over
 * too early: the TPM's time may pass more slowly, never faster. */
uint64_t vtpm_plat_clock_ms(void)
{
	return svsm_cell_time() / TICKS_PER_MS;
}

void vtpm_plat_yield(void)
{
	svsm_cell_yield();
}

enum svsm_status
vtpm_plat_get(enum svsm_vtpm_slot slot, void *dst, size_t max, size_t *len)
{
	return svsm_cell_get(slot, dst, max, len);
}

enum svsm_status
vtpm_plat_put(enum svsm_vtpm_slot slot, const void *src, size_t len)
{
	return svsm_cell_put(slot, src, len);
}

static void say(const char *text)
{
	svsm_cell_log(text, strlen(text));
}

_Noreturn void vtpm_plat_die(const char *why)
{
	say(why);
	svsm_cell_fail(FAIL_DIED);
}

/* The buffer is as large as any request and reply of the protocol. */
static size_t answer(size_t len)
{
	static uint8_t response[VTPM_RESPONSE_BYTES];
	size_t n = vtpm_serve(svsm_cell_buffer, len, response);

	memcpy(svsm_cell_buffer, response, n);
	svsm_wipe(response, n);
	return n;
}

void svsm_cell_main(void)
{
	struct svsm_cell_request request;
	size_t reply = 0;

	if (svsm_malloc_init(svsm_cell_heap, svsm_cell_heap_len) != SVSM_OK)
		svsm_cell_fail(FAIL_HEAP);
	if (!vtpm_start())
		svsm_cell_fail(FAIL_START);
	say("TPM 2.0");
	for (;;) {
		svsm_cell_reply(reply, &request);
		reply = request.fn == VTPM_COMMAND ? answer(request.len) : 0;
	}
}
