/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest on the fake machine, and calls from it that go the whole way: the
 * registers into its VMSA, the pending byte into its calling area, then
 * svsm_vcpu_serve(), then what the guest finds.
 *
 *	0x00000000 guest memory, 4 KiB RMP entries, not validated
 *	0x02000000 end of it: nothing
 *	0x08000000 the SVSM's region
 */
#ifndef GUEST_FIXTURE_H
#define GUEST_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>
#include <svsm/abi/vmsa.h>
#include <svsm/core_protocol.h>
#include <svsm/guest.h>
#include <svsm/page.h>

#include "fake.h"
#include "guest_layout.h"
#include "unit.h"

#define PAGE		0x1000ull
#define HUGE		0x200000ull
#define CPUS		8u

/** Calling area of the startup vCPU, APIC ID 0. */
#define CA0		0x00001000ull
/** A page for lists, not a calling area; and free guest pages behind it. */
#define LIST		0x00003000ull
#define FREE_PAGES	0x00010000ull
/** A VMSA page of ours for APIC ID 0. */
#define VMSA0		(REGION + 0x5000)
/** Pages for another vCPU. */
#define VMSA1		0x00005000ull
#define CA1		0x00006000ull

/** A page where the C-bit is: no page table can show it. */
#define BEYOND		(1ull << 51 | FREE_PAGES)

/** Bits of an entry of PVALIDATE's list. */
#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
#define LARGE		1ull

/** What a guest does for one call, and what it finds afterwards. */
struct regs {
	uint64_t rax, rcx, rdx, r8, r9;
};

#define CORE(fn)	((uint64_t)SVSM_PROTOCOL_CORE << 32 | (fn))

/** Set up with the defaults above; for UNIT_MAIN. */
void guest_setup(void);
/** ... with this state of the guest's memory and so many runs. */
void guest_setup_with(enum fake_memory state, size_t runs);
void guest_teardown(void);
/** Both, for another round within a test. */
void guest_restart(void);
void guest_restart_with(enum fake_memory state, size_t runs);

/** Say in the map whose the pages are. */
void guest_set_owner(uint64_t gpa, uint64_t pages, enum svsm_owner owner);
/** A CPU of ours that is at work and answers no flush; and its end. */
void guest_deaf_cpu_start(void);
void guest_deaf_cpu_end(void);
/** Make pages the guest's: validated and granted, as after PVALIDATE. */
void guest_give(uint64_t gpa, uint64_t pages);

/** A call by APIC ID 0; the result is RAX. Checks what every call keeps: SVME
 *  set again, pending clear, unanswered registers untouched. */
uint64_t guest_call(uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8);
/** ... by any vCPU; @p regs in and out; SVSM_VCPU_NONE when it is gone. */
enum svsm_vcpu_next guest_call_by(uint32_t apic_id, struct regs *regs);

/** A list of @p n entries at @p gpa, which the guest can write. */
void guest_list(uint64_t gpa, unsigned n, unsigned next,
		const uint64_t *entries);
/** ... of @p n neighbours from @p first on, all with these flags. */
void guest_list_pages(uint64_t gpa, unsigned n, uint64_t first, uint64_t flags);
/** Its `next` field now. */
unsigned guest_list_next(uint64_t gpa);
/** PVALIDATE with the list there. */
uint64_t pvalidate_at(uint64_t list);
/** ... of one entry with a list at LIST. */
uint64_t guest_pvalidate(uint64_t entry);
/** ... of @p n neighbours. */
uint64_t guest_pvalidate_pages(uint64_t first, unsigned n, uint64_t flags);
/** Of @p n neighbours the guest has the first @p done, the rest is invalid. */
void guest_expect_first(uint64_t first, unsigned n, unsigned done);

/** Write a VMSA that CREATE_VCPU accepts into a guest page. */
void guest_make_vmsa(uint64_t gpa);
struct svsm_abi_vmsa *guest_vmsa(uint64_t gpa);
/** Guest pages for VMSA and CA, a good VMSA, CREATE_VCPU: the result. */
uint64_t guest_create(uint32_t apic_id, uint64_t vmsa, uint64_t ca);

/** Can the guest read and write the page? */
bool guest_can_write(uint64_t gpa);
/** Is there nothing but zeros in these pages? */
bool guest_is_clear(uint64_t gpa, uint64_t len);
/** Owner by the map. */
enum svsm_owner guest_owner(uint64_t gpa);

/**
 * The oracle after a hostile case: fake_oracle(), map and RMP agree page by
 * page, page pool intact with no leak, window slots free, and another vCPU's
 * calls are answered in time.
 */
void guest_oracle(void);
/** The page pool's free pages now are those that there should be. */
void guest_expect_pages(void);

/** What the SVSM answers: the core protocol, and one more if a test adds it. */
extern const struct svsm_protocol *guest_protocols[2];
extern size_t guest_protocol_count;

#endif
