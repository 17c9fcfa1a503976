/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/des.h>: the schedule is storage that only we look into.
 */
#ifndef VTPM_OPENSSL_DES_H
#define VTPM_OPENSSL_DES_H

typedef unsigned char DES_cblock[8];
typedef unsigned char const_DES_cblock[8];

typedef struct DES_ks {
	unsigned char raw[128];
} DES_key_schedule;

void DES_set_key_unchecked(const_DES_cblock *key, DES_key_schedule *out);
void DES_ecb3_encrypt(const_DES_cblock *in, DES_cblock *out,
	DES_key_schedule *k1, DES_key_schedule *k2, DES_key_schedule *k3,
	int enc);
int DES_random_key(DES_cblock *out);

#endif
