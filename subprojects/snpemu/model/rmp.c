/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The table itself: look up, describe, and check what must always hold. */
#include "rmp_internal.h"

#include <string.h>

void rmp_init(struct rmp *rmp, struct rmp_entry *entries, uint64_t pages)
{
	memset(entries, 0, pages * sizeof(*entries));
	rmp->entry = entries;
	rmp->pages = pages;
}

bool rmp_covers(const struct rmp *rmp, uint64_t spa)
{
	return spa / RMP_PAGE_BYTES < rmp->pages;
}

struct rmp_entry *rmp_entry_of(const struct rmp *rmp, uint64_t spa)
{
	struct rmp_entry *first;

	if (!rmp_covers(rmp, spa))
		return NULL;
	first = rmp_raw(rmp, large_of(spa));
	return first->size == RMP_2M ? first : rmp_raw(rmp, spa);
}

/* In a 2 MiB page the guest and the system offset must agree as well. */
static bool gpa_matches(const struct rmp_entry *entry,
			const struct rmp_place *place)
{
	uint64_t offset = place->spa - large_of(place->spa);

	if (entry->size == RMP_2M)
		return page_of(place->gpa) == entry->gpa + page_of(offset);
	return page_of(place->gpa) == entry->gpa;
}

enum rmp_rule rmp_ownership(const struct rmp *rmp, uint32_t asid,
			    const struct rmp_place *place)
{
	const struct rmp_entry *entry = rmp_entry_of(rmp, place->spa);

	if (!entry)
		return RMP_RULE_NOT_COVERED;
	if (!entry->assigned)
		return RMP_RULE_NOT_ASSIGNED;
	if (entry->asid != asid || asid == 0)
		return RMP_RULE_ASID;
	if (!gpa_matches(entry, place))
		return RMP_RULE_GPA;
	if (entry->immutable)
		return RMP_RULE_IMMUTABLE;
	return RMP_RULE_NONE;
}

void rmp_reset_perms(struct rmp_entry *entry)
{
	memset(entry->perms, 0, sizeof(entry->perms));
	entry->perms[0] = RMP_PERM_ALL;
}

bool rmp_large_in_use(const struct rmp *rmp, uint64_t spa)
{
	const struct rmp_entry *entry = rmp_raw(rmp, large_of(spa));

	for (unsigned i = 0; i < RMP_LARGE_PAGES; i++)
		if (entry[i].in_use)
			return true;
	return false;
}

uint64_t rmp_count_validated(const struct rmp *rmp, uint32_t asid, uint64_t gpa)
{
	struct rmp_place place = { .gpa = gpa };
	uint64_t count = 0;

	for (uint64_t page = 0; page < rmp->pages; page++) {
		place.spa = page * RMP_PAGE_BYTES;
		if (rmp_ownership(rmp, asid, &place) == RMP_RULE_NONE &&
		    rmp_entry_of(rmp, place.spa)->validated)
			count++;
	}
	return count;
}

/* ------------------------------------------------------------- invariants */

static bool carries_nothing(const struct rmp_entry *entry)
{
	return entry->gpa == 0 && entry->asid == 0 && entry->size == RMP_4K &&
	       !entry->vmsa && !entry->validated && !entry->in_use;
}

static const char *hypervisor_breach(const struct rmp_entry *entry)
{
	return carries_nothing(entry) ? NULL :
		"a page of the hypervisor carries nothing";
}

static const char *guest_breach(const struct rmp_entry *entry)
{
	if (entry->perms[0] != RMP_PERM_ALL)
		return "VMPL0 has all permissions on a guest's page";
	if (entry->vmsa && entry->size != RMP_4K)
		return "a VMSA page is a 4 KiB page";
	if (entry->in_use && !entry->vmsa)
		return "only a VMSA page is in use";
	return NULL;
}

static const char *assigned_breach(const struct rmp_entry *entry)
{
	if (entry->gpa & (RMP_PAGE_BYTES - 1))
		return "the guest address is page aligned";
	if (entry->asid != 0)
		return guest_breach(entry);
	if (entry->validated)
		return "a validated page is a guest's";
	if (entry->in_use)
		return "only a guest's VMSA is in use";
	return NULL;
}

/* A 2 MiB page is checked as a whole, at its first entry. */
static const char *large_breach(const struct rmp *rmp, uint64_t page)
{
	const struct rmp_entry *entry = &rmp->entry[page];

	if (page % RMP_LARGE_PAGES != 0 ||
	    rmp->pages - page < RMP_LARGE_PAGES)
		return "a 2 MiB page is aligned and covered";
	if (!large_aligned(entry->gpa))
		return "the guest address of a 2 MiB page is 2 MiB aligned";
	for (unsigned i = 1; i < RMP_LARGE_PAGES; i++)
		if (!entry[i].assigned || entry[i].immutable ||
		    !carries_nothing(&entry[i]))
			return "followers of a 2 MiB page carry only ASSIGNED";
	return NULL;
}

static const char *page_breach(const struct rmp *rmp, uint64_t page)
{
	const struct rmp_entry *entry = &rmp->entry[page];
	const char *text;

	if (!entry->assigned)
		return hypervisor_breach(entry);
	if (entry->size == RMP_2M) {
		text = large_breach(rmp, page);
		if (text)
			return text;
	}
	return assigned_breach(entry);
}

bool rmp_check_invariants(const struct rmp *rmp, struct rmp_breach *breach)
{
	const char *text;

	for (uint64_t page = 0; page < rmp->pages; page++) {
		text = page_breach(rmp, page);
		if (text) {
			breach->page = page;
			breach->text = text;
			return false;
		}
		if (rmp->entry[page].size == RMP_2M)
			page += RMP_LARGE_PAGES - 1;
	}
	return true;
}
