/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Nested page tables. Each vCPU has its own: one tree for each VMPL, and one
 * more for each VMPL while its paging is off, where plain addresses are
 * private. Always 4 KiB leaves. What the trees hold is tlb.h's business.
 *
 * Everything here is under rmp_lock.
 */
#ifndef SNPEMU_L1_NPT_H
#define SNPEMU_L1_NPT_H

#include <stdbool.h>
#include <stdint.h>

#define NPT_PRESENT	(1ull << 0)
#define NPT_WRITE	(1ull << 1)
#define NPT_USER	(1ull << 2)
#define NPT_ACCESSED	(1ull << 5)
#define NPT_DIRTY	(1ull << 6)
#define NPT_NX		(1ull << 63)

/* Ours: who may execute the page, and that a VMSA's page may be written. */
#define NPT_EXEC_USER	(1ull << 9)
#define NPT_EXEC_SUPER	(1ull << 10)
#define NPT_VMSA	(1ull << 11)

#define NPT_TREES	8u
#define ALL_TREES	0xffu

/* The trees of one vCPU. */
struct npt {
	uint64_t *root[NPT_TREES];
	uint64_t *detached[NPT_TREES];	/* roots of what is on its way out */
	uint32_t filled;	/* trees that are not empty */
	uint32_t leaving;	/* trees with something detached */
	void *spare;		/* unused tables, a list by the first word */
	unsigned tables;	/* in trees, without the roots */
};

static inline unsigned npt_tree(unsigned vmpl, bool paged)
{
	return vmpl * 2 + !paged;
}

/* The trees of a level. */
static inline uint32_t npt_trees(unsigned vmpl)
{
	return 3u << 2 * vmpl;
}

/* Memory in bytes that the trees of all vCPUs may take, at most. */
uint64_t npt_set_limit(uint64_t memory, unsigned vcpus);

void npt_init(struct npt *npt);
uint64_t npt_root(const struct npt *npt, unsigned tree);

/* False when the next entry could ask for more tables than may be. */
bool npt_has_room(const struct npt *npt);

/*
 * The entry for @key, the address that the processor looks up, C-bit included;
 * those behind it follow as far as its 2 MiB reach. NULL when the tables are
 * missing and not wanted.
 */
uint64_t *npt_entry(struct npt *npt, unsigned tree, uint64_t key, bool make);

/*
 * Empty trees in two steps: a processor that runs with one of them finds
 * nothing in it from npt_detach() on, but may be on its way through the old
 * tables. When it has left the guest, npt_release() takes them back. False when
 * the trees were empty.
 */
bool npt_detach(struct npt *npt, uint32_t trees);
void npt_release(struct npt *npt);

#endif
