/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest's call to a cell: one copy in, one copy out.
 */
#include <svsm/cell.h>
#include <svsm/vcpu.h>

/* The same vCPU with the same registers asks the same; one that was deleted and
 * created again is another. */
static struct svsm_cell_ticket
ticket_of(const struct svsm_call *call, uint32_t fn)
{
	uint64_t what = fn;

	for (unsigned i = 0; i < SVSM_REGS; i++)
		what = (what << 13 | what >> 51) ^ call->in[i];
	return (struct svsm_cell_ticket){ call->vcpu->age, what };
}

static enum svsm_status
copy_in(struct svsm_cell *cell, const struct svsm_umem *in, size_t *len)
{
	*len = 0;
	if (!in)
		return SVSM_OK;
	if (svsm_umem_len(in) > svsm_cell_buffer_len(cell))
		return SVSM_EINVAL;
	*len = (size_t)svsm_umem_len(in);
	return svsm_umem_read(in, 0, svsm_cell_buffer(cell), *len);
}

static enum svsm_status
copy_out(const struct svsm_cell *cell, const struct svsm_umem *out, size_t len)
{
	if (!out || !len)
		return SVSM_OK;
	if (len > svsm_umem_len(out))
		return SVSM_EINVAL;
	return svsm_umem_write(out, 0, svsm_cell_buffer(cell), len);
}

enum svsm_status
svsm_cell_serve(struct svsm_cell *cell, const struct svsm_call *call,
		uint32_t fn, const struct svsm_umem *in,
		const struct svsm_umem *out, size_t *len)
{
	struct svsm_cell_ticket ticket = ticket_of(call, fn);
	size_t request = 0, reply = 0;
	enum svsm_status status;
	bool begun;

	status = svsm_cell_take(cell, &ticket, &begun);
	if (status != SVSM_OK)
		return status;
	if (!begun)
		status = copy_in(cell, in, &request);
	if (status == SVSM_OK)
		status = svsm_cell_run(cell, fn, request, &reply);
	if (status == SVSM_OK)
		status = copy_out(cell, out, reply);
	svsm_cell_give(cell);
	if (status == SVSM_OK)
		*len = reply;
	return status;
}
