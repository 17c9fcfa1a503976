/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The CPUID page, which the host fills in, and every question to it.
 */
#include <svsm/cpuid.h>

#include "fuzz.h"

static void ask(const struct svsm_cpuid *cpuid, struct fuzz_input *in)
{
	struct svsm_cpuid_env env = { .apic_id = fuzz_u8(in), .xcr0 = 1 };
	struct svsm_cpuid_regs regs;
	unsigned bits;
	char name[13];

	while (in->len) {
		uint32_t leaf = (uint32_t)fuzz_u64(in);

		env.osxsave = leaf & 0x100;
		svsm_cpuid_query(cpuid, &env, leaf, fuzz_u8(in), &regs);
	}
	if (svsm_cpuid_cbit(cpuid, &bits) == SVSM_OK)
		FUZZ_REQUIRE(bits < 64);
	if (svsm_cpuid_phys_bits(cpuid, &bits) == SVSM_OK)
		FUZZ_REQUIRE(bits >= 32 && bits <= 52);
	(void)svsm_xsave_size(svsm_cpuid_xcr0(cpuid));
	svsm_cpuid_vendor(cpuid, 0, name);
	FUZZ_REQUIRE(memchr(name, 0, sizeof(name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	struct svsm_abi_cpuid_page *page = calloc(1, sizeof(*page));
	struct svsm_cpuid cpuid = { 0 };
	const char *what = NULL;

	FUZZ_REQUIRE(page);
	fuzz_take(&in, page, sizeof(*page));
	if (svsm_cpuid_init(&cpuid, page, &what) == SVSM_OK)
		ask(&cpuid, &in);
	else
		FUZZ_REQUIRE(what);
	free(page);
	return 0;
}
