/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The RMP model against the tables of rmp_table.c: every operation, from every
 * level, in every reachable state of a region of 2 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "rmp_space.h"

static struct rmp_entry entries[PAGES];
static struct rmp table = { entries, PAGES };
static struct action *actions;

/* The entry of page @i in a state. */
static struct rmp_entry entry_of(const struct page *page, unsigned i)
{
	struct rmp_entry entry;

	memset(&entry, 0, sizeof(entry));
	if (i == 0 && page->assigned) {
		entry.gpa = rmp_gpas[page->gpa];
		entry.asid = page->asid;
		entry.perms[0] = RMP_PERM_ALL;
		memcpy(&entry.perms[1], page->perms, sizeof(page->perms));
		entry.size = page->size;
		entry.immutable = page->immutable;
		entry.vmsa = page->vmsa;
		entry.validated = page->validated;
		entry.in_use = page->in_use;
	} else if (i == 1 && page->neighbour) {
		entry.gpa = GPA + RMP_PAGE_BYTES;
		entry.asid = OURS;
		entry.perms[0] = RMP_PERM_ALL;
	}
	entry.assigned = i == 0 ? page->assigned :
		page->size == RMP_2M || (i == 1 && page->neighbour);
	return entry;
}

static bool same(const struct rmp_entry *a, const struct rmp_entry *b)
{
	return a->gpa == b->gpa && a->asid == b->asid && a->size == b->size &&
	       !memcmp(a->perms, b->perms, sizeof(a->perms)) &&
	       a->assigned == b->assigned && a->immutable == b->immutable &&
	       a->vmsa == b->vmsa && a->validated == b->validated &&
	       a->in_use == b->in_use;
}

/* The first pages, and the rest when it is another than last time. */
static void load(const struct page *page)
{
	static bool loaded;
	static struct rmp_entry last;
	struct rmp_entry rest = entry_of(page, PAGES - 1);

	entries[0] = entry_of(page, 0);
	entries[1] = entry_of(page, 1);
	if (loaded && same(&rest, &last) && same(&entries[2], &rest))
		return;
	for (unsigned i = 2; i < PAGES; i++)
		entries[i] = rest;
	last = rest;
	loaded = true;
}

static struct answer answer_of(struct rmp_outcome out)
{
	return (struct answer){ out.exit, out.exit ? 0 : out.code, out.carry,
		out.exitinfo1, 0, 0 };
}

static bool is_good(const struct rmp_outcome *out)
{
	return out->exit == RMP_EXIT_NONE && out->code == RMP_SUCCESS;
}

static struct answer do_pvalidate(const struct action *a)
{
	uint32_t size = (uint32_t)a->size;
	struct rmp_outcome out = rmp_pvalidate_check(&a->guest, a->va, size,
						     a->validate);

	if (is_good(&out))
		out = rmp_pvalidate(&table, &a->guest, &a->place, size,
				    a->validate);
	return answer_of(out);
}

static struct answer do_rmpadjust(const struct action *a)
{
	struct rmp_outcome out = rmp_rmpadjust_check(&a->guest, a->va, a->size,
						     a->rdx);

	if (is_good(&out))
		out = rmp_rmpadjust(&table, &a->guest, &a->place, a->size,
				    a->rdx);
	return answer_of(out);
}

static struct answer do_rmpquery(const struct action *a)
{
	struct rmp_outcome out = rmp_rmpquery_check(&a->guest, a->rdx);
	uint64_t rdx = a->rdx, rcx = 0;
	struct answer answer;

	if (is_good(&out))
		out = rmp_rmpquery(&table, &a->guest, &a->place, &rdx, &rcx);
	answer = answer_of(out);
	if (is_good(&out)) {
		answer.rdx = rdx;
		answer.rcx = rcx;
	}
	return answer;
}

static struct answer do_access(const struct action *a)
{
	struct rmp_access access = { a->who, a->kind, a->private, a->guest,
		a->place };

	return answer_of(rmp_check(&table, &access));
}

static struct answer do_launch(const struct action *a)
{
	uint8_t mask = (uint8_t)a->rdx;
	struct rmp_launch_page page = { 0, a->guest.asid,
		(enum rmp_page_size)a->size, a->type,
		{ 0, mask, mask, mask } };

	return (struct answer){ .code = rmp_launch_update(&table, &page) };
}

static struct answer perform(const struct action *a)
{
	switch (a->op) {
	case OP_PVALIDATE:
		return do_pvalidate(a);
	case OP_RMPADJUST:
		return do_rmpadjust(a);
	case OP_RMPQUERY:
		return do_rmpquery(a);
	case OP_ACCESS:
		return do_access(a);
	case OP_RMPUPDATE:
	case OP_NEIGHBOUR:
		return answer_of(rmp_rmpupdate(&table, a->guest.asid, a->spa,
					       &a->operand));
	case OP_PSMASH:
		return answer_of(rmp_psmash(&table, a->guest.asid, a->spa));
	case OP_ENTER:
		return answer_of(rmp_vmsa_enter(&table, a->guest.asid,
						&a->place));
	case OP_LEAVE:
		rmp_vmsa_leave(&table, 0);
		return (struct answer){ .code = 0 };
	case OP_LAUNCH:
		return do_launch(a);
	default:
		return (struct answer){ .code = rmp_page_reclaim(&table, 0) };
	}
}

/* A split page: 512 like the first, at consecutive addresses. */
static bool is_split(const struct page *page)
{
	struct rmp_entry entry = entry_of(page, 0);

	for (unsigned i = 0; i < PAGES; i++) {
		if (!same(&entries[i], &entry))
			return false;
		entry.gpa += RMP_PAGE_BYTES;
	}
	return true;
}

/* Operations of one page cannot reach far; those of the host can. */
static bool is_table(const struct page *page, enum op op)
{
	unsigned far = op == OP_RMPUPDATE || op == OP_PSMASH ? 1 : PAGES - 4;

	for (unsigned i = 0; i < PAGES; i += i < 3 ? 1 : far) {
		struct rmp_entry entry = entry_of(page, i);

		if (!same(&entries[i], &entry))
			return false;
	}
	return true;
}

static bool same_answer(const struct answer *a, const struct answer *b)
{
	return a->exit == b->exit && a->code == b->code &&
	       a->carry == b->carry && a->exitinfo1 == b->exitinfo1 &&
	       a->rdx == b->rdx && a->rcx == b->rcx;
}

static const char *move(void *state, unsigned nr)
{
	struct page *page = state;
	const struct action *a = &actions[nr];
	struct answer expected, answer;
	bool ok;

	load(page);
	expected = rmp_expect(page, a);
	answer = perform(a);
	if (!same_answer(&answer, &expected))
		return "the answer is not that of the table";
	if (a->op == OP_PSMASH && answer.code == 0) {
		ok = is_split(page);
		memset(&entries[2], 0xff, sizeof(entries[2]));
	} else {
		ok = is_table(page, a->op);
	}
	return ok ? NULL : "the entries are not those of the table";
}

static const char *check(const void *state)
{
	struct rmp_breach breach;

	load(state);
	return rmp_check_invariants(&table, &breach) ? NULL : breach.text;
}

int main(void)
{
	const struct explore system = {
		.name = "RMP: all operations from all levels",
		.bytes = sizeof(struct page), .moves = rmp_actions(),
		.limit = 1000000, .move = move, .check = check,
		.print = rmp_print,
	};
	struct page initial = { 0 };
	bool ok;

	actions = calloc(system.moves, sizeof(*actions));
	if (!actions)
		return 2;
	for (unsigned i = 0; i < system.moves; i++)
		actions[i] = rmp_action(i);
	puts("1..1");
	ok = explore_all(1, &system, &initial);
	free(actions);
	return !ok;
}
