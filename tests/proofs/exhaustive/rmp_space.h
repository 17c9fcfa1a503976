/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A small instance of the RMP: one 2 MiB region of system memory with one
 * guest in it, and everything that host, firmware and guest can do there.
 */
#ifndef TESTS_PROOFS_RMP_SPACE_H
#define TESTS_PROOFS_RMP_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "rmp.h"

#define OURS		1u		/* ASID of the guest */
#define OTHER		2u
#define GPA		0x40000000ull	/* where it sees the region */
#define GPA_ODD		0x40001000ull	/* not 2 MiB aligned */
#define PAGES		RMP_LARGE_PAGES
#define INNER		3u		/* a page inside the region */

/**
 * A state: the entry of the region's first page or, when `size` is 2 MiB, of
 * all of it. The other pages are the hypervisor's but the second, which may be
 * the guest's. VMPL0's mask follows: everything for an assigned page.
 */
struct page {
	uint8_t assigned;
	uint8_t asid;
	uint8_t gpa;		/* 0: address 0; else one of rmp_gpas[] */
	uint8_t size;
	uint8_t immutable;
	uint8_t vmsa;
	uint8_t validated;
	uint8_t in_use;
	uint8_t perms[3];	/* of VMPL1 to 3 */
	uint8_t neighbour;	/* the second page is assigned */
};

extern const uint64_t rmp_gpas[3];

enum op {
	OP_PVALIDATE,
	OP_RMPADJUST,
	OP_RMPQUERY,
	OP_ACCESS,
	OP_RMPUPDATE,
	OP_NEIGHBOUR,		/* RMPUPDATE of the second page */
	OP_PSMASH,
	OP_ENTER,		/* VMRUN of the page */
	OP_LEAVE,
	OP_LAUNCH,		/* LAUNCH_UPDATE */
	OP_RECLAIM,		/* PAGE_RECLAIM */
	OP_COUNT
};

/** One thing that somebody does. What an operation does not have is zero. */
struct action {
	enum op op;
	struct rmp_guest guest;	/* asid 0: no SNP guest, or the host */
	struct rmp_place place;
	uint64_t va;
	uint64_t size;		/* the operand: ECX, RCX */
	bool validate;
	uint64_t rdx;		/* target, mask, VMSA mark */
	enum rmp_who who;
	enum rmp_kind kind;
	bool private;
	struct rmp_operand operand;
	uint64_t spa;		/* of host and firmware */
	enum rmp_page_type type;
};

/** What comes of it: an outcome without its rule, and what a query gives. */
struct answer {
	enum rmp_exit exit;
	uint32_t code;		/* or a status of the firmware */
	bool carry;
	uint64_t exitinfo1;
	uint64_t rdx, rcx;	/* RMPQUERY */
};

/** Number of actions, and the one of a number. */
unsigned rmp_actions(void);
struct action rmp_action(unsigned nr);
void rmp_print(unsigned nr);

/**
 * The independent answer: written down from the architecture, as tables.
 *
 * @param page  In: before; out: after.
 */
struct answer rmp_expect(struct page *page, const struct action *action);

#endif
