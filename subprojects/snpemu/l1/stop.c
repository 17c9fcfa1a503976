// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The end of a run: the reason, the counters, the exit status. */
#include "config.h"
#include "cpu.h"
#include "far.h"
#include "log.h"
#include "mm.h"
#include "pages.h"
#include "vcpu.h"

#define PORT_DEBUG_EXIT	0xf4

static const char *const counter_names[COUNTER_COUNT] = {
#define COUNTER_NAME(id, name) [COUNTER_##id] = name,
	COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
};

static const struct {
	uint8_t code;
	const char *name;
} exit_names[] = {
	{ 0x00, "npf" }, { EXIT_EXCEPTION + VECTOR_UD, "ud" },
	{ EXIT_INTR, "intr" }, { EXIT_NMI, "nmi" }, { EXIT_VINTR, "vintr" },
	{ EXIT_RDTSC, "rdtsc" }, { EXIT_RDPMC, "rdpmc" },
	{ EXIT_CPUID, "cpuid" }, { EXIT_INVD, "invd" },
	{ EXIT_PAUSE, "pause" }, { EXIT_HLT, "hlt" }, { EXIT_IOIO, "ioio" },
	{ EXIT_MSR, "msr" }, { EXIT_VMMCALL, "vmgexit" },
	{ EXIT_RDTSCP, "rdtscp" }, { EXIT_WBINVD, "wbinvd" },
	{ EXIT_MONITOR, "monitor" }, { EXIT_MWAIT, "mwait" },
	{ EXIT_DR7_READ, "dr7-read" }, { EXIT_DR7_WRITE, "dr7-write" },
};

#define EXIT_NAMES (sizeof(exit_names) / sizeof(*exit_names))

static uint64_t exits(unsigned vmpl, unsigned code)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < vcpu_count; i++)
		sum += vcpus[i]->exits[vmpl][code];
	return sum;
}

static const char *exit_name(unsigned code)
{
	for (unsigned i = 0; i < EXIT_NAMES; i++) {
		if (exit_names[i].code == code)
			return exit_names[i].name;
	}
	return NULL;
}

static void print_exits(unsigned vmpl)
{
	for (unsigned code = 0; code < 0x100; code++) {
		uint64_t count = exits(vmpl, code);
		const char *name = exit_name(code);

		if (count && name)
			log_line("counter vmpl%u-exit-%s %lu", vmpl, name,
				 count);
		else if (count)
			log_line("counter vmpl%u-exit-%x %lu", vmpl, code,
				 count);
	}
}

static void print_counters(void)
{
	for (unsigned id = 0; id < COUNTER_COUNT; id++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < vcpu_count; i++)
			sum += vcpus[i]->counter[id];
		if (sum)
			log_line("counter %s %lu", counter_names[id], sum);
	}
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		print_exits(vmpl);
}

static bool is_alike(const struct rmp_entry *a, const struct rmp_entry *b)
{
	return a->assigned == b->assigned && a->validated == b->validated &&
	       a->vmsa == b->vmsa && a->perms[1] == b->perms[1] &&
	       a->perms[2] == b->perms[2] && a->perms[3] == b->perms[3];
}

/* Do system pages [first, end) and @end belong into one line? */
static bool joins(uint64_t first, uint64_t end)
{
	uint64_t gpa = far_gpa(first * PAGE_SIZE);

	return far_gpa(end * PAGE_SIZE) - gpa == (end - first) * PAGE_SIZE &&
	       is_alike(rmp_entry_of(&rmp, first * PAGE_SIZE),
			rmp_entry_of(&rmp, end * PAGE_SIZE));
}

/* One line for guest pages in a row that are alike; those of the host are left
 * out, and lies, too. */
static void print_rmp(void)
{
	uint64_t end;

	for (uint64_t first = 0; first < rmp.pages; first = end) {
		const struct rmp_entry *entry = rmp_entry_of(&rmp,
							first * PAGE_SIZE);
		uint64_t gpa = far_gpa(first * PAGE_SIZE);

		for (end = first + 1; end < rmp.pages && joins(first, end);
		     end++)
			;
		if (entry->assigned)
			log_line("rmp %lx %lx validated %u vmsa %u perms %x "
				 "%x %x", gpa, gpa + (end - first) * PAGE_SIZE,
				 entry->validated, entry->vmsa,
				 entry->perms[1], entry->perms[2],
				 entry->perms[3]);
	}
}

void machine_stop(enum stop_code code, const char *format, ...)
{
	static uint32_t stopping;
	char reason[384];
	va_list args;

	cli();
	if (__atomic_exchange_n(&stopping, 1, __ATOMIC_SEQ_CST))
		for (;;)
			__asm__ volatile("hlt");
	va_start(args, format);
	log_format(reason, sizeof(reason), format, args);
	va_end(args);
	print_counters();
	if (config_has("dump-rmp", "1"))
		print_rmp();
	log_line("stop %u: %s", code, reason);
	for (;;)
		outb(PORT_DEBUG_EXIT, (uint8_t)code);
}
