/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a cell can ask for. See cell_program.h.
 */
#include <svsm/string.h>

#include "sys.h"

/** Looks at the clock between two real yields: the clock may stand still. */
#define LOOKS	65536u

struct svsm_cell_tcb svsm_cell_tcb;
void *svsm_cell_buffer;
size_t svsm_cell_buffer_len;
void *svsm_cell_heap;
size_t svsm_cell_heap_len;

static struct {
	uint64_t end;		/* TSC */
	unsigned looks;
} slice;

_Noreturn void svsm_cell_fail(unsigned code)
{
	struct sys_out out;

	for (;;)
		(void)cell_sys(SVSM_CELL_FAIL, code, 0, 0, &out);
}

_Noreturn void svsm_cell_begin(void *buffer, size_t buffer_len, void *heap,
			       size_t heap_len)
{
	svsm_cell_buffer = buffer;
	svsm_cell_buffer_len = buffer_len;
	svsm_cell_heap = heap;
	svsm_cell_heap_len = heap_len;
	svsm_cell_main();
	svsm_cell_fail(SVSM_CELL_FAIL_RETURN);
}

void svsm_cell_reply(size_t len, struct svsm_cell_request *request)
{
	struct sys_out out;

	if (cell_sys(SVSM_CELL_REPLY, len, 0, 0, &out) != SVSM_OK)
		svsm_cell_fail(SVSM_CELL_FAIL_CALL);
	request->fn = (uint32_t)out.rdx;
	request->len = out.r8;
	slice.end = out.r9;
	slice.looks = 0;
}

static uint64_t tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

void svsm_cell_yield(void)
{
	struct sys_out out;

	if (tsc() < slice.end && slice.looks++ < LOOKS)
		return;
	if (cell_sys(SVSM_CELL_YIELD, 0, 0, 0, &out) != SVSM_OK)
		svsm_cell_fail(SVSM_CELL_FAIL_CALL);
	slice.end = out.r9;
	slice.looks = 0;
}

/* A line too many is lost. */
void svsm_cell_log(const char *text, size_t len)
{
	struct sys_out out;

	if (len > SVSM_CELL_LOG_MAX)
		len = SVSM_CELL_LOG_MAX;
	(void)cell_sys(SVSM_CELL_LOG, (uintptr_t)text, len, 0, &out);
}

enum svsm_status svsm_cell_entropy(void *dst, size_t n)
{
	enum svsm_status status = SVSM_OK;
	char *to = dst;
	struct sys_out out;

	for (size_t at = 0; at < n && status == SVSM_OK;
	     at += SVSM_CELL_ENTROPY_MAX) {
		size_t part = n - at;

		if (part > SVSM_CELL_ENTROPY_MAX)
			part = SVSM_CELL_ENTROPY_MAX;
		status = cell_sys(SVSM_CELL_ENTROPY, (uintptr_t)to + at, part,
				  0, &out);
	}
	if (status != SVSM_OK)
		svsm_wipe(dst, n);
	return status;
}

uint64_t svsm_cell_time(void)
{
	struct sys_out out;

	if (cell_sys(SVSM_CELL_TIME, 0, 0, 0, &out) != SVSM_OK)
		svsm_cell_fail(SVSM_CELL_FAIL_CALL);
	return out.rdx;
}

enum svsm_status
svsm_cell_get(uint32_t slot, void *dst, size_t max, size_t *len)
{
	enum svsm_status status;
	struct sys_out out;

	status = cell_sys(SVSM_CELL_GET, slot, (uintptr_t)dst, max, &out);
	if (status == SVSM_OK || status == SVSM_ESIZE)
		*len = out.rdx;
	return status;
}

enum svsm_status svsm_cell_put(uint32_t slot, const void *src, size_t len)
{
	struct sys_out out;

	return cell_sys(SVSM_CELL_PUT, slot, (uintptr_t)src, len, &out);
}
