/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Asking the host: page state changes, ports, vCPUs, through a GHCB page.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>

#include "layout.h"
#include "svsm.h"

#define LIST_OFFSET	0x800
#define AP_NOW		1ull	/* AP creation: not on INIT */

const struct host boot_host = { GHCB };

static volatile struct svsm_abi_ghcb *page_of(const struct host *host)
{
	return (volatile struct svsm_abi_ghcb *)(host->ghcb - GHCB + GHCB_VA);
}

static bool exit_to_host(uint64_t msr)
{
	write_ghcb_msr(msr);
	__asm__ volatile("rep; vmmcall" : : : "memory");
	return (read_ghcb_msr() & SVSM_GHCB_MSR_CODE_MASK) != 0;
}

bool host_register(const struct host *host)
{
	return exit_to_host(host->ghcb | SVSM_GHCB_MSR_REGISTER_REQ) &&
		read_ghcb_msr() == (host->ghcb | SVSM_GHCB_MSR_REGISTER_RESP);
}

static void mark_valid(volatile struct svsm_abi_ghcb *ghcb, unsigned bit)
{
	ghcb->valid_bitmap[bit / 64] |= 1ull << bit % 64;
}

#define MARK(ghcb, field)	mark_valid(ghcb, SVSM_GHCB_BIT(field))

static volatile struct svsm_abi_ghcb *begin(const struct host *host)
{
	volatile struct svsm_abi_ghcb *ghcb = page_of(host);

	ghcb->version = SVSM_GHCB_VERSION;
	ghcb->usage = SVSM_GHCB_USAGE;
	ghcb->valid_bitmap[0] = ghcb->valid_bitmap[1] = 0;
	return ghcb;
}

/* True when the host says that it is done. */
static bool request(const struct host *host, uint64_t code, uint64_t info1,
		    uint64_t info2)
{
	volatile struct svsm_abi_ghcb *ghcb = page_of(host);

	ghcb->sw_exitcode = code;
	ghcb->sw_exitinfo1 = info1;
	ghcb->sw_exitinfo2 = info2;
	MARK(ghcb, sw_exitcode);
	MARK(ghcb, sw_exitinfo1);
	MARK(ghcb, sw_exitinfo2);
	exit_to_host(host->ghcb);
	return !(uint32_t)ghcb->sw_exitinfo1 && !ghcb->sw_exitinfo2;
}

/* The list that was written, until the host has come to its end. */
static bool exchange(const struct host *host, unsigned count)
{
	volatile struct svsm_abi_psc_header *header =
		(volatile void *)((uint64_t)page_of(host) + LIST_OFFSET);
	volatile struct svsm_abi_ghcb *ghcb;

	header->cur_entry = 0;
	header->end_entry = (uint16_t)(count - 1);
	header->reserved = 0;
	while (header->cur_entry <= header->end_entry) {
		ghcb = begin(host);
		ghcb->sw_scratch = host->ghcb + LIST_OFFSET;
		MARK(ghcb, sw_scratch);
		if (!request(host, SVSM_NAE_PSC, 0, 0))
			return false;
	}
	return true;
}

bool host_change(const struct host *host, uint64_t gpa, unsigned count,
		 bool huge, unsigned op)
{
	volatile uint64_t *entries =
		(volatile void *)((uint64_t)page_of(host) + LIST_OFFSET + 8);
	uint64_t step = huge ? 0x200000 : 0x1000;
	unsigned n;

	for (; count; count -= n) {
		n = count < SVSM_PSC_ENTRIES ? count : SVSM_PSC_ENTRIES;
		for (unsigned i = 0; i < n; i++, gpa += step)
			entries[i] = gpa | (huge ? SVSM_PSC_HUGE : 0) |
				(uint64_t)op << SVSM_PSC_OP_SHIFT;
		if (!exchange(host, n))
			return false;
	}
	return true;
}

void host_out8(const struct host *host, uint16_t port, uint8_t value)
{
	volatile struct svsm_abi_ghcb *ghcb = begin(host);

	ghcb->rax = value;
	MARK(ghcb, rax);
	request(host, SVSM_EXIT_IOIO, (uint64_t)port << SVSM_IOIO_PORT_SHIFT |
		1u << SVSM_IOIO_SIZE_SHIFT, 0);
}

uint8_t host_in8(const struct host *host, uint16_t port)
{
	volatile struct svsm_abi_ghcb *ghcb = begin(host);

	request(host, SVSM_EXIT_IOIO, (uint64_t)port << SVSM_IOIO_PORT_SHIFT |
		1u << SVSM_IOIO_SIZE_SHIFT | SVSM_IOIO_IN, 0);
	return (uint8_t)ghcb->rax;
}

bool host_create_vcpu(const struct host *host, uint32_t apic_id,
		      unsigned vmpl, uint64_t vmsa, uint64_t features)
{
	volatile struct svsm_abi_ghcb *ghcb = begin(host);

	ghcb->rax = features;
	MARK(ghcb, rax);
	return request(host, SVSM_NAE_AP_CREATION,
		       (uint64_t)apic_id << SVSM_AP_APIC_ID_SHIFT |
		       (uint64_t)vmpl << SVSM_AP_VMPL_SHIFT | AP_NOW,
		       vmsa);
}
