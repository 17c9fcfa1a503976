/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Frame pointers to names, without trust in either.
 */
#include <stdbool.h>

#include <svsm/addr.h>
#include <svsm/backtrace.h>
#include <svsm/log.h>
#include <svsm/string.h>

/** What a function's prologue leaves at its frame pointer. */
struct frame {
	uintptr_t caller;
	uintptr_t ret;
};

static struct svsm_backtrace_source source;

void svsm_backtrace_init(const struct svsm_backtrace_source *from)
{
	source = *from;
}

/* The stack that holds a whole frame at fp, or -1. */
static int
stack_of(uintptr_t fp, const struct svsm_stack *stacks, size_t count)
{
	if (fp % sizeof(uintptr_t))
		return -1;
	for (size_t i = 0; i < count && i < 32; i++) {
		const struct svsm_stack *s = &stacks[i];

		if (fp >= s->start && fp < s->end &&
		    s->end - fp >= sizeof(struct frame))
			return (int)i;
	}
	return -1;
}

size_t svsm_backtrace(uintptr_t fp, const struct svsm_stack *stacks,
		      size_t count, uintptr_t *out, size_t max)
{
	uint32_t left = 0;	/* stacks that we have come from */
	size_t n = 0;
	int at = stack_of(fp, stacks, count);

	while (at >= 0 && n < max) {
		struct frame frame = *(const volatile struct frame *)fp;
		int next = stack_of(frame.caller, stacks, count);

		if (!frame.ret)
			break;
		out[n++] = frame.ret;
		if (next == at && frame.caller <= fp)
			break;
		if (next >= 0 && next != at) {
			left |= 1u << at;
			if (left & 1u << next)
				break;
		}
		fp = frame.caller;
		at = next;
	}
	return n;
}

/* Is the table as long as it says? */
static bool
table_is_sane(const struct svsm_abi_symbols *table, size_t len)
{
	return len >= sizeof(*table) && table->names <= len &&
	       table->names >= sizeof(*table) &&
	       table->count <= (table->names - sizeof(*table)) /
			       sizeof(struct svsm_abi_symbol);
}

const char *svsm_symbol_find(const struct svsm_abi_symbols *table, size_t len,
			     uint32_t addr, uint32_t *offset)
{
	const struct svsm_abi_symbol *symbol;
	size_t low = 0, high, room;
	const char *name;

	if (!table || !table_is_sane(table, len))
		return NULL;
	symbol = (const struct svsm_abi_symbol *)(table + 1);
	high = table->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (symbol[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return NULL;
	symbol += low - 1;
	room = len - table->names;
	if (symbol->name >= room)
		return NULL;
	name = (const char *)table + table->names + symbol->name;
	if (strnlen(name, room - symbol->name) == room - symbol->name)
		return NULL;
	*offset = addr - symbol->addr;
	return name;
}

static void log_frame(size_t i, uintptr_t addr)
{
	uint32_t offset = 0;
	const char *name = NULL;

	if (addr >= source.text_start && addr < source.text_end)
		name = svsm_symbol_find(source.symbols, source.symbols_len,
				(uint32_t)(addr - source.region_start),
				&offset);
	if (name)
		svsm_error("  #%zu %s+0x%x", i, name, offset);
	else
		svsm_error("  #%zu 0x%lx", i, (unsigned long)addr);
}

void svsm_backtrace_log(uintptr_t rip, uintptr_t fp)
{
	struct svsm_stack stacks[SVSM_BACKTRACE_STACKS];
	uintptr_t ret[SVSM_BACKTRACE_MAX];
	size_t n;

	if (!source.stacks)
		return;
	if (rip)
		log_frame(0, rip);
	n = source.stacks(stacks, SVSM_ARRAY_SIZE(stacks));
	n = svsm_backtrace(fp, stacks, n, ret, SVSM_ARRAY_SIZE(ret));
	/* The call, not what follows it: that may be another function. */
	for (size_t i = 0; i < n; i++)
		log_frame(i + 1, ret[i] - 1);
}
