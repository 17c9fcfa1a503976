/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Plays IGVM files to a loader that takes notes. */
#ifndef TESTS_IGVM_PLAYER_H
#define TESTS_IGVM_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "igvm.h"
#include "igvm_file.h"

/** The loader. */
struct player {
	unsigned refused_call; /* it answers this one so; 0: none */
	uint64_t no_memory;    /* for what begins here; 0: there is for all */
	char memory[512];      /* that was asked for */
	bool is_old;	       /* it does not know device trees */
	unsigned calls;	       /* of its functions, since play() began */
	char notes[4096];      /* what they were */
};

/** The file of the running test. */
extern struct file file;
extern struct player player;
extern const char *const refusal;

/** An empty file for SEV-SNP. */
void start_file(void);

/** The good file with one header of each kind, finished. */
void finish_good(void);

/** igvm_open() with memory for 64 words of pages. */
bool open_only(struct igvm_file *igvm, const uint8_t *bytes, uint32_t size,
	struct igvm_error *error);
bool play(const struct igvm_file *igvm, struct igvm_error *error);
/** Both. */
bool open_bytes(const uint8_t *bytes, uint32_t size, struct igvm_error *error);

/** Finish the file, play it, expect these notes, free it. */
void expect_play(const char *text);

#endif
