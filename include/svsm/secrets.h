/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The secrets page: message keys of all VMPLs, and where a guest finds us.
 */
#ifndef SVSM_SECRETS_H
#define SVSM_SECRETS_H

#include <stdint.h>

#include <svsm/abi/secrets.h>
#include <svsm/addr.h>
#include <svsm/status.h>

/**
 * Is this a secrets page that we understand?
 *
 * @param secrets  Our private page, borrowed.
 *
 * @retval SVSM_OK       Yes.
 * @retval SVSM_EFORMAT  Unknown version, a reserved byte set, or SVSM fields
 *                       filled already.
 */
SVSM_CHECKED enum svsm_status
svsm_secrets_check(const struct svsm_abi_secrets *secrets);

/**
 * The message key of a VMPL.
 *
 * @param key  Out: SVSM_VMPCK_BYTES. Secret; wipe it.
 *
 * @retval SVSM_ENOENT  It is all zero: there is none, never encrypt with it.
 */
SVSM_CHECKED enum svsm_status
svsm_secrets_vmpck(const struct svsm_abi_secrets *secrets, unsigned vmpl,
		uint8_t key[SVSM_VMPCK_BYTES]);

/** Where the guest finds the SVSM. */
struct svsm_secrets_svsm {
	struct svsm_range region;
	svsm_gpa_t caa;		/**< Calling area of the first vCPU. */
	uint32_t max_version;	/**< Of the core protocol. */
	unsigned guest_vmpl;	/**< 1..3 */
};

/**
 * Make the guest's copy: keys of more privileged VMPLs wiped, SVSM fields
 * filled in, the guest's own area clear.
 *
 * @param copy     The guest's page, before it is granted; written once.
 * @param secrets  Ours.
 *
 * @retval SVSM_EINVAL  guest_vmpl is not 1..3, or the calling area is not page
 *                      aligned; @p copy is untouched.
 */
SVSM_CHECKED enum svsm_status
svsm_secrets_copy(struct svsm_abi_secrets *copy,
		const struct svsm_abi_secrets *secrets,
		const struct svsm_secrets_svsm *svsm);

/** Forget all keys. */
void svsm_secrets_wipe(struct svsm_abi_secrets *secrets);

#endif
