/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ciphers as libtpms 0.10 asks for them: a random key of one, and the IV by
 * name.
 */
#include <openssl/core_names.h>
#include <openssl/des.h>

#include "cipher.h"

/* Chosen is not keyed: nothing can be encrypted with it. */
static int choose(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher)
{
	if (!c || !cipher)
		return 0;
	svsm_wipe(c, sizeof(*c));
	c->chosen = cipher;
	return 1;
}

int EVP_CipherInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, ENGINE *e,
	const unsigned char *key, const unsigned char *iv, int enc)
{
	if (!key)
		return choose(c, cipher);
	return enc ? EVP_EncryptInit_ex(c, cipher, e, key, iv) :
		EVP_DecryptInit_ex(c, cipher, e, key, iv);
}

static bool random_des3(DES_cblock key[3])
{
	return DES_random_key(&key[0]) && DES_random_key(&key[1]) &&
		DES_random_key(&key[2]);
}

/* Keys of other ciphers are random bytes; nobody asks for those here. */
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *c, int type, int arg, void *ptr)
{
	(void)arg;
	return c && c->chosen && c->chosen->algorithm == DES3 &&
		type == EVP_CTRL_RAND_KEY && random_des3(ptr);
}

/* A parameter that is not known stays as it is, which nobody should use. */
int EVP_CIPHER_CTX_get_params(EVP_CIPHER_CTX *c, OSSL_PARAM list[])
{
	int len = c ? EVP_CIPHER_CTX_get_iv_length(c) : -1;

	for (; list->key; list++) {
		if (strcmp(list->key, OSSL_CIPHER_PARAM_UPDATED_IV) != 0 ||
		    list->data_type != OSSL_PARAM_OCTET_STRING ||
		    len < 0 || list->data_size < (size_t)len)
			return 0;
		memcpy(list->data, EVP_CIPHER_CTX_iv(c), (size_t)len);
		list->return_size = (size_t)len;
	}
	return 1;
}
