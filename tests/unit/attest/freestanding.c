/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM as a cell has it, in a Linux process without a C library: every
 * symbol has to come from our libraries, and the TPM has to work. The line of
 * TAP that it writes is its result; its exit status is the number of the step
 * that failed.
 */
#include <svsm/string.h>

#include "tpm.h"
#include "vtpm/platform.h"

#define HEAP_BYTES	(64u << 20)
#define BLOCK_BYTES	16u
#define DIED		100

#define SYS_WRITE	1
#define SYS_EXIT	60
#define SYS_ARCH_PRCTL	158
#define ARCH_SET_FS	0x1002

void free(void *block);
void start(void);
_Noreturn void __stack_chk_fail(void);

static unsigned char heap[HEAP_BYTES] __attribute__((aligned(16)));
static size_t used;

/* What the stack protector of libtpms.a finds at %fs:0x28. */
static uint64_t thread[8] = { [5] = 0x1122334455667700 };

static long syscall(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static _Noreturn void leave(int status)
{
	const char *line = status ? "1..1\nnot ok 1 - the TPM works\n" :
				    "1..1\nok 1 - the TPM works\n";

	(void)syscall(SYS_WRITE, 1, (long)line, (long)strlen(line));
	for (;;)
		(void)syscall(SYS_EXIT, status, 0, 0);
}

/* A heap that only grows: the size stands in front of each block. */
void *vtpm_plat_realloc(void *block, size_t size)
{
	size_t room = (size + 2 * BLOCK_BYTES - 1) & ~(size_t)(BLOCK_BYTES - 1);
	size_t old = block ? *(size_t *)((char *)block - BLOCK_BYTES) : 0;
	unsigned char *made = heap + used + BLOCK_BYTES;

	if (room + BLOCK_BYTES > HEAP_BYTES - used)
		return NULL;
	used += room + BLOCK_BYTES;
	*(size_t *)(made - BLOCK_BYTES) = size;
	if (block)
		memcpy(made, block, old < size ? old : size);
	return made;
}

void free(void *block)
{
	(void)block;
}

void vtpm_plat_entropy(void *buf, size_t len)
{
	static uint64_t state = 0x123456789abcdef1;
	unsigned char *byte = buf;

	while (len--) {
		state = state * 6364136223846793005 + 1442695040888963407;
		*byte++ = (unsigned char)(state >> 56);
	}
}

uint64_t vtpm_plat_clock_ms(void)
{
	return __builtin_ia32_rdtsc() >> 21;
}

_Noreturn void vtpm_plat_die(const char *why)
{
	(void)why;
	leave(DIED);
}

_Noreturn void __stack_chk_fail(void)
{
	leave(DIED + 2);
}

void vtpm_plat_yield(void)
{
}

static int sign_and_verify(struct tpm *t, uint32_t key, unsigned scheme)
{
	struct tpm_signature signature;

	if (tpm_sign(t, key, scheme, TPM_SHA256, &signature))
		return 1;
	if (tpm_verify(t, key, TPM_SHA256, &signature))
		return 2;
	signature.bytes[signature.len - 3] ^= 1;
	return tpm_verify(t, key, TPM_SHA256, &signature) ? 0 : 3;
}

static int run(void)
{
	static struct tpm t;
	uint32_t key;
	int failed;

	if (tpm_start(&t, &tpm_linked) != TPM_SUCCESS)
		return 1;
	if (tpm_power_on(&t))
		return 2;
	if (tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT, &key))
		return 3;
	failed = sign_and_verify(&t, key, TPM_ECDSA);
	if (failed)
		return 10 + failed;
	if (tpm_primary_rsa(&t, 2048, TPM_SIGN_DECRYPT, &key))
		return 4;
	failed = sign_and_verify(&t, key, TPM_RSASSA);
	return failed ? 20 + failed : 0;
}

/* Called with the stack as Linux leaves it, aligned to 16 bytes. */
__attribute__((force_align_arg_pointer)) void start(void)
{
	if (syscall(SYS_ARCH_PRCTL, ARCH_SET_FS, (long)thread, 0) != 0)
		leave(DIED + 1);
	leave(run());
}
