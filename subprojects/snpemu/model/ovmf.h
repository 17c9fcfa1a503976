/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The plain firmware launch: the digest QEMU and KVM produce for an OVMF image
 * without any IGVM file. Known answers from other tools exist for it, which
 * ties the digest here to the world outside.
 */
#ifndef SNPEMU_MODEL_OVMF_H
#define SNPEMU_MODEL_OVMF_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

/** CPUID signature of QEMU's EPYC-Milan: family 25, model 1, stepping 1. */
#define OVMF_SIGNATURE_MILAN	0x00a00f11u

struct ovmf_launch {
	const uint8_t *image;		/* borrowed; ends at 4 GiB */
	uint64_t size;			/* bytes, a multiple of 4096 */
	unsigned vcpus;			/* 1..4096 */
	uint32_t signature;		/* RDX of each VMSA */
	uint64_t sev_features;
};

/**
 * Compute the launch digest.
 *
 * @retval NULL   @p ld is the digest.
 * @retval other  Why the image or the request is refused (static text).
 */
const char *ovmf_launch_digest(const struct ovmf_launch *launch,
			       struct digest *ld);

#endif
