/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the files of the RMP model share. */
#ifndef SNPEMU_MODEL_RMP_INTERNAL_H
#define SNPEMU_MODEL_RMP_INTERNAL_H

#include "rmp.h"

static inline uint64_t page_of(uint64_t addr)
{
	return addr & ~(RMP_PAGE_BYTES - 1);
}

static inline uint64_t large_of(uint64_t addr)
{
	return addr & ~(RMP_LARGE_BYTES - 1);
}

static inline bool large_aligned(uint64_t addr)
{
	return (addr & (RMP_LARGE_BYTES - 1)) == 0;
}

/** The page's own entry, whatever the size of the page it belongs to. */
static inline struct rmp_entry *rmp_raw(const struct rmp *rmp, uint64_t spa)
{
	return &rmp->entry[spa / RMP_PAGE_BYTES];
}

static inline struct rmp_outcome outcome_ok(void)
{
	return (struct rmp_outcome){ .exit = RMP_EXIT_NONE };
}

static inline struct rmp_outcome outcome_code(enum rmp_code code,
					      enum rmp_rule rule)
{
	return (struct rmp_outcome){ .code = code, .rule = rule };
}

static inline struct rmp_outcome outcome_exit(enum rmp_exit exit,
					      enum rmp_rule rule)
{
	return (struct rmp_outcome){ .exit = exit, .rule = rule };
}

static inline struct rmp_outcome outcome_npf(enum rmp_rule rule,
					     uint64_t exitinfo1)
{
	return (struct rmp_outcome){ .exit = RMP_EXIT_NPF, .rule = rule,
				     .exitinfo1 = exitinfo1 };
}

static inline bool outcome_good(const struct rmp_outcome *out)
{
	return out->exit == RMP_EXIT_NONE && out->code == RMP_SUCCESS;
}

/**
 * Is the page this guest's, at this guest address, and mutable? Validation,
 * size and permissions are other questions.
 *
 * @return RMP_RULE_NONE, or the rule that it breaks.
 */
enum rmp_rule rmp_ownership(const struct rmp *rmp, uint32_t asid,
			    const struct rmp_place *place);

/** Give an entry the permissions of a page that has just been assigned. */
void rmp_reset_perms(struct rmp_entry *entry);

/** Is any of the 512 pages around @p spa the VMSA of a running vCPU? */
bool rmp_large_in_use(const struct rmp *rmp, uint64_t spa);

#endif
