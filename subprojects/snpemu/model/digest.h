/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * SHA-384 and the launch digest: the chain of PAGE_INFO records by which the
 * firmware measures what a guest starts with.
 *
 * The SHA-384 is our own: the emulator builds alone and offline, freestanding
 * and without vector registers, and what it computes is meant to be compared
 * with what the image tools compute with another implementation.
 */
#ifndef SNPEMU_MODEL_DIGEST_H
#define SNPEMU_MODEL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "rmp.h"

#define SHA384_BYTES	48u
#define SHA384_BLOCK	128u

/** A hash in the making. Fields are private to sha384.c. */
struct sha384 {
	uint64_t state[8];
	uint64_t length;		/* bytes so far */
	uint8_t block[SHA384_BLOCK];
};

void sha384_init(struct sha384 *hash);
void sha384_update(struct sha384 *hash, const void *data, size_t len);

/** Write the hash; @p hash is used up. */
void sha384_final(struct sha384 *hash, uint8_t out[SHA384_BYTES]);

/** All of the above for one buffer. */
void sha384(const void *data, size_t len, uint8_t out[SHA384_BYTES]);

/** A launch digest; also any other SHA-384 value. */
struct digest {
	uint8_t byte[SHA384_BYTES];
};

/** LD(0): zeros. */
void digest_init(struct digest *ld);

/**
 * Extend the digest by one 4 KiB page.
 *
 * NORMAL pages are bound with their content, VMSA pages too, with their
 * GUEST_TSC_SCALE and GUEST_TSC_OFFSET taken as zero; of the other types only
 * type, address and permissions are bound.
 *
 * @param content  4096 bytes for NORMAL and VMSA; may be NULL for the others.
 * @param perms    Masks of VMPL1..3 in [1]..[3]; NULL means none.
 *
 * Spec: snp.md section 5.
 */
void digest_extend(struct digest *ld, enum rmp_page_type type, uint64_t gpa,
		   const void *content, const uint8_t perms[RMP_VMPLS]);

/** Write 96 lower-case hexadecimal digits and a NUL. */
void digest_text(const struct digest *ld, char text[2 * SHA384_BYTES + 1]);

#endif
