/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OpenSSL, to compare with: the names of this process are the provider's, so
 * libcrypto's are reached through a table.
 */
#ifndef UNIT_OPENSSL_H
#define UNIT_OPENSSL_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/aes.h>
#include <openssl/bn.h>
#include <openssl/camellia.h>
#include <openssl/core_names.h>
#include <openssl/des.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#define OPENSSL_NAMES(X) \
	X(AES_encrypt) X(AES_set_encrypt_key) \
	X(BN_CTX_new) X(BN_CTX_free) X(BN_add_word) X(BN_bin2bn) X(BN_bn2bin) \
	X(BN_bn2binpad) X(BN_cmp) X(BN_copy) X(BN_div) X(BN_free) X(BN_gcd) \
	X(BN_is_odd) X(BN_is_zero) X(BN_mod_exp) X(BN_mod_inverse) X(BN_mul) \
	X(BN_new) X(BN_num_bits) X(BN_check_prime) X(BN_set_word) X(BN_sub) \
	X(Camellia_encrypt) X(Camellia_set_key) \
	X(DES_ecb3_encrypt) X(DES_set_key_checked) X(DES_set_key_unchecked) \
	X(ECDSA_SIG_free) X(ECDSA_SIG_get0) X(ECDSA_SIG_new) \
	X(ECDSA_SIG_set0) X(ECDSA_do_sign) X(ECDSA_do_verify) \
	X(EC_GROUP_free) X(EC_GROUP_get0_generator) X(EC_GROUP_get0_order) \
	X(EC_GROUP_get_curve) X(EC_GROUP_new_by_curve_name) \
	X(EC_KEY_free) X(EC_KEY_generate_key) X(EC_KEY_get0_private_key) \
	X(EC_KEY_get0_public_key) X(EC_KEY_new) X(EC_KEY_set_group) \
	X(EC_POINT_add) X(EC_POINT_copy) X(EC_POINT_dbl) X(EC_POINT_free) \
	X(EC_POINT_get_affine_coordinates) X(EC_POINT_invert) \
	X(EC_POINT_is_at_infinity) X(EC_POINT_mul) X(EC_POINT_new) \
	X(EC_POINT_set_affine_coordinates) \
	X(EC_POINT_set_compressed_coordinates) X(EC_POINT_cmp) \
	X(EC_POINTs_mul) \
	X(EVP_CIPHER_CTX_free) X(EVP_CIPHER_CTX_get_iv_length) \
	X(EVP_CIPHER_CTX_iv) X(EVP_CIPHER_CTX_new) \
	X(EVP_CIPHER_CTX_set_padding) X(EVP_DecryptInit_ex) \
	X(EVP_DecryptUpdate) X(EVP_EncryptInit_ex) X(EVP_EncryptUpdate) \
	X(EVP_PKEY_CTX_free) X(EVP_PKEY_CTX_new) \
	X(EVP_PKEY_CTX_set0_rsa_oaep_label) X(EVP_PKEY_CTX_set_rsa_oaep_md) \
	X(EVP_PKEY_CTX_set_rsa_padding) X(EVP_PKEY_CTX_set_rsa_pss_saltlen) \
	X(EVP_PKEY_CTX_set_signature_md) X(EVP_PKEY_assign) \
	X(EVP_CIPHER_CTX_get_params) X(EVP_PKEY_CTX_new_from_name) \
	X(EVP_PKEY_fromdata) X(EVP_PKEY_fromdata_init) \
	X(EVP_PKEY_get_bn_param) \
	X(EVP_KDF_CTX_free) X(EVP_KDF_CTX_new) X(EVP_KDF_derive) \
	X(EVP_KDF_fetch) X(EVP_KDF_free) \
	X(OSSL_PARAM_BLD_free) X(OSSL_PARAM_BLD_new) \
	X(OSSL_PARAM_BLD_push_BN) X(OSSL_PARAM_BLD_to_param) \
	X(OSSL_PARAM_construct_end) X(OSSL_PARAM_construct_octet_string) \
	X(OSSL_PARAM_construct_utf8_string) X(OSSL_PARAM_free) \
	X(EVP_PKEY_decrypt) X(EVP_PKEY_decrypt_init) X(EVP_PKEY_encrypt) \
	X(EVP_PKEY_encrypt_init) X(EVP_PKEY_free) X(EVP_PKEY_new) \
	X(EVP_PKEY_sign) X(EVP_PKEY_sign_init) X(EVP_PKEY_verify) \
	X(EVP_PKEY_verify_init) X(EVP_get_digestbyname) \
	X(EVP_sha256) X(HMAC) X(RAND_set_rand_method) \
	X(RSA_generate_key_ex) X(RSA_get0_key) X(RSA_new) \
	X(SHA1_Final) X(SHA1_Init) X(SHA1_Update) \
	X(SHA256_Final) X(SHA256_Init) X(SHA256_Update) \
	X(SHA384_Final) X(SHA384_Init) X(SHA384_Update) \
	X(SHA512_Final) X(SHA512_Init) X(SHA512_Update) \
	OPENSSL_CIPHERS(X)

#define OPENSSL_CIPHERS(X) \
	X(EVP_aes_128_ecb) X(EVP_aes_128_cbc) X(EVP_aes_128_cfb128) \
	X(EVP_aes_128_ofb) X(EVP_aes_128_ctr) \
	X(EVP_aes_192_ecb) X(EVP_aes_192_cbc) X(EVP_aes_192_cfb128) \
	X(EVP_aes_192_ofb) X(EVP_aes_192_ctr) \
	X(EVP_aes_256_ecb) X(EVP_aes_256_cbc) X(EVP_aes_256_cfb128) \
	X(EVP_aes_256_ofb) X(EVP_aes_256_ctr) \
	X(EVP_camellia_128_ecb) X(EVP_camellia_128_cbc) \
	X(EVP_camellia_128_cfb128) X(EVP_camellia_128_ofb) \
	X(EVP_camellia_128_ctr) \
	X(EVP_camellia_192_ecb) X(EVP_camellia_192_cbc) \
	X(EVP_camellia_192_cfb128) X(EVP_camellia_192_ofb) \
	X(EVP_camellia_192_ctr) \
	X(EVP_camellia_256_ecb) X(EVP_camellia_256_cbc) \
	X(EVP_camellia_256_cfb128) X(EVP_camellia_256_ofb) \
	X(EVP_camellia_256_ctr) \
	X(EVP_des_ede3_ecb) X(EVP_des_ede3_cbc) X(EVP_des_ede3_cfb64) \
	X(EVP_des_ede3_ofb)

/** libcrypto's functions by their names. */
struct openssl {
#define MEMBER(name) __typeof__(name) *name;
	OPENSSL_NAMES(MEMBER)
#undef MEMBER
};

extern struct openssl openssl;

/** Load libcrypto: what a test's setup calls. */
void openssl_load(void);

/** libcrypto's SHA-256 of something, at once. */
void openssl_sha256(const void *data, size_t len, unsigned char digest[32]);

/** Both sides' numbers are equal; @p ours is the provider's. */
void check_same(const BIGNUM *ours, const BIGNUM *theirs);

/** The provider's copy of one of libcrypto's. */
BIGNUM *ours_of(const BIGNUM *theirs);

/** How many comparisons were made, by all tests of a program so far. Its last
 *  test asks for as many as belong to it: 100,000 in all programs. */
extern unsigned long *checks_made;

/** A comparison that counts. */
#define CHECK(condition) \
	do { \
		(*checks_made)++; \
		ck_assert(condition); \
	} while (0)

/** Random numbers that are the same each time. */
unsigned random_below(unsigned limit);
void random_bytes(void *out, size_t len);

#endif
