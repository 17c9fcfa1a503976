/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * No CPU goes on with what it knew of memory: of lower levels, and of ours.
 *
 * RMPADJUST and PVALIDATE reach no other CPU's TLB, nor does an exit. Where
 * the processor broadcasts, that is all. Where it does not, each VMSA of a
 * lower level is told that it last ran on no CPU: the processor compares that
 * with itself at VMRUN and flushes when they differ. The store into a VMSA
 * that runs does not come about before its processor has left it, and then the
 * next VMRUN finds it; so when all stores are done, no lower level has a
 * translation from before, whatever the host does in between.
 *
 * The VMSAs are not stopped for that (EFER.SVME): it would prove nothing more,
 * as the store itself cannot hit one that runs, and an honest host that enters
 * one at that moment would find it broken and end the VM.
 */
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>
#include <svsm/tlb.h>
#include <svsm/vmsa.h>
#include <svsm/window.h>

#include "internal.h"

/* The host can make the store last, so nobody waits for this CPU. */
static void forget_tlb(svsm_gpa_t vmsa)
{
	struct svsm_window window;
	bool before;

	/* Other vCPUs' calls do not use this CPU's windows. */
	svsm_assert(svsm_window_map(vmsa, SVSM_PAGE_4K, SVSM_WINDOW_WRITE,
				    &window) == SVSM_OK);
	before = svsm_tlb_leave();
	svsm_vmsa_forget_tlb(window.va);
	svsm_tlb_return(before);
	svsm_window_unmap(&window);
}

/*
 * One that comes while we are on the way is not missed: it is registered before
 * it can run, and runs for the first time then.
 */
static void forget_all(struct svsm_vcpus *vcpus)
{
	svsm_gpa_t vmsa;
	size_t i = 0;

	for (;;) {
		switch (vcpu_pin(vcpus, i, &vmsa)) {
		case SVSM_OK:
			forget_tlb(vmsa);
			vcpu_unpin(vcpus, i++);
			break;
		case SVSM_EBUSY:
			svsm_plat_pause();
			break;
		case SVSM_ENOENT:
			i++;
			break;
		default:
			return;
		}
	}
}

void guest_flush_ours(void)
{
	if (svsm_tlb_flush_pages() != SVSM_OK)
		svsm_terminate(SVSM_REASON_TLB_SYNC);
}

void guest_flush(struct svsm_guest *guest)
{
	if (svsm_plat_tlb_broadcast())
		return;
	forget_all(&guest->vcpus);
	guest_flush_ours();
}
