/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest: its memory, its vCPUs, what it may be.
 */
#ifndef SVSM_GUEST_H
#define SVSM_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/bitmap.h>
#include <svsm/own.h>
#include <svsm/page.h>
#include <svsm/params.h>
#include <svsm/status.h>
#include <svsm/vcpu.h>

/** Nodes that the ownership map begins with: 64 KiB. See struct svsm_own for
 *  "full". */
#define SVSM_GUEST_RUNS		4096u

/** Pages that the guest can have deposited at a time: 4 MiB. */
#define SVSM_DEPOSIT_PAGES	1024u
/** Pages of those that become nodes of the ownership map, at most. */
#define SVSM_GUEST_MORE_RUNS	16u
/** Nodes kept for deposits into a full map: two for a page. */
#define SVSM_DEPOSIT_SPARE	8u

/**
 * Pages that a call in progress has taken from the guest and not flushed yet,
 * seen as one range. Until then lower VMPLs may have translations of them, so
 * nobody validates one again.
 */
struct svsm_stale {
	struct svsm_stale *next;
	uint64_t start, end;
};

struct svsm_guest {
	struct svsm_own own;
	struct svsm_vcpus vcpus;
	const struct svsm_params *params;	/* known CPUs, memory */
	struct svsm_range firmware;	/* launched with us, to be granted */
	uint64_t sev_features;		/* of every VMSA of the guest */
	uint8_t vmpl;			/* 1..3 */
	struct svsm_stale *stale;	/* of all calls; under own's lock */
	struct {			/* under the ownership lock */
		char *start;		/* of the slots; NULL: no deposits */
		bool ready;		/* the pool knows them */
		bool flushing;		/* a deposit's pages are in flight */
		struct svsm_page_span span;
		struct svsm_own_node spare[SVSM_DEPOSIT_SPARE];
		uint64_t used[SVSM_BITMAP_WORDS(SVSM_DEPOSIT_PAGES)];
	} deposit;
};

/** The VM has one. */
extern struct svsm_guest svsm_guest;

/** What svsm_guest_init() needs to know. */
struct svsm_guest_config {
	struct svsm_range region;	/* the SVSM's own memory */
	struct svsm_range vmsa;		/* the page we were launched with */
	struct svsm_range firmware;	/* launched with us; empty: none */
	const struct svsm_params *params;	/* kept */
	uint64_t sev_features;
	uint8_t vmpl;
	struct svsm_own_node *runs;	/* storage of the ownership map, kept */
	size_t run_count;		/* 4 .. SVSM_GUEST_RUNS */
	void *deposits;			/* SVSM_DEPOSIT_PAGES of addresses for
					 * svsm_paging_map(); NULL: none */
};

/**
 * Make a guest that owns the memory of the memory map, nothing of it validated,
 * and no vCPU. What the launch has validated is ours whatever that map says:
 * region, startup VMSA, firmware.
 *
 * @retval SVSM_EINVAL  VMPL not 1..3, a range that is not pages, no such map.
 * @retval SVSM_ENOMEM  The memory map needs more runs than there are.
 *
 * Context: boot CPU, once.
 */
SVSM_CHECKED enum svsm_status
svsm_guest_init(struct svsm_guest *guest,
		const struct svsm_guest_config *config);

/**
 * Validate, clear and grant pages that the guest has at its start.
 *
 * @param range  Pages of INVALID; they are GUEST afterwards.
 *
 * @retval SVSM_EADDR   Not the guest's memory, validated before, or nothing
 *                      that a page table can show.
 * @retval SVSM_EHOST   An instruction refused.
 * @retval SVSM_ENOMEM  The ownership map is full.
 *
 * Context: the pages are private already (page state change done).
 */
SVSM_CHECKED enum svsm_status
svsm_guest_accept(struct svsm_guest *guest, const struct svsm_range *range);

/**
 * Give the guest pages of its firmware, whose content was launched and measured
 * with us: they are valid, and keep their content.
 *
 * @param range  Pages of the firmware, still ours; they are GUEST afterwards.
 *
 * @retval SVSM_EADDR   Other pages, or granted before.
 * @retval SVSM_EINVAL  No page table can show them.
 * @retval SVSM_EHOST   An instruction refused.
 * @retval SVSM_ENOMEM  The ownership map is full.
 */
SVSM_CHECKED enum svsm_status
svsm_guest_grant(struct svsm_guest *guest, const struct svsm_range *range);

#endif
