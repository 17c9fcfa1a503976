/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a TPM has to answer, known beforehand.
 */
#include "tpm.h"

uint64_t hash_of(unsigned i)
{
	static const uint64_t digest[] = {
		0x559aead08264d579, 0xdf7e70e5021544f4, 0x6b23c0d5f35d1b11,
		0x3f39d5c348e5b79d,
	};

	return digest[i];
}

static const uint64_t pcr_sha1[] = {
	0x5f420e04958b2e3f, 0x99d9492c67aaeffd,
};
static const uint64_t pcr_sha256[] = {
	0x0b8f4c5b6adc4c08, 0x176b792342850412,
};

uint64_t measured_pcr(void)
{
	return pcr_sha256[0];
}

/* The digest of a response to PCR_Read begins at 30. */
static void expect_pcr(struct verdict *v, enum hash hash, unsigned len,
		       const uint64_t *digest)
{
	put_pcr_read(BUFFER, hash);
	expect_code(v, BUFFER, 0);
	expect(v, get16(BUFFER, 28), len);
	expect(v, get64(BUFFER, 30), digest[0]);
	expect(v, get64(BUFFER, 30 + len - 8), digest[1]);
}

void expect_pcrs(struct verdict *v)
{
	expect_pcr(v, SHA1, 20, pcr_sha1);
	expect_pcr(v, SHA256, 32, pcr_sha256);
}
