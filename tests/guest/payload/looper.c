/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest of two vCPUs: one makes a cell loop, the other gets "busy" until
 * the loop has been ended, and then is served. Ends with the number of what
 * was wrong, or 0.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>

#include "../../boot/images/cells/hostile.h"
#include "../../boot/images/looper/looper.h"
#include "layout.h"
#include "svsm.h"
#include "vmsa.h"

unsigned payload_main(void);

enum failure {
	NO_HOST = 1, NO_PAGES, NO_VCPU, NOT_STARTED, NO_CALL, ODD_ANSWER,
	NEVER_BUSY, NOT_ENDED, LOOP_ANSWER, NOT_SERVED,
};

/* Four pages: stack, VMSA (which may not begin 2 MiB) and calling area of the
 * second vCPU, shared. */
#define OWN	0x02000000ull
#define STACK	(OWN + 0x1000)
#define VMSA	(OWN + 0x1000)
#define CA	(OWN + 0x2000)
#define PAGES	4u
#define CALLS	50000u

struct shared {
	uint64_t started, done, result;
};

#define SHARED	((volatile struct shared *)(OWN + 0x3000))

static void run_other(uint64_t unused)
{
	struct call call = {
		.ca = CA, .protocol = LOOPER_PROTOCOL, .fn = HOSTILE_LOOP,
	};

	(void)unused;
	SHARED->started = 1;
	SHARED->result = svsm_call(&call) ? call.rax : UINT64_MAX;
	SHARED->done = 1;
	for (;;)
		__asm__ volatile("hlt");
}

static bool core(uint32_t fn, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE, .fn = fn, .rcx = rcx,
		.rdx = rdx, .r8 = r8,
	};

	return svsm_call(&call) && call.rax == SVSM_SUCCESS;
}

static enum failure start_other(void)
{
	if (!host_register(&boot_host))
		return NO_HOST;
	if (!host_change(&boot_host, OWN, PAGES, false,
			 SVSM_PSC_OP_PRIVATE) ||
	    !svsm_pvalidate(OWN, PAGES, SVSM_PVALIDATE_VALID, 0))
		return NO_PAGES;
	vcpu_write(VMSA, run_other, 0, STACK);
	if (!core(SVSM_CORE_CREATE_VCPU, VMSA, CA, 1) ||
	    !host_create_vcpu(&boot_host, 1, GUEST_VMPL, VMSA,
			      guest_features()))
		return NO_VCPU;
	for (uint64_t i = 0; !SHARED->started; i++)
		if (i == 1ull << 34)
			return NOT_STARTED;
	return 0;
}

/* The SVSM serves this vCPU, whatever the cell does on the other CPU. */
static bool is_served(void)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE,
		.fn = SVSM_CORE_QUERY_PROTOCOL,
		.rcx = (uint64_t)SVSM_PROTOCOL_CORE << 32 | 1,
	};

	return svsm_call(&call) && call.rax == SVSM_SUCCESS;
}

/* Until the other's call is over; where nothing can end it, for a while. */
static enum failure wait_for_end(void)
{
	struct call call = { .protocol = LOOPER_PROTOCOL, .fn = HOSTILE_ECHO };
	unsigned busy = 0;

	for (unsigned i = 0; !SHARED->done; i++) {
		if (i == CALLS)
			return is_served() ? NOT_ENDED : NO_CALL;
		if (!svsm_call(&call))
			return NO_CALL;
		if (call.rax == SVSM_ERR_BUSY)
			busy++;
		else if (call.rax != SVSM_SUCCESS &&
			 call.rax != SVSM_ERR_INCOMPLETE)
			return ODD_ANSWER;
	}
	return busy ? 0 : NEVER_BUSY;
}

static enum failure serves_again(void)
{
	struct call call = { .protocol = LOOPER_PROTOCOL, .fn = HOSTILE_ECHO };

	do {
		if (!svsm_call(&call))
			return NO_CALL;
	} while (call.rax == SVSM_ERR_INCOMPLETE);
	return call.rax == SVSM_SUCCESS ? 0 : NOT_SERVED;
}

unsigned payload_main(void)
{
	enum failure failure = start_other();

	if (!failure)
		failure = wait_for_end();
	if (failure)
		return failure;
	if (SHARED->result != SVSM_ERR_INVALID_REQUEST)
		return LOOP_ANSWER;
	return serves_again();
}
