/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What an SVSM says about itself: its name, its size, its platform policy.
 */
#ifndef SVSM_IMAGE_H
#define SVSM_IMAGE_H

#include <svsm/abi/launch.h>

/** SEV_FEATURES (VMSA 0x3b0); bit n is bit n + 2 of SEV_STATUS. */
#define SVSM_FEATURE_SNP			(1ull << 0)
#define SVSM_FEATURE_VTOM			(1ull << 1)
#define SVSM_FEATURE_REFLECT_VC			(1ull << 2)
#define SVSM_FEATURE_RESTRICTED_INJECTION	(1ull << 3)
#define SVSM_FEATURE_ALTERNATE_INJECTION	(1ull << 4)
#define SVSM_FEATURE_DEBUG_SWAP			(1ull << 5)
#define SVSM_FEATURE_PREVENT_HOST_IBS		(1ull << 6)
#define SVSM_FEATURE_BTB_ISOLATION		(1ull << 7)
#define SVSM_FEATURE_VMPL_SSS			(1ull << 8)
#define SVSM_FEATURE_SECURE_TSC			(1ull << 9)
#define SVSM_FEATURE_VMSA_REG_PROT		(1ull << 14)
#define SVSM_FEATURE_SMT_PROTECTION		(1ull << 15)
#define SVSM_FEATURE_IBPB_ON_ENTRY		(1ull << 21)

/** What protects us more than we asked for, and needs nothing from us. */
#define SVSM_FEATURES_HARMLESS						\
	(SVSM_FEATURE_RESTRICTED_INJECTION | SVSM_FEATURE_DEBUG_SWAP |	\
	 SVSM_FEATURE_PREVENT_HOST_IBS | SVSM_FEATURE_BTB_ISOLATION |	\
	 SVSM_FEATURE_SMT_PROTECTION | SVSM_FEATURE_IBPB_ON_ENTRY)

/** SNP launch policy: SMT may be on, and the bit that must be one. */
#define SVSM_GUEST_POLICY_SMT	(1ull << 16)
#define SVSM_GUEST_POLICY_ONE	(1ull << 17)

/* What an image is unless it says otherwise; see SVSM_IMAGE(). */
#define SVSM_IMAGE_DEFAULTS						\
	.magic = SVSM_IMAGE_MAGIC,					\
	.version = 1,							\
	.flags = SVSM_IMAGE_CONSOLE,					\
	.region_len = 4ull << 20,					\
	.guest_policy = SVSM_GUEST_POLICY_SMT | SVSM_GUEST_POLICY_ONE,	\
	.sev_features = SVSM_FEATURE_SNP,				\
	.features_required = SVSM_FEATURE_SNP,				\
	.features_allowed = SVSM_FEATURES_HARMLESS,			\
	.features_forbidden = SVSM_FEATURE_VTOM |			\
		SVSM_FEATURE_REFLECT_VC,				\
	.guest_sev_features = SVSM_FEATURE_SNP,				\
	.guest_vmpl = 2,						\
	.max_cpus = 16

/**
 * Define the image. Once per SVSM, at file level, naming only what differs
 * from the defaults:
 *
 *	SVSM_IMAGE(.name = "counter", .max_cpus = 4);
 *
 * The values are measured: the host cannot change them, and they are what
 * `kit image` builds from. It adds debug swap to sev_features where the
 * policy takes that (--no-debug-swap: it takes it away); guest_sev_features
 * get it when we have it. `name` has no default.
 */
#define SVSM_IMAGE(...)							\
	_Pragma("GCC diagnostic push")					\
	_Pragma("GCC diagnostic ignored \"-Woverride-init\"")		\
	const struct svsm_image svsm_image = {				\
		SVSM_IMAGE_DEFAULTS, __VA_ARGS__			\
	};								\
	_Pragma("GCC diagnostic pop")					\
	_Static_assert(sizeof(svsm_image) == 0x80, "ends the definition")

/** The image this code is part of. */
extern const struct svsm_image svsm_image;

/**
 * The SVSM's own code: runs once, on the first CPU, when memory, per-CPU
 * state, exceptions, GHCB and log are set up. It must not return; an SVSM
 * that is finished calls svsm_terminate(SVSM_REASON_DONE).
 *
 * Context: VMPL0, ring 0, host interrupts off, no lock held.
 */
_Noreturn void svsm_main(void);

/**
 * The layout which the image tool gave this image. Measured, read-only.
 * Valid from the first C function on.
 */
const struct svsm_abi_launch *svsm_launch(void);

#endif
