/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM beside the distribution's shared libtpms, which is linked with
 * OpenSSL, or beside the one that the build has made of another libtpms. They
 * have the same seeds: one starts with the storage that the other one wrote.
 */
#ifndef UNIT_ATTEST_SIDES_H
#define UNIT_ATTEST_SIDES_H

#include "tpm.h"

extern struct tpm ours;
extern struct tpm theirs;

void sides_setup(void);
void sides_teardown(void);

/** The command that was built for us, on both: the same answer. */
void same(uint32_t want);

/** The same code, whatever it is, and as many bytes. */
uint32_t agree(void);

/** The end of a command that makes a primary key: the same one in both. Its
 *  handle. */
uint32_t same_primary(void);

uint32_t same_ecc(unsigned curve, uint32_t attributes);
uint32_t same_rsa(unsigned bits, uint32_t attributes);

void flush_both(uint32_t key);

/** What TPM2_Create gives, to load it again: private and public area; or what
 *  TPM2_ContextSave or TPM2_MakeCredential gives. */
struct blob {
	unsigned char bytes[2000];
	size_t len;
};

#endif
