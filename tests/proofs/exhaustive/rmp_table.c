/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the architecture says, as tables that know nothing of the model: a row
 * holds the facts that must be true, and the first row of an operation whose
 * facts are all true gives the answer. Rows stand in the order of the checks.
 */
#include <stddef.h>

#include "rmp_space.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Facts about an action on a page. */
enum fact {
	ALWAYS		= 0,
	NO_GUEST	= 1 << 0,	/* executed outside an SNP guest */
	IN_GUEST	= 1 << 1,	/* ... inside one */
	CPL		= 1 << 2,	/* not at CPL 0 */
	LEVEL		= 1 << 3,	/* not at VMPL0 */
	BAD_INPUT	= 1 << 4,
	UPWARDS		= 1 << 5,	/* target not below, or no level */
	FOREIGN		= 1 << 6,	/* not this guest's at this address */
	TOO_SMALL	= 1 << 7,	/* 4K asked of an entry, a mapping 2M */
	TOO_LARGE	= 1 << 8,	/* 2M asked of a 4K entry */
	MAPPED_SMALL	= 1 << 9,	/* 2M asked through a 4K mapping */
	INVALID		= 1 << 10,
	IN_USE		= 1 << 11,
	EXCESS		= 1 << 12,	/* grants what the executor lacks */
	SAME		= 1 << 13,	/* VALIDATED has this value already */
	OTHER_SIZE	= 1 << 14,	/* mapping and entry differ */
	DENIED		= 1 << 15,	/* the VMPL's mask */
	SHADOW		= 1 << 16,	/* ... lacks the shadow stack bit */
	WRITES		= 1 << 17,
	IS_PRIVATE	= 1 << 18,
	HOST		= 1 << 19,
	GUARDED		= 1 << 20,	/* a page under it is assigned */
	MUST_OWN	= 1 << 21,	/* access that needs them not to be */
	IS_IMMUTABLE	= 1 << 22,
	OVERLAP		= 1 << 23,
	UNCOVERED	= 1 << 24,
	NOT_LARGE	= 1 << 25,
	NOT_VMSA	= 1 << 26,
	IS_LARGE	= 1 << 27,
	NOT_WAITING	= 1 << 28,	/* not Pre-Guest */
	BAD_TYPE	= 1 << 29,
	SMALL_TYPE	= 1 << 30,	/* and the page is large */
};

struct row {
	enum op op;
	uint32_t facts;
	enum rmp_exit exit;
	uint32_t code;
	uint64_t info;		/* bits of EXITINFO1 */
};

#define RMP_FAULT (RMP_NPF_PRESENT | RMP_NPF_USER | RMP_NPF_RMP)
/* A guest's instruction meets a wrong page; and a wrong size. */
#define INSN_FAULT (RMP_FAULT | RMP_NPF_FINAL | RMP_NPF_ENCRYPTED)
#define SIZE_FAULT (INSN_FAULT | RMP_NPF_SIZE)

#define UD	RMP_EXIT_UD, 0, 0
#define GP	RMP_EXIT_GP, 0, 0
#define VC	RMP_EXIT_VC, 0, 0
#define PF	RMP_EXIT_PF, 0, 0
#define RETRY	RMP_EXIT_RETRY, 0, 0
#define NPF(x)	RMP_EXIT_NPF, 0, (x)
#define CODE(x)	RMP_EXIT_NONE, (x), 0

static const struct row rows[] = {
	{ OP_PVALIDATE, NO_GUEST, UD },
	{ OP_PVALIDATE, CPL, GP },
	{ OP_PVALIDATE, LEVEL, GP },
	{ OP_PVALIDATE, BAD_INPUT, CODE(1) },
	{ OP_PVALIDATE, FOREIGN, NPF(INSN_FAULT) },
	{ OP_PVALIDATE, TOO_SMALL, NPF(SIZE_FAULT) },
	{ OP_PVALIDATE, TOO_LARGE, CODE(6) },
	{ OP_PVALIDATE, MAPPED_SMALL, NPF(SIZE_FAULT) },
	{ OP_PVALIDATE, IN_USE, CODE(3) },
	{ OP_PVALIDATE, ALWAYS, CODE(0) },

	{ OP_RMPADJUST, NO_GUEST, UD },
	{ OP_RMPADJUST, CPL, GP },
	{ OP_RMPADJUST, BAD_INPUT, CODE(1) },
	{ OP_RMPADJUST, UPWARDS, CODE(2) },
	{ OP_RMPADJUST, FOREIGN, NPF(INSN_FAULT) },
	{ OP_RMPADJUST, TOO_SMALL, NPF(SIZE_FAULT) },
	{ OP_RMPADJUST, INVALID, VC },
	{ OP_RMPADJUST, TOO_LARGE, CODE(6) },
	{ OP_RMPADJUST, MAPPED_SMALL, NPF(SIZE_FAULT) },
	{ OP_RMPADJUST, IN_USE, CODE(3) },
	{ OP_RMPADJUST, EXCESS, CODE(2) },
	{ OP_RMPADJUST, ALWAYS, CODE(0) },

	{ OP_RMPQUERY, NO_GUEST, UD },
	{ OP_RMPQUERY, CPL, GP },
	{ OP_RMPQUERY, UPWARDS, CODE(2) },
	{ OP_RMPQUERY, FOREIGN, NPF(INSN_FAULT) },
	{ OP_RMPQUERY, INVALID, VC },
	{ OP_RMPQUERY, ALWAYS, CODE(0) },

	{ OP_ACCESS, IS_PRIVATE | FOREIGN, NPF(RMP_FAULT) },
	{ OP_ACCESS, IS_PRIVATE | OTHER_SIZE, NPF(RMP_FAULT) },
	{ OP_ACCESS, IS_PRIVATE | INVALID, VC },
	{ OP_ACCESS, IS_PRIVATE | DENIED | SHADOW,
	  NPF(RMP_FAULT | RMP_NPF_VMPL | RMP_NPF_SSS) },
	{ OP_ACCESS, IS_PRIVATE | DENIED, NPF(RMP_FAULT | RMP_NPF_VMPL) },
	{ OP_ACCESS, IS_PRIVATE | IN_USE | WRITES, RETRY },
	{ OP_ACCESS, IS_PRIVATE, CODE(0) },
	{ OP_ACCESS, HOST | MUST_OWN | GUARDED, PF },
	{ OP_ACCESS, MUST_OWN | GUARDED, NPF(RMP_FAULT) },
	{ OP_ACCESS, ALWAYS, CODE(0) },

	{ OP_RMPUPDATE, BAD_INPUT, CODE(1) },
	{ OP_RMPUPDATE, UNCOVERED, CODE(1) },
	{ OP_RMPUPDATE, IS_IMMUTABLE, CODE(2) },
	{ OP_RMPUPDATE, IN_GUEST, CODE(2) },
	{ OP_RMPUPDATE, IN_USE, CODE(3) },
	{ OP_RMPUPDATE, OVERLAP, CODE(4) },
	{ OP_RMPUPDATE, ALWAYS, CODE(0) },

	{ OP_NEIGHBOUR, IS_LARGE | IS_IMMUTABLE, CODE(2) },
	{ OP_NEIGHBOUR, IS_LARGE, CODE(4) },
	{ OP_NEIGHBOUR, ALWAYS, CODE(0) },

	{ OP_PSMASH, BAD_INPUT, CODE(1) },
	{ OP_PSMASH, UNCOVERED, CODE(1) },
	{ OP_PSMASH, IN_GUEST, CODE(2) },
	{ OP_PSMASH, IN_USE, CODE(3) },
	{ OP_PSMASH, NOT_LARGE, CODE(7) },
	{ OP_PSMASH, ALWAYS, CODE(0) },

	{ OP_ENTER, FOREIGN, CODE(1) },
	{ OP_ENTER, IS_LARGE, CODE(1) },
	{ OP_ENTER, INVALID, CODE(1) },
	{ OP_ENTER, NOT_VMSA, CODE(1) },
	{ OP_ENTER, IN_USE, CODE(3) },
	{ OP_ENTER, ALWAYS, CODE(0) },

	{ OP_LEAVE, ALWAYS, CODE(0) },

	{ OP_LAUNCH, NOT_WAITING, CODE(0x1a) },
	{ OP_LAUNCH, OTHER_SIZE, CODE(0x19) },
	{ OP_LAUNCH, BAD_TYPE, CODE(0x16) },
	{ OP_LAUNCH, SMALL_TYPE, CODE(0x19) },
	{ OP_LAUNCH, FOREIGN, CODE(0x1c) },
	{ OP_LAUNCH, ALWAYS, CODE(0) },

	{ OP_RECLAIM, ALWAYS, CODE(0) },
};

/* The permissions that an access needs, by kind; a fetch's depend on CPL. */
static const uint8_t needs[] = {
	[RMP_READ] = 0x01, [RMP_WRITE] = 0x03, [RMP_FETCH] = 0,
	[RMP_WALK] = 0x01, [RMP_WALK_UPDATE] = 0x03,
	[RMP_SSS_READ] = 0x11, [RMP_SSS_WRITE] = 0x13,
};

static uint32_t when(bool is_true, uint32_t fact)
{
	return is_true ? fact : 0;
}

/* The mask of a level. */
static uint8_t mask(const struct page *page, unsigned vmpl)
{
	return vmpl == 0 ? RMP_PERM_ALL : page->perms[vmpl - 1];
}

/* Does a page inside the region have something to say of its own? */
static bool is_rest(const struct page *page, const struct action *a)
{
	return a->place.spa != 0 && page->size == RMP_4K;
}

static uint32_t foreign(const struct page *page, const struct action *a)
{
	uint64_t gpa = rmp_gpas[page->gpa] + a->place.spa;

	return when(is_rest(page, a) || !page->assigned || page->immutable ||
		    page->asid != a->guest.asid || gpa != a->place.gpa,
		    FOREIGN);
}

static uint32_t about_page(const struct page *page)
{
	return when(!page->validated, INVALID) | when(page->in_use, IN_USE) |
	       when(page->immutable, IS_IMMUTABLE) |
	       when(page->size == RMP_2M, IS_LARGE) |
	       when(!page->vmsa, NOT_VMSA);
}

static uint32_t about_executor(const struct action *a)
{
	return when(a->guest.asid == 0, NO_GUEST) |
	       when(a->guest.asid != 0, IN_GUEST) |
	       when(a->guest.cpl != 0, CPL) | when(a->guest.vmpl != 0, LEVEL);
}

static uint32_t about_size(const struct page *page, const struct action *a)
{
	bool small = a->size == RMP_4K;

	return when(small && (page->size == RMP_2M ||
			      a->place.npt_size == RMP_2M), TOO_SMALL) |
	       when(!small && page->size == RMP_4K, TOO_LARGE) |
	       when(!small && a->place.npt_size == RMP_4K, MAPPED_SMALL);
}

static uint32_t pvalidate_facts(const struct page *page, const struct action *a)
{
	return foreign(page, a) | about_size(page, a) |
	       when(a->size == 2 || (a->size == RMP_2M && a->va != GPA),
		    BAD_INPUT) |
	       when(page->validated == a->validate, SAME);
}

static uint32_t rmpadjust_facts(const struct page *page, const struct action *a)
{
	uint8_t wanted = (uint8_t)(a->rdx >> 8);
	unsigned target = a->rdx & 0xff;
	bool vmsa = a->rdx >> 16;

	return foreign(page, a) | about_size(page, a) |
	       when(a->size == 2 || (wanted & 0xe0) || target > 3 ||
		    (a->size == RMP_2M && (a->va != GPA ||
					   (vmsa && a->guest.vmpl == 0))),
		    BAD_INPUT) |
	       when(target <= a->guest.vmpl, UPWARDS) |
	       when((wanted & ~mask(page, a->guest.vmpl)) != 0, EXCESS);
}

static uint32_t rmpquery_facts(const struct page *page, const struct action *a)
{
	return foreign(page, a) | when(a->rdx > 3 || a->rdx < a->guest.vmpl,
				       UPWARDS);
}

static uint32_t access_facts(const struct page *page, const struct action *a)
{
	bool write = a->kind == RMP_WRITE || a->kind == RMP_WALK_UPDATE ||
		a->kind == RMP_SSS_WRITE;
	bool walk = a->kind == RMP_WALK || a->kind == RMP_WALK_UPDATE;
	bool always = walk || a->kind == RMP_FETCH;
	uint8_t need = a->kind == RMP_FETCH ? (a->guest.cpl == 3 ? 4 : 8) :
		needs[a->kind];
	uint8_t lack = need & (uint8_t)~mask(page, a->guest.vmpl);
	bool large = a->place.npt_size == RMP_2M;
	bool first = a->place.spa == 0 || large;

	return foreign(page, a) |
	       when(a->who == RMP_WHO_SNP_GUEST && (a->private || always),
		    IS_PRIVATE) |
	       when(page->size != a->place.npt_size, OTHER_SIZE) |
	       when(lack != 0, DENIED) | when(lack & 0x10, SHADOW) |
	       when(write, WRITES) | when(write || walk, MUST_OWN) |
	       when(a->who == RMP_WHO_HOST, HOST) |
	       when((first && page->assigned) || page->size == RMP_2M ||
		    (large && page->neighbour), GUARDED);
}

static uint32_t
rmpupdate_facts(const struct page *page, const struct action *a)
{
	const struct rmp_operand *operand = &a->operand;
	bool large = operand->size == RMP_2M;

	return when((large && operand->gpa == GPA_ODD) ||
		    (!operand->assigned &&
		     (operand->immutable || operand->asid)), BAD_INPUT) |
	       when(a->spa != 0, UNCOVERED) |
	       when(page->size == RMP_2M ? !large :
		    large && (page->assigned || page->neighbour), OVERLAP);
}

static uint32_t psmash_facts(const struct page *page, const struct action *a)
{
	return when(a->spa == RMP_PAGE_BYTES, BAD_INPUT) |
	       when(a->spa > RMP_PAGE_BYTES, UNCOVERED) |
	       when(page->size != RMP_2M, NOT_LARGE);
}

static uint32_t enter_facts(const struct page *page, const struct action *a)
{
	return foreign(page, a);
}

static uint32_t launch_facts(const struct page *page, const struct action *a)
{
	bool small = a->type == RMP_TYPE_VMSA || a->type == RMP_TYPE_SECRETS ||
		a->type == RMP_TYPE_CPUID;

	return when(!page->assigned || !page->asid || !page->immutable ||
		    page->validated, NOT_WAITING) |
	       when(page->size != a->size, OTHER_SIZE) |
	       when(a->type == 0 || a->type > RMP_TYPE_CPUID, BAD_TYPE) |
	       when(small && page->size == RMP_2M, SMALL_TYPE) |
	       when(page->asid != a->guest.asid, FOREIGN);
}

static uint32_t facts(const struct page *page, const struct action *a)
{
	static uint32_t (*const of[OP_COUNT])(const struct page *page,
					      const struct action *a) = {
		[OP_PVALIDATE] = pvalidate_facts,
		[OP_RMPADJUST] = rmpadjust_facts,
		[OP_RMPQUERY] = rmpquery_facts,
		[OP_ACCESS] = access_facts,
		[OP_RMPUPDATE] = rmpupdate_facts,
		[OP_PSMASH] = psmash_facts,
		[OP_ENTER] = enter_facts,
		[OP_LAUNCH] = launch_facts,
	};

	return about_page(page) | about_executor(a) |
	       (of[a->op] ? of[a->op](page, a) : 0);
}

/* --------------------------------------------------- what a success changes */

/* EXITINFO1 tells what kind of access it was. */
static uint64_t access_info(const struct action *a, uint32_t known)
{
	bool walk = a->kind == RMP_WALK || a->kind == RMP_WALK_UPDATE;

	return (walk ? RMP_NPF_WALK : RMP_NPF_FINAL) |
	       (known & WRITES ? RMP_NPF_WRITE : 0) |
	       (a->kind == RMP_FETCH ? RMP_NPF_FETCH : 0) |
	       (known & IS_PRIVATE ? RMP_NPF_ENCRYPTED : 0);
}

static void after_rmpadjust(struct page *page, const struct action *a)
{
	page->perms[(a->rdx & 0xff) - 1] = (uint8_t)(a->rdx >> 8);
	if (a->guest.vmpl == 0)
		page->vmsa = (a->rdx & RMP_RDX_VMSA) != 0;
}

static uint8_t gpa_index(uint64_t gpa)
{
	for (unsigned i = 1; i < COUNT(rmp_gpas); i++)
		if (rmp_gpas[i] == gpa)
			return (uint8_t)i;
	return 0;
}

/* Only IMMUTABLE changes when the page stays the same guest's. */
static void after_rmpupdate(struct page *page, const struct action *a)
{
	const struct rmp_operand *o = &a->operand;
	uint8_t gpa = gpa_index(o->gpa);
	bool same = page->assigned && o->assigned && o->asid &&
		page->asid == o->asid && page->gpa == gpa &&
		page->size == o->size;

	if (!same)
		*page = (struct page){ .neighbour = o->size == RMP_2M ? 0 :
			page->neighbour };
	if (!o->assigned)
		return;
	page->assigned = 1;
	page->asid = (uint8_t)o->asid;
	page->gpa = gpa;
	page->size = (uint8_t)o->size;
	page->immutable = o->immutable;
}

static void after_launch(struct page *page, const struct action *a)
{
	for (unsigned i = 0; i < COUNT(page->perms); i++)
		page->perms[i] = (uint8_t)a->rdx;
	page->vmsa = a->type == RMP_TYPE_VMSA;
	page->validated = 1;
	page->immutable = 0;
}

static void after(struct page *page, const struct action *a)
{
	if (a->op == OP_PVALIDATE)
		page->validated = a->validate;
	else if (a->op == OP_RMPADJUST)
		after_rmpadjust(page, a);
	else if (a->op == OP_RMPUPDATE)
		after_rmpupdate(page, a);
	else if (a->op == OP_NEIGHBOUR)
		page->neighbour = a->operand.assigned;
	else if (a->op == OP_PSMASH)
		page->size = RMP_4K;
	else if (a->op == OP_ENTER || a->op == OP_LEAVE)
		page->in_use = a->op == OP_ENTER;
	else if (a->op == OP_LAUNCH)
		after_launch(page, a);
	else if (a->op == OP_RECLAIM && page->assigned)
		page->immutable = 0;
}

struct answer rmp_expect(struct page *page, const struct action *a)
{
	uint32_t known = facts(page, a);
	const struct row *row = rows;
	struct answer answer = { .exit = RMP_EXIT_NONE };

	while (row->op != a->op || (row->facts & ~known))
		row++;
	answer.exit = row->exit;
	answer.code = row->code;
	answer.exitinfo1 = row->info;
	if (row->info && a->op == OP_ACCESS)
		answer.exitinfo1 |= access_info(a, known);
	if (row->exit != RMP_EXIT_NONE || row->code != 0)
		return answer;
	answer.carry = a->op == OP_PVALIDATE && (known & SAME);
	if (a->op == OP_RMPQUERY) {
		answer.rdx = a->rdx | (uint64_t)mask(page, (unsigned)a->rdx) <<
			8 | (page->vmsa ? RMP_RDX_VMSA : 0);
		answer.rcx = page->size;
	}
	after(page, a);
	return answer;
}
