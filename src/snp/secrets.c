/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The secrets page: check, keys, the guest's copy.
 */
#include <svsm/abi/snp.h>
#include <svsm/secrets.h>
#include <svsm/string.h>

/* Layouts that the specification has described so far. */
#define VERSION_MIN 2
#define VERSION_MAX 3

static bool is_clear(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint8_t sum = 0;

	while (n--)
		sum |= *p++;
	return sum == 0;
}

enum svsm_status svsm_secrets_check(const struct svsm_abi_secrets *secrets)
{
	if (secrets->version < VERSION_MIN || secrets->version > VERSION_MAX)
		return SVSM_EFORMAT;
	if (secrets->reserved_00c || secrets->svsm_base ||
			secrets->svsm_size || secrets->svsm_caa ||
			secrets->svsm_max_version || secrets->svsm_guest_vmpl)
		return SVSM_EFORMAT;
	if (!is_clear(secrets->reserved_15d, sizeof(secrets->reserved_15d)) ||
			!is_clear(secrets->reserved_164,
		      sizeof(secrets->reserved_164)))
		return SVSM_EFORMAT;
	return SVSM_OK;
}

enum svsm_status
svsm_secrets_vmpck(const struct svsm_abi_secrets *secrets, unsigned vmpl,
		uint8_t key[SVSM_VMPCK_BYTES])
{
	if (vmpl >= SVSM_VMPLS ||
			is_clear(secrets->vmpck[vmpl], SVSM_VMPCK_BYTES))
		return SVSM_ENOENT;
	memcpy(key, secrets->vmpck[vmpl], SVSM_VMPCK_BYTES);
	return SVSM_OK;
}

/* Field by field: what is more secret than the guest is never copied. */
static void copy_public(struct svsm_abi_secrets *copy,
		const struct svsm_abi_secrets *secrets)
{
	memset(copy, 0, sizeof(*copy));
	copy->version = secrets->version;
	copy->flags = secrets->flags;
	copy->fms = secrets->fms;
	memcpy(copy->gosvw, secrets->gosvw, sizeof(copy->gosvw));
	memcpy(copy->vmsa_tweak_bitmap, secrets->vmsa_tweak_bitmap,
			sizeof(copy->vmsa_tweak_bitmap));
	copy->tsc_factor = secrets->tsc_factor;
}

enum svsm_status
svsm_secrets_copy(struct svsm_abi_secrets *copy,
		const struct svsm_abi_secrets *secrets,
		const struct svsm_secrets_svsm *svsm)
{
	unsigned vmpl = svsm->guest_vmpl;

	if (vmpl < 1 || vmpl >= SVSM_VMPLS ||
			!svsm_is_aligned(svsm->caa.v, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	copy_public(copy, secrets);
	for (unsigned level = vmpl; level < SVSM_VMPLS; level++)
		memcpy(copy->vmpck[level], secrets->vmpck[level],
				SVSM_VMPCK_BYTES);
	copy->svsm_base = svsm->region.start.v;
	copy->svsm_size = svsm->region.len;
	copy->svsm_caa = svsm->caa.v;
	copy->svsm_max_version = svsm->max_version;
	copy->svsm_guest_vmpl = (uint8_t)vmpl;
	return SVSM_OK;
}

void svsm_secrets_wipe(struct svsm_abi_secrets *secrets)
{
	svsm_wipe(secrets->vmpck, sizeof(secrets->vmpck));
}
