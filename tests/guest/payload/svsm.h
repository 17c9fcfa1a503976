/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Calling the SVSM from a guest that has nothing: GHCB MSR protocol only.
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

#endif
