/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Asking the host for page state changes, through a GHCB page.
 */
#include <svsm/abi/ghcb.h>

#include "layout.h"
#include "svsm.h"

static volatile struct svsm_abi_ghcb *const ghcb =
	(volatile struct svsm_abi_ghcb *)GHCB_VA;

/* The list: a header, then the entries. */
static volatile struct svsm_abi_psc_header *const header =
	(volatile struct svsm_abi_psc_header *)(GHCB_VA + 0x800);
static volatile uint64_t *const entries =
	(volatile uint64_t *)(GHCB_VA + 0x808);

static bool exit_to_host(uint64_t msr)
{
	write_ghcb_msr(msr);
	__asm__ volatile("rep; vmmcall" : : : "memory");
	return (read_ghcb_msr() & SVSM_GHCB_MSR_CODE_MASK) != 0;
}

static bool registered(void)
{
	return exit_to_host(GHCB | SVSM_GHCB_MSR_REGISTER_REQ) &&
		read_ghcb_msr() == (GHCB | SVSM_GHCB_MSR_REGISTER_RESP);
}

static void mark_valid(unsigned bit)
{
	ghcb->valid_bitmap[bit / 64] |= 1ull << bit % 64;
}

/* One list; true when the host says that all of it is done. */
static bool exchange(unsigned count)
{
	header->cur_entry = 0;
	header->end_entry = (uint16_t)(count - 1);
	header->reserved = 0;
	ghcb->version = SVSM_GHCB_VERSION;
	ghcb->usage = SVSM_GHCB_USAGE;
	while (header->cur_entry <= header->end_entry) {
		ghcb->valid_bitmap[0] = ghcb->valid_bitmap[1] = 0;
		ghcb->sw_exitcode = SVSM_NAE_PSC;
		ghcb->sw_exitinfo1 = ghcb->sw_exitinfo2 = 0;
		ghcb->sw_scratch = GHCB + 0x800;
		mark_valid(SVSM_GHCB_BIT(sw_exitcode));
		mark_valid(SVSM_GHCB_BIT(sw_exitinfo1));
		mark_valid(SVSM_GHCB_BIT(sw_exitinfo2));
		mark_valid(SVSM_GHCB_BIT(sw_scratch));
		exit_to_host(GHCB);
		if ((uint32_t)ghcb->sw_exitinfo1 || ghcb->sw_exitinfo2)
			return false;
	}
	return true;
}

bool host_make_private(uint64_t gpa, unsigned count, bool huge)
{
	uint64_t step = huge ? 0x200000 : 0x1000;
	unsigned n;

	if (!registered())
		return false;
	for (; count; count -= n) {
		n = count < SVSM_PSC_ENTRIES ? count : SVSM_PSC_ENTRIES;
		for (unsigned i = 0; i < n; i++, gpa += step)
			entries[i] = gpa | (huge ? SVSM_PSC_HUGE : 0) |
				(uint64_t)SVSM_PSC_OP_PRIVATE <<
				SVSM_PSC_OP_SHIFT;
		if (!exchange(n))
			return false;
	}
	return true;
}
