/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * CREATE_VCPU and DELETE_VCPU: a page of the guest becomes a VMSA that it can
 * no longer write, and back.
 */
#include <svsm/abi/snp.h>
#include <svsm/assert.h>
#include <svsm/log.h>
#include <svsm/page.h>
#include <svsm/rmp.h>
#include <svsm/terminate.h>
#include <svsm/vmsa.h>
#include <svsm/window.h>

#include "internal.h"

/*@ assigns \nothing;
  ensures \result.start == gpa && \result.len == 0x1000; */
static struct svsm_range page_range(svsm_gpa_t gpa)
{
	return (struct svsm_range){ gpa, SVSM_PAGE_BYTES };
}

/* ------------------------------------------------------------------ create */

/*
 * Two pages. A VMSA must not begin where a large page does: processors confuse
 * it with that.
 */
/*@ assigns \nothing;
  ensures \result <==> vmsa % 0x1000 == 0 && ca % 0x1000 == 0 &&
    vmsa % 0x200000 != 0 && vmsa != ca; */
static bool are_pages(uint64_t vmsa, uint64_t ca)
{
	return svsm_is_aligned(vmsa | ca, SVSM_PAGE_BYTES) && vmsa != ca &&
	       !svsm_is_aligned(vmsa, SVSM_HUGE_BYTES);
}

/** One CREATE_VCPU. */
struct create {
	struct svsm_vcpu vcpu;
	struct svsm_window window;	/* shows the VMSA */
	bool shared;			/* the calling area was one before */
};

/* What can be said of the registers alone. */
static svsm_result_t
create_decode(const struct svsm_call *call, struct svsm_vcpu *vcpu)
{
	uint64_t vmsa = call->in[SVSM_RCX];
	uint64_t ca = call->in[SVSM_RDX];

	if (!are_pages(vmsa, ca))
		return SVSM_ERR_INVALID_ADDRESS;
	if (call->in[SVSM_R8] > UINT32_MAX)
		return SVSM_ERR_INVALID_PARAMETER;
	*vcpu = (struct svsm_vcpu){
		.vmsa = { vmsa }, .ca = { ca },
		.apic_id = (uint32_t)call->in[SVSM_R8],
	};
	return SVSM_SUCCESS;
}

/* The guest's, or what a vCPU of the same CPU uses as calling area already. */
static bool may_be_ca(struct svsm_guest *guest, const struct svsm_vcpu *vcpu)
{
	struct svsm_range ca = page_range(vcpu->ca);

	return svsm_own_is(&guest->own, &ca, SVSM_OWN_GUEST) ||
	       vcpu_has_ca(&guest->vcpus, vcpu->apic_id, vcpu->ca);
}

/* Whose the pages are, then whether there is such a CPU. */
static svsm_result_t
create_check(struct svsm_guest *guest, const struct svsm_vcpu *vcpu,
	     const struct svsm_vcpu *caller)
{
	struct svsm_range vmsa = page_range(vcpu->vmsa);

	if (!svsm_own_is(&guest->own, &vmsa, SVSM_OWN_GUEST) ||
	    !may_be_ca(guest, vcpu))
		return SVSM_ERR_INVALID_ADDRESS;
	if (!svsm_params_has_cpu(guest->params, vcpu->apic_id) ||
	    vcpu->apic_id == caller->apic_id)
		return SVSM_ERR_INVALID_PARAMETER;
	if (!svsm_own_has_room(&guest->own, 2))
		return svsm_result(SVSM_ENOMEM);
	return SVSM_SUCCESS;
}

/* One page in the map. There is room: asked for, or just made. */
static void
set_owner(struct svsm_own *own, svsm_gpa_t page, enum svsm_owner owner)
{
	struct svsm_range range = page_range(page);

	svsm_assert(svsm_own_set(own, &range, owner) == SVSM_OK);
}

/* Of a calling area that this vCPU does not use, or uses no longer. */
static enum svsm_owner
owner_of_left_ca(struct svsm_guest *guest, const struct svsm_vcpu *vcpu)
{
	return vcpu_has_ca(&guest->vcpus, vcpu->apic_id, vcpu->ca) ?
		SVSM_OWN_CAA : SVSM_OWN_GUEST;
}

/*
 * Judge the VMSA while nobody below us can write it, register it, mark it. On
 * failure the mark is off; the guest's access is for the caller to restore.
 */
static svsm_result_t
create_enter(struct svsm_guest *guest, const struct svsm_vcpu *vcpu, void *va)
{
	enum svsm_status status;
	struct svsm_vcpu *place;
	uint32_t code = 0;

	status = svsm_vmsa_check(va, guest->vmpl, guest->sev_features);
	if (status != SVSM_OK)
		return svsm_result(status);
	/* The guest names no processor whose old translations fit it. */
	svsm_vmsa_forget_tlb(va);
	status = vcpu_reserve(&guest->vcpus, vcpu, &place);
	if (status != SVSM_OK)
		return svsm_result(status);
	status = svsm_rmp_vmsa_set(va, guest->vmpl, true, &code);
	if (status == SVSM_OK) {
		guest_flush_ours();
		svsm_vcpu_release(&guest->vcpus, place);
		return SVSM_SUCCESS;
	}
	svsm_vcpu_remove(&guest->vcpus, place);
	return instruction_result(code);
}

/* Nobody below us can write the page when the flush is over. */
static svsm_result_t create_revoke(void *va)
{
	uint32_t code = 0;

	return svsm_rmp_grant(va, SVSM_PAGE_4K, 0, SVSM_PERM_NONE, &code) ==
		SVSM_OK ? SVSM_SUCCESS : instruction_result(code);
}

/*
 * The pages are the guest's again, as far as that can be done: a page that it
 * cannot have back is lost to it. A full map keeps both as they are.
 */
static void create_give_back(struct svsm_guest *guest,
			     const struct create *create, svsm_result_t *result)
{
	enum svsm_owner ca = create->shared ? SVSM_OWN_CAA :
		owner_of_left_ca(guest, &create->vcpu);
	uint32_t code = 0;

	if (!svsm_own_has_room(&guest->own, 2)) {
		*result = svsm_result(SVSM_ENOMEM);
		return;
	}
	/* The guest keeps the page, but has lost its access to it. */
	if (svsm_rmp_grant(create->window.va, SVSM_PAGE_4K, guest->vmpl,
			   SVSM_PERM_ALL, &code) != SVSM_OK)
		*result = instruction_result(code);
	set_owner(&guest->own, create->vcpu.vmsa, SVSM_OWN_GUEST);
	if (!create->shared)
		set_owner(&guest->own, create->vcpu.ca, ca);
}

/* Under the lock: the pages are taken, and the VMSA is out of reach. */
static svsm_result_t create_begin(struct svsm_guest *guest,
				  struct create *create,
				  const struct svsm_vcpu *caller)
{
	const struct svsm_vcpu *vcpu = &create->vcpu;
	svsm_result_t result = create_check(guest, vcpu, caller);
	enum svsm_status status;

	if (result != SVSM_SUCCESS)
		return result;
	status = svsm_window_map(vcpu->vmsa, SVSM_PAGE_4K, SVSM_WINDOW_WRITE,
				 &create->window);
	if (status != SVSM_OK)
		return svsm_result(status);
	create->shared = vcpu_has_ca(&guest->vcpus, vcpu->apic_id, vcpu->ca);
	set_owner(&guest->own, vcpu->vmsa, SVSM_OWN_VMSA);
	set_owner(&guest->own, vcpu->ca, SVSM_OWN_CAA);
	result = create_revoke(create->window.va);
	if (result != SVSM_SUCCESS)
		create_give_back(guest, create, &result);
	return result;
}

/*
 * Under the lock again, after the flush. The owners have kept all other calls
 * away from the two pages; but who shared the calling area may have gone
 * meanwhile, and the area with it.
 */
static svsm_result_t
create_end(struct svsm_guest *guest, const struct create *create)
{
	const struct svsm_vcpu *vcpu = &create->vcpu;
	svsm_result_t result = SVSM_ERR_BUSY;

	if (!create->shared ||
	    vcpu_has_ca(&guest->vcpus, vcpu->apic_id, vcpu->ca))
		result = create_enter(guest, vcpu, create->window.va);
	if (result != SVSM_SUCCESS)
		create_give_back(guest, create, &result);
	return result;
}

/* No lock is held while the flush lasts: the host can make it last. */
static svsm_result_t
create_vcpu(struct svsm_guest *guest, struct create *create,
	    const struct svsm_vcpu *caller)
{
	svsm_result_t result;

	svsm_lock_acquire(&guest->own.lock);
	result = create_begin(guest, create, caller);
	svsm_lock_release(&guest->own.lock);
	if (result != SVSM_SUCCESS)
		return result;
	guest_flush(guest);
	svsm_lock_acquire(&guest->own.lock);
	result = create_end(guest, create);
	svsm_lock_release(&guest->own.lock);
	return result;
}

svsm_result_t core_create_vcpu(struct svsm_call *call)
{
	struct svsm_guest *guest = call->guest;
	struct create create = { 0 };
	svsm_result_t result = create_decode(call, &create.vcpu);

	if (result != SVSM_SUCCESS)
		return result;
	result = create_vcpu(guest, &create, call->vcpu);
	svsm_window_unmap(&create.window);
	return result;
}

/* ------------------------------------------------------------------ delete */

/* An ordinary page again: of the guest, or, of ours, nobody's yet. */
static enum svsm_status
unmark(const struct svsm_guest *guest, const struct svsm_vcpu *vcpu, void *va,
       uint32_t *code)
{
	enum svsm_status status = svsm_rmp_vmsa_clear(va, code);

	if (status != SVSM_OK || vcpu->ours)
		return status;
	return svsm_rmp_grant(va, SVSM_PAGE_4K, guest->vmpl, SVSM_PERM_ALL,
			      code);
}

static svsm_result_t
delete_page(const struct svsm_guest *guest, const struct svsm_vcpu *vcpu,
	    void *va, bool *revoked)
{
	uint32_t code = 0;
	enum svsm_status status = unmark(guest, vcpu, va, &code);

	if (status == SVSM_OK)
		return SVSM_SUCCESS;
	if (status == SVSM_EBUSY &&
	    svsm_rmp_vmsa_clear(va, NULL) == SVSM_EBUSY)
		return SVSM_ERR_VCPU_IN_USE;	/* it runs: nothing changed */
	/* It may have been written since it was judged: it is no VMSA again,
	 * but a vCPU that cannot run, and that the guest can delete again. */
	if (svsm_rmp_vmsa_clear(va, NULL) != SVSM_OK)
		svsm_warn("a VMSA that cannot be taken away");
	*revoked = true;
	return status == SVSM_EBUSY ? SVSM_ERR_VCPU_IN_USE :
		instruction_result(code);
}

/* Stop it, and let it go on when it cannot be taken away. */
static svsm_result_t
delete_stopped(const struct svsm_guest *guest, const struct svsm_vcpu *vcpu,
	       bool *revoked)
{
	bool own_call = vcpu->state == SVSM_VCPU_SERVING;
	struct svsm_window window;
	enum svsm_status status;
	svsm_result_t result;

	status = svsm_window_map(vcpu->vmsa, SVSM_PAGE_4K, SVSM_WINDOW_WRITE,
				 &window);
	if (status != SVSM_OK)
		return svsm_result(status);
	if (svsm_vmsa_stop(window.va) != SVSM_OK) {
		result = SVSM_ERR_VCPU_IN_USE;
	} else {
		result = delete_page(guest, vcpu, window.va, revoked);
		/* A vCPU in its own call is started when that is over. */
		if (result != SVSM_SUCCESS && !own_call && !*revoked)
			svsm_vmsa_start(window.va);
	}
	svsm_window_unmap(&window);
	return result;
}

/*
 * The map's part, of a vCPU that is not in the registry any more. The VMSA of
 * the startup vCPU is in the region and stays.
 */
static void
delete_give_back(struct svsm_guest *guest, const struct svsm_vcpu *vcpu)
{
	enum svsm_owner owner = owner_of_left_ca(guest, vcpu);

	if (!vcpu->ours)
		set_owner(&guest->own, vcpu->vmsa, SVSM_OWN_GUEST);
	set_owner(&guest->own, vcpu->ca, owner);
}

static svsm_result_t
delete_claimed(struct svsm_guest *guest, struct svsm_vcpu *vcpu, bool *revoked)
{
	struct svsm_vcpu copy = *vcpu;
	svsm_result_t result;

	if (!svsm_own_has_room(&guest->own, 2))
		return svsm_result(SVSM_ENOMEM);
	result = delete_stopped(guest, vcpu, revoked);
	if (result != SVSM_SUCCESS)
		return result;
	svsm_vcpu_remove(&guest->vcpus, vcpu);
	delete_give_back(guest, &copy);
	if (copy.ours)
		svsm_assert(svsm_page_free(&svsm_guest_vmsas,
					   (void *)copy.vmsa.v, 0) == SVSM_OK);
	return SVSM_SUCCESS;
}

static svsm_result_t delete_refused(enum svsm_status status)
{
	if (status == SVSM_EBUSY)
		return SVSM_ERR_VCPU_IN_USE;
	return status == SVSM_EAGAIN ? SVSM_ERR_BUSY :
		SVSM_ERR_INVALID_PARAMETER;
}

svsm_result_t core_delete_vcpu(struct svsm_call *call)
{
	struct svsm_guest *guest = call->guest;
	svsm_gpa_t vmsa = { call->in[SVSM_RCX] };
	struct svsm_vcpu *vcpu;
	enum svsm_status status;
	bool revoked = false;
	svsm_result_t result;

	if (!svsm_is_aligned(vmsa.v, SVSM_PAGE_BYTES))
		return SVSM_ERR_INVALID_PARAMETER;
	svsm_lock_acquire(&guest->own.lock);
	status = svsm_vcpu_claim(&guest->vcpus, vmsa, call->vcpu, &vcpu);
	if (status == SVSM_OK) {
		result = delete_claimed(guest, vcpu, &revoked);
		if (result != SVSM_SUCCESS)
			svsm_vcpu_release(&guest->vcpus, vcpu);
	} else {
		result = delete_refused(status);
	}
	svsm_lock_release(&guest->own.lock);
	if (revoked)
		guest_flush(guest);
	return result;
}
