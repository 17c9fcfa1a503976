/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The SVSM's random bytes. See random.h.
 */
#include <bearssl_rand.h>

#include <svsm/entropy.h>
#include <svsm/lock.h>
#include <svsm/random.h>
#include <svsm/string.h>

/* Of the security strength; the first time with a nonce of half of it. */
#define SEED_BYTES	32u
#define START_BYTES	48u

static struct {
	struct svsm_lock lock;
	bool started;
	br_hmac_drbg_context drbg;
} generator;

/* [SP800-90A] 10.1.2.3 and 10.1.2.4: what is added is the personalization
 * string of the first time, additional input of all others. */
static enum svsm_status seed(const void *more, size_t n)
{
	unsigned char bytes[START_BYTES + SVSM_RANDOM_ADD_MAX];
	size_t fresh = generator.started ? SEED_BYTES : START_BYTES;
	enum svsm_status status = svsm_entropy(bytes, fresh);

	if (status == SVSM_OK) {
		memcpy(bytes + fresh, more, n);
		if (generator.started)
			br_hmac_drbg_update(&generator.drbg, bytes, fresh + n);
		else
			br_hmac_drbg_init(&generator.drbg, &br_sha256_vtable,
					  bytes, fresh + n);
		generator.started = true;
	}
	svsm_wipe(bytes, sizeof(bytes));
	return status;
}

enum svsm_status svsm_random(void *dst, size_t n)
{
	enum svsm_status status;

	if (n > SVSM_RANDOM_MAX)
		return SVSM_EINVAL;
	svsm_lock_acquire(&generator.lock);
	status = seed("", 0);
	if (status == SVSM_OK)
		br_hmac_drbg_generate(&generator.drbg, dst, n);
	svsm_lock_release(&generator.lock);
	if (status != SVSM_OK)
		svsm_wipe(dst, n);
	return status;
}

enum svsm_status svsm_random_add(const void *more, size_t n)
{
	enum svsm_status status;

	if (n > SVSM_RANDOM_ADD_MAX)
		return SVSM_EINVAL;
	svsm_lock_acquire(&generator.lock);
	status = seed(more, n);
	svsm_lock_release(&generator.lock);
	return status;
}
