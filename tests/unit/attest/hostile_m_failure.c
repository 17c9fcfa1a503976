/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * M-09 and M-10: the TPM's failure mode, entered as an assertion of libtpms
 * enters it, wherever libtpms calls us during a command: for memory, random
 * bytes, a hash, a number, a cipher. And such a call that fails.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "guarded.h"
#include "keys.h"
#include "platform.h"
#include "tpm.h"
#include "unit.h"

#define INDEX		0x01500001
#define FATAL_INTERNAL	4
#define GET_RANDOM	0x17b

/* libtpms' own: what an assertion that does not hold calls. */
_Noreturn void TpmFail(const char *function, int line, int code);

enum way { NOT_AT_ALL, ASSERTION, REFUSAL };

static enum way way;
static bool in_command;
static unsigned long chances;
static unsigned long chosen;
static bool taken;

/* In the child that takes a chance: is it this one, and refused? */
static bool chance(void)
{
	if (way == NOT_AT_ALL || !in_command || ++chances != chosen)
		return false;
	taken = true;
	if (way == ASSERTION)
		TpmFail("test", __LINE__, FATAL_INTERNAL);
	return true;
}

static void hook(void)
{
	if (way == ASSERTION)
		(void)chance();
}

size_t __real_vtpm_command(uint8_t *command, size_t len, uint8_t *response);
size_t __wrap_vtpm_command(uint8_t *command, size_t len, uint8_t *response);

/* Check allocates, too. */
size_t __wrap_vtpm_command(uint8_t *command, size_t len, uint8_t *response)
{
	size_t n;

	in_command = true;
	n = __real_vtpm_command(command, len, response);
	in_command = false;
	return n;
}

#define WRAP(type, none, name, params, args)				\
	type __real_##name params;					\
	type __wrap_##name params;					\
	type __wrap_##name params					\
	{								\
		return chance() ? (none) : __real_##name args;		\
	}

WRAP(int, 0, SHA256_Update, (SHA256_CTX *c, const void *p, size_t n),
	(c, p, n))
WRAP(BIGNUM *, NULL, BN_bin2bn, (const unsigned char *s, int n, BIGNUM *r),
	(s, n, r))
WRAP(int, 0, BN_mod_exp, (BIGNUM *r, const BIGNUM *a, const BIGNUM *p,
	const BIGNUM *m, BN_CTX *c), (r, a, p, m, c))
WRAP(BIGNUM *, NULL, BN_mod_inverse, (BIGNUM *r, const BIGNUM *a,
	const BIGNUM *n, BN_CTX *c), (r, a, n, c))
WRAP(int, 0, EC_POINT_mul, (const EC_GROUP *g, EC_POINT *r, const BIGNUM *n,
	const EC_POINT *q, const BIGNUM *m, BN_CTX *c), (g, r, n, q, m, c))
WRAP(int, 0, EC_POINT_get_affine_coordinates, (const EC_GROUP *g,
	const EC_POINT *p, BIGNUM *x, BIGNUM *y, BN_CTX *c), (g, p, x, y, c))
WRAP(int, 0, EVP_EncryptUpdate, (EVP_CIPHER_CTX *c, unsigned char *out,
	int *n, const unsigned char *in, int len), (c, out, n, in, len))
WRAP(int, 0, EVP_PKEY_sign, (EVP_PKEY_CTX *c, unsigned char *s, size_t *n,
	const unsigned char *h, size_t len), (c, s, n, h, len))
WRAP(EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new, (EVP_PKEY *k, ENGINE *e), (k, e))

static struct tpm t;
static struct guarded g;

static void define_index(void)
{
	tpm_define_index(&t, INDEX, TPM_NV_NO_LOCKOUT, 8);
	ck_assert_uint_eq(guarded_command(&g, &t), 0);
}

static uint32_t write_index(void)
{
	tpm_begin(&t, TPM_SESSIONS, 0x137);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_sized(&t, "a value!", 8);
	tpm_u16(&t, 0);
	return guarded_command(&g, &t);
}

static bool index_is_whole(void)
{
	tpm_begin(&t, TPM_SESSIONS, 0x14e);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_u16(&t, 8);
	tpm_u16(&t, 0);
	return guarded_command(&g, &t) == 0 &&
		memcmp(g.response + 16, "a value!", 8) == 0;
}

static uint32_t extend(void)
{
	tpm_begin(&t, TPM_SESSIONS, 0x182);
	tpm_u32(&t, 10);
	tpm_password(&t);
	tpm_u32(&t, 1);
	tpm_u16(&t, TPM_SHA256);
	for (unsigned i = 0; i < 32; i++)
		tpm_u8(&t, i);
	return guarded_command(&g, &t);
}

static uint32_t get_random(void)
{
	tpm_begin(&t, TPM_NO_SESSIONS, GET_RANDOM);
	tpm_u16(&t, 16);
	return guarded_command(&g, &t);
}

static void setup(void)
{
	tpm_new(&t);
	define_index();
	ck_assert_uint_eq(write_index(), 0);
}

static void teardown(void)
{
	tpm_stop(&t);
}

/* A child's steps end it with the number of what is wrong. */
static void want(bool holds, int wrong)
{
	if (!holds)
		_exit(wrong);
}

static bool in_failure_mode(void)
{
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17c);
	want(guarded_command(&g, &t) == 0, 10);
	return guarded_get32(&g, g.rlen - 4) == VTPM_RC_FAILURE;
}

/* Two commands are answered, and all others with "failure", ten bytes. */
static void check_failure_mode(void)
{
	for (uint32_t code = 0x11f; code <= 0x196; code++) {
		if (code == 0x17a || code == 0x17c)
			continue;
		tpm_begin(&t, TPM_SESSIONS, code);
		tpm_u32(&t, TPM_OWNER);
		tpm_password(&t);
		want(guarded_command(&g, &t) == VTPM_RC_FAILURE, 20);
		want(g.rlen == VTPM_HEADER_BYTES, 21);
	}
	tpm_begin(&t, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(&t, 6);
	tpm_u32(&t, 0x105);
	tpm_u32(&t, 1);
	want(guarded_command(&g, &t) == 0, 22);
	want(guarded_get32(&g, 15) == 1 && guarded_get32(&g, 19) == 0x105, 23);
	want(in_failure_mode(), 24);
}

/* The next start: what was stored is there. */
static void check_restart(void)
{
	way = NOT_AT_ALL;
	tpm_stop(&t);
	want(tpm_start(&t, &tpm_linked) == TPM_SUCCESS, 30);
	want(tpm_power_on(&t) == 0, 31);
	want(index_is_whole(), 32);
}

/* A command's answer, as soon as the chance was taken: an error of the TPM's
 * or, after an assertion, of failure mode. */
static void answered(uint32_t code)
{
	if (!taken) {
		want(code == 0, 1);
		return;
	}
	if (way == ASSERTION)
		want(code == VTPM_RC_FAILURE, 2);
	if (in_failure_mode())
		check_failure_mode();
	else
		want(way == REFUSAL && get_random() == 0, 3);
	check_restart();
	_exit(PLATFORM_DIED);
}

static void work(void)
{
	uint32_t key = 0;

	answered(get_random());
	answered(extend());
	answered(write_index());
	answered(tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT, &key));
	answered(key_use(&t, KEY_P256, key));
	answered(tpm_flush(&t, key));
	answered(key_load(&t, KEY_AES_CFB, &key));
	answered(key_use(&t, KEY_AES_CFB, key));
	answered(tpm_flush(&t, key));
	answered(key_load(&t, KEY_RSA1024, &key));
	answered(key_use(&t, KEY_RSA1024, key));
}

/* In a child; PLATFORM_DIED: there was such a chance, and all was right. */
static int child(enum way which, unsigned long n)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		/* libtpms tells the command. */
		want(freopen("/dev/null", "w", stderr) != NULL, 40);
		way = which;
		chosen = n;
		platform_before_memory = hook;
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "chance %lu: signal %d", n,
		WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* Each one with --long. */
static unsigned long each_chance(enum way which, unsigned long step)
{
	unsigned long n = 1;
	int status;

	if (unit_long())
		step = 1;
	while ((status = child(which, n)) == PLATFORM_DIED)
		n += step;
	ck_assert_msg(status == 0, "chance %lu: step %d", n, status);
	return n / step;
}

START_TEST(M_09_an_assertion_at_any_place_leaves_failure_answers_alone)
{
	ck_assert_uint_ge(each_chance(ASSERTION, 11), 20);
}
END_TEST

START_TEST(M_09_crypto_that_fails_at_any_place_does_no_other_harm)
{
	ck_assert_uint_ge(each_chance(REFUSAL, 3), 15);
}
END_TEST

/* guarded_run() checks length and what is behind it. */
static void fail_outside(void)
{
	TpmFail("test", __LINE__, FATAL_INTERNAL);
}

START_TEST(M_09_an_assertion_outside_of_a_command_ends_the_tpm)
{
	ck_assert(unit_aborts(fail_outside, "outside of a command"));
}
END_TEST

START_TEST(M_10_a_failure_answer_has_its_length_and_nothing_behind_it)
{
	ck_assert_int_eq(child(ASSERTION, 1), PLATFORM_DIED);
}
END_TEST

UNIT_MAIN("hostile M, failure mode", setup, teardown,
	M_09_an_assertion_at_any_place_leaves_failure_answers_alone,
	M_09_crypto_that_fails_at_any_place_does_no_other_harm,
	M_09_an_assertion_outside_of_a_command_ends_the_tpm,
	M_10_a_failure_answer_has_its_length_and_nothing_behind_it)
