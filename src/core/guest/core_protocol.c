/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The core protocol: its table, and the calls that are short. See
 * core_protocol.h.
 */
#include <svsm/assert.h>
#include <svsm/core_protocol.h>
#include <svsm/platform.h>
#include <svsm/window.h>

#include "internal.h"

/** The part of a calling area that a new one must have clear. */
#define CA_HEAD		8u

/* Store zeros into the first bytes of a calling area. */
static enum svsm_status ca_clear(svsm_gpa_t ca, size_t n)
{
	static const uint8_t zero[CA_HEAD];
	struct svsm_window window;
	enum svsm_status status;

	status = svsm_window_map(ca, SVSM_PAGE_4K, SVSM_WINDOW_WRITE, &window);
	if (status != SVSM_OK)
		return status;
	if (!svsm_plat_copy(window.va, zero, n))
		status = SVSM_EFAULT;
	svsm_window_unmap(&window);
	return status;
}

/* May it become a calling area of this CPU? */
static enum svsm_status
ca_check(struct svsm_guest *guest, uint32_t apic_id,
	 const struct svsm_range *to)
{
	if (!svsm_own_is(&guest->own, to, SVSM_OWN_GUEST) &&
	    !vcpu_has_ca(&guest->vcpus, apic_id, to->start))
		return SVSM_EADDR;
	return svsm_own_has_room(&guest->own, 2) ? SVSM_OK : SVSM_ENOMEM;
}

/*
 * Both pages in the map, or none of them. The old one stays a calling area
 * while another vCPU of this CPU has it.
 */
static enum svsm_status
ca_exchange(struct svsm_guest *guest, struct svsm_vcpu *vcpu,
	    const struct svsm_range *from, const struct svsm_range *to)
{
	enum svsm_status status = ca_check(guest, vcpu->apic_id, to);

	if (status == SVSM_OK)
		status = ca_clear(to->start, CA_HEAD);
	if (status != SVSM_OK)
		return status;
	svsm_vcpu_move_ca(&guest->vcpus, vcpu, to->start);
	/* There is room for both. */
	svsm_assert(svsm_own_set(&guest->own, to, SVSM_OWN_CAA) == SVSM_OK);
	if (!vcpu_has_ca(&guest->vcpus, vcpu->apic_id, from->start))
		svsm_assert(svsm_own_set(&guest->own, from, SVSM_OWN_GUEST) ==
			    SVSM_OK);
	return SVSM_OK;
}

static svsm_result_t core_remap_ca(struct svsm_call *call)
{
	struct svsm_guest *guest = call->guest;
	struct svsm_range from = { call->vcpu->ca, SVSM_PAGE_BYTES };
	struct svsm_range to;
	enum svsm_status status;

	if (!svsm_is_aligned(call->in[SVSM_RCX], SVSM_PAGE_BYTES))
		return SVSM_ERR_INVALID_PARAMETER;
	if (call->in[SVSM_RCX] == from.start.v)
		return SVSM_SUCCESS;
	status = svsm_range_make(call->in[SVSM_RCX], SVSM_PAGE_BYTES, &to);
	if (status != SVSM_OK)
		return svsm_result(status);
	svsm_lock_acquire(&guest->own.lock);
	status = ca_exchange(guest, call->vcpu, &from, &to);
	if (status == SVSM_OK) {
		/* The new one is where the answer shows; the old one is an
		 * ordinary page, and one that the host took is lost anyway. */
		if (ca_clear(from.start, 1) != SVSM_OK)
			status = SVSM_OK;
	}
	svsm_lock_release(&guest->own.lock);
	return svsm_result(status);
}

/* RCX: protocol 63:32, version 31:0; answer: maximum 63:32, minimum 31:0. */
static svsm_result_t core_query_protocol(struct svsm_call *call)
{
	uint32_t version = (uint32_t)call->in[SVSM_RCX];
	const struct svsm_protocol *protocol;
	uint64_t answer = 0;

	protocol = protocol_find(call,
				      (uint32_t)(call->in[SVSM_RCX] >> 32));
	if (protocol && version >= protocol->min && version <= protocol->max)
		answer = (uint64_t)protocol->max << 32 | protocol->min;
	svsm_call_answer(call, SVSM_RCX, answer);
	return SVSM_SUCCESS;
}

/* There is no vTOM here: a query says so, anything else cannot be done. */
static svsm_result_t core_configure_vtom(struct svsm_call *call)
{
	uint64_t request = call->in[SVSM_RCX];

	if (request & SVSM_VTOM_QUERY) {
		if (request & ~SVSM_VTOM_QUERY)
			return SVSM_ERR_INVALID_PARAMETER;
		svsm_call_answer(call, SVSM_RCX, 0);
		return SVSM_SUCCESS;
	}
	if (request & SVSM_VTOM_RESERVED)
		return SVSM_ERR_INVALID_PARAMETER;
	return SVSM_ERR_INVALID_REQUEST;
}

svsm_result_t core_call(struct svsm_call *call, uint32_t fn)
{
	switch (fn) {
	case SVSM_CORE_REMAP_CA:
		return core_remap_ca(call);
	case SVSM_CORE_PVALIDATE:
		return core_pvalidate(call);
	case SVSM_CORE_CREATE_VCPU:
		return core_create_vcpu(call);
	case SVSM_CORE_DELETE_VCPU:
		return core_delete_vcpu(call);
	case SVSM_CORE_QUERY_PROTOCOL:
		return core_query_protocol(call);
	case SVSM_CORE_CONFIGURE_VTOM:
		return core_configure_vtom(call);
	default:
		return SVSM_ERR_UNSUPPORTED_CALL;
	}
}

const struct svsm_protocol svsm_core_protocol = {
	.id = SVSM_PROTOCOL_CORE, .min = 1, .max = 1, .call = core_call,
};
