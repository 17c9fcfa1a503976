// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Memory for a launch. See loadmem.h. */
#include "config.h"
#include "far.h"
#include "loadmem.h"
#include "mm.h"
#include "pages.h"

/* Where a PC has devices before its firmware has run. */
static const struct {
	uint64_t start, end;
} devices[] = {
	{ 0xa0000, 0xc0000 },		/* VGA */
	{ 0xfec00000, 0xfec01000 },	/* IO APIC */
	{ 0xfed00000, 0xfed01000 },	/* HPET */
	{ 0xfee00000, 0xfef00000 },	/* local APIC, MSI */
};

static bool is_device(uint64_t gpa)
{
	for (unsigned i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		if (gpa >= devices[i].start && gpa < devices[i].end)
			return true;
	}
	return false;
}

/* The first page where something is; the range's end when there is none. */
static uint64_t first_used(uint64_t gpa, uint64_t end)
{
	while (gpa < end && !page_piece(gpa) && !is_device(gpa))
		gpa += PAGE_SIZE;
	return gpa;
}

static bool is_one_piece(uint64_t gpa, uint64_t end)
{
	unsigned piece = page_piece(gpa);

	while (gpa < end && page_piece(gpa) == piece)
		gpa += PAGE_SIZE;
	return gpa == end;
}

/* The RMP covers addresses up to the window of those far up. */
static const char *make(uint64_t gpa, uint64_t end)
{
	uint64_t top = (rmp.pages - FAR_PAGES) * PAGE_SIZE;
	uint64_t far = gpa < top ? top : gpa;
	static uint16_t pieces = 1;

	if (far < end && !far_add(far, end - far))
		return "the machine cannot make that much memory";
	if (++pieces == UINT16_MAX)
		return "the machine cannot make that many pieces of memory";
	for (; gpa < end; gpa += PAGE_SIZE)
		page_make_memory(gpa, pieces);
	return NULL;
}

const char *loadmem_prepare(uint64_t gpa, uint64_t bytes)
{
	uint64_t end = gpa + bytes;
	uint64_t used;

	if (end > 1ull << config.cbit)
		return "the memory is beyond the guest's address width";
	used = first_used(gpa, end);
	if (used == end)
		return make(gpa, end);
	if (is_device(used))
		return "the memory is a device";
	if (used != gpa || !is_one_piece(gpa, end))
		return "region size exceeded";
	return NULL;
}
