/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM beside another one: sides that do the same commands.
 */
#ifndef TESTS_BENCH_TPM_H
#define TESTS_BENCH_TPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/shared.h"
#include "tpm.h"

/** How a command gets to its TPM. */
enum side_kind {
	SIDE_OPENSSL,	/* the distribution's libtpms: TPMLIB_Process() */
	SIDE_LIBRARY,	/* ours: TPMLIB_Process(), as libtpms is compared */
	SIDE_CELL,	/* ours: vtpm_serve(), as a guest's command goes */
	SIDES
};

extern const char *const side_names[SIDES];

/** A TPM that is on, with the same seeds as all, and its keys. */
struct side {
	struct tpm t;
	uint32_t ecc, rsa;		/* keys that sign */
	struct tpm_signature ecc_signature, rsa_signature;
	uint32_t made;			/* by the last command; 0: nothing */
};

/** Load both libraries; what cannot be ends the program. */
void sides_load(const char *ours, const char *theirs);
void side_start(struct side *side, enum side_kind kind);

/** What our library tells of its demands. */
struct shared_figures *side_figures(void);

/** Call this at each yield of ours. */
void side_watch(void (*watch)(void));

_Noreturn void bench_fail(const char *what);

struct bench_command {
	const char *name;
	/* Build it; run by the caller. */
	void (*build)(struct side *side);
	bool makes;	/* an object, which is flushed outside of the time */
};

/** Ended by one without a name. */
extern const struct bench_command bench_commands[];

/** Keys and signatures that the commands need. */
void side_prepare(struct side *side);

#endif
