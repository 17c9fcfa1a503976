/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Keys that a test knows, to be loaded into a TPM. Their private parts are
 * kept as complements, so that a search of the process finds only what the
 * TPM left.
 */
#ifndef UNIT_ATTEST_KEYS_H
#define UNIT_ATTEST_KEYS_H

#include <stdint.h>

#include "tpm.h"

enum key_kind { KEY_AES_CBC, KEY_AES_CFB, KEY_AES_OFB, KEY_AES_CTR, KEY_HMAC,
	KEY_P256, KEY_RSA1024, KEY_KINDS };

/** TPM2_LoadExternal; its code, and in @p handle the key. */
uint32_t key_load(struct tpm *t, enum key_kind kind, uint32_t *handle);

/** A command that uses its private part; its code. */
uint32_t key_use(struct tpm *t, enum key_kind kind, uint32_t handle);

/** Sixteen bytes of the private part, as their complement. */
const uint8_t *key_complement(enum key_kind kind);

#endif
