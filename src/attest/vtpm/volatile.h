/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a TPM forgets when it has no power, but not because its program ended:
 * PCRs, sessions, loaded objects. It is kept after each command, as libtpms
 * writes it down. That takes three times as long as a PCR extend, of which a
 * boot makes hundreds: those are noted as they come instead, and are carried
 * out again on what was written down before them.
 *
 *	SVSM_VTPM_VOLATILE  | number | libtpms' volatile state |
 *	SVSM_VTPM_NOTES     | number of that state | commands ... |
 *
 * A state that is written gets a new number, and so nobody looks at the notes
 * before it any more.
 */
#ifndef VTPM_VOLATILE_H
#define VTPM_VOLATILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/status.h>

/**
 * Read it, before libtpms is initialised; where there is none, the TPM has had
 * no power so far.
 *
 * @return False: the storage, or what is in it, is broken.
 */
SVSM_CHECKED bool vtpm_volatile_load(void);

/**
 * libtpms' part of what was loaded, as libtpms wants it, with its checksum.
 *
 * @param data  Out: from TPM_Malloc(), libtpms frees it.
 *
 * @return False: there is none.
 */
bool vtpm_volatile_state(unsigned char **data, uint32_t *len);

/**
 * Carry out again what was carried out since that was written; libtpms has
 * been initialised with it.
 *
 * @return False: one did not come to the same. What was loaded is broken.
 */
SVSM_CHECKED bool vtpm_volatile_replay(void);

/**
 * Take note of a command before it changes anything.
 *
 * @param len  Bytes; any command of any length, most are not noted.
 */
void vtpm_volatile_note(const uint8_t *command, size_t len);

/**
 * Keep what is volatile now, after the command that was noted; where that is
 * not possible the TPM ends.
 *
 * @param response  Of the command.
 */
void vtpm_volatile_keep(const uint8_t *response);

/** Is it a command that may be carried out again? Pure. */
bool vtpm_is_repeatable(const uint8_t *command, size_t len);

#endif
