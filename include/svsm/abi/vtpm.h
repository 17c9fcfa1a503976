/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The vTPM protocol as a guest sees it, and what the SVSM asks of the TPM's
 * cell. Layouts and numbers only.
 *
 * Spec: [SVSM] vTPM protocol.
 */
#ifndef SVSM_ABI_VTPM_H
#define SVSM_ABI_VTPM_H

#include <stdint.h>

enum svsm_abi_vtpm_call {
	/** RCX: platform commands that there are, a bit each. RDX: features,
	 *  none is defined. */
	SVSM_VTPM_QUERY = 0,
	/** RCX: GPA of a buffer of SVSM_VTPM_BUFFER bytes. */
	SVSM_VTPM_CMD = 1,
};

/** Request and response share a buffer of this many bytes. */
#define SVSM_VTPM_BUFFER	4096u

/** Platform commands, by the numbers of TCG's TPM simulator. */
#define SVSM_VTPM_SEND_COMMAND	8u
/** Those that QUERY can name: one bit each. */
#define SVSM_VTPM_PLATFORM_COMMANDS	64u

/** Head of a SEND_COMMAND; `size` bytes of a TPM command follow. */
struct svsm_abi_vtpm_request {
	uint32_t command;		/* 0 SVSM_VTPM_SEND_COMMAND */
	uint8_t locality;		/* 4 must be 0 */
	uint32_t size;			/* 5 bytes */
} __attribute__((packed));

/** Head of its response; `size` bytes of a TPM response follow. */
struct svsm_abi_vtpm_response {
	uint32_t size;			/* 0 bytes */
};

/** Tag, length and code: every TPM command and every response begins so. */
#define SVSM_VTPM_TPM_HEADER	10u
/** The longest TPM command, and the longest response, that the buffer holds. */
#define SVSM_VTPM_COMMAND_MAX						\
	(SVSM_VTPM_BUFFER - sizeof(struct svsm_abi_vtpm_request))
#define SVSM_VTPM_RESPONSE_MAX						\
	(SVSM_VTPM_BUFFER - sizeof(struct svsm_abi_vtpm_response))

/**
 * The one function of the TPM's cell. Request: a TPM command, nothing else,
 * SVSM_VTPM_TPM_HEADER to SVSM_VTPM_COMMAND_MAX bytes. Reply: the TPM's
 * response, nothing else, up to SVSM_VTPM_RESPONSE_MAX bytes. A command whose
 * own length says something else is answered by the TPM.
 */
#define VTPM_COMMAND		1u

/** What the TPM's cell keeps, by the slot of its storage. */
enum svsm_vtpm_slot {
	/** Seeds, hierarchies, NV indices: what a TPM never forgets. */
	SVSM_VTPM_PERMANENT = 0,
	/** PCRs, sessions, loaded objects: what a TPM forgets when it has no
	 *  power, but not because its program ended. */
	SVSM_VTPM_VOLATILE = 1,
	/** Commands since that was written, the first slot of several. They go
	 *  with it. */
	SVSM_VTPM_NOTES = 2,
};
#define SVSM_VTPM_NOTES_SLOTS	8u
#define SVSM_VTPM_SLOTS		(SVSM_VTPM_NOTES + SVSM_VTPM_NOTES_SLOTS)

_Static_assert(sizeof(struct svsm_abi_vtpm_request) == 9, "[SVSM] vTPM CMD");
_Static_assert(sizeof(struct svsm_abi_vtpm_response) == 4, "[SVSM] vTPM CMD");

#endif
