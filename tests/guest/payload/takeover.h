/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest that wants to be VMPL0: its memory, its code for that, the proof.
 */
#ifndef PAYLOAD_TAKEOVER_H
#define PAYLOAD_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

/** Pages of the guest, private and valid; the first is the test's own. */
#define OWN		0x02000000ull
#define OWN_PAGES	64u
#define PAGE(n)		(OWN + (n) * 0x1000ull)

/** To become a VMSA of VMPL0, its calling area, and its stack's end. */
#define TARGET		PAGE(32)
#define TARGET_CA	PAGE(33)
#define TARGET_STACK	PAGE(50)

/** What the machine ends with when VMPL0 is the guest's: nothing else does. */
#define TAKEN_OVER	77u

/** GHCB registered, OWN accepted, VMSA of ours in TARGET for VMPL 2. */
bool takeover_prepare(void);

/** That VMSA once more, in the page that is there now. */
void takeover_write_vmsa(void);

/** A core protocol call on the first vCPU: its result, or all ones. */
uint64_t takeover_call(uint32_t fn, uint64_t rcx, uint64_t rdx, uint64_t r8);

/** The same for one entry of a list of PVALIDATE. */
uint64_t takeover_pvalidate(uint64_t entry);

/**
 * The host runs TARGET as VMPL0 on the vCPU with this APIC ID, if the
 * processor lets it.
 *
 * @return  TAKEN_OVER when it did, and RMPADJUST says that this is VMPL0.
 */
unsigned takeover_try(uint32_t apic_id);

/** "TEXT: HEX" on the console. */
void takeover_say(const char *text, uint64_t value);

#endif
