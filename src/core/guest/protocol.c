/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * From a call's number to the function that answers it. See protocol.h.
 */
#include <svsm/guest.h>
#include <svsm/protocol.h>

#include "internal.h"

/** RAX of a call: protocol 63:32, call 31:0. */
#define PROTOCOL_SHIFT	32

svsm_result_t svsm_result(enum svsm_status status)
{
	switch (status) {
	case SVSM_OK:
		return SVSM_SUCCESS;
	case SVSM_EADDR:
	case SVSM_EFAULT:
		return SVSM_ERR_INVALID_ADDRESS;
	case SVSM_EINVAL:
	case SVSM_EFORMAT:
	case SVSM_ENOENT:
	case SVSM_EEXIST:
	case SVSM_ESIZE:
		return SVSM_ERR_INVALID_PARAMETER;
	case SVSM_ENOMEM:
	case SVSM_EBUSY:
	case SVSM_ETIME:
		return SVSM_ERR_BUSY;
	case SVSM_EAGAIN:
		return SVSM_ERR_INCOMPLETE;
	case SVSM_ENOSYS:
		return SVSM_ERR_UNSUPPORTED_CALL;
	case SVSM_ESTATE:
	case SVSM_EPERM:
	case SVSM_EHOST:
	case SVSM_EFOREIGN:
	case SVSM_EINTERIOR:
	case SVSM_EDOUBLE:
	case SVSM_EORDER:
	case SVSM_EOWNER:
	case SVSM_ECORRUPT:
	case SVSM_STATUS_COUNT:
		break;
	}
	return SVSM_ERR_INVALID_REQUEST;
}

enum svsm_status
svsm_call_umem(const struct svsm_call *call, uint64_t gpa, uint64_t len,
	       enum svsm_access access, struct svsm_umem *out)
{
	enum svsm_owner owner = SVSM_OWN_GUEST;

	if (svsm_align_down(gpa, SVSM_PAGE_BYTES) == call->vcpu->ca.v)
		owner = SVSM_OWN_CAA;
	return svsm_umem_open(out, &call->guest->own, gpa, len, owner, access);
}

const struct svsm_protocol *
protocol_find(const struct svsm_call *call, uint32_t id)
{
	for (size_t i = 0; i < call->protocol_count; i++)
		if (call->protocols[i]->id == id)
			return call->protocols[i];
	return NULL;
}

svsm_result_t svsm_dispatch(struct svsm_call *call, uint64_t rax)
{
	const struct svsm_protocol *protocol;

	protocol = protocol_find(call, (uint32_t)(rax >> PROTOCOL_SHIFT));
	if (!protocol)
		return SVSM_ERR_UNSUPPORTED_PROTOCOL;
	return protocol->call(call, (uint32_t)rax);
}
