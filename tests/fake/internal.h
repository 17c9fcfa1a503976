/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the files of the fake platform share.
 */
#ifndef FAKE_INTERNAL_H
#define FAKE_INTERNAL_H

#include <pthread.h>

#include "fake.h"

enum view {
	VIEW_PRIVATE,
	VIEW_SHARED,
};

/* A page table entry of ours, as a mapping of the process. */
struct mapping {
	uintptr_t va;
	uint64_t gpa;
	uint64_t len;
	bool private;
	bool writable;
	bool absent;	/* a hole in an older, larger mapping */
};

struct machine {
	struct fake_config config;
	bool running;
	uint64_t bytes;		/* of GPA space, and of each file */
	int file[2];		/* by view */
	uint8_t *alias[2];	/* the files, mapped for the fake itself */
	uint8_t *fetches[2];	/* one counter per byte */
	uint8_t *fetched_page[2];	/* 1: some counter in it is not 0 */
	struct rmp rmp;
	struct rmp_entry *entries;
	uint32_t *frame;	/* GPA page -> system page, for private views */
	uint8_t *stale;		/* permissions that TLBs may still hold */
	uint64_t *stale_vmsas;	/* of which VMSAs, a bit each */
	uint64_t *nested;	/* CPUs of ours that may know what was behind */
	uint64_t stale_from, stale_end;	/* pages that may have some */
	uint8_t *window;	/* the window area */
	struct mapping *map;
	size_t maps, maps_room;
	struct fake_counters count;
};

extern struct machine fake;

/* Per thread. */
struct cpu {
	struct svsm_cpu svsm;	/* what the code under test sees */
	bool present;
	bool interrupts;
	uint64_t ghcb_msr;
	uint64_t registered;	/* GHCB GPA, or ~0 */
	unsigned depth;		/* of the machine lock */
	sigjmp_buf jump[4];
	unsigned jump_holds[4];	/* locks held there */
	int jumps;
	const struct svsm_lock *held[8];
	unsigned holds;
	bool handler;		/* in one of an exception */
	bool ending;		/* for this reason */
	int reason;
	pthread_t thread;
	void (*fn)(void *arg);
	void *arg;
};

extern struct cpu fake_cpus[FAKE_MAX_CPUS];
struct cpu *fake_self(void);

/* One lock around the machine; recursive. */
void fake_lock(void);
void fake_unlock(void);

/* machine.c */
void fake_map_file(uintptr_t va, enum view view, uint64_t at, uint64_t len,
		int prot);
uint64_t fake_spa(uint64_t gpa);

/* mapping.c */
void fake_mapping_reset(void);
const struct mapping *fake_mapping_find(uintptr_t va);
void fake_mapping_set(const struct mapping *mapping);
/* The rules of these guest pages changed: adapt what the process may do. */
void fake_mapping_refresh(uint64_t gpa, uint64_t len);

/* access.c */
bool fake_untrusted(uint64_t gpa, bool private);
void fake_signals_install(void);
struct rmp_outcome fake_check(uint64_t gpa, bool private, bool write,
		unsigned vmpl);

/* insn.c */
struct rmp_place fake_place(uint64_t gpa);
bool fake_split(uint64_t gpa);
void fake_scramble(uint64_t gpa, uint64_t len);
bool fake_is_scrambled(uint64_t gpa, uint64_t len);

/* tlb.c */
void fake_tlb_reset(void);
/* A mapping of ours went; another one comes; a page becomes somebody else's. */
void fake_tlb_unmapped(const struct mapping *map);
void fake_tlb_check_va(uintptr_t va, uint64_t len);
void fake_tlb_check_gpa(uint64_t gpa, uint64_t len);
/* A page with this mark can run, and has a TLB. */
void fake_tlb_add_vmsa(uint64_t gpa);
/* Lower levels lost permissions of these pages [first, end). */
void fake_tlb_lost(uint64_t first, uint64_t end, unsigned perms);
/* The permissions that somebody's TLB still has. */
unsigned fake_tlb_stale(uint64_t gpa);
/* Nobody's has any more what it had: the page's mappings are right again. */
bool fake_tlb_settle(uint64_t gpa);
/* Pages were rescinded, or validated. */
void fake_tlb_changed(uint64_t gpa, uint64_t len, bool valid);

/* cpu.c */
_Noreturn void fake_end(int reason);
void fake_cpus_reset(void);
/* This thread is that CPU: from its start on, and again. */
void fake_become(unsigned index, uint32_t apic_id);
void fake_be(unsigned index);
void fake_depart(unsigned index);

/* schedule.c: CPUs take turns; else each is a thread. */
bool fake_is_scheduled(void);

/* schedule.c: every call of the seam, with the pages it works on. */
void fake_seam(unsigned pages);
/* ... and one that waits for somebody else; false: who is in a thread. */
bool fake_seam_wait(void);

/* locks.c */
void fake_locks_reset(void);
void fake_lock_may_take(const struct svsm_lock *lock);
void fake_locks_check_none(const char *what);

/* host.c */
void fake_host_reset(void);
/* RMPUPDATE on a guest page, mappings kept in step; false: refused. */
bool fake_host_assign(uint64_t gpa, uint64_t len, bool private);
/* The field that a request cannot do without. */
void fake_need(const struct fake_exit *exit, size_t bit, const char *name);
#define NEED(exit, field) fake_need(exit, SVSM_GHCB_BIT(field), #field)

/* host_vmpl.c */
void fake_host_aps_reset(void);
void fake_host_ap_creation(struct fake_exit *exit);
/* Does the processor run that VMPL of this CPU? */
bool fake_host_run_vmpl(unsigned vmpl);

/* host_psc.c */
uint64_t fake_host_psc_one(uint64_t gpa, unsigned op);
void fake_host_psc(struct fake_exit *exit);

/* oracle.c */
void fake_oracle_reset(void);

#endif
