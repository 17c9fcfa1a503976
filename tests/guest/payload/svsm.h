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
	uint64_t ca;		/* calling area; 0: that of the first vCPU */
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
 * PVALIDATE of neighbours by the first vCPU; true when all of it was done.
 *
 * @param count  Pages of the size that @p flags tell; at most 510.
 * @param flags  Of a list entry.
 * @param label  R9 of the call, for the meter.
 */
bool svsm_pvalidate(uint64_t gpa, unsigned count, uint64_t flags,
		    uint64_t label);

/** A way to the host: a shared page of the 2 MiB at GHCB, one per vCPU. */
struct host {
	uint64_t ghcb;		/* GPA */
};

extern const struct host boot_host;

/** Before the first request of a vCPU. */
bool host_register(const struct host *host);

/**
 * A GHCB page state change.
 *
 * @param op  SVSM_PSC_OP_PRIVATE or SVSM_PSC_OP_SHARED.
 */
bool host_change(const struct host *host, uint64_t gpa, unsigned count,
		 bool huge, unsigned op);

void host_out8(const struct host *host, uint16_t port, uint8_t value);
uint8_t host_in8(const struct host *host, uint16_t port);

/** AP creation: the host's part, after CREATE_VCPU. */
bool host_create_vcpu(const struct host *host, uint32_t apic_id,
		      unsigned vmpl, uint64_t vmsa, uint64_t features);

/** VMPL of the guest, in all images. */
#define GUEST_VMPL	2u

/**
 * The state that this vCPU has, at another function and stack. The page must be
 * ordinary, and stay that.
 */
void vcpu_write(uint64_t gpa, void (*fn)(uint64_t), uint64_t argument,
		uint64_t stack);

/** On the serial port, by boot_host. */
void say(const char *text);
void say_number(uint64_t value);
void say_hex(uint64_t value);

void write_ghcb_msr(uint64_t value);
uint64_t read_ghcb_msr(void);

#endif
