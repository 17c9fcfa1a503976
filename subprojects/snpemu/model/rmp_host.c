/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the host and the firmware do with the table. */
#include "rmp_internal.h"

#include <string.h>

/* -------------------------------------------------------------- RMPUPDATE */

/* In the order of the architecture; the first that fails is the answer. */
static struct rmp_outcome update_input(const struct rmp *rmp, uint64_t spa,
				       const struct rmp_operand *op)
{
	uint64_t bytes = op->size == RMP_2M ? RMP_LARGE_BYTES : RMP_PAGE_BYTES;

	if (op->size == RMP_2M &&
	    (!large_aligned(page_of(spa)) || !large_aligned(page_of(op->gpa))))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_INPUT);
	if (!op->assigned && (op->immutable || op->asid != 0))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_INPUT);
	if (!rmp_covers(rmp, spa) || !rmp_covers(rmp, spa + bytes - 1))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_NOT_COVERED);
	return outcome_ok();
}

static struct rmp_outcome update_permission(const struct rmp *rmp,
					    uint32_t executor, uint64_t spa)
{
	if (rmp_entry_of(rmp, spa)->immutable)
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_IMMUTABLE);
	if (executor != 0)
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_ASID);
	return outcome_ok();
}

static bool update_in_use(const struct rmp *rmp, uint64_t spa,
			  enum rmp_page_size size)
{
	return size == RMP_2M ? rmp_large_in_use(rmp, spa) :
				rmp_raw(rmp, spa)->in_use;
}

/*
 * The architecture's text names a 4 KiB operand at the first page of a 2 MiB
 * page. Any other page in it has no entry of its own to update, so that is an
 * overlap, too. Immutable 4 KiB entries cannot be swallowed either.
 */
static bool update_overlaps(const struct rmp *rmp, uint64_t spa,
			    enum rmp_page_size size)
{
	const struct rmp_entry *entry = rmp_raw(rmp, large_of(spa));

	if (entry->size == RMP_2M)
		return size == RMP_4K;
	if (size == RMP_4K)
		return false;
	for (unsigned i = 0; i < RMP_LARGE_PAGES; i++)
		if (entry[i].assigned || entry[i].immutable)
			return true;
	return false;
}

static bool same_owner(const struct rmp_entry *entry,
		       const struct rmp_operand *op)
{
	return entry->assigned == op->assigned && entry->asid == op->asid &&
	       entry->gpa == page_of(op->gpa) && entry->size == op->size &&
	       op->asid != 0;
}

static void update_followers(struct rmp_entry *first, bool assigned)
{
	memset(&first[1], 0, (RMP_LARGE_PAGES - 1) * sizeof(*first));
	for (unsigned i = 1; i < RMP_LARGE_PAGES; i++)
		first[i].assigned = assigned;
}

static void update_entry(struct rmp_entry *entry, const struct rmp_operand *op)
{
	entry->immutable = op->immutable;
	if (same_owner(entry, op))
		return;
	memset(entry, 0, sizeof(*entry));
	if (!op->assigned)
		return;
	entry->assigned = true;
	entry->immutable = op->immutable;
	entry->asid = op->asid;
	entry->gpa = page_of(op->gpa);
	entry->size = (uint8_t)op->size;
	rmp_reset_perms(entry);
}

struct rmp_outcome rmp_rmpupdate(struct rmp *rmp, uint32_t executor,
				 uint64_t spa, const struct rmp_operand *op)
{
	struct rmp_outcome out = update_input(rmp, spa, op);

	if (!outcome_good(&out))
		return out;
	out = update_permission(rmp, executor, spa);
	if (!outcome_good(&out))
		return out;
	if (update_in_use(rmp, spa, op->size))
		return outcome_code(RMP_FAIL_INUSE, RMP_RULE_IN_USE);
	if (update_overlaps(rmp, spa, op->size))
		return outcome_code(RMP_FAIL_OVERLAP, RMP_RULE_OVERLAP);

	update_entry(rmp_raw(rmp, spa), op);
	if (op->size == RMP_2M)
		update_followers(rmp_raw(rmp, spa), op->assigned);
	return outcome_ok();
}

/* ----------------------------------------------------------------- PSMASH */

static void split(struct rmp_entry *first)
{
	first->size = RMP_4K;
	for (unsigned i = 1; i < RMP_LARGE_PAGES; i++) {
		first[i] = *first;
		first[i].gpa += i * RMP_PAGE_BYTES;
	}
}

struct rmp_outcome rmp_psmash(struct rmp *rmp, uint32_t executor, uint64_t spa)
{
	struct rmp_entry *entry;

	if (!large_aligned(page_of(spa)))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_INPUT);
	if (!rmp_covers(rmp, spa))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_NOT_COVERED);
	if (executor != 0)
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_ASID);
	entry = rmp_raw(rmp, spa);
	if (entry->in_use)
		return outcome_code(RMP_FAIL_INUSE, RMP_RULE_IN_USE);
	if (!entry->assigned || entry->size != RMP_2M)
		return outcome_code(RMP_FAIL_NOT_ELIGIBLE, RMP_RULE_NOT_LARGE);
	split(entry);
	return outcome_ok();
}

/* ------------------------------------------------------------------ VMRUN */

static enum rmp_rule vmsa_rule(const struct rmp *rmp, uint32_t asid,
			       const struct rmp_place *place)
{
	enum rmp_rule rule = rmp_ownership(rmp, asid, place);
	const struct rmp_entry *entry = rmp_entry_of(rmp, place->spa);

	if (rule != RMP_RULE_NONE)
		return rule;
	if (entry->size != RMP_4K)
		return RMP_RULE_SIZE;
	if (!entry->validated)
		return RMP_RULE_NOT_VALIDATED;
	if (!entry->vmsa)
		return RMP_RULE_NOT_VMSA;
	return RMP_RULE_NONE;
}

struct rmp_outcome rmp_vmsa_enter(struct rmp *rmp, uint32_t asid,
				  const struct rmp_place *place)
{
	enum rmp_rule rule = vmsa_rule(rmp, asid, place);
	struct rmp_entry *entry;

	if (rule != RMP_RULE_NONE)
		return outcome_code(RMP_FAIL_INPUT, rule);
	entry = rmp_raw(rmp, place->spa);
	if (entry->in_use)
		return outcome_code(RMP_FAIL_INUSE, RMP_RULE_IN_USE);
	entry->in_use = true;
	return outcome_ok();
}

void rmp_vmsa_leave(struct rmp *rmp, uint64_t spa)
{
	rmp_raw(rmp, spa)->in_use = false;
}

/* --------------------------------------------------------------- firmware */

static bool pre_guest(const struct rmp_entry *entry)
{
	return entry && entry->assigned && entry->asid != 0 &&
	       entry->immutable && !entry->validated;
}

static bool type_is_small(enum rmp_page_type type)
{
	return type == RMP_TYPE_VMSA || type == RMP_TYPE_SECRETS ||
	       type == RMP_TYPE_CPUID;
}

static enum psp_status launch_checks(const struct rmp_launch_page *page,
				     const struct rmp_entry *entry)
{
	if (!pre_guest(entry))
		return PSP_INVALID_PAGE_STATE;
	if (entry->size != page->size)
		return PSP_INVALID_PAGE_SIZE;
	if (page->size == RMP_2M && !large_aligned(page_of(page->spa)))
		return PSP_INVALID_ADDRESS;
	if (page->type < RMP_TYPE_NORMAL || page->type > RMP_TYPE_CPUID)
		return PSP_INVALID_PARAM;
	if (page->size == RMP_2M && type_is_small(page->type))
		return PSP_INVALID_PAGE_SIZE;
	if (entry->asid != page->asid)
		return PSP_INVALID_PAGE_OWNER;
	return PSP_SUCCESS;
}

enum psp_status rmp_launch_update(struct rmp *rmp,
				  const struct rmp_launch_page *page)
{
	struct rmp_entry *entry = rmp_entry_of(rmp, page->spa);
	enum psp_status status = launch_checks(page, entry);

	if (status != PSP_SUCCESS)
		return status;
	for (unsigned vmpl = 1; vmpl < RMP_VMPLS; vmpl++)
		entry->perms[vmpl] = page->perms[vmpl] & RMP_PERM_ALL;
	entry->vmsa = page->type == RMP_TYPE_VMSA;
	entry->validated = true;
	entry->immutable = false;
	return PSP_SUCCESS;
}

/* Context pages and the fixed pages of the host are not to be had back. */
static bool reclaimable(const struct rmp_entry *entry)
{
	return entry->assigned && !(entry->asid == 0 && entry->vmsa);
}

enum psp_status rmp_page_reclaim(struct rmp *rmp, uint64_t spa)
{
	struct rmp_entry *entry = rmp_entry_of(rmp, spa);

	if (!entry)
		return PSP_INVALID_ADDRESS;
	if (!entry->immutable)
		return PSP_SUCCESS;
	if (!reclaimable(entry))
		return PSP_INVALID_PAGE_STATE;
	entry->immutable = false;
	return PSP_SUCCESS;
}
