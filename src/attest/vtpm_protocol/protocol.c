/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * QUERY and CMD of the vTPM protocol. See svsm/vtpm.h.
 */
#include <svsm/guest.h>
#include <svsm/string.h>
#include <svsm/vtpm.h>

#include "internal.h"

struct svsm_cell svsm_vtpm_cell;

struct vtpm_unfinished vtpm_unfinished[SVSM_VCPUS];

static struct vtpm_unfinished *unfinished_of(const struct svsm_call *call)
{
	return &vtpm_unfinished[call->vcpu - call->guest->vcpus.vcpu];
}

static bool is_there(struct svsm_cell *cell)
{
	bool there;

	svsm_lock_acquire(&cell->lock);
	there = cell->state != SVSM_CELL_EMPTY;
	svsm_lock_release(&cell->lock);
	return there;
}

static svsm_result_t vtpm_query(struct svsm_call *call)
{
	svsm_call_answer(call, SVSM_RCX,
			 is_there(&svsm_vtpm_cell) ? VTPM_COMMANDS : 0);
	svsm_call_answer(call, SVSM_RDX, 0);
	return SVSM_SUCCESS;
}

/* The buffer is one page long, wherever it begins. A calling area is none. */
static enum svsm_status
open_buffer(const struct svsm_call *call, struct svsm_umem *buffer)
{
	return svsm_umem_open(buffer, &call->guest->own, call->in[SVSM_RCX],
			      SVSM_VTPM_BUFFER, SVSM_OWN_GUEST,
			      SVSM_READ_WRITE);
}

/* The only time that the guest's bytes are looked at. A cell's buffer is a
 * page at least. */
static svsm_result_t fetch(const struct svsm_call *call, void *to, size_t *len)
{
	struct svsm_abi_vtpm_request request;
	struct svsm_umem buffer;
	enum svsm_status status;
	svsm_result_t result;

	status = open_buffer(call, &buffer);
	if (status == SVSM_OK)
		status = svsm_umem_read(&buffer, 0, &request, sizeof(request));
	if (status != SVSM_OK)
		return svsm_result(status);
	result = vtpm_request_check(&request);
	if (result != SVSM_SUCCESS)
		return result;
	*len = request.size;
	return svsm_result(svsm_umem_read(&buffer, sizeof(request), to, *len));
}

/* Big-endian, behind a tag of two bytes. */
static uint32_t length_in(const void *response)
{
	uint32_t length;

	memcpy(&length, (const char *)response + 2, sizeof(length));
	return __builtin_bswap32(length);
}

static enum svsm_status
write_out(const struct svsm_umem *buffer, const void *response, uint32_t len)
{
	const struct svsm_abi_vtpm_response head = { len };
	enum svsm_status status;

	status = svsm_umem_write(buffer, 0, &head, sizeof(head));
	if (status == SVSM_OK)
		status = svsm_umem_write(buffer, sizeof(head), response, len);
	if (status == SVSM_OK)
		status = svsm_umem_fill(buffer, sizeof(head) + len, 0,
					SVSM_VTPM_RESPONSE_MAX - len);
	return status;
}

static svsm_result_t
answer(const struct svsm_call *call, const void *response, size_t len)
{
	struct svsm_umem buffer;
	enum svsm_status status;

	if (!vtpm_response_check(len, length_in(response)))
		return SVSM_ERR_INVALID_REQUEST;
	status = open_buffer(call, &buffer);
	if (status == SVSM_OK)
		status = write_out(&buffer, response, (uint32_t)len);
	return svsm_result(status);
}

/* With the cell taken. @begun: there is a command in it. */
static svsm_result_t work(const struct svsm_call *call, bool begun)
{
	void *bytes = svsm_cell_buffer(&svsm_vtpm_cell);
	enum svsm_status status;
	size_t len = 0, reply;

	if (!begun) {
		svsm_result_t result = fetch(call, bytes, &len);

		if (result != SVSM_SUCCESS)
			return result;
	}
	status = svsm_cell_run(&svsm_vtpm_cell, VTPM_COMMAND, len, &reply);
	if (status != SVSM_OK)
		return svsm_result(status);
	return answer(call, bytes, reply);
}

/* Take the cell, work for a slice, give it back. */
static svsm_result_t
turn(const struct svsm_call *call, struct vtpm_unfinished *mine)
{
	const struct svsm_cell_ticket ticket = {
		call->vcpu->age, call->in[SVSM_RCX],
	};
	bool lost = mine->who == ticket.who && mine->gpa == ticket.what;
	enum svsm_status status;
	svsm_result_t result;
	bool begun;

	status = svsm_cell_take(&svsm_vtpm_cell, &ticket, &begun);
	if (status != SVSM_OK)
		return svsm_result(status);
	if (!begun && lost)
		result = SVSM_ERR_INVALID_REQUEST;
	else
		result = work(call, begun);
	svsm_cell_give(&svsm_vtpm_cell);
	if (!begun && result == SVSM_ERR_INCOMPLETE)
		*mine = (struct vtpm_unfinished){ ticket.who, ticket.what };
	return result;
}

static bool is_over(svsm_result_t result)
{
	return result != SVSM_ERR_INCOMPLETE && result != SVSM_ERR_BUSY;
}

static svsm_result_t vtpm_cmd(struct svsm_call *call)
{
	struct vtpm_unfinished *mine = unfinished_of(call);
	uint64_t gpa = call->in[SVSM_RCX];
	struct svsm_range range;
	svsm_result_t result;

	if (gpa == 0)
		return SVSM_ERR_INVALID_PARAMETER;
	if (svsm_range_make(gpa, SVSM_VTPM_BUFFER, &range) != SVSM_OK)
		return SVSM_ERR_INVALID_ADDRESS;
	/* Another buffer: it does not wait for the old one any more. */
	if (mine->gpa != gpa)
		*mine = (struct vtpm_unfinished){ 0, 0 };
	result = turn(call, mine);
	if (is_over(result))
		*mine = (struct vtpm_unfinished){ 0, 0 };
	return result;
}

static svsm_result_t vtpm_call(struct svsm_call *call, uint32_t fn)
{
	switch (fn) {
	case SVSM_VTPM_QUERY:
		return vtpm_query(call);
	case SVSM_VTPM_CMD:
		return vtpm_cmd(call);
	default:
		return SVSM_ERR_UNSUPPORTED_CALL;
	}
}

const struct svsm_protocol svsm_vtpm_protocol = {
	.id = SVSM_PROTOCOL_VTPM, .min = 1, .max = 1, .call = vtpm_call,
};
