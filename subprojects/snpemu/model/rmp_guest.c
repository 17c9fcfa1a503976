/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* PVALIDATE, RMPADJUST and RMPQUERY, in the architecture's order of checks. */
#include "rmp_internal.h"

static struct rmp_outcome privileged(const struct rmp_guest *guest)
{
	if (guest->asid == 0)
		return outcome_exit(RMP_EXIT_UD, RMP_RULE_NOT_SNP);
	if (guest->cpl != 0)
		return outcome_exit(RMP_EXIT_GP, RMP_RULE_CPL);
	return outcome_ok();
}

/* The page is ours, at this address, and nothing is under way with it. */
static struct rmp_outcome owned(const struct rmp *rmp,
				const struct rmp_guest *guest,
				const struct rmp_place *place)
{
	enum rmp_rule rule = rmp_ownership(rmp, guest->asid, place);

	if (rule == RMP_RULE_NONE)
		return outcome_ok();
	return outcome_npf(rule, RMP_NPF_PRESENT | RMP_NPF_USER | RMP_NPF_RMP |
			   RMP_NPF_FINAL | RMP_NPF_ENCRYPTED);
}

/* The host can cure it: it splits the page, and the guest tries again. */
static struct rmp_outcome size_fault(void)
{
	return outcome_npf(RMP_RULE_SIZE, RMP_NPF_PRESENT | RMP_NPF_USER |
			   RMP_NPF_RMP | RMP_NPF_FINAL | RMP_NPF_ENCRYPTED |
			   RMP_NPF_SIZE);
}

static bool wants_split(const struct rmp_entry *entry,
			const struct rmp_place *place, uint64_t size)
{
	return size == RMP_4K &&
	       (entry->size == RMP_2M || place->npt_size == RMP_2M);
}

/* What is left of the size rules once no split is wanted. */
static struct rmp_outcome large_request(const struct rmp_entry *entry,
					const struct rmp_place *place,
					uint64_t size)
{
	if (size == RMP_4K)
		return outcome_ok();
	if (entry->size == RMP_4K)
		return outcome_code(RMP_FAIL_SIZEMISMATCH,
				    RMP_RULE_REQUEST_SIZE);
	if (place->npt_size == RMP_4K)
		return size_fault();
	return outcome_ok();
}

/* -------------------------------------------------------------- PVALIDATE */

struct rmp_outcome rmp_pvalidate_check(const struct rmp_guest *guest,
				       uint64_t va, uint32_t ecx, uint32_t edx)
{
	struct rmp_outcome out = privileged(guest);

	if (!outcome_good(&out))
		return out;
	/* The sources disagree on #GP or FAIL_PERMISSION; this one is loud. */
	if (guest->vmpl != 0)
		return outcome_exit(RMP_EXIT_GP, RMP_RULE_VMPL0_ONLY);
	(void)edx;	/* bit 0 counts; Linux leaves the others undefined */
	if (ecx > 1 || (ecx == RMP_2M && !large_aligned(va)))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_INPUT);
	return out;
}

static struct rmp_outcome set_validated(struct rmp_entry *entry, bool valid)
{
	struct rmp_outcome out = outcome_ok();

	out.carry = entry->validated == valid;
	entry->validated = valid;
	return out;
}

struct rmp_outcome rmp_pvalidate(struct rmp *rmp, const struct rmp_guest *guest,
				 const struct rmp_place *place, uint32_t ecx,
				 uint32_t edx)
{
	struct rmp_outcome out = owned(rmp, guest, place);
	struct rmp_entry *entry;

	if (!outcome_good(&out))
		return out;
	entry = rmp_entry_of(rmp, place->spa);
	if (wants_split(entry, place, ecx))
		return size_fault();
	out = large_request(entry, place, ecx);
	if (!outcome_good(&out))
		return out;
	if (entry->in_use)
		return outcome_code(RMP_FAIL_INUSE, RMP_RULE_IN_USE);
	return set_validated(entry, edx & 1);
}

/* -------------------------------------------------------------- RMPADJUST */

static unsigned target_of(uint64_t rdx)
{
	return (unsigned)(rdx & RMP_RDX_VMPL);
}

static uint8_t mask_of(uint64_t rdx)
{
	return (uint8_t)((rdx & RMP_RDX_PERMS) >> RMP_RDX_PERMS_SHIFT);
}

static bool adjust_input_good(const struct rmp_guest *guest, uint64_t va,
			      uint64_t rcx, uint64_t rdx)
{
	const uint64_t known = RMP_RDX_VMPL | RMP_RDX_VMSA |
		((uint64_t)RMP_PERM_ALL << RMP_RDX_PERMS_SHIFT);

	if (rcx > 1 || (rdx & ~known) || target_of(rdx) >= RMP_VMPLS)
		return false;
	if (rcx == RMP_4K)
		return true;
	return large_aligned(va) && !(guest->vmpl == 0 && (rdx & RMP_RDX_VMSA));
}

struct rmp_outcome rmp_rmpadjust_check(const struct rmp_guest *guest,
				       uint64_t va, uint64_t rcx, uint64_t rdx)
{
	struct rmp_outcome out = privileged(guest);

	if (!outcome_good(&out))
		return out;
	if (!adjust_input_good(guest, va, rcx, rdx))
		return outcome_code(RMP_FAIL_INPUT, RMP_RULE_INPUT);
	if (target_of(rdx) <= guest->vmpl)
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_TARGET_VMPL);
	return out;
}

static struct rmp_outcome adjust_entry(struct rmp_entry *entry,
				       const struct rmp_guest *guest,
				       uint64_t rdx)
{
	if (mask_of(rdx) & ~entry->perms[guest->vmpl])
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_MASK);
	entry->perms[target_of(rdx)] = mask_of(rdx);
	if (guest->vmpl == 0)
		entry->vmsa = (rdx & RMP_RDX_VMSA) != 0;
	return outcome_ok();
}

struct rmp_outcome rmp_rmpadjust(struct rmp *rmp, const struct rmp_guest *guest,
				 const struct rmp_place *place, uint64_t rcx,
				 uint64_t rdx)
{
	struct rmp_outcome out = owned(rmp, guest, place);
	struct rmp_entry *entry;

	if (!outcome_good(&out))
		return out;
	entry = rmp_entry_of(rmp, place->spa);
	if (wants_split(entry, place, rcx))
		return size_fault();
	if (!entry->validated)
		return outcome_exit(RMP_EXIT_VC, RMP_RULE_NOT_VALIDATED);
	out = large_request(entry, place, rcx);
	if (!outcome_good(&out))
		return out;
	if (entry->in_use)
		return outcome_code(RMP_FAIL_INUSE, RMP_RULE_IN_USE);
	return adjust_entry(entry, guest, rdx);
}

/* ------------------------------------------------------ RMPUPDATE, PSMASH */

struct rmp_outcome rmp_host_insn_check(const struct rmp_guest *guest)
{
	struct rmp_outcome out = privileged(guest);

	if (!outcome_good(&out))
		return out;
	return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_NONE);
}

/* --------------------------------------------------------------- RMPQUERY */

struct rmp_outcome rmp_rmpquery_check(const struct rmp_guest *guest,
				      uint64_t rdx)
{
	struct rmp_outcome out = privileged(guest);

	if (!outcome_good(&out))
		return out;
	if (target_of(rdx) >= RMP_VMPLS || target_of(rdx) < guest->vmpl)
		return outcome_code(RMP_FAIL_PERMISSION, RMP_RULE_TARGET_VMPL);
	return out;
}

struct rmp_outcome rmp_rmpquery(const struct rmp *rmp,
				const struct rmp_guest *guest,
				const struct rmp_place *place, uint64_t *rdx,
				uint64_t *rcx)
{
	struct rmp_outcome out = owned(rmp, guest, place);
	const struct rmp_entry *entry;
	uint64_t mask;

	if (!outcome_good(&out))
		return out;
	entry = rmp_entry_of(rmp, place->spa);
	if (!entry->validated)
		return outcome_exit(RMP_EXIT_VC, RMP_RULE_NOT_VALIDATED);
	mask = entry->perms[target_of(*rdx)];
	*rdx = target_of(*rdx) | mask << RMP_RDX_PERMS_SHIFT;
	if (entry->vmsa)
		*rdx |= RMP_RDX_VMSA;
	*rcx = entry->size;
	return out;
}
