/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's side of a call to the SVSM.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/svsm.h>

#include "layout.h"
#include "svsm.h"

#define RUN_VMPL0	0x016ull
#define RUN_VMPL_ANSWER	0x017ull	/* bits 63:32 are zero on success */

void write_ghcb_msr(uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(MSR_GHCB), "a"((uint32_t)value),
			 "d"((uint32_t)(value >> 32)));
}

uint64_t read_ghcb_msr(void)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_GHCB));
	return (uint64_t)high << 32 | low;
}

static void vmgexit(struct call *c)
{
	register uint64_t r8 __asm__("r8") = c->r8;
	register uint64_t r9 __asm__("r9") = c->r9;

	__asm__ volatile("rep; vmmcall"
			 : "+a"(c->rax), "+c"(c->rcx), "+d"(c->rdx),
			   "+r"(r8), "+r"(r9)
			 : : "memory");
	c->r8 = r8;
	c->r9 = r9;
}

bool svsm_visit(struct call *call)
{
	call->rax = (uint64_t)call->protocol << 32 | call->fn;
	write_ghcb_msr(RUN_VMPL0);
	vmgexit(call);
	return read_ghcb_msr() == RUN_VMPL_ANSWER;
}

bool svsm_call(struct call *call)
{
	volatile uint8_t *pending =
		(volatile uint8_t *)(call->ca ? call->ca : CALLING_AREA);

	*pending = 1;
	return svsm_visit(call) &&
		__atomic_exchange_n(pending, 0, __ATOMIC_ACQ_REL) == 0;
}

static void write_list(uint64_t gpa, unsigned count, uint64_t flags)
{
	volatile struct svsm_abi_pvalidate *header =
		(volatile struct svsm_abi_pvalidate *)(CALLING_AREA + 8);
	volatile uint64_t *entries = (volatile uint64_t *)(CALLING_AREA + 16);
	uint64_t step = flags & SVSM_PVALIDATE_SIZE ? 0x200000 : 0x1000;

	header->count = (uint16_t)count;
	header->next = 0;
	header->reserved = 0;
	for (unsigned i = 0; i < count; i++)
		entries[i] = (gpa + i * step) | flags;
}

bool svsm_pvalidate(uint64_t gpa, unsigned count, uint64_t flags,
		    uint64_t label)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE,
		.fn = SVSM_CORE_PVALIDATE,
		.r9 = label,
	};

	write_list(gpa, count, flags);
	do {
		call.rcx = CALLING_AREA + 8;
		if (!svsm_call(&call))
			return false;
	} while (call.rax == SVSM_ERR_INCOMPLETE);
	return call.rax == SVSM_SUCCESS;
}
