/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * vCPUs of one guest that call at the same time, and what they fight for.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include "fixture.h"

#define PLAYERS		4u
#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
/** Pages that all of them name. */
#define PRIZE		0x21000ull
#define OTHER		0x22000ull

/** A vCPU of the guest with pages of its own, and its next call. */
struct player {
	uint32_t apic_id;
	uint64_t vmsa, ca, list;
	uint64_t rax, rcx, rdx, r8;	/* in */
	uint64_t result;
	enum svsm_vcpu_next next;
	unsigned calls;
};

/** APIC IDs 1 to PLAYERS. */
extern struct player players[PLAYERS];

/** guest_setup() and the players; for UNIT_MAIN. */
void players_setup(void);
void players_setup_with(enum fake_memory state);

/** Make the call; without Check, which knows one thread only. */
void player_call(struct player *player);

/** What the next call is. */
void player_will_pvalidate(struct player *player, uint64_t entry);
void player_will_create(struct player *player, uint64_t vmsa, uint64_t ca);
void player_will_delete(struct player *player, uint64_t vmsa);
void player_will_remap(struct player *player, uint64_t ca);

/** The first two: one has this result, the other that. */
void players_expect(uint64_t one, uint64_t other);

#endif
