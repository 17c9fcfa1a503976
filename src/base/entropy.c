/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Random bytes, with a look at what the processor gives. See entropy.h.
 */
#include <svsm/entropy.h>
#include <svsm/platform.h>
#include <svsm/string.h>

/* RDSEED is empty while others drain it; RDRAND practically never is. */
#define SEED_TRIES	64u
#define TRIES		1024u

/* A broken generator gives the same word again, or one of these. */
static bool is_suspect(uint64_t word, uint64_t last)
{
	return word == 0 || word == UINT64_MAX || word == last;
}

static enum svsm_status next_word(uint64_t *word, uint64_t last)
{
	for (unsigned i = 0; i < TRIES; i++) {
		bool seed = i < SEED_TRIES;

		if (svsm_plat_random(seed, word) && !is_suspect(*word, last))
			return SVSM_OK;
	}
	return SVSM_EHOST;
}

enum svsm_status svsm_entropy(void *dst, size_t n)
{
	uint64_t word, last = 0;
	char *to = dst;

	for (size_t at = 0; at < n; at += sizeof(word)) {
		size_t part = n - at < sizeof(word) ? n - at : sizeof(word);

		if (next_word(&word, last) != SVSM_OK) {
			svsm_wipe(dst, n);
			return SVSM_EHOST;
		}
		last = word;
		memcpy(to + at, &word, part);
	}
	svsm_wipe(&word, sizeof(word));
	svsm_wipe(&last, sizeof(last));
	return SVSM_OK;
}
