/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What most tests begin with: see tpm.h.
 */
#include <check.h>

#include "tpm.h"

void tpm_new(struct tpm *t)
{
	tpm_nv_len = 0;
	ck_assert_uint_eq(tpm_start(t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(t), 0);
}
