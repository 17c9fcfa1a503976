/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #VC: the exit code is the host's word, the instruction is ours to prove it.
 */
#include <svsm/vc.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct svsm_abi_cpuid_page page;
	static const struct svsm_cpuid cpuid = { &page, 0 };
	struct fuzz_input in = { data, len };
	uint64_t code = fuzz_u16(&in);
	struct svsm_vc_regs regs = { fuzz_u8(&in), 1, fuzz_u8(&in), 3, 1000 };
	struct svsm_vc_env env = { .cpuid = &cpuid };
	enum svsm_reason why = SVSM_REASON_DONE;
	size_t n = in.len < SVSM_INSN_MAX ? in.len : SVSM_INSN_MAX;
	uint8_t *bytes;

	in.len = n;
	bytes = fuzz_rest(&in);
	if (svsm_vc_handle(&env, code, bytes, n, &regs, &why) == SVSM_OK)
		FUZZ_REQUIRE(regs.rip == 1002u && n >= 2 && bytes[0] == 0x0f &&
			     bytes[1] == 0xa2);
	else
		FUZZ_REQUIRE(why != SVSM_REASON_DONE);
	free(bytes);
	return 0;
}
