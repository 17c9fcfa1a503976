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
		0x3f39d5c348e5b79d, 0xa9f51566bd6705f7, 0xf67ab10ad4e4c531,
		0x333e0a1e27815d0c, 0x44bd7ae60f478fae, 0xa83dd0ccbffe39d0,
		0x6da43b944e494e88, 0x86be9a55762d316a, 0x72dfcfb0c470ac25,
		0x08f271887ce94707, 0x8ce86a6ae65d3692, 0xc4694f2e93d5c4e7,
		0x5c62e091b8c0565f, 0x4ae81572f06e1b88, 0x8c2574892063f995,
		0x8de0b3c47f112c59, 0xe632b7095b0bf32c, 0xa25513c7e0f6eaa8,
		0xde5a6f78116eca62, 0xfcb5f40df9be6bae, 0x4b68ab3847feda7d,
		0x18f5384d58bcb1bb, 0xbbeebd879e1dff69, 0x245843abef9e72e7,
		0xa9253dc8529dd214, 0xcfae0d4248f7142f, 0x74cd9ef9c7e15f57,
		0xd2e2adf7177b7a8a, 0x8d33f520a3c4cef8, 0xca978112ca1bbdca,
		0x3e23e8160039594a, 0x2e7d2c03a9507ae2, 0x18ac3e7343f01689,
		0x3f79bb7b435b0532, 0x252f10c83610ebca, 0xcd0aa9856147b6c5,
		0xaaa9402664f1a41f, 0xde7d1b721a1e0632, 0x189f40034be7a199,
		0x8254c329a92850f6, 0xacac86c0e609ca90, 0x62c66a7a5dd70c31,
		0x1b16b1df538ba12d, 0x65c74c15a686187b, 0x148de9c5a7a44d19,
		0x8e35c2cd3bf6641b, 0x454349e422f05297, 0x043a718774c572bd,
		0xe3b98a4da31a127d, 0x0bfe935e70c321c7, 0x4c94485e0c21ae6c,
		0x50e721e49c013f00, 0x2d711642b726b044, 0xa1fce4363854ff88,
		0x594e519ae499312b, 0x021fb596db81e6d0, 0xcbe5cfdf7c2118a9,
		0xd10b36aa74a59bcf, 0x7ace431cb61584cb, 0x620bfdaa346b088f,
		0x76be8b528d0075f7,
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
