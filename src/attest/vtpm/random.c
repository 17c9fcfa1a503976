/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random bytes. They do not fail: libtpms would go on with rand().
 */
#include <openssl/rand.h>

#include "provider.h"

int RAND_bytes(unsigned char *buf, int num)
{
	if (num < 0)
		return 0;
	vtpm_plat_entropy(buf, (size_t)num);
	return 1;
}

/* A generator of BearSSL's kind needs a start and seeds; ours has them. */
static void init(const br_prng_class **ctx, const void *params,
	const void *seed, size_t len)
{
	(void)ctx;
	(void)params;
	(void)seed;
	(void)len;
}

static void generate(const br_prng_class **ctx, void *out, size_t len)
{
	(void)ctx;
	vtpm_plat_entropy(out, len);
}

static void update(const br_prng_class **ctx, const void *seed, size_t len)
{
	(void)ctx;
	(void)seed;
	(void)len;
}

void random_init(struct random *r)
{
	static const br_prng_class class = {
		sizeof(struct random), init, generate, update
	};

	r->vtable = &class;
}
