/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random bytes for keys. Spec: [SP800-90A] 10.1.2.
 */
#ifndef SVSM_RANDOM_H
#define SVSM_RANDOM_H

#include <stddef.h>

#include <svsm/status.h>

/** Most bytes of one request. */
#define SVSM_RANDOM_MAX		65536u
/** Most bytes that are added at a time. */
#define SVSM_RANDOM_ADD_MAX	64u

/**
 * Fill memory with random bytes.
 *
 * The SVSM has one generator, HMAC_DRBG with SHA-256, at security strength 256.
 * Each call seeds it with svsm_entropy() (entropy.h): neither what it gave
 * before nor what it gives later follows from its state. What
 * svsm_random_add() brought stays in it, and helps where the processor's
 * random numbers are poor.
 *
 * @param n  Up to SVSM_RANDOM_MAX.
 *
 * @retval SVSM_EHOST   The processor has no random numbers: @p dst is all zero.
 * @retval SVSM_EINVAL  @p n is too large: @p dst is untouched.
 *
 * Context: VMPL0, any CPU; takes a lock, inside of which it takes no other.
 */
SVSM_CHECKED enum svsm_status svsm_random(void *dst, size_t n);

/**
 * Give the generator what others do not know, or not all of it: the launch's
 * message key, a time. Whatever the bytes are, it is no worse afterwards.
 *
 * @param more  Borrowed, not kept.
 * @param n     Up to SVSM_RANDOM_ADD_MAX.
 *
 * @retval SVSM_EHOST   The processor has no random numbers: nothing was added.
 * @retval SVSM_EINVAL  @p n is too large.
 *
 * Context: as svsm_random().
 */
SVSM_CHECKED enum svsm_status svsm_random_add(const void *more, size_t n);

#endif
