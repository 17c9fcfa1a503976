/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Calling the SVSM and the host from a guest that has nothing else.
 */
#ifndef PAYLOAD_SVSM_H
#define PAYLOAD_SVSM_H

#include <stdbool.h>
#include <stdint.h>

/** Registers of a call; RAX goes in as protocol and call. */
struct call {
	uint32_t protocol, fn;
	uint64_t rax, rcx, rdx, r8, r9;
};

/**
 * Make a call.
 *
 * @return Whether the host switched to VMPL0 and the SVSM took the call. Then
 *         the registers hold its answer.
 */
bool svsm_call(struct call *call);

/** The same without a call pending: the SVSM finds nothing to do. */
bool svsm_visit(struct call *call);

/**
 * Have the host make pages private: a GHCB page state change.
 *
 * @param gpa    First page.
 * @param count  Pages, of 2 MiB when @p huge, else of 4 KiB.
 */
bool host_make_private(uint64_t gpa, unsigned count, bool huge);

void write_ghcb_msr(uint64_t value);
uint64_t read_ghcb_msr(void);

#endif
