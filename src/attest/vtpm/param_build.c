/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists of parameters, built one after the other. The numbers are the caller's
 * until the list is made; the list is one block of memory with all of them in
 * it, and is wiped as a whole.
 */
#include <openssl/param_build.h>

#include "provider.h"

/* An RSA key has eight numbers. */
#define PARAMS_MAX	12u

struct entry {
	const char *key;
	const BIGNUM *number;	/* NULL: the value */
	uint64_t value;
};

struct ossl_param_bld_st {
	struct entry entry[PARAMS_MAX];
	size_t n;
};

OSSL_PARAM_BLD *OSSL_PARAM_BLD_new(void)
{
	return vtpm_zalloc(sizeof(OSSL_PARAM_BLD));
}

void OSSL_PARAM_BLD_free(OSSL_PARAM_BLD *b)
{
	vtpm_zfree(b, sizeof(*b));
}

static bool push(OSSL_PARAM_BLD *b, const char *key, const BIGNUM *number,
	uint64_t value)
{
	if (b->n == PARAMS_MAX)
		return false;
	b->entry[b->n++] = (struct entry){ key, number, value };
	return true;
}

int OSSL_PARAM_BLD_push_BN(OSSL_PARAM_BLD *b, const char *key,
	const BIGNUM *v)
{
	return b && key && v && !v->neg && push(b, key, v, 0);
}

int OSSL_PARAM_BLD_push_uint(OSSL_PARAM_BLD *b, const char *key,
	unsigned int v)
{
	return b && key && push(b, key, NULL, v);
}

static size_t entry_words(const struct entry *e)
{
	return e->number ? e->number->top : 1;
}

static size_t list_bytes(const OSSL_PARAM_BLD *b)
{
	size_t bytes = (b->n + 1) * sizeof(OSSL_PARAM);
	size_t i;

	for (i = 0; i < b->n; i++)
		bytes += entry_words(&b->entry[i]) * BN_WORD_BYTES;
	return bytes;
}

/* The end of the list knows how large all of it is. */
OSSL_PARAM *OSSL_PARAM_BLD_to_param(OSSL_PARAM_BLD *b)
{
	size_t bytes = list_bytes(b);
	OSSL_PARAM *list = vtpm_zalloc(bytes);
	uint64_t *word = (uint64_t *)(list + b->n + 1);
	size_t i;

	for (i = 0; i < b->n; i++) {
		const struct entry *e = &b->entry[i];
		size_t words = entry_words(e);

		if (words)
			memcpy(word, e->number ? e->number->word : &e->value,
				words * BN_WORD_BYTES);
		list[i] = (OSSL_PARAM){ e->key, OSSL_PARAM_UNSIGNED_INTEGER,
			word, words * BN_WORD_BYTES, OSSL_PARAM_UNMODIFIED };
		word += words;
	}
	list[b->n].data_size = bytes;
	b->n = 0;
	return list;
}

void OSSL_PARAM_free(OSSL_PARAM *list)
{
	const OSSL_PARAM *end = list;

	if (!list)
		return;
	while (end->key)
		end++;
	vtpm_zfree(list, end->data_size);
}
