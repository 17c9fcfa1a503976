/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM and another libtpms, side by side: see sides.h.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "sides.h"

static struct tpm_library shared;
struct tpm ours;
struct tpm theirs;

static void find(void *library, const char *name, void *out)
{
	void *symbol = dlsym(library, name);

	ck_assert_msg(symbol != NULL, "libtpms has no %s", name);
	memcpy(out, &symbol, sizeof(symbol));
}

static void load_shared(void)
{
	const char *name = getenv("SVSM_TEST_LIBTPMS");
	void *library = dlopen(name ? name : "libtpms.so.0",
		RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(library != NULL, "%s", dlerror());
	find(library, "TPMLIB_ChooseTPMVersion", &shared.choose);
	find(library, "TPMLIB_RegisterCallbacks", &shared.callbacks);
	find(library, "TPMLIB_MainInit", &shared.init);
	find(library, "TPMLIB_Process", &shared.process);
	find(library, "TPMLIB_Terminate", &shared.terminate);
	find(library, "TPMLIB_GetState", &shared.get_state);
	find(library, "TPMLIB_SetState", &shared.set_state);
	ck_assert(shared.process != tpm_linked.process);
}

void sides_setup(void)
{
	load_shared();
	tpm_nv_len = 0;
	ck_assert_uint_eq(tpm_start(&ours, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_start(&theirs, &shared), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&ours), 0);
	ck_assert_uint_eq(tpm_power_on(&theirs), 0);
}

void sides_teardown(void)
{
	tpm_stop(&ours);
	tpm_stop(&theirs);
}

uint32_t agree(void)
{
	uint32_t code;

	memcpy(theirs.command, ours.command, ours.len);
	theirs.len = ours.len;
	code = tpm_run(&ours);
	ck_assert_uint_eq(tpm_run(&theirs), code);
	ck_assert_uint_eq(ours.rlen, theirs.rlen);
	return code;
}

void same(uint32_t want)
{
	ck_assert_uint_eq(agree(), want);
	ck_assert_mem_eq(ours.response, theirs.response, ours.rlen);
}

uint32_t same_primary(void)
{
	tpm_u16(&ours, 0);
	tpm_u32(&ours, 0);
	same(0);
	return tpm_get32(&ours, 10);
}

uint32_t same_ecc(unsigned curve, uint32_t attributes)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_template_ecc(&ours, curve, attributes);
	return same_primary();
}

uint32_t same_rsa(unsigned bits, uint32_t attributes)
{
	tpm_primary_begin(&ours, TPM_OWNER);
	tpm_template_rsa(&ours, bits, attributes);
	return same_primary();
}

void flush_both(uint32_t key)
{
	ck_assert_uint_eq(tpm_flush(&ours, key), 0);
	ck_assert_uint_eq(tpm_flush(&theirs, key), 0);
}
