/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * L1 reads and writes guest memory as the guest's processor would: through the
 * guest's page tables, then through the RMP.
 */
#ifndef SNPEMU_L1_WALK_H
#define SNPEMU_L1_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "rmp.h"

struct vcpu;

enum fault_kind {
	FAULT_NONE,
	FAULT_PAGE,		/* #PF with .error at .va */
	FAULT_NOT_VALIDATED,	/* #VC 404 at .va */
	FAULT_DENIED,		/* the RMP says no, for .outcome's reason */
	FAULT_DEVICE,		/* no memory at .gpa */
};

struct fault {
	enum fault_kind kind;
	uint64_t va;
	uint64_t gpa;
	bool private;
	uint32_t error;
	enum rmp_kind access;
	struct rmp_outcome outcome;
};

/* Where a linear address leads. */
struct translation {
	uint64_t gpa;
	bool private;
};

/**
 * Walk the guest's tables, setting accessed and dirty bits.
 *
 * @param kind  RMP_READ, RMP_WRITE or RMP_FETCH.
 * @param cpl   3 is a user access; anything else a supervisor's.
 */
bool guest_translate(struct vcpu *v, uint64_t va, enum rmp_kind kind,
		     unsigned cpl, struct translation *to, struct fault *fault);

/* A supervisor's read, without touching accessed and dirty bits. */
bool guest_probe(struct vcpu *v, uint64_t va, struct translation *to,
		 struct fault *fault);

/* Copy between guest memory and @buffer; all pages are checked first. */
bool guest_read(struct vcpu *v, uint64_t va, void *buffer, unsigned len,
		enum rmp_kind kind, unsigned cpl, struct fault *fault);
bool guest_write(struct vcpu *v, uint64_t va, const void *buffer, unsigned len,
		 unsigned cpl, struct fault *fault);

/* Make QEMU translate the instruction at RIP from what memory holds now. */
void guest_translate_anew(struct vcpu *v);

/* Up to @len bytes of code at RIP; returns how many could be fetched. */
unsigned guest_fetch(struct vcpu *v, uint8_t *bytes, unsigned len);

#endif
