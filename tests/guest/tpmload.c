/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Keeps the TPM busy with the longest thing it does: makes RSA-2048 keys, one
 * after the other, and measures from outside how long a command took.
 *
 *	tpmload CPU COMMANDS
 *	commands 3 max_us 4012345
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* [TPM2] TPM2_CreatePrimary() in the null hierarchy, no password, a signing
 * key RSA-2048 that takes any scheme. The last two bytes are a salt for it. */
static const uint8_t create_primary[] = {
	/* sessions, length, code; TPM_RH_NULL */
	0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x31,
	0x40, 0, 0, 0x07,
	/* the empty password; none for the key, no data */
	0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0,
	0, 4, 0, 0, 0, 0,
	/* 24 bytes: RSA, SHA-256, may sign, no policy; 2048 bits; the salt */
	0, 24,
	0, 0x01, 0, 0x0b, 0, 0x04, 0x00, 0x72, 0, 0,
	0, 0x10, 0, 0x10, 0x08, 0, 0, 0, 0, 0,
	0, 2, 0, 0,
	/* no data, no PCRs */
	0, 0, 0, 0, 0, 0,
};
/* TPM2_FlushContext() of a handle. */
static const uint8_t flush_context[] = {
	0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0, 0, 0, 0,
};

_Static_assert(sizeof(create_primary) == 65, "as its length says");

#define SALT (sizeof(create_primary) - 8)
#define RESPONSE 4096
#define HEADER 10	/* u16 tag, u32 size, u32 code */

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ll + ts.tv_nsec / 1000;
}

/* Gives the length of a good answer, or -1. */
static ssize_t transact(int tpm, const uint8_t *command, size_t size,
		uint8_t *response)
{
	static const uint8_t success[4];
	ssize_t n;

	if (write(tpm, command, size) != (ssize_t)size)
		return -1;
	n = read(tpm, response, RESPONSE);
	if (n < HEADER || memcmp(response + 6, success, sizeof(success)) != 0)
		return -1;
	return n;
}

/* Gives how long it took to make a key, or -1. */
static int64_t make_key(int tpm, unsigned salt)
{
	uint8_t command[sizeof(create_primary)], flush[sizeof(flush_context)];
	uint8_t response[RESPONSE];
	int64_t begin = now_us(), took;

	memcpy(command, create_primary, sizeof(command));
	command[SALT] = (uint8_t)(salt >> 8);
	command[SALT + 1] = (uint8_t)salt;
	if (transact(tpm, command, sizeof(command), response) < HEADER + 4)
		return -1;
	took = now_us() - begin;
	memcpy(flush, flush_context, sizeof(flush));
	memcpy(flush + HEADER, response + HEADER, 4);
	return transact(tpm, flush, sizeof(flush), response) < 0 ? -1 : took;
}

static int run(int tpm, unsigned commands)
{
	int64_t max = 0;

	for (unsigned i = 0; i < commands; i++) {
		int64_t took = make_key(tpm, (unsigned)getpid() + i);

		if (took < 0) {
			printf("the TPM made no key\n");
			return 1;
		}
		if (took > max)
			max = took;
	}
	printf("commands %u max_us %lld\n", commands, (long long)max);
	return 0;
}

int main(int argc, char **argv)
{
	cpu_set_t set;
	int tpm;

	if (argc != 3) {
		fprintf(stderr, "tpmload CPU COMMANDS\n");
		return 2;
	}
	CPU_ZERO(&set);
	CPU_SET(strtoul(argv[1], NULL, 10), &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("tpmload");
		return 1;
	}
	tpm = open("/dev/tpm0", O_RDWR);
	if (tpm < 0) {
		perror("/dev/tpm0");
		return 1;
	}
	return run(tpm, (unsigned)strtoul(argv[2], NULL, 10));
}
