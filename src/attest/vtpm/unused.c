/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Names that are linked and not reached. BIO: only the decoder of base64
 * blobs would use it, which is told that there is none. TPM 1.2: without its
 * table nothing else of it comes out of libtpms.a. The cache of private
 * exponents: it would keep keys after they were flushed, and the exponent is
 * computed from a factor in a fraction of the time that it is used for.
 */
#include <stddef.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>

extern void *const TPM12Interface[32];
void *const TPM12Interface[32];

BIGNUM *ExpDCacheFind(const BIGNUM *p, const BIGNUM *n, const BIGNUM *e,
	BIGNUM **q);
void ExpDCacheAdd(const BIGNUM *p, const BIGNUM *n, const BIGNUM *e,
	const BIGNUM *q, const BIGNUM *d);
void ExpDCacheFree(void);

BIGNUM *ExpDCacheFind(const BIGNUM *p, const BIGNUM *n, const BIGNUM *e,
	BIGNUM **q)
{
	(void)p;
	(void)n;
	(void)e;
	(void)q;
	return NULL;
}

void ExpDCacheAdd(const BIGNUM *p, const BIGNUM *n, const BIGNUM *e,
	const BIGNUM *q, const BIGNUM *d)
{
	(void)p;
	(void)n;
	(void)e;
	(void)q;
	(void)d;
}

void ExpDCacheFree(void)
{
}

const BIO_METHOD *BIO_f_base64(void)
{
	return NULL;
}

BIO *BIO_new(const BIO_METHOD *method)
{
	(void)method;
	return NULL;
}

BIO *BIO_new_mem_buf(const void *buf, int len)
{
	(void)buf;
	(void)len;
	return NULL;
}

BIO *BIO_push(BIO *b, BIO *next)
{
	(void)next;
	return b;
}

int BIO_read(BIO *b, void *data, int len)
{
	(void)b;
	(void)data;
	(void)len;
	return -1;
}

int BIO_free(BIO *b)
{
	(void)b;
	return 1;
}

void BIO_free_all(BIO *b)
{
	(void)b;
}

void BIO_set_flags(BIO *b, int flags)
{
	(void)b;
	(void)flags;
}
