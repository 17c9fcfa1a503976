/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The list of a page state change request: pure, tested on the host. */
#ifndef SNPEMU_L1_PSCLIST_H
#define SNPEMU_L1_PSCLIST_H

#include <stdbool.h>
#include <stdint.h>

#define PSC_ENTRIES_MAX		253u	/* of the shared buffer */
#define PSC_PAGES_2M		512u

enum psc_op {
	PSC_PRIVATE = 1, PSC_SHARED = 2, PSC_SMASH = 3, PSC_UNSMASH = 4,
};

struct psc_header {
	uint16_t cur_entry;
	uint16_t end_entry;	/* inclusive */
	uint32_t reserved;	/* firmware leaves anything here */
};

struct psc_entry {
	uint64_t gpa;
	enum psc_op op;
	bool huge;
	unsigned done;		/* 4 KiB pages finished before */
};

/* SW_EXITINFO2 of the answer. */
#define PSC_ERROR_HEADER	(1ull << 32 | 1)
#define PSC_ERROR_ENTRY		(1ull << 32 | 2)
#define PSC_ERROR_GENERIC	(0x100ull << 32)

/* @room: bytes from the header to the end of the shared buffer. */
bool psc_header_valid(const struct psc_header *header, uint64_t room);

/* False for an entry that no host may carry out. */
bool psc_decode(uint64_t raw, struct psc_entry *entry);

/* The entry with its count of finished pages. */
uint64_t psc_progress(uint64_t raw, unsigned done);

#endif
