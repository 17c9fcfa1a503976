/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the guest's firmware (OVMF) below us.
 */
#ifndef SVSM_FIRMWARE_H
#define SVSM_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/cpuid.h>
#include <svsm/addr.h>
#include <svsm/guest.h>
#include <svsm/params.h>
#include <svsm/status.h>

/** The end of the image that holds GUID table and SEV metadata: four pages. */
#define SVSM_FIRMWARE_TAIL	0x4000u
/** Most ranges of memory the firmware may want validated. */
#define SVSM_FIRMWARE_RANGES	16u

/** What the metadata of an image ask for; ranges do not overlap. */
struct svsm_firmware_plan {
	struct svsm_range memory[SVSM_FIRMWARE_RANGES];	/* cleared pages */
	unsigned ranges;
	svsm_gpa_t secrets;		/* one page each */
	svsm_gpa_t cpuid;
	svsm_gpa_t ca;
	/** Where it looks for a memory map (of struct svsm_abi_igvm_memory),
	 *  inside one of the ranges; length 0: nowhere. */
	struct svsm_range map;
};

/**
 * Read the metadata.
 *
 * @param tail      The last @p tail_len bytes of the image: our copy.
 * @param image     Where the image is; it must end at 4 GiB, where the reset
 *                  vector is.
 * @param region    Ours: nothing may overlap it.
 *
 * @retval SVSM_EFORMAT  @p why says what, and where in the image (offset from
 *                       its end). No table, no SEV metadata, lengths that do
 *                       not add up, ranges that are unaligned, empty, overlap
 *                       each other, the image or the region; a page missing.
 *
 * Context: pure.
 */
SVSM_CHECKED enum svsm_status
svsm_firmware_parse(const void *tail, size_t tail_len,
		    const struct svsm_range *image,
		    const struct svsm_range *region,
		    struct svsm_firmware_plan *out, struct svsm_refusal *why);

/** What the launch needs; all of it ours. */
struct svsm_firmware {
	struct svsm_range image;	/* launched, measured, private */
	struct svsm_range region;
	const struct svsm_abi_cpuid_page *cpuid_page;	/* ours, checked */
	const void *secrets_page;	/* ours, with all keys */
	uint32_t apic_id;		/* of the startup vCPU */
};

/**
 * Start the firmware as the guest's startup vCPU on this CPU.
 *
 * Reads the metadata; makes the listed pages private, validates, clears and
 * grants them; gives the firmware a memory map without us, when we are in the
 * middle of memory and it looks for one; copies the CPUID page, and the secrets
 * page with the message keys of VMPLs above the guest's wiped and the SVSM's
 * fields set; grants the image; builds the VMSA at the reset vector, hands it
 * to the host and registers the vCPU. svsm_serve() then runs it.
 *
 * @retval SVSM_EFORMAT  The image has no usable metadata; see @p why.
 * @retval SVSM_EADDR    It wants pages that are not the guest's memory.
 * @retval SVSM_EHOST    The host refused a page or the vCPU.
 * @retval SVSM_ENOMEM   Out of pages or runs.
 *
 * After an error the guest cannot be started: terminate
 * (SVSM_REASON_FIRMWARE).
 *
 * Context: boot CPU, once, GHCB registered. Exits to the host.
 */
SVSM_CHECKED enum svsm_status
svsm_firmware_launch(struct svsm_guest *guest, const struct svsm_firmware *fw,
		     struct svsm_refusal *why);

#endif
