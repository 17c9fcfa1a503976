/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The crypto provider: OpenSSL's names for libtpms, on BearSSL.
 *
 * Every number is treated as secret. How long one is (in words, and in bits
 * where OpenSSL tells) shows in the time taken, as with OpenSSL; its content
 * does not, except in what says that it works on public data. OpenSSL's
 * answers are kept: 1 for success, 0 or less for failure.
 */
#ifndef VTPM_PROVIDER_H
#define VTPM_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bearssl.h>
#include <svsm/string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "alloc.h"
#include "platform.h"

/* svsm_wipe() is small; hashes of a few bytes would take longer to forget than
 * to compute. */
typedef uint64_t __attribute__((may_alias, aligned(1))) wipe_word;

/** Clear a secret whose size is a multiple of eight. */
static inline void wipe_words(void *secret, size_t size)
{
	volatile wipe_word *word = secret;
	size_t n = size / sizeof(*word);

	while (n--)
		*word++ = 0;
}

/** Largest modulus: 4096 bits. */
#define BN_MOD_BYTES	512u

/** Largest operand of a reduction: a square of such, and some. */
#define BN_OP_BYTES	(2u * BN_MOD_BYTES + 64u)

#define BN_WORD_BYTES	8u
#define BN_WORD_BITS	64u
#define BN_MAX_WORDS	260u

/** A sign and little-endian words; the top one is not zero. */
struct bignum_st {
	uint64_t *word;
	size_t room;	/* words that there is memory for */
	size_t top;	/* words that count */
	bool neg;
};

/** A number of one word in the caller's memory. */
#define BN_WORD(w) { .word = (w), .room = 1, .top = *(w) != 0 }

bool bn_room(BIGNUM *a, size_t words);
bool bn_load(BIGNUM *a, const uint64_t *word, size_t words);
bool bn_get(BIGNUM *a, const unsigned char *bytes, size_t len);
bool bn_put(const BIGNUM *a, unsigned char *bytes, size_t len);
void bn_forget(BIGNUM *a);
size_t bn_bytes(const BIGNUM *a);
int bn_magnitude(const BIGNUM *a, const BIGNUM *b);
bool bn_add(BIGNUM *r, const BIGNUM *a, const BIGNUM *b);
bool bn_prime(BIGNUM *p, size_t len, const BIGNUM *e);
bool bn_reduce(BIGNUM *r, const BIGNUM *a, const BIGNUM *m);

static inline bool bn_is_odd(const BIGNUM *a)
{
	return a->top && a->word[0] & 1;
}

static inline bool bn_is_one(const BIGNUM *a)
{
	return a->top == 1 && a->word[0] == 1;
}

/** BearSSL's random bytes, from ours. */
struct random {
	const br_prng_class *vtable;
};

void random_init(struct random *r);

struct evp_md_st {
	const char *name;
	const br_hash_class *hash;
	unsigned size;
	unsigned char oid[12];	/* its length first */
};

const EVP_MD *digest_of_size(size_t size);

/** One of the pieces that are hashed one after the other. */
struct piece {
	const void *data;
	size_t len;
};

void digest(const EVP_MD *md, const struct piece *piece, size_t n,
	unsigned char *out);

/** A block, there or back; in and out may be the same. */
void aes_decrypt(const unsigned char *in, unsigned char *out, const void *key);
void camellia_block(const unsigned char *in, unsigned char *out,
	const void *key, bool encrypt);
void des3_block(const unsigned char key[24], const unsigned char *in,
	unsigned char *out, bool encrypt);

/** Field elements and scalars: at most P-521's. */
#define EC_BYTES	66u
#define EC_POINT_BYTES	(1u + 2u * EC_BYTES)
extern const br_ec_impl ec_yielding;
#define EC_IMPL		(&ec_yielding)

struct ec_group_st {
	int id;		/* BearSSL's */
	size_t len;	/* bytes of a field element */
};

/** A point, uncompressed, or infinity. */
struct ec_point_st {
	bool infinite;
	size_t len;
	unsigned char b[EC_POINT_BYTES];
};

bool ec_scalar(const EC_GROUP *g, const BIGNUM *k, unsigned char *out);

/** Keys are counted: libtpms frees one before the context that uses it. */
struct rsa_st {
	BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi;
	int ref;
};

bool rsa_is_sane(const RSA *r);
bool rsa_raw(const RSA *r, const BIGNUM *exp, unsigned char *x, size_t len);
bool rsa_private(const RSA *r, unsigned char *x, size_t len);

/** What is around a message, before the key works on it. */
bool oaep_pad(const EVP_MD *md, const struct piece *label, unsigned char *em,
	size_t len, const unsigned char *in, size_t inlen);
bool pkcs1_pad(unsigned char *em, size_t len, const unsigned char *in,
	size_t inlen);
bool pkcs1_unpad(unsigned char *em, size_t len, size_t *outlen);
bool pss_encode(const EVP_MD *md, const unsigned char *hash, int saltlen,
	unsigned char *em, size_t bits);
bool pss_check(const EVP_MD *md, const unsigned char *hash, unsigned char *em,
	size_t bits);

#endif
