/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The distribution's swtpm, a program that knows libtpms, on the TPM's sources
 * as a shared object with libtpms' name; and on the distribution's own, with
 * the state that the other one wrote.
 */
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"
#include "tpm.h"
#include "unit.h"

#define PATH_BYTES	4096u
#define INDEX		0x01500001u

static struct tpm t;
static char directory[] = "/tmp/svsmkit-swtpm-XXXXXX";
static bool is_ours;
static pid_t swtpm;
static int line = -1;

/* Where the shared object is, from where this program is. */
static void shared_directory(char path[PATH_BYTES])
{
	char self[PATH_BYTES / 2] = { 0 };

	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	snprintf(path, PATH_BYTES, "%s/attest/shared", dirname(self));
}

static _Noreturn void become_swtpm(int fd)
{
	char library[PATH_BYTES];
	char state[64];
	char socket[16];

	shared_directory(library);
	snprintf(state, sizeof(state), "dir=%s", directory);
	snprintf(socket, sizeof(socket), "%d", fd);
	if (is_ours)
		setenv("LD_LIBRARY_PATH", library, 1);
	else
		unsetenv("LD_LIBRARY_PATH");
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--fd", socket,
		"--tpmstate", state, "--flags", "not-need-init", "--log",
		"file=/dev/null", (char *)NULL);
	perror("swtpm");
	_exit(127);
}

static TPM_RESULT power_on(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return TPM_FAIL;
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	swtpm = fork();
	if (swtpm == 0)
		become_swtpm(pair[1]);
	close(pair[1]);
	line = pair[0];
	return swtpm > 0 ? TPM_SUCCESS : TPM_FAIL;
}

static void power_off(void)
{
	close(line);
	kill(swtpm, SIGTERM);
	waitpid(swtpm, NULL, 0);
}

static bool receive(void *buf, size_t len)
{
	return recv(line, buf, len, MSG_WAITALL) == (ssize_t)len;
}

static TPM_RESULT process(unsigned char **response, uint32_t *len,
	uint32_t *room, unsigned char *command, uint32_t size)
{
	unsigned char *r;

	if (!*response) {
		*room = TPM_COMMAND_BYTES;
		*response = malloc(*room);
	}
	r = *response;
	if (send(line, command, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    !receive(r, 6))
		return TPM_FAIL;
	*len = (uint32_t)r[2] << 24 | (uint32_t)r[3] << 16 |
		(uint32_t)r[4] << 8 | r[5];
	if (*len < 6 || *len > *room || !receive(r + 6, *len - 6))
		return TPM_FAIL;
	return TPM_SUCCESS;
}

static TPM_RESULT version(TPMLIB_TPMVersion wanted)
{
	(void)wanted;
	return TPM_SUCCESS;
}

static TPM_RESULT no_callbacks(struct libtpms_callbacks *callbacks)
{
	(void)callbacks;
	return TPM_SUCCESS;
}

static const struct tpm_library swtpm_library = {
	.choose = version,
	.callbacks = no_callbacks,
	.init = power_on,
	.process = process,
	.terminate = power_off,
};

static void start(bool ours)
{
	is_ours = ours;
	ck_assert_uint_eq(tpm_start(&t, &swtpm_library), TPM_SUCCESS);
	ck_assert_msg(tpm_power_on(&t) == 0, "swtpm does not answer");
}

static void setup(void)
{
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	start(true);
}

static void teardown(void)
{
	char path[128];

	tpm_stop(&t);
	snprintf(path, sizeof(path), "%s/tpm2-00.permall", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/.lock", directory);
	unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* Of the library that swtpm says it runs on. */
static bool maps_ours(void)
{
	char path[64];
	char text[PATH_BYTES];
	bool found = false;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)swtpm);
	maps = fopen(path, "r");
	ck_assert_ptr_nonnull(maps);
	while (fgets(text, sizeof(text), maps))
		found |= strstr(text, "attest/shared/libtpms.so.0") != NULL;
	fclose(maps);
	return found;
}

START_TEST(it_runs_on_our_library)
{
	ck_assert(maps_ours());
	tpm_stop(&t);
	start(false);
	ck_assert(!maps_ours());
}
END_TEST

START_TEST(keys_of_all_kinds_sign)
{
	uint32_t key;

	for (unsigned curve = TPM_P256; curve <= TPM_P521; curve++) {
		ck_assert_uint_eq(tpm_primary_ecc(&t, curve, TPM_SIGN_DECRYPT,
			&key), 0);
		for (unsigned h = TPM_SHA256; h <= TPM_SHA512; h++)
			ck_assert(tpm_signs(&t, key, TPM_ECDSA, h));
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
	for (unsigned bits = 1024; bits <= 3072; bits += 1024) {
		ck_assert_uint_eq(tpm_primary_rsa(&t, bits, TPM_SIGN_DECRYPT,
			&key), 0);
		for (unsigned h = TPM_SHA256; h <= TPM_SHA512; h++) {
			ck_assert(tpm_signs(&t, key, TPM_RSASSA, h));
			ck_assert(tpm_signs(&t, key, TPM_RSAPSS, h));
		}
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

START_TEST(known_keys_are_loaded_and_used)
{
	for (unsigned kind = 0; kind < KEY_KINDS; kind++) {
		uint32_t key;

		ck_assert_uint_eq(key_load(&t, kind, &key), 0);
		ck_assert_uint_eq(key_use(&t, kind, key), 0);
		ck_assert_uint_eq(tpm_flush(&t, key), 0);
	}
}
END_TEST

/* There and back. */
static void there_and_back(uint32_t key, unsigned scheme, unsigned hash)
{
	static const char secret[] = "a secret";

	tpm_begin(&t, TPM_NO_SESSIONS, 0x174);
	tpm_u32(&t, key);
	tpm_sized(&t, secret, sizeof(secret));
	tpm_u16(&t, scheme);
	if (scheme == TPM_OAEP)
		tpm_u16(&t, hash);
	tpm_sized(&t, "label", scheme == TPM_OAEP ? 6 : 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
	tpm_begin(&t, TPM_SESSIONS, 0x159);
	tpm_u32(&t, key);
	tpm_password(&t);
	tpm_sized(&t, t.response + 12, tpm_get16(&t, 10));
	tpm_u16(&t, scheme);
	if (scheme == TPM_OAEP)
		tpm_u16(&t, hash);
	tpm_sized(&t, "label", scheme == TPM_OAEP ? 6 : 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_uint_eq(tpm_get16(&t, 14), sizeof(secret));
	ck_assert_mem_eq(t.response + 16, secret, sizeof(secret));
}

START_TEST(rsa_decrypts_what_it_encrypted)
{
	uint32_t key;

	ck_assert_uint_eq(tpm_primary_rsa(&t, 2048, TPM_SIGN_DECRYPT, &key),
		0);
	for (unsigned h = TPM_SHA256; h <= TPM_SHA512; h++)
		there_and_back(key, TPM_OAEP, h);
	there_and_back(key, 0x15, 0);
}
END_TEST

/* A point, and the secret that the key's owner computes from it. */
START_TEST(both_sides_of_ecdh_agree)
{
	unsigned char shared[200];
	unsigned char public[200];
	uint32_t slen;
	uint32_t plen;
	uint32_t key;

	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P384, TPM_SIGN_DECRYPT,
		&key), 0);
	tpm_begin(&t, TPM_NO_SESSIONS, 0x163);
	tpm_u32(&t, key);
	ck_assert_uint_eq(tpm_run(&t), 0);
	slen = 2 + tpm_get16(&t, 10);
	plen = t.rlen - 10 - slen;
	ck_assert(slen <= sizeof(shared) && plen <= sizeof(public));
	memcpy(shared, t.response + 10, slen);
	memcpy(public, t.response + 10 + slen, plen);
	tpm_begin(&t, TPM_SESSIONS, 0x154);
	tpm_u32(&t, key);
	tpm_password(&t);
	tpm_bytes(&t, public, plen);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_mem_eq(t.response + 14, shared, slen);
}
END_TEST

/** What TPM2_Create gives: private and public area. */
static struct {
	unsigned char bytes[1000];
	size_t len;
} sealed;

static void seal(uint32_t parent)
{
	uint32_t private;

	tpm_begin(&t, TPM_SESSIONS, 0x153);
	tpm_u32(&t, parent);
	tpm_password(&t);
	tpm_u16(&t, 4 + 6);
	tpm_u16(&t, 0);
	tpm_sized(&t, "sealed", 6);
	tpm_u16(&t, 14);
	tpm_u16(&t, 8);
	tpm_u16(&t, TPM_SHA256);
	tpm_u32(&t, 0x452);
	tpm_u16(&t, 0);
	tpm_u16(&t, 0x10);
	tpm_u16(&t, 0);
	tpm_u16(&t, 0);
	tpm_u32(&t, 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
	private = 2 + tpm_get16(&t, 14);
	sealed.len = private + 2 + tpm_get16(&t, 14 + private);
	ck_assert_uint_le(sealed.len, sizeof(sealed.bytes));
	memcpy(sealed.bytes, t.response + 14, sealed.len);
}

static void unseal(uint32_t parent)
{
	uint32_t object;

	tpm_begin(&t, TPM_SESSIONS, 0x157);
	tpm_u32(&t, parent);
	tpm_password(&t);
	tpm_bytes(&t, sealed.bytes, sealed.len);
	ck_assert_uint_eq(tpm_run(&t), 0);
	object = tpm_get32(&t, 10);
	tpm_begin(&t, TPM_SESSIONS, 0x15e);
	tpm_u32(&t, object);
	tpm_password(&t);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_mem_eq(t.response + 16, "sealed", 6);
	ck_assert_uint_eq(tpm_flush(&t, object), 0);
}

static void define_and_write(void)
{
	tpm_define_index(&t, INDEX, TPM_NV_NO_LOCKOUT, 8);
	ck_assert_uint_eq(tpm_run(&t), 0);
	tpm_begin(&t, TPM_SESSIONS, 0x137);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_sized(&t, "a value!", 8);
	tpm_u16(&t, 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
}

static void read_back(void)
{
	tpm_begin(&t, TPM_SESSIONS, 0x14e);
	tpm_u32(&t, INDEX);
	tpm_u32(&t, INDEX);
	tpm_password(&t);
	tpm_u16(&t, 8);
	tpm_u16(&t, 0);
	ck_assert_uint_eq(tpm_run(&t), 0);
	ck_assert_mem_eq(t.response + 16, "a value!", 8);
}

/* The parent is the same key: it comes from the seed that was stored. */
static void change_sides(bool first)
{
	uint32_t parent;

	if (!first) {
		tpm_stop(&t);
		start(first);
	}
	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256, TPM_STORAGE, &parent),
		0);
	seal(parent);
	define_and_write();
	tpm_stop(&t);
	start(!first);
	ck_assert_uint_eq(tpm_primary_ecc(&t, TPM_P256, TPM_STORAGE, &parent),
		0);
	unseal(parent);
	read_back();
}

START_TEST(the_distributions_libtpms_goes_on_with_our_state)
{
	change_sides(true);
}
END_TEST

START_TEST(we_go_on_with_the_state_of_the_distributions_libtpms)
{
	change_sides(false);
}
END_TEST

UNIT_MAIN("swtpm", setup, teardown,
	it_runs_on_our_library,
	keys_of_all_kinds_sign,
	known_keys_are_loaded_and_used,
	rsa_decrypts_what_it_encrypted,
	both_sides_of_ecdh_agree,
	the_distributions_libtpms_goes_on_with_our_state,
	we_go_on_with_the_state_of_the_distributions_libtpms)
