/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM as its owner drives it: set up once, then command by command. What
 * it needs of the program around it is platform.h and nothing else, so a cell
 * and a process run the same.
 */
#ifndef VTPM_TPM_H
#define VTPM_TPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/status.h>

#include "command.h"

/**
 * Switch it on, before the first command.
 *
 *	storage                     the TPM
 *	nothing                     is made: new seeds. Without power so far
 *	permanent state             had no power: waits for TPM2_Startup
 *	permanent, volatile state   is as after the last command that was
 *	                            answered: PCRs, sessions and loaded objects
 *	                            are what they were
 *
 * So whoever empties SVSM_VTPM_VOLATILE takes the power from the TPM: only who
 * resets the VM may, and SVSM_VTPM_NOTES with it.
 *
 * @return False: the storage, or what is in it, is broken. There is no TPM.
 */
SVSM_CHECKED bool vtpm_start(void);

/**
 * Carry a command out, and keep what came of it. As vtpm_command() otherwise.
 *
 * Endorsement keys come into being here, see ek.h.
 *
 * The response may be let go: what it says is kept. Where that is not
 * possible the TPM ends, and the next start finds the state before.
 */
size_t vtpm_serve(uint8_t *command, size_t len,
	uint8_t response[VTPM_RESPONSE_BYTES]);

#endif
