// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Memory sizes as CMOS bytes and e820 tables tell them. */
#include "memsize.h"

#define KIB	1024ull
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

/* Memory from @start on below 4 GiB, in units, as a 16-bit field holds it. */
static uint64_t above(uint64_t low, uint64_t start, uint64_t unit)
{
	return low <= start ? 0 : at_most((low - start) / unit, 0xffff);
}

bool cmos_memory_byte(uint64_t low, uint64_t high, uint8_t index,
		      uint8_t *value)
{
	uint64_t field;
	unsigned byte;

	switch (index) {
	case 0x15: case 0x16:
		field = at_most(low / KIB, 640);
		byte = index - 0x15u;
		break;
	case 0x17: case 0x18:
		field = above(low, MIB, KIB);
		byte = index - 0x17u;
		break;
	case 0x30: case 0x31:
		field = above(low, MIB, KIB);
		byte = index - 0x30u;
		break;
	case 0x34: case 0x35:
		field = above(low, 16 * MIB, 64 * KIB);
		byte = index - 0x34u;
		break;
	case 0x5b: case 0x5c: case 0x5d:
		field = high / (64 * KIB);
		byte = index - 0x5bu;
		break;
	default:
		return false;
	}
	*value = (uint8_t)(field >> 8 * byte);
	return true;
}

/* The part of [*start, *end) that lies in [from, to). */
static void clip(uint64_t *start, uint64_t *end, uint64_t from, uint64_t to)
{
	if (*start < from)
		*start = from;
	if (*end > to)
		*end = to;
	if (*end < *start)
		*end = *start;
}

static void clip_ram(struct e820_entry *entry, uint64_t low, uint64_t high)
{
	uint64_t start = entry->address;
	uint64_t end = start + entry->length;

	if (end < start)
		end = ~0ull;
	if (start < 4 * GIB)
		clip(&start, &end, 0, low);
	else
		clip(&start, &end, 4 * GIB, 4 * GIB + high);
	entry->address = start;
	entry->length = end - start;
}

unsigned e820_clip(struct e820_entry *entry, unsigned count, uint64_t low,
		   uint64_t high)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		struct e820_entry e = entry[i];

		if (e.type == E820_RAM)
			clip_ram(&e, low, high);
		if (e.length)
			entry[kept++] = e;
	}
	return kept;
}

static bool overlaps(const struct e820_entry *e, uint64_t start, uint64_t end)
{
	return e->type == E820_RAM && e->address < end &&
	       e->address + e->length > start;
}

/* What is left of an entry on both sides of a range: 0, 1 or 2 entries. */
static unsigned split(const struct e820_entry *e, uint64_t start, uint64_t end,
		      struct e820_entry *out)
{
	uint64_t e_end = e->address + e->length;
	unsigned n = 0;

	if (e->address < start)
		out[n++] = (struct e820_entry){ e->address,
						start - e->address, e->type };
	if (e_end > end)
		out[n++] = (struct e820_entry){ end, e_end - end, e->type };
	return n;
}

/* Put @n entries, at most two, in the place of entry @at. */
static void replace(struct e820_entry *entry, unsigned *count, unsigned at,
		    const struct e820_entry *with, unsigned n)
{
	unsigned tail = *count - at - 1;

	if (n < 1)
		for (unsigned i = 0; i < tail; i++)
			entry[at + i] = entry[at + 1 + i];
	if (n > 1)
		for (unsigned i = tail; i-- > 0;)
			entry[at + 2 + i] = entry[at + 1 + i];
	for (unsigned i = 0; i < n; i++)
		entry[at + i] = with[i];
	*count += n - 1;
}

bool e820_reserve(struct e820_entry *entry, unsigned *count, unsigned max,
		  uint64_t start, uint64_t len)
{
	uint64_t end = start + len;

	if (!len || end < start || *count + 2 > max)
		return false;
	for (unsigned i = 0; i < *count;) {
		struct e820_entry rest[2];
		unsigned n = 1;

		if (overlaps(&entry[i], start, end)) {
			n = split(&entry[i], start, end, rest);
			replace(entry, count, i, rest, n);
		}
		i += n;
	}
	entry[(*count)++] = (struct e820_entry){ start, len, E820_RESERVED };
	return true;
}
