/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The secrets page, and the copy of it that a guest gets: without our key.
 */
#include <svsm/secrets.h>

#include "fuzz.h"

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n--)
		if (*bytes++)
			return false;
	return true;
}

static void copy(const struct svsm_abi_secrets *secrets, struct fuzz_input *in)
{
	struct svsm_secrets_svsm svsm = {
		.region = { { fuzz_u64(in) }, fuzz_u64(in) },
		.caa = { fuzz_u64(in) }, .max_version = fuzz_u8(in),
		.guest_vmpl = fuzz_u8(in),
	};
	static struct svsm_abi_secrets guests;
	uint8_t key[SVSM_VMPCK_BYTES];

	if (svsm_secrets_copy(&guests, secrets, &svsm) == SVSM_OK) {
		FUZZ_REQUIRE(svsm.guest_vmpl >= 1 && svsm.guest_vmpl <= 3);
		for (unsigned i = 0; i < svsm.guest_vmpl; i++)
			FUZZ_REQUIRE(is_zero(guests.vmpck[i], sizeof(key)));
	}
	if (svsm_secrets_vmpck(secrets, svsm.guest_vmpl, key) == SVSM_OK)
		FUZZ_REQUIRE(svsm.guest_vmpl <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct svsm_abi_secrets *secrets = malloc(sizeof(*secrets));

	FUZZ_REQUIRE(secrets);
	fuzz_take(&in, secrets, sizeof(*secrets));
	if (svsm_secrets_check(secrets) == SVSM_OK)
		copy(secrets, &in);
	svsm_secrets_wipe(secrets);
	FUZZ_REQUIRE(is_zero(secrets->vmpck[0], sizeof(secrets->vmpck)));
	free(secrets);
	return 0;
}
