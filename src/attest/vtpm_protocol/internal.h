/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the files of this folder share: the checks, apart from all effects, and
 * who waits for what.
 */
#ifndef SVSM_VTPM_PROTOCOL_INTERNAL_H
#define SVSM_VTPM_PROTOCOL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/svsm.h>
#include <svsm/abi/vtpm.h>
#include <svsm/vcpu.h>

/**
 * By vCPU: the command that was begun for it, and to which INCOMPLETE is all
 * that it has heard. If the cell does not know it any more when the vCPU comes
 * back, others have carried it to its end; begun anew, it would be carried out
 * twice. A record is written by its own vCPU's calls only.
 */
extern struct vtpm_unfinished {
	uint64_t who;
	uint64_t gpa;
} vtpm_unfinished[SVSM_VCPUS];

/** What QUERY says. */
#define VTPM_COMMANDS	(1ull << SVSM_VTPM_SEND_COMMAND)

/** May this be passed on? `size` bytes then follow it in the buffer. */
/*@ requires \valid_read(request);
  assigns \nothing;
  ensures request->command >= 64 ==> \result == SVSM_ERR_INVALID_PARAMETER;
  ensures request->command < 64 && request->command != 8 ==>
    \result == SVSM_ERR_UNSUPPORTED_CALL;
  ensures request->command == 8 && request->locality == 0 &&
    10 <= request->size <= 4096 - 9 ==> \result == SVSM_SUCCESS;
  ensures request->command == 8 && (request->locality != 0 ||
    request->size < 10 || request->size > 4096 - 9) ==>
    \result == SVSM_ERR_INVALID_PARAMETER; */
svsm_result_t vtpm_request_check(const struct svsm_abi_vtpm_request *request);

/** Is this a response of a TPM, all of it, and does the buffer hold it?
 *  @param said  Its length by its own header. */
/*@ assigns \nothing;
  ensures \result <==> 10 <= len <= 4096 - 4 && len == said; */
bool vtpm_response_check(size_t len, uint32_t said);

#endif
