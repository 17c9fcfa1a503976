/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest for the meter: makes the calls whose cost `kit bench call` prints,
 * each with its number in R9. Ends with the number of the first call that was
 * not answered as it should be, 0 when all were.
 */
#include <svsm/abi/svsm.h>

#include "bench.h"
#include "layout.h"
#include "svsm.h"

unsigned payload_main(void);

#define SMALL		0x02000000ull	/* pages of 4 KiB from here */
#define NULL_CALL	1
#define QUERY_CALL	2

/* Pages to accept; disjoint, so each is accepted once. The last list gives up
 * what an earlier one has accepted. */
static const struct list lists[] = {
	{ 3, false, 1, SMALL, false },
	{ 4, false, 64, SMALL + 0x1000, false },
	{ 5, false, 510, SMALL + 65 * 0x1000, false },
	{ 9, false, 510, SMALL + 65 * 0x1000, true },
};

static bool nothing(void)
{
	struct call call = { .r9 = NULL_CALL };

	return svsm_visit(&call) && call.rax == 0;
}

static bool query(void)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE,
		.fn = SVSM_CORE_QUERY_PROTOCOL,
		.rcx = (uint64_t)SVSM_PROTOCOL_CORE << 32 | 1,
		.r9 = QUERY_CALL,
	};

	return svsm_call(&call) && call.rax == SVSM_SUCCESS &&
		call.rcx == (1ull << 32 | 1);
}

static void write_list(const struct list *list)
{
	volatile struct svsm_abi_pvalidate *header =
		(volatile struct svsm_abi_pvalidate *)(CALLING_AREA + 8);
	volatile uint64_t *entries =
		(volatile uint64_t *)(CALLING_AREA + 16);
	uint64_t step = list->huge ? 0x200000 : 0x1000;

	header->count = (uint16_t)list->count;
	header->next = 0;
	header->reserved = 0;
	for (unsigned i = 0; i < list->count; i++)
		entries[i] = (list->gpa + i * step) |
			(list->rescind ? 0 : SVSM_PVALIDATE_VALID) |
			(list->huge ? 1 : 0);
}

static bool change(const struct list *list)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE,
		.fn = SVSM_CORE_PVALIDATE,
		.r9 = list->label,
	};

	if (!list->rescind &&
	    !host_make_private(list->gpa, list->count, list->huge))
		return false;
	write_list(list);
	do {
		call.rcx = CALLING_AREA + 8;
		if (!svsm_call(&call))
			return false;
	} while (call.rax == SVSM_ERR_INCOMPLETE);
	return call.rax == SVSM_SUCCESS;
}

/* The label of the first list that was not changed, or 0. */
static unsigned change_all(const struct list *from, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!change(&from[i]))
			return from[i].label;
	return 0;
}

unsigned payload_main(void)
{
	unsigned failed;

	if (!nothing())
		return NULL_CALL;
	if (!query())
		return QUERY_CALL;
	failed = change_all(lists, sizeof(lists) / sizeof(lists[0]));
	return failed ? failed : change_all(large_lists, large_list_count);
}
