/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A TPM that dies and is started again: see lives.h.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lives.h"
#include "vtpm/tpm.h"

#define T		(&tpm_alive)
#define PCR		10u

#define UNWANTED	4

struct tpm tpm_alive;
struct lives_note *lives_note;

static TPM_RESULT choose(TPMLIB_TPMVersion version)
{
	(void)version;
	return TPM_SUCCESS;
}

static TPM_RESULT callbacks(struct libtpms_callbacks *unused)
{
	(void)unused;
	return TPM_SUCCESS;
}

static TPM_RESULT init(void)
{
	return vtpm_start() ? TPM_SUCCESS : TPM_FAIL;
}

static TPM_RESULT process(unsigned char **response, uint32_t *len,
	uint32_t *room, unsigned char *command, uint32_t size)
{
	static uint8_t bytes[VTPM_RESPONSE_BYTES];

	*response = bytes;
	*room = sizeof(bytes);
	*len = (uint32_t)vtpm_serve(command, size, bytes);
	return TPM_SUCCESS;
}

const struct tpm_library tpm_served = {
	.choose = choose, .callbacks = callbacks, .init = init,
	.process = process,
};

void lives_begin(void)
{
	platform_storage_reset();
	if (!lives_note) {
		lives_note = mmap(NULL, sizeof(*lives_note),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
		ck_assert_ptr_ne(lives_note, MAP_FAILED);
	}
	memset(lives_note, 0, sizeof(*lives_note));
}

int lives_end_of(void (*work)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		platform_may_die = true;
		if (tpm_start(&tpm_alive, &tpm_served) != TPM_SUCCESS)
			_exit(LIVES_NO_START);
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void live(void (*work)(void))
{
	ck_assert_int_eq(lives_end_of(work), 0);
}

void lives_want(uint32_t got, uint32_t wanted, int line)
{
	if (got == wanted)
		return;
	fprintf(stderr, "line %d: 0x%x instead of 0x%x\n", line, got, wanted);
	_exit(UNWANTED);
}

uint32_t lives_startup(unsigned type)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x144);
	tpm_u16(T, type);
	return tpm_run(T);
}

uint32_t lives_extend(void)
{
	static const unsigned char digest[32] = { 0x5a };

	tpm_begin(T, TPM_SESSIONS, 0x182);
	tpm_u32(T, PCR);
	tpm_password(T);
	tpm_u32(T, 1);
	tpm_u16(T, TPM_SHA256);
	tpm_bytes(T, digest, sizeof(digest));
	return tpm_run(T);
}

/* The PCR's SHA-256 value is the response's end. */
uint32_t lives_read_pcr(const unsigned char **value)
{
	uint32_t code;

	tpm_begin(T, TPM_NO_SESSIONS, 0x17e);
	tpm_u32(T, 1);
	tpm_u16(T, TPM_SHA256);
	tpm_u8(T, 3);
	tpm_u8(T, 0);
	tpm_u8(T, 1 << (PCR - 8));
	tpm_u8(T, 0);
	code = tpm_run(T);
	*value = T->response + T->rlen - 32;
	return code;
}

bool lives_pcr_is(const unsigned char *wanted)
{
	const unsigned char *value;

	WANT(lives_read_pcr(&value), 0);
	return memcmp(value, wanted, 32) == 0;
}

uint32_t lives_random(void)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x17b);
	tpm_u16(T, 32);
	return tpm_run(T);
}
