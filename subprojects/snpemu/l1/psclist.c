// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The list of a page state change request. */
#include "psclist.h"

#define ENTRY_DONE		0xfffull
#define ENTRY_GPA		0x000ffffffffff000ull
#define ENTRY_OP(raw)		((raw) >> 52 & 0xf)
#define ENTRY_HUGE		(1ull << 56)
#define ENTRY_RESERVED		(~0ull << 57)
#define GPA_2M_MASK		0x1ff000ull

bool psc_header_valid(const struct psc_header *header, uint64_t room)
{
	uint64_t entries;

	if (room < sizeof(*header))
		return false;
	entries = (room - sizeof(*header)) / sizeof(uint64_t);
	if (entries > PSC_ENTRIES_MAX)
		entries = PSC_ENTRIES_MAX;
	return header->end_entry < entries;
}

bool psc_decode(uint64_t raw, struct psc_entry *entry)
{
	uint64_t op = ENTRY_OP(raw);

	entry->gpa = raw & ENTRY_GPA;
	entry->op = (enum psc_op)op;
	entry->huge = raw & ENTRY_HUGE;
	entry->done = (unsigned)(raw & ENTRY_DONE);
	if (raw & ENTRY_RESERVED || op < PSC_PRIVATE || op > PSC_UNSMASH)
		return false;
	if (entry->huge)
		return !(entry->gpa & GPA_2M_MASK) &&
		       entry->done <= PSC_PAGES_2M;
	return entry->done <= 1;
}

uint64_t psc_progress(uint64_t raw, unsigned done)
{
	return (raw & ~ENTRY_DONE) | done;
}
