// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Two pages for one address. */
#include "config.h"
#include "cpu.h"
#include "hostile.h"
#include "log.h"
#include "mm.h"
#include "pages.h"
#include "script.h"
#include "vcpu.h"

#define STEPS	16

static const char *const insns[] = {
	"rescind", "validate", "grant", "revoke", "adjust", "vmsa",
};

static struct {
	enum script_insn insn;
	unsigned page;
} steps[STEPS];
static unsigned step_count, step_next;

static uint64_t address = ~0ull;
static uint64_t page[3];		/* system pages 1 and 2; 0: not yet */
static struct spinlock lock;

/* Behind the word when the text begins with it, else NULL. */
static const char *after(const char *text, const char *word)
{
	while (*word && *text == *word)
		text++, word++;
	return *word ? NULL : text;
}

static const char *read_step(const char *text)
{
	for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
		const char *t = after(text, insns[i]);

		if (!t || t[0] != '=' || t[1] < '1' || t[1] > '2' ||
		    step_count == STEPS)
			continue;
		steps[step_count].insn = (enum script_insn)i;
		steps[step_count++].page = (unsigned)(t[1] - '0');
		return t + 2;
	}
	machine_stop(STOP_REFUSED, "remap= has a step that there is not");
}

void script_init(void)
{
	const char *text = config_text("remap");

	if (!text || !*text || *text == '\n')
		return;
	text = config_hex(text, &address);
	if (!text)
		machine_stop(STOP_REFUSED, "remap= has no address");
	while (*text == ',')
		text = read_step(text + 1);
}

void script_turn(struct vcpu *v, unsigned to)
{
	if (address == ~0ull)
		machine_stop(STOP_REFUSED, "there is no remap=");
	if (!page[1])
		page[1] = page_spa(address);
	if (!page[2])
		page[2] = hostile_second_page(v, address);
	if (page_spa(address) != page[to])
		page_remap(v, address, page[to], true);
	log_line("remap: %lx is page %u", address, to);
}

static bool is_it(enum script_insn step, enum script_insn insn)
{
	if (step == SCRIPT_ADJUST)
		return insn == SCRIPT_GRANT || insn == SCRIPT_REVOKE;
	return step == insn;
}

/* The next one, when this instruction is what it waits for. */
static unsigned take_step(enum script_insn insn)
{
	unsigned to = 0;

	spin_lock(&lock);
	if (step_next < step_count && is_it(steps[step_next].insn, insn))
		to = steps[step_next++].page;
	spin_unlock(&lock);
	return to;
}

void script_rmp(struct vcpu *v, enum script_insn insn, uint64_t gpa)
{
	unsigned to;

	if ((gpa & ~PAGE_MASK) != address || v->vmpl != 0)
		return;
	to = take_step(insn);
	if (!to)
		return;
	log_line("remap: step %u of %u, before %s", step_next, step_count,
		 insns[insn]);
	script_turn(v, to);
}
