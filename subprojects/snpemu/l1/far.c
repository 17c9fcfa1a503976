// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Memory far up. See far.h. */
#include "far.h"

#define PAGE_BYTES	4096ull

static struct {
	uint64_t gpa, bytes, spa;
} ranges[FAR_RANGES];
static unsigned count;

static struct {
	uint64_t start, next, end;
} window;

void far_init(uint64_t spa)
{
	count = 0;
	window.start = window.next = spa;
	window.end = spa + FAR_PAGES * PAGE_BYTES;
}

static uint64_t take(uint64_t bytes)
{
	if (bytes > window.end - window.next)
		return FAR_NOWHERE;
	window.next += bytes;
	return window.next - bytes;
}

uint64_t far_page(void)
{
	return take(PAGE_BYTES);
}

static bool is_free(uint64_t gpa, uint64_t bytes)
{
	for (unsigned i = 0; i < count; i++)
		if (gpa < ranges[i].gpa + ranges[i].bytes &&
		    ranges[i].gpa < gpa + bytes)
			return false;
	return true;
}

bool far_add(uint64_t gpa, uint64_t bytes)
{
	uint64_t spa;

	if (gpa < window.start || gpa + bytes < gpa || count == FAR_RANGES ||
	    !is_free(gpa, bytes))
		return false;
	spa = take(bytes);
	if (spa == FAR_NOWHERE)
		return false;
	ranges[count].gpa = gpa;
	ranges[count].bytes = bytes;
	ranges[count++].spa = spa;
	return true;
}

uint64_t far_spa(uint64_t gpa)
{
	if (gpa < window.start)
		return gpa;
	for (unsigned i = 0; i < count; i++)
		if (gpa - ranges[i].gpa < ranges[i].bytes)
			return ranges[i].spa + (gpa - ranges[i].gpa);
	return gpa < window.end ? FAR_NOWHERE | gpa % PAGE_BYTES : gpa;
}

uint64_t far_gpa(uint64_t spa)
{
	for (unsigned i = 0; i < count; i++)
		if (spa - ranges[i].spa < ranges[i].bytes)
			return ranges[i].gpa + (spa - ranges[i].spa);
	return spa;
}
