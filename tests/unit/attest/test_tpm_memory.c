/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * No memory at the n-th allocation, for each n: the TPM ends there and then,
 * in a process of its own. It never answers after that, and storage that was
 * not written whole is not there: the next start works.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"
#include "tpm.h"
#include "unit.h"

#define FIRST	500

/** What the child leaves behind: how far it came. */
struct progress {
	unsigned long allocations;
	unsigned answers;
};

static struct progress *progress;
static struct tpm t;

static void setup(void)
{
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(progress, MAP_FAILED);
	tpm_new(&t);
}

static void teardown(void)
{
	tpm_stop(&t);
	munmap(progress, sizeof(*progress));
}

static void answered(uint32_t code)
{
	if (code != 0)
		_exit(1);
	progress->answers++;
}

/* Allocations of curves, of big numbers, of RSA, of storage. */
static void work(void)
{
	struct tpm_signature s;
	uint32_t key;

	answered(tpm_primary_ecc(&t, TPM_P256, TPM_SIGN_DECRYPT, &key));
	answered(tpm_sign(&t, key, TPM_ECDSA, TPM_SHA256, &s));
	answered(tpm_verify(&t, key, TPM_SHA256, &s));
	tpm_begin(&t, TPM_NO_SESSIONS, 0x163);
	tpm_u32(&t, key);
	answered(tpm_run(&t));
	answered(tpm_primary_rsa(&t, 1024, TPM_SIGN_DECRYPT, &key));
	answered(tpm_sign(&t, key, TPM_RSAPSS, TPM_SHA256, &s));
	answered(tpm_verify(&t, key, TPM_SHA256, &s));
	tpm_begin(&t, TPM_NO_SESSIONS, 0x145);
	tpm_u16(&t, 1);
	answered(tpm_run(&t));
}

/* In a child, with the n-th allocation failing; its exit status. */
static int child(unsigned long n)
{
	int status;
	pid_t pid;

	progress->answers = 0;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		platform_may_die = true;
		platform_fail_at = n ? platform_allocations + n : 0;
		progress->allocations = platform_allocations;
		work();
		progress->allocations =
			platform_allocations - progress->allocations;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "allocation %lu: signal %d", n,
		WTERMSIG(status));
	return WEXITSTATUS(status);
}

START_TEST(without_memory_the_tpm_ends_and_does_not_answer)
{
	unsigned last = 0;

	ck_assert_int_eq(child(0), 0);
	ck_assert_uint_ge(progress->allocations, FIRST);
	for (unsigned long n = 1; n <= FIRST; n++) {
		int status = child(n);

		ck_assert_msg(status == PLATFORM_DIED,
			"allocation %lu: status %d", n, status);
		/* Further on, never back: the answers before it are given. */
		ck_assert_uint_ge(progress->answers, last);
		last = progress->answers;
	}
	ck_assert_uint_ge(last, 3);
}
END_TEST

/* A start, too; and one with memory after it. */
START_TEST(after_a_start_without_memory_the_next_one_works)
{
	unsigned long n = 0;
	int status;

	tpm_stop(&t);
	do {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0) {
			platform_may_die = true;
			platform_fail_at = platform_allocations + n + 1;
			_exit(tpm_start(&t, &tpm_linked) != TPM_SUCCESS ||
				tpm_power_on(&t));
		}
		n++;
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status));
	} while (WEXITSTATUS(status) == PLATFORM_DIED && n < 40);
	ck_assert_uint_ge(n, 5);
	ck_assert_uint_eq(tpm_start(&t, &tpm_linked), TPM_SUCCESS);
	ck_assert_uint_eq(tpm_power_on(&t), 0);
}
END_TEST

UNIT_MAIN("vtpm without memory", setup, teardown,
	without_memory_the_tpm_ends_and_does_not_answer,
	after_a_start_without_memory_the_next_one_works)
