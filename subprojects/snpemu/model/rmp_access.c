/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The check that every memory access goes through. */
#include "rmp_internal.h"

static bool is_write(enum rmp_kind kind)
{
	return kind == RMP_WRITE || kind == RMP_WALK_UPDATE ||
	       kind == RMP_SSS_WRITE;
}

static bool is_walk(enum rmp_kind kind)
{
	return kind == RMP_WALK || kind == RMP_WALK_UPDATE;
}

/* Fetches and page walks are private whatever the C-bit says. */
static bool is_private(const struct rmp_access *access)
{
	return access->private || access->kind == RMP_FETCH ||
	       is_walk(access->kind);
}

static uint64_t exitinfo1(const struct rmp_access *access)
{
	uint64_t info = RMP_NPF_PRESENT | RMP_NPF_USER | RMP_NPF_RMP;

	info |= is_walk(access->kind) ? RMP_NPF_WALK : RMP_NPF_FINAL;
	if (is_write(access->kind))
		info |= RMP_NPF_WRITE;
	if (access->kind == RMP_FETCH)
		info |= RMP_NPF_FETCH;
	if (access->who == RMP_WHO_SNP_GUEST && is_private(access))
		info |= RMP_NPF_ENCRYPTED;
	return info;
}

/* For a 2 MiB mapping all of its pages must be the hypervisor's. */
static bool hypervisor_owned(const struct rmp *rmp,
			     const struct rmp_place *place)
{
	uint64_t spa = page_of(place->spa), pages = 1;

	if (place->npt_size == RMP_2M) {
		spa = large_of(spa);
		pages = RMP_LARGE_PAGES;
	}
	for (; pages != 0; pages--, spa += RMP_PAGE_BYTES)
		if (rmp_covers(rmp, spa) && rmp_raw(rmp, spa)->assigned)
			return false;
	return true;
}

static struct rmp_outcome check_host(const struct rmp *rmp,
				     const struct rmp_access *access)
{
	if (!is_write(access->kind) && !is_walk(access->kind))
		return outcome_ok();
	if (hypervisor_owned(rmp, &access->place))
		return outcome_ok();
	return outcome_exit(RMP_EXIT_PF, RMP_RULE_SHARED_WRITE);
}

static struct rmp_outcome check_shared(const struct rmp *rmp,
				       const struct rmp_access *access)
{
	if (!is_write(access->kind) && !is_walk(access->kind))
		return outcome_ok();
	if (hypervisor_owned(rmp, &access->place))
		return outcome_ok();
	return outcome_npf(RMP_RULE_SHARED_WRITE, exitinfo1(access));
}

uint8_t rmp_perms_needed(enum rmp_kind kind, unsigned cpl)
{
	switch (kind) {
	case RMP_READ:
	case RMP_WALK:
		return RMP_PERM_READ;
	case RMP_WRITE:
	case RMP_WALK_UPDATE:
		return RMP_PERM_READ | RMP_PERM_WRITE;
	case RMP_FETCH:
		return cpl == 3 ? RMP_PERM_EXEC_USER : RMP_PERM_EXEC_SUPER;
	case RMP_SSS_READ:
		return RMP_PERM_READ | RMP_PERM_SSS;
	case RMP_SSS_WRITE:
		return RMP_PERM_READ | RMP_PERM_WRITE | RMP_PERM_SSS;
	}
	return 0xff;
}

/* Names the permission that is missing most plainly. */
static enum rmp_rule missing_rule(uint8_t mask, uint8_t missing)
{
	if (missing & RMP_PERM_EXEC_USER)
		return RMP_RULE_VMPL_EXEC_USER;
	if (missing & RMP_PERM_EXEC_SUPER)
		return RMP_RULE_VMPL_EXEC_SUPER;
	if ((missing & RMP_PERM_READ) && (mask & RMP_PERM_WRITE))
		return RMP_RULE_VMPL_WRITE_ONLY;
	if (missing & RMP_PERM_WRITE)
		return RMP_RULE_VMPL_WRITE;
	if (missing & RMP_PERM_READ)
		return RMP_RULE_VMPL_READ;
	return RMP_RULE_VMPL_SSS;
}

static struct rmp_outcome check_vmpl(const struct rmp_entry *entry,
				     const struct rmp_access *access)
{
	uint8_t mask = entry->perms[access->guest.vmpl];
	uint8_t missing = rmp_perms_needed(access->kind, access->guest.cpl) &
			  (uint8_t)~mask;
	uint64_t info = exitinfo1(access) | RMP_NPF_VMPL;

	if (!missing)
		return outcome_ok();
	if (missing & RMP_PERM_SSS)
		info |= RMP_NPF_SSS;
	return outcome_npf(missing_rule(mask, missing), info);
}

static struct rmp_outcome check_private(const struct rmp *rmp,
					const struct rmp_access *access)
{
	enum rmp_rule rule = rmp_ownership(rmp, access->guest.asid,
					   &access->place);
	const struct rmp_entry *entry = rmp_entry_of(rmp, access->place.spa);
	struct rmp_outcome out;

	if (rule != RMP_RULE_NONE)
		return outcome_npf(rule, exitinfo1(access));
	if (entry->size != access->place.npt_size)
		return outcome_npf(RMP_RULE_SIZE, exitinfo1(access));
	if (!entry->validated)
		return outcome_exit(RMP_EXIT_VC, RMP_RULE_NOT_VALIDATED);
	out = check_vmpl(entry, access);
	if (outcome_good(&out) && entry->in_use && is_write(access->kind))
		return outcome_exit(RMP_EXIT_RETRY, RMP_RULE_IN_USE);
	return out;
}

struct rmp_outcome rmp_check(const struct rmp *rmp,
			     const struct rmp_access *access)
{
	if (access->who == RMP_WHO_HOST)
		return check_host(rmp, access);
	if (access->who == RMP_WHO_SNP_GUEST && is_private(access))
		return check_private(rmp, access);
	return check_shared(rmp, access);
}
