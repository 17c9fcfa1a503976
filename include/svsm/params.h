/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the host says about the machine: memory and CPUs. All of it is hostile
 * until it has passed here.
 */
#ifndef SVSM_PARAMS_H
#define SVSM_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/status.h>

/** Most CPUs; what an image declares is at most this. */
#define SVSM_PARAMS_CPUS	64u
/** Most ranges of memory, after neighbours were joined. */
#define SVSM_PARAMS_RANGES	32u

/** Checked and copied; nothing of the host's pages is read again. */
struct svsm_params {
	uint32_t apic_id[SVSM_PARAMS_CPUS];	/* no two equal */
	unsigned cpus;				/* at least 1 */
	struct svsm_range memory[SVSM_PARAMS_RANGES]; /* sorted, apart */
	unsigned ranges;			/* at least 1 */
	bool starts_shared;	/* memory needs a page state change first */
	bool cpus_capped;	/* the host has more CPUs than we take */
};

/** Where the host's words are and what bounds them. */
struct svsm_params_source {
	const void *general;		/* struct svsm_abi_igvm_general */
	const void *memory_map;
	size_t memory_map_len;		/* bytes of the place */
	const void *madt;		/* NULL or no table: IDs 0.. are used */
	size_t madt_len;
	struct svsm_range region;	/* ours */
	struct svsm_range launched[2];	/* validated, too: startup VMSA,
					 * firmware; empty: there is none */
	uint64_t gpa_limit;		/* first address above the GPA width */
	unsigned max_cpus;		/* 1..SVSM_PARAMS_CPUS */
};

/** Why input was refused. */
struct svsm_refusal {
	const char *what;	/* constant text */
	uint64_t where;		/* entry number, or byte offset: see what */
};

/**
 * Read memory map, CPU count and CPU list.
 *
 * Memory map: entries sorted, not overlapping, not wrapping, below the limit,
 * ended by an empty entry, at least one page of memory. An entry that begins
 * or ends inside the region is refused; one that covers all of it (as the host
 * must describe one piece of RAM) or is apart is fine. The region is never
 * part of the result's use: svsm_guest_init() takes it out. Outside of it no
 * memory can be where the launch has validated pages.
 *
 * CPU list: at most max_cpus are taken, the rest is reported in cpus_capped;
 * equal or reserved APIC IDs, and structures that do not fit, are refused.
 *
 * @retval SVSM_OK       @p out is complete.
 * @retval SVSM_EFORMAT  @p why says what and where; terminate with it.
 *
 * Context: pure. The pages are private: the host cannot change them any more.
 */
SVSM_CHECKED enum svsm_status
svsm_params_read(const struct svsm_params_source *source,
		 struct svsm_params *out, struct svsm_refusal *why);

/** The two parts, on their own. */
SVSM_CHECKED enum svsm_status
svsm_params_memory(const struct svsm_params_source *source,
		   struct svsm_params *out, struct svsm_refusal *why);
SVSM_CHECKED enum svsm_status
svsm_params_cpus(const struct svsm_params_source *source,
		 struct svsm_params *out, struct svsm_refusal *why);

/** Is this one of the machine's CPUs? */
bool svsm_params_has_cpu(const struct svsm_params *params, uint32_t apic_id);

#endif
