/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * All actions on the region, by number. Each operation has a few dimensions,
 * and a number of its own is a point in them.
 */
#include <stdio.h>

#include "rmp_space.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const uint64_t rmp_gpas[3] = { 0, GPA, GPA_ODD };

static const char *const names[OP_COUNT] = {
	"PVALIDATE", "RMPADJUST", "RMPQUERY", "access", "RMPUPDATE",
	"RMPUPDATE of the second page", "PSMASH", "VMRUN", "#VMEXIT",
	"LAUNCH_UPDATE", "PAGE_RECLAIM",
};

/* Takes one dimension off a number. */
static unsigned take(unsigned *nr, unsigned values)
{
	unsigned value = *nr % values;

	*nr /= values;
	return value;
}

/* Who executes, at which privilege level. */
static const struct rmp_guest executors[] = {
	{ 0, 0, 0 }, { OURS, 0, 0 }, { OURS, 0, 3 },
};

static const struct {
	uint64_t va, size;
} requests[] = {
	{ GPA, RMP_4K }, { GPA, RMP_2M }, { GPA_ODD, RMP_2M }, { GPA, 2 },
};

/* At its address, at another, inside the region, and there at another. */
static const struct rmp_place places[] = {
	{ GPA, 0, RMP_4K },
	{ GPA_ODD, 0, RMP_4K },
	{ GPA + INNER * RMP_PAGE_BYTES, INNER * RMP_PAGE_BYTES, RMP_4K },
	{ GPA, INNER * RMP_PAGE_BYTES, RMP_4K },
};

static const uint8_t masks[] = {
	0, RMP_PERM_READ, RMP_PERM_ALL, 0x20,	/* the last is reserved */
};

static void take_executor(struct action *a, unsigned *nr)
{
	a->guest = executors[take(nr, COUNT(executors))];
	a->guest.vmpl = take(nr, RMP_VMPLS);
}

static void take_place(struct action *a, unsigned *nr)
{
	a->place = places[take(nr, COUNT(places))];
	a->place.npt_size = (enum rmp_page_size)take(nr, 2);
}

static void take_request(struct action *a, unsigned *nr)
{
	unsigned request = take(nr, COUNT(requests));

	a->va = requests[request].va;
	a->size = requests[request].size;
}

static void make_pvalidate(struct action *a, unsigned *nr)
{
	take_executor(a, nr);
	take_place(a, nr);
	take_request(a, nr);
	a->validate = take(nr, 2);
}

static void make_rmpadjust(struct action *a, unsigned *nr)
{
	take_executor(a, nr);
	take_place(a, nr);
	take_request(a, nr);
	a->rdx = take(nr, RMP_VMPLS + 1);
	a->rdx |= (uint64_t)masks[take(nr, COUNT(masks))] <<
		RMP_RDX_PERMS_SHIFT;
	a->rdx |= take(nr, 2) ? RMP_RDX_VMSA : 0;
}

static void make_rmpquery(struct action *a, unsigned *nr)
{
	take_executor(a, nr);
	take_place(a, nr);
	a->rdx = take(nr, RMP_VMPLS + 1);
}

static void make_access(struct action *a, unsigned *nr)
{
	a->who = (enum rmp_who)take(nr, RMP_WHO_SNP_GUEST + 1);
	a->kind = (enum rmp_kind)take(nr, RMP_SSS_WRITE + 1);
	a->private = take(nr, 2);
	a->guest.asid = take(nr, 2) ? OURS : OTHER;
	a->guest.vmpl = take(nr, RMP_VMPLS);
	a->guest.cpl = take(nr, 2) ? 3 : 0;
	take_place(a, nr);
}

static void make_rmpupdate(struct action *a, unsigned *nr)
{
	static const uint64_t at[] = { 0, PAGES * RMP_PAGE_BYTES };

	a->guest.asid = take(nr, 2) ? OURS : 0;
	a->operand.size = (enum rmp_page_size)take(nr, 2);
	a->operand.assigned = take(nr, 2);
	a->operand.immutable = take(nr, 2);
	a->operand.asid = take(nr, 3);
	a->operand.gpa = rmp_gpas[take(nr, COUNT(rmp_gpas))];
	a->spa = at[take(nr, COUNT(at))];
}

static void make_neighbour(struct action *a, unsigned *nr)
{
	a->spa = RMP_PAGE_BYTES;
	a->operand.assigned = take(nr, 2);
	if (!a->operand.assigned)
		return;
	a->operand.asid = OURS;
	a->operand.gpa = GPA + RMP_PAGE_BYTES;
}

static void make_psmash(struct action *a, unsigned *nr)
{
	static const uint64_t at[] = {
		0, RMP_PAGE_BYTES, PAGES * RMP_PAGE_BYTES,
	};

	a->guest.asid = take(nr, 2) ? OURS : 0;
	a->spa = at[take(nr, COUNT(at))];
}

static void make_enter(struct action *a, unsigned *nr)
{
	a->guest.asid = take(nr, 2) ? OURS : OTHER;
	take_place(a, nr);
}

static void make_launch(struct action *a, unsigned *nr)
{
	a->guest.asid = take(nr, 2) ? OURS : OTHER;
	a->size = take(nr, 2);
	a->type = (enum rmp_page_type)take(nr, RMP_TYPE_CPUID + 2);
	a->rdx = masks[take(nr, COUNT(masks) - 1)];
}

static void make_nothing(struct action *a, unsigned *nr)
{
	(void)a;
	(void)nr;
}

static const struct {
	unsigned count;
	void (*make)(struct action *a, unsigned *nr);
} operations[OP_COUNT] = {
	[OP_PVALIDATE] = { 3 * 4 * 8 * 4 * 2, make_pvalidate },
	[OP_RMPADJUST] = { 3 * 4 * 8 * 4 * 5 * 4 * 2, make_rmpadjust },
	[OP_RMPQUERY] = { 3 * 4 * 8 * 5, make_rmpquery },
	[OP_ACCESS] = { 3 * 7 * 2 * 2 * 4 * 2 * 8, make_access },
	[OP_RMPUPDATE] = { 2 * 2 * 2 * 2 * 3 * 3 * 2, make_rmpupdate },
	[OP_NEIGHBOUR] = { 2, make_neighbour },
	[OP_PSMASH] = { 2 * 3, make_psmash },
	[OP_ENTER] = { 2 * 8, make_enter },
	[OP_LEAVE] = { 1, make_nothing },
	[OP_LAUNCH] = { 2 * 2 * 8 * 3, make_launch },
	[OP_RECLAIM] = { 1, make_nothing },
};

unsigned rmp_actions(void)
{
	unsigned sum = 0;

	for (unsigned op = 0; op < OP_COUNT; op++)
		sum += operations[op].count;
	return sum;
}

struct action rmp_action(unsigned nr)
{
	struct action action = { .op = OP_PVALIDATE };

	for (unsigned op = 0; op < OP_COUNT; op++) {
		if (nr < operations[op].count) {
			action.op = (enum op)op;
			operations[op].make(&action, &nr);
			break;
		}
		nr -= operations[op].count;
	}
	return action;
}

void rmp_print(unsigned nr)
{
	struct action a = rmp_action(nr);

	fprintf(stderr, "%s", names[a.op]);
	fprintf(stderr, ": asid %u vmpl %u cpl %u, gpa %llx spa %llx npt %d,"
		" va %llx size %llx validate %d rdx %llx, who %d kind %d"
		" private %d, operand gpa %llx asid %u size %d assigned %d"
		" immutable %d, at %llx type %d", a.guest.asid, a.guest.vmpl,
		a.guest.cpl, (unsigned long long)a.place.gpa,
		(unsigned long long)a.place.spa, a.place.npt_size,
		(unsigned long long)a.va, (unsigned long long)a.size,
		a.validate, (unsigned long long)a.rdx, a.who, a.kind,
		a.private, (unsigned long long)a.operand.gpa, a.operand.asid,
		a.operand.size, a.operand.assigned, a.operand.immutable,
		(unsigned long long)a.spa, a.type);
}
