/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One call of the guest, and who answers it.
 */
#ifndef SVSM_PROTOCOL_H
#define SVSM_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/svsm.h>
#include <svsm/status.h>
#include <svsm/umem.h>

struct svsm_guest;
struct svsm_vcpu;
struct svsm_call;

/** Registers a call can answer in, beside RAX. */
enum svsm_reg {
	SVSM_RCX,
	SVSM_RDX,
	SVSM_R8,
	SVSM_R9,
	SVSM_REGS
};

/**
 * A protocol: a number, the versions it speaks, one function.
 *
 * `call` gets the call number @p fn (RAX[31:0], any value) and returns what
 * RAX[31:0] shall say; SVSM_ERR_UNSUPPORTED_CALL for numbers it does not know.
 * It must not panic on anything in @p call, must end within a bound (return
 * SVSM_ERR_INCOMPLETE to be called again), and holds no lock when it returns.
 */
struct svsm_protocol {
	uint32_t id;
	uint32_t min;
	uint32_t max;
	svsm_result_t (*call)(struct svsm_call *call, uint32_t fn);
};

/**
 * A call in progress. The registers are a snapshot: the guest cannot change
 * them any more. Addresses in them are its words.
 */
struct svsm_call {
	struct svsm_guest *guest;
	struct svsm_vcpu *vcpu;		/* the caller; stays until the answer */
	const struct svsm_protocol *const *protocols;
	size_t protocol_count;
	uint64_t in[SVSM_REGS];
	uint64_t out[SVSM_REGS];
	unsigned answered;		/* registers of out to write, by bit */
};

/** Answer in a register. Registers not named stay as the guest left them. */
static inline void
svsm_call_answer(struct svsm_call *call, enum svsm_reg reg, uint64_t value)
{
	call->out[reg] = value;
	call->answered |= 1u << reg;
}

/**
 * A slice of the memory a call points to: in guest memory or in the caller's
 * own calling area, not across both.
 *
 * @retval SVSM_EADDR  As svsm_umem_open().
 */
SVSM_CHECKED enum svsm_status
svsm_call_umem(const struct svsm_call *call, uint64_t gpa, uint64_t len,
	       enum svsm_access access, struct svsm_umem *out);

/**
 * Find the protocol of @p rax (63:32) and let it answer.
 *
 * @return  What RAX shall be; SVSM_ERR_UNSUPPORTED_PROTOCOL if nobody has it.
 */
svsm_result_t svsm_dispatch(struct svsm_call *call, uint64_t rax);

/**
 * The one translation of a status into a result code.
 *
 * SVSM_ENOMEM becomes SVSM_ERR_BUSY: nothing has changed, and it may be better
 * later. Who can use memory of the guest's asks for it: SVSM_NEED_PAGES().
 */
/*@ assigns \nothing;
  ensures \result == SVSM_SUCCESS <==> status == SVSM_OK; */
svsm_result_t svsm_result(enum svsm_status status);

#endif
