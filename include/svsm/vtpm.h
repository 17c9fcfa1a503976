/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's TPM 2.0: the vTPM protocol (2, version 1) in front of a cell
 * that is the TPM. docs/vtpm.md has the picture.
 */
#ifndef SVSM_VTPM_H
#define SVSM_VTPM_H

#include <svsm/abi/vtpm.h>
#include <svsm/cell.h>
#include <svsm/protocol.h>

/**
 * QUERY and CMD.
 *
 * QUERY names SEND_COMMAND, or nothing if no TPM was started, and no feature.
 *
 * CMD. Registers first, then the cell is taken, and only then the buffer is
 * looked at:
 *   - RCX 0: INVALID_PARAMETER. 4096 bytes from RCX on that wrap, or are not
 *     all the guest's (a calling area, a VMSA, memory of the SVSM, a hole, a
 *     page that is not validated): INVALID_ADDRESS, and nothing is written.
 *     RCX need not be aligned. All 4096 bytes are written, whatever the
 *     response's size: Linux and OVMF (both read in 2026) give a whole page.
 *   - A platform command that QUERY does not name: UNSUPPORTED_CALL; a number
 *     for which it has no bit (64 and above): INVALID_PARAMETER.
 *   - A locality but 0, a size below 10 or above 4087: INVALID_PARAMETER.
 *   - What the TPM does not like the TPM answers; the call is a success.
 *
 * Head and command are copied once each, and each byte of them once. Of the
 * buffer's bytes after the call, each is the response's, or zero: also those
 * behind the response.
 *
 * A command that takes longer than the cell's slice (struct svsm_cell_config)
 * is INCOMPLETE. The same call of the same vCPU goes on with it: same RCX,
 * while what the buffer says does not matter any more. That vCPU's next CMD
 * with another RCX, and other vCPUs' after the cell's patience, take it that
 * nobody waits for the response: they carry the command to its end first
 * (INCOMPLETE), and the response is dropped. Until then the TPM is BUSY for
 * other vCPUs. Linux and OVMF repeat a call on both.
 *
 * A buffer that is not the guest's any more when the response is due:
 * INVALID_ADDRESS, and the command has been carried out. A vCPU that was
 * deleted and created again is another one.
 *
 * INVALID_REQUEST: the TPM has died, or has replied with what is no response
 * of a TPM. It is started again if its configuration says so.
 *
 * Context: as struct svsm_protocol. A call runs the cell for a slice at most.
 * Trust:   RCX and the buffer are the guest's, the reply is the cell's: none
 *          is believed.
 * Spec:    [SVSM] vTPM protocol.
 */
extern const struct svsm_protocol svsm_vtpm_protocol;

/** The cell that answers; EMPTY before svsm_vtpm_start(). */
extern struct svsm_cell svsm_vtpm_cell;

/**
 * Start the TPM.
 *
 * @param store  What the TPM keeps, kept for ever. NULL: in memory, so that it
 *               is lost with the VM.
 *
 * @retval others  As svsm_cell_start(). There is no TPM then: QUERY says so.
 *
 * Context: boot CPU, once.
 */
SVSM_CHECKED enum svsm_status svsm_vtpm_start(struct svsm_cell_store *store);

#endif
