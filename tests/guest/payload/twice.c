/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host has two pages for one address. The SVSM sees another page when it
 * rescinds, so that both may become valid, one with a VMSA that it accepts and
 * one with a VMSA of VMPL0; then it judges the one and marks the other.
 */
#include <svsm/abi/svsm.h>

#include "svsm.h"
#include "takeover.h"
#include "vmsa.h"

unsigned payload_main(void);

enum failure { NOT_PREPARED = 1 };

unsigned payload_main(void)
{
	volatile struct svsm_abi_vmsa *vmsa =
		(volatile struct svsm_abi_vmsa *)TARGET;
	uint64_t result;

	if (!takeover_prepare())
		return NOT_PREPARED;
	result = takeover_pvalidate(TARGET | SVSM_PVALIDATE_IGNORE_CF);
	takeover_say("rescind", result);
	result = takeover_pvalidate(TARGET | SVSM_PVALIDATE_VALID);
	takeover_say("validate", result);
	if (result != SVSM_SUCCESS)
		return 0;
	takeover_write_vmsa();
	vmsa->vmpl = 0;
	result = takeover_call(SVSM_CORE_CREATE_VCPU, TARGET, TARGET_CA, 2);
	takeover_say("create", result);
	return result == SVSM_SUCCESS ? takeover_try(2) : 0;
}
