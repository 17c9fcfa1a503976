/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/evp.h>: digests by name, ciphers in modes, RSA by padding.
 */
#ifndef VTPM_OPENSSL_EVP_H
#define VTPM_OPENSSL_EVP_H

#include <stddef.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core.h>

typedef struct engine_st ENGINE;
typedef struct rsa_st RSA;
typedef struct evp_md_st EVP_MD;
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;

#define EVP_PKEY_RSA	6
#define EVP_CTRL_RAND_KEY	6

const BIO_METHOD *BIO_f_base64(void);

const EVP_MD *EVP_get_digestbyname(const char *name);
int EVP_MD_get_size(const EVP_MD *md);

#define VTPM_CIPHERS(family) \
	const EVP_CIPHER *EVP_##family##_ecb(void); \
	const EVP_CIPHER *EVP_##family##_cbc(void); \
	const EVP_CIPHER *EVP_##family##_cfb128(void); \
	const EVP_CIPHER *EVP_##family##_ofb(void); \
	const EVP_CIPHER *EVP_##family##_ctr(void)

VTPM_CIPHERS(aes_128);
VTPM_CIPHERS(aes_192);
VTPM_CIPHERS(aes_256);
VTPM_CIPHERS(camellia_128);
VTPM_CIPHERS(camellia_192);
VTPM_CIPHERS(camellia_256);

const EVP_CIPHER *EVP_des_ede3(void);
const EVP_CIPHER *EVP_des_ede3_ecb(void);
const EVP_CIPHER *EVP_des_ede3_cbc(void);
const EVP_CIPHER *EVP_des_ede3_cfb64(void);
const EVP_CIPHER *EVP_des_ede3_ofb(void);

EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *c);
int EVP_CIPHER_CTX_set_padding(EVP_CIPHER_CTX *c, int pad);
int EVP_CIPHER_CTX_get_iv_length(const EVP_CIPHER_CTX *c);
const unsigned char *EVP_CIPHER_CTX_iv(const EVP_CIPHER_CTX *c);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher,
	ENGINE *e, const unsigned char *key, const unsigned char *iv);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher,
	ENGINE *e, const unsigned char *key, const unsigned char *iv);
int EVP_CipherInit_ex(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher,
	ENGINE *e, const unsigned char *key, const unsigned char *iv, int enc);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *c, int type, int arg, void *ptr);
int EVP_CIPHER_CTX_get_params(EVP_CIPHER_CTX *c, OSSL_PARAM list[]);
int EVP_EncryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *outl,
	const unsigned char *in, int inl);
int EVP_DecryptUpdate(EVP_CIPHER_CTX *c, unsigned char *out, int *outl,
	const unsigned char *in, int inl);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *c, unsigned char *out, int *outl);
int EVP_DecryptFinal(EVP_CIPHER_CTX *c, unsigned char *out, int *outl);

EVP_PKEY *EVP_PKEY_new(void);
void EVP_PKEY_free(EVP_PKEY *k);
int EVP_PKEY_assign(EVP_PKEY *k, int type, void *key);
RSA *EVP_PKEY_get1_RSA(EVP_PKEY *k);
EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *k, ENGINE *e);
void EVP_PKEY_CTX_free(EVP_PKEY_CTX *c);
int EVP_PKEY_CTX_set_signature_md(EVP_PKEY_CTX *c, const EVP_MD *md);
int EVP_PKEY_encrypt_init(EVP_PKEY_CTX *c);
int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *c);
int EVP_PKEY_sign_init(EVP_PKEY_CTX *c);
int EVP_PKEY_verify_init(EVP_PKEY_CTX *c);
int EVP_PKEY_encrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *outlen,
	const unsigned char *in, size_t inlen);
int EVP_PKEY_decrypt(EVP_PKEY_CTX *c, unsigned char *out, size_t *outlen,
	const unsigned char *in, size_t inlen);
int EVP_PKEY_sign(EVP_PKEY_CTX *c, unsigned char *sig, size_t *siglen,
	const unsigned char *tbs, size_t tbslen);
int EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t siglen,
	const unsigned char *tbs, size_t tbslen);

EVP_PKEY_CTX *EVP_PKEY_CTX_new_from_name(OSSL_LIB_CTX *lib, const char *name,
	const char *properties);
int EVP_PKEY_CTX_set_params(EVP_PKEY_CTX *c, const OSSL_PARAM *list);
int EVP_PKEY_fromdata_init(EVP_PKEY_CTX *c);
int EVP_PKEY_fromdata(EVP_PKEY_CTX *c, EVP_PKEY **k, int selection,
	OSSL_PARAM list[]);
int EVP_PKEY_keygen_init(EVP_PKEY_CTX *c);
int EVP_PKEY_generate(EVP_PKEY_CTX *c, EVP_PKEY **k);
int EVP_PKEY_get_bn_param(const EVP_PKEY *k, const char *name, BIGNUM **out);

#endif
