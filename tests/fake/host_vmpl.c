/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The honest host's VMSAs: those it was told of, and switches to them.
 */
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>
#include <svsm/ghcb.h>

#include "internal.h"

#define MAX_APS 256

static struct fake_ap aps[MAX_APS];
static size_t ap_count;

void fake_host_aps_reset(void)
{
	ap_count = 0;
}

static struct fake_ap *ap_slot(uint32_t apic_id, unsigned vmpl)
{
	for (size_t i = 0; i < ap_count; i++) {
		if (aps[i].apic_id == apic_id && aps[i].vmpl == vmpl)
			return &aps[i];
	}
	if (ap_count == MAX_APS)
		fake_violation("too many VMSAs");
	aps[ap_count] = (struct fake_ap){ .apic_id = apic_id, .vmpl = vmpl };
	return &aps[ap_count++];
}

const struct fake_ap *fake_ap_find(uint32_t apic_id, unsigned vmpl)
{
	for (size_t i = 0; i < ap_count; i++) {
		if (aps[i].apic_id == apic_id && aps[i].vmpl == vmpl)
			return &aps[i];
	}
	return NULL;
}

static bool vmsa_fits(uint64_t gpa)
{
	return gpa < fake.bytes && svsm_is_aligned(gpa, SVSM_PAGE_BYTES) &&
		!svsm_is_aligned(gpa, SVSM_HUGE_BYTES);
}

void fake_host_ap_creation(struct fake_exit *exit)
{
	uint32_t action = exit->info1 & 0xffff;
	unsigned vmpl = exit->info1 >> SVSM_AP_VMPL_SHIFT & 0xf;
	struct fake_ap *ap;

	if (action > SVSM_AP_DESTROY || vmpl >= SVSM_VMPLS)
		fake_violation("AP creation with info1 %#lx",
				(unsigned long)exit->info1);
	ap = ap_slot((uint32_t)(exit->info1 >> SVSM_AP_APIC_ID_SHIFT), vmpl);
	ap->running = false;
	if (action == SVSM_AP_DESTROY) {
		fake_ghcb_answer(exit->ghcb, 0, 0);
		return;
	}
	NEED(exit, rax);
	if (!vmsa_fits(exit->info2)) {
		fake_ghcb_answer(exit->ghcb, SVSM_GHCB_RESULT_INPUT, 5);
		return;
	}
	ap->vmsa = exit->info2;
	ap->sev_features = exit->ghcb->rax;
	ap->running = true;
	fake_ghcb_answer(exit->ghcb, 0, 0);
}

/* A VMSA that the processor can run at this level; NULL: the switch fails. */
static const struct fake_ap *runnable(unsigned vmpl)
{
	const struct fake_ap *ap = fake_ap_find(fake_self()->svsm.apic_id,
			vmpl);
	const struct svsm_abi_vmsa *vmsa;

	if (!ap || !ap->running || ap->vmsa >= fake.bytes)
		return NULL;
	vmsa = fake_peek_private(ap->vmsa);
	if (!(vmsa->efer & SVSM_EFER_SVME) || vmsa->vmpl != vmpl)
		return NULL;
	return ap;
}

bool fake_host_run_vmpl(unsigned vmpl)
{
	const struct fake_ap *ap = vmpl < SVSM_VMPLS ? runnable(vmpl) : NULL;
	struct rmp_outcome out;
	struct rmp_place place;

	fake_locks_check_none("a switch to a guest");
	if (!ap)
		return false;
	place = fake_place(ap->vmsa);
	out = rmp_vmsa_enter(&fake.rmp, FAKE_ASID, &place);
	if (out.exit != RMP_EXIT_NONE || out.code != RMP_SUCCESS)
		return false;
	fake_unlock();
	if (fake_guest_run)
		fake_guest_run(fake_self()->svsm.index, vmpl);
	fake_lock();
	rmp_vmsa_leave(&fake.rmp, place.spa);
	return true;
}
