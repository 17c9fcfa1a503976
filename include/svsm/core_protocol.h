/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The core protocol (0, version 1): the calls every SVSM answers, and those by
 * which a guest lends it memory.
 */
#ifndef SVSM_CORE_PROTOCOL_H
#define SVSM_CORE_PROTOCOL_H

#include <svsm/protocol.h>

/** Pages (4 KiB) that one PVALIDATE call handles before INCOMPLETE: 16 MiB to
 *  clear, eight entries of 2 MiB. A list of small pages always fits. */
#define SVSM_PVALIDATE_BUDGET_PAGES	4096u

/**
 * REMAP_CA, PVALIDATE, CREATE_VCPU, DELETE_VCPU, QUERY_PROTOCOL and the query
 * of CONFIGURE_VTOM (not supported): all that Linux and OVMF call. DEPOSIT_MEM
 * and WITHDRAW_MEM are unsupported calls: see below.
 *
 * One lock, the ownership map's, covers check and use of each page, so that
 * PVALIDATE, CREATE_VCPU, DELETE_VCPU and REMAP_CA exclude each other.
 *
 * Where the specification leaves a choice, or we differ from it:
 *   - PVALIDATE of a page that the map says is valid never executes the
 *     instruction again (the host could have put another page there):
 *     0x80001010, or, with the ignore bit, success after clearing the page.
 *   - A page is cleared whenever it is granted, also in 0xC0000-0xFFFFF.
 *   - PVALIDATE flushes the TLBs of lower VMPLs once, at its end, if it has
 *     taken anything away. It is INCOMPLETE before an entry that asks for what
 *     lies between pages that the same call has taken away.
 *   - PVALIDATE's header word "reserved" is not looked at: Linux leaves old
 *     bytes of other calls there. Reserved bits of entries are refused.
 *   - A 2 MiB entry over pages in different states is answered 0x80001006, so
 *     that the guest repeats it in 4 KiB steps.
 *   - CREATE_VCPU: misaligned addresses are INVALID_ADDRESS; so is a VMSA at a
 *     multiple of 2 MiB (processor erratum). Only the guest's own VMPL is
 *     accepted. An APIC ID may be registered again (Linux does so before it
 *     deletes the firmware's VMSA); the caller's own may not.
 *   - DELETE_VCPU of the startup vCPU works.
 *   - A full ownership map or registry: BUSY. What the call asked for has not
 *     been done, and can be when another vCPU has given something up.
 */
extern const struct svsm_protocol svsm_core_protocol;

/**
 * The same with DEPOSIT_MEM and WITHDRAW_MEM, for an SVSM that has a use for
 * memory which the guest lends it (svsm_deposits). Name one of the two.
 *
 *   - DEPOSIT_MEM takes 64 pages of 4 KiB at a time (INCOMPLETE: call again)
 *     and SVSM_DEPOSIT_PAGES in all (BUSY); a 2 MiB entry is answered
 *     0x80001006, so that the guest repeats it in 4 KiB steps. A page that is
 *     not the guest's to give, or that holds the list: INVALID_ADDRESS.
 *   - WITHDRAW_MEM gives at most 64 pages; the list's count says how many.
 *     The memory-available flag is that of the calling area.
 *   - A full ownership map is answered 0x40000001 ("one page of memory
 *     needed"): the next deposited page becomes room for 256 more runs, and
 *     the call works when it is made again. INCOMPLETE when a page that was
 *     there has become that. So go SVSM_GUEST_MORE_RUNS pages, for ever; they
 *     are not for withdrawing. After that a full map is BUSY.
 */
extern const struct svsm_protocol svsm_core_protocol_deposits;

#endif
