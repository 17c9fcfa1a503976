/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the stress guest share: its vCPUs and their pages.
 */
#ifndef STRESS_CPU_H
#define STRESS_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "svsm.h"

enum failure {
	NO_HOST = 1, NO_PAGES, NO_POOL, NO_VCPU, NOT_STARTED, NO_CALL,
	ODD_ANSWER, NOT_STOPPED, NO_DUMP,
};

#define CPUS		3u
/** A CPU that runs no vCPU of the guest; those that are created are its. */
#define SPARE_APIC	3u

/* Pages of the guest for its own use, and those that it plays with. */
#define OWN		0x02000000ull
#define OWN_PAGES	(16 * (CPUS + 1))
#define POOL		0x02400000ull
#define POOL_LARGE	2u	/* 2 MiB each, as such in the RMP */
#define POOL_SMALL	0x02800000ull
#define POOL_PAGES	512u	/* 4 KiB each, as such in the RMP */

/** What all vCPUs share: a page of zeros at the start. */
struct shared {
	uint64_t go, stop;
	uint64_t started[CPUS], done[CPUS];
	uint64_t failure;
	uint64_t calls[CPUS];
	uint64_t good[CPUS];	/* answered with success */
	uint64_t created[CPUS];	/* vCPUs */
	uint64_t holders[CPUS];	/* of spare VMSAs, see stress_vcpu.c */
};

#define SHARED	((volatile struct shared *)OWN)

/** One vCPU; its 16 pages are OWN + 16 * (index + 1) on. */
struct cpu {
	struct host host;
	uint64_t ca, spare_ca, random;
	unsigned index;
	uint64_t answer;
};

/** Lists are anybody's to write, but for PAGE_OWN_LIST. */
enum own_page {
	PAGE_VMSA, PAGE_CA, PAGE_CA_2, PAGE_STACK, PAGE_STACK_2, PAGE_LIST,
	PAGE_SPARE_VMSA, PAGE_SPARE_CA, PAGE_SHARED, PAGE_OWN_LIST,
};

uint64_t own_page(unsigned index, enum own_page page);

/** A random number below @p below. */
uint64_t draw(struct cpu *cpu, uint64_t below);

/** The run is over, for this reason. */
void fail(enum failure failure);

/** A call of the core protocol; its result is in cpu->answer. True: success. */
bool call(struct cpu *cpu, uint32_t fn, uint64_t rcx, uint64_t rdx,
	  uint64_t r8);

/** PVALIDATE of one page, by a list that only this vCPU writes. */
bool validate(struct cpu *cpu, uint64_t gpa, uint64_t flags);

/** A page of the pools. */
uint64_t small_page(struct cpu *cpu);

/** What nobody may name, as far as the SVSM is concerned. */
uint64_t foreign_page(struct cpu *cpu);

/** One random thing. */
void play(struct cpu *cpu);

/** Those of CREATE_VCPU, DELETE_VCPU, and PVALIDATE of their pages. */
void play_create(struct cpu *cpu);
void play_delete(struct cpu *cpu);
void play_vmsa_page(struct cpu *cpu);

/** A VMSA for the spare CPU, which never runs it. */
void write_spare_vmsa(unsigned whose);

#endif
