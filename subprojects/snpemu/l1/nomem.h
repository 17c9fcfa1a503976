/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * Ranges that the host's memory map calls memory and that are none.
 *
 * no-memory=KIND,START,END,... gives the kind as its number here. What a page
 * is in the RMP does not matter: nested tables are looked at first.
 */
#ifndef SNPEMU_L1_NOMEM_H
#define SNPEMU_L1_NOMEM_H

#include <stdbool.h>
#include <stdint.h>

#include "tlb.h"

struct vcpu;

enum nomem {
	NOMEM_NOT,		/* memory as it should be */
	NOMEM_READONLY,		/* each write faults, for ever */
	NOMEM_LOST,		/* writes are gone at the next exit */
	NOMEM_MMIO,		/* #VC 400; reads are ones, writes are lost */
	NOMEM_UNBACKED,		/* each access faults, for ever */
};

/* Read the settings. */
void nomem_init(void);

enum nomem nomem_kind(uint64_t gpa);

/* Nothing is there that the host, or a DMA, could reach. */
bool nomem_is_absent(uint64_t gpa);

/* A nested fault that the host answers with another try, and no more. */
bool nomem_denies(struct vcpu *v, uint64_t gpa, bool write);

/* The same at PVALIDATE and its kin, which do not write to the page. */
bool nomem_denies_instruction(struct vcpu *v, uint64_t gpa);

/* Bits of a nested table's entry that remain. */
uint64_t nomem_bits(uint64_t gpa, uint64_t bits);

/*
 * A write that the RMP permits and that will be lost: it goes to a copy of the
 * page until the vCPU leaves the guest. False for other pages. Under the lock.
 */
bool nomem_map_copy(struct vcpu *v, uint64_t gpa, enum view view,
		    unsigned tree, const void *frame);

/* After an exit with this code. */
void nomem_leave(struct vcpu *v, uint32_t code);

/*
 * Exception delivery and the like, which L1 does for the processor: where the
 * bytes are. Ends the run when the access cannot succeed.
 */
void *nomem_frame(struct vcpu *v, uint64_t gpa, bool write, void *frame);

#endif
