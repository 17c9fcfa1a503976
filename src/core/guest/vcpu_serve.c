/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The sequence around one call of the guest. See svsm_vcpu_serve().
 */
#include <svsm/abi/svsm.h>
#include <svsm/abi/vmsa.h>
#include <svsm/assert.h>
#include <svsm/platform.h>
#include <svsm/terminate.h>
#include <svsm/vmsa.h>
#include <svsm/window.h>

#include "internal.h"

/** Looks at a vCPU that is being deleted; deletion takes far less. */
#define CLAIM_TURNS	(1u << 20)

/** RAX of REMAP_CA. */
#define RAX_REMAP_CA \
	((uint64_t)SVSM_PROTOCOL_CORE << 32 | SVSM_CORE_REMAP_CA)

/*
 * The pending byte, which is the guest's to write. The page is the host's to
 * take: when it is gone there is no call, and the guest has lost its own page.
 */
static uint8_t pending_read(const struct svsm_window *ca)
{
	uint8_t pending = 0;

	return svsm_plat_copy(&pending, ca->va, sizeof(pending)) ? pending : 0;
}

static void pending_clear(const struct svsm_window *ca)
{
	static const uint8_t zero;
	bool done = svsm_plat_copy(ca->va, &zero, sizeof(zero));

	/* Not cleared: the guest sees that its call was not served. */
	(void)done;
}

/* Answer the registers that the call has answered, no others. */
static void
write_answer(struct svsm_abi_vmsa *vmsa, const struct svsm_call *call,
	     svsm_result_t result)
{
	vmsa->rax = result;
	if (call->answered & 1u << SVSM_RCX)
		vmsa->rcx = call->out[SVSM_RCX];
	if (call->answered & 1u << SVSM_RDX)
		vmsa->rdx = call->out[SVSM_RDX];
	if (call->answered & 1u << SVSM_R8)
		vmsa->r8 = call->out[SVSM_R8];
	if (call->answered & 1u << SVSM_R9)
		vmsa->r9 = call->out[SVSM_R9];
}

static void take_registers(struct svsm_call *call,
			   const struct svsm_abi_vmsa *vmsa)
{
	call->in[SVSM_RCX] = vmsa->rcx;
	call->in[SVSM_RDX] = vmsa->rdx;
	call->in[SVSM_R8] = vmsa->r8;
	call->in[SVSM_R9] = vmsa->r9;
}

/*
 * Is there a call in the calling area of the launch? Then its pending byte is
 * cleared: the call that follows makes another page the calling area. Under the
 * ownership lock, as the page may be anybody's by now.
 */
static bool take_launch_call(struct svsm_guest *guest, struct svsm_vcpu *vcpu)
{
	struct svsm_range page = { vcpu->first_ca, SVSM_PAGE_BYTES };
	struct svsm_window window;
	bool taken;

	if (!svsm_own_is(&guest->own, &page, SVSM_OWN_GUEST) &&
	    !vcpu_has_ca(&guest->vcpus, vcpu->apic_id, vcpu->first_ca))
		return false;
	if (svsm_window_map(vcpu->first_ca, SVSM_PAGE_4K, SVSM_WINDOW_WRITE,
			    &window) != SVSM_OK)
		return false;
	taken = pending_read(&window) == 1;
	if (taken)
		pending_clear(&window);
	svsm_window_unmap(&window);
	return taken;
}

/*
 * A kernel that another kernel has started does not know where that one moved
 * the calling area to. So REMAP_CA, its first call, is taken from where the
 * vCPU began; nothing else is.
 */
static void
serve_launch_call(struct svsm_call *call, struct svsm_abi_vmsa *vmsa)
{
	struct svsm_vcpu *vcpu = call->vcpu;
	bool taken;

	if (!vcpu->ours || vcpu->ca.v == vcpu->first_ca.v ||
	    vmsa->rax != RAX_REMAP_CA)
		return;
	svsm_lock_acquire(&call->guest->own.lock);
	taken = take_launch_call(call->guest, vcpu);
	svsm_lock_release(&call->guest->own.lock);
	if (!taken)
		return;
	take_registers(call, vmsa);
	write_answer(vmsa, call, svsm_dispatch(call, RAX_REMAP_CA));
}

/* One call, from the snapshot to the cleared pending byte. */
static void serve_call(struct svsm_call *call, struct svsm_abi_vmsa *vmsa,
		       const struct svsm_window *window)
{
	svsm_gpa_t ca = call->vcpu->ca;
	uint8_t pending = pending_read(window);
	svsm_result_t result;

	if (!svsm_vmsa_called(vmsa))
		return;
	if (pending == 0) {
		serve_launch_call(call, vmsa);
		return;
	}
	take_registers(call, vmsa);
	if (pending == 1)
		result = svsm_dispatch(call, vmsa->rax);
	else
		result = SVSM_ERR_INVALID_FORMAT;
	if (call->vcpu->state == SVSM_VCPU_DELETED)
		return;
	write_answer(vmsa, call, result);
	/* After REMAP_CA the window shows an ordinary page, which need not be
	 * the guest's any more; that call has cleared both. */
	if (call->vcpu->ca.v == ca.v)
		pending_clear(window);
}

static enum svsm_status
begin(struct svsm_vcpus *vcpus, uint32_t apic_id, struct svsm_vcpu **out)
{
	enum svsm_status status = SVSM_EBUSY;

	for (unsigned i = 0; i < CLAIM_TURNS && status == SVSM_EBUSY; i++) {
		status = vcpu_begin(vcpus, apic_id, out);
		if (status == SVSM_EBUSY)
			svsm_plat_pause();
	}
	return status;
}

/*
 * The VMSA is no page of the guest's any more, so plain accesses are right: if
 * one faults, the host took a page of ours.
 */
static enum svsm_vcpu_next
serve(struct svsm_call *call, struct svsm_abi_vmsa *vmsa,
      const struct svsm_window *ca)
{
	if (svsm_vmsa_stop(vmsa) != SVSM_OK)
		return SVSM_VCPU_NONE;	/* the host runs it on another CPU */
	serve_call(call, vmsa, ca);
	if (call->vcpu->state == SVSM_VCPU_DELETED)
		return SVSM_VCPU_NONE;	/* the page is the guest's again */
	svsm_vmsa_start(vmsa);
	return SVSM_VCPU_RUN;
}

enum svsm_vcpu_next
svsm_vcpu_serve(struct svsm_guest *guest, uint32_t apic_id,
		const struct svsm_protocol *const *protocols, size_t count)
{
	struct svsm_call call = {
		.guest = guest, .protocols = protocols, .protocol_count = count,
	};
	enum svsm_vcpu_next next;
	struct svsm_window vmsa, ca;

	if (begin(&guest->vcpus, apic_id, &call.vcpu) != SVSM_OK)
		return SVSM_VCPU_NONE;
	/* A CPU between calls has all its windows. */
	svsm_assert(svsm_window_map(call.vcpu->vmsa, SVSM_PAGE_4K,
				    SVSM_WINDOW_WRITE, &vmsa) == SVSM_OK);
	svsm_assert(svsm_window_map(call.vcpu->ca, SVSM_PAGE_4K,
				    SVSM_WINDOW_WRITE, &ca) == SVSM_OK);
	next = serve(&call, vmsa.va, &ca);
	svsm_window_unmap(&ca);
	svsm_window_unmap(&vmsa);
	vcpu_end(&guest->vcpus, call.vcpu);
	return next;
}
