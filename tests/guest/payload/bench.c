/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest for the meter: makes the calls whose cost `kit bench call` prints,
 * each with its number in R9. Ends with the number of the first call that was
 * not answered as it should be, 0 when all were.
 */
#include <svsm/abi/ghcb.h>
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

static bool change(const struct list *list)
{
	uint64_t flags = list->huge ? 1 : 0;

	if (!list->rescind)
		flags |= SVSM_PVALIDATE_VALID;
	if (!list->rescind &&
	    !host_change(&boot_host, list->gpa, list->count, list->huge,
			 SVSM_PSC_OP_PRIVATE))
		return false;
	return svsm_pvalidate(list->gpa, list->count, flags, list->label);
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
	if (!host_register(&boot_host))
		return NULL_CALL;
	unsigned failed;

	if (!nothing())
		return NULL_CALL;
	if (!query())
		return QUERY_CALL;
	failed = change_all(lists, sizeof(lists) / sizeof(lists[0]));
	return failed ? failed : change_all(large_lists, large_list_count);
}
