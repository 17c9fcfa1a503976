/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Lists of parameters: made by hand, and read. See param.h.
 */
#include <openssl/params.h>

#include "param.h"
#include "provider.h"

static OSSL_PARAM param(const char *key, unsigned type, void *data, size_t len)
{
	return (OSSL_PARAM){ key, type, data, len, OSSL_PARAM_UNMODIFIED };
}

/* A length of zero: up to the end of the string. */
OSSL_PARAM OSSL_PARAM_construct_utf8_string(const char *key, char *buf,
	size_t len)
{
	if (buf && len == 0)
		len = strlen(buf);
	return param(key, OSSL_PARAM_UTF8_STRING, buf, len);
}

OSSL_PARAM OSSL_PARAM_construct_octet_string(const char *key, void *buf,
	size_t len)
{
	return param(key, OSSL_PARAM_OCTET_STRING, buf, len);
}

OSSL_PARAM OSSL_PARAM_construct_end(void)
{
	return (OSSL_PARAM){ 0 };
}

const OSSL_PARAM *param_find(const OSSL_PARAM *list, const char *key,
	unsigned type)
{
	for (; list && list->key; list++) {
		if (strcmp(list->key, key) == 0)
			return list->data_type == type ? list : NULL;
	}
	return NULL;
}

bool param_number(const OSSL_PARAM *list, const char *key, BIGNUM *out)
{
	const OSSL_PARAM *p = param_find(list, key,
		OSSL_PARAM_UNSIGNED_INTEGER);
	uint64_t word[BN_MAX_WORDS] = { 0 };
	bool done;

	if (!p || p->data_size > sizeof(word))
		return false;
	if (p->data_size)
		memcpy(word, p->data, p->data_size);
	done = bn_load(out, word, BN_MAX_WORDS);
	wipe_words(word, sizeof(word));
	return done;
}
