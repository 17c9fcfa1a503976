/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A TPM that dies and is started again: each of its lives is a process, which
 * has nothing of the one before but the storage.
 */
#ifndef UNIT_ATTEST_LIVES_H
#define UNIT_ATTEST_LIVES_H

#include "platform.h"
#include "tpm.h"

/** Exit status of a life in which the TPM did not start. */
#define LIVES_NO_START	3

/** vtpm_start() and vtpm_serve(), as the cell has them. */
extern const struct tpm_library tpm_served;

/** The TPM of the life that runs. */
extern struct tpm tpm_alive;

/** What a life tells the next ones. */
extern struct lives_note {
	unsigned char bytes[4096];
	uint32_t number;
} *lives_note;

/** Before each test: no storage, nothing noted. */
void lives_begin(void);

/** Start the TPM in a process and let it work until @p work returns, which is
 *  its death: it is not told. The process's exit status. */
int lives_end_of(void (*work)(void));

/** ... which has to be 0. */
void live(void (*work)(void));

/** Give the response code of the last command as exit status if it is another
 *  one; where, is on stderr. */
#define WANT(expression, code) lives_want(expression, code, __LINE__)
void lives_want(uint32_t got, uint32_t wanted, int line);

/** What most lives do; the response code. One extend is like another, of one
 *  PCR's SHA-256 value, which is @p value in the response. */
uint32_t lives_startup(unsigned type);
uint32_t lives_extend(void);
uint32_t lives_read_pcr(const unsigned char **value);
uint32_t lives_random(void);

bool lives_pcr_is(const unsigned char *wanted);

#endif
