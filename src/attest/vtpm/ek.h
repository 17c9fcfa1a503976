/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Endorsement keys, at the handles where everybody looks for them.
 */
#ifndef VTPM_EK_H
#define VTPM_EK_H

#include <stddef.h>
#include <stdint.h>

/** The keys of TCG's templates L-1 (RSA-2048) and L-2 (P-256). */
#define VTPM_EK_RSA	0x81010001u
#define VTPM_EK_ECC	0x81010002u

/**
 * Make the endorsement keys that a command is about, those that are not there.
 * Before it is carried out; this takes as long as an RSA key.
 *
 * About one is what has its handle as the first or the second, and who lists
 * the handles from it on. Where the TPM refuses to make one (an owner with a
 * password, no room) it stays away, and the command is answered as by a TPM
 * without it.
 *
 * Spec: [TCGEK] B.3.3, B.3.4.
 */
void vtpm_ek_provide(const uint8_t *command, size_t len);

#endif
