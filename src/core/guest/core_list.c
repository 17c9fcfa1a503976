/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The lists of the core protocol: a header, then entries of 8 bytes, all in
 * one page.
 */
#include "internal.h"

/* All of it in one page, and something left to do. @gpa: where it is. */
/*@ requires \valid_read(header) && gpa % 8 == 0;
  assigns \nothing;
  ensures \result <==> header->next < header->count &&
    gpa % 0x1000 + 8 + 8 * header->count <= 0x1000; */
static bool
header_fits(const struct svsm_abi_pvalidate *header, uint64_t gpa)
{
	uint64_t room = SVSM_PAGE_BYTES - (gpa & SVSM_PAGE_MASK) -
		sizeof(*header);

	return header->count <= room / sizeof(uint64_t) &&
	       header->next < header->count;
}

svsm_result_t
guest_list_header(const struct svsm_call *call, struct guest_list *list)
{
	uint64_t gpa = call->in[SVSM_RCX];
	enum svsm_status status;
	uint64_t room;

	if (!svsm_is_aligned(gpa, sizeof(list->header)))
		return SVSM_ERR_INVALID_PARAMETER;
	status = svsm_call_umem(call, gpa, sizeof(list->header), SVSM_READ,
				&list->umem);
	if (status == SVSM_OK)
		status = svsm_umem_read(&list->umem, 0, &list->header,
					sizeof(list->header));
	if (status != SVSM_OK)
		return svsm_result(status);
	room = SVSM_PAGE_BYTES - (gpa & SVSM_PAGE_MASK) - sizeof(list->header);
	return list->header.count > room / sizeof(uint64_t) ?
		SVSM_ERR_INVALID_PARAMETER : SVSM_SUCCESS;
}

svsm_result_t
guest_list_entries(const struct svsm_call *call, struct guest_list *list)
{
	return svsm_result(svsm_call_umem(call, call->in[SVSM_RCX],
		sizeof(list->header) + list->header.count * sizeof(uint64_t),
		SVSM_READ_WRITE, &list->umem));
}

svsm_result_t
guest_list_open(const struct svsm_call *call, struct guest_list *list)
{
	svsm_result_t result = guest_list_header(call, list);

	if (result != SVSM_SUCCESS)
		return result;
	if (!header_fits(&list->header, call->in[SVSM_RCX]))
		return SVSM_ERR_INVALID_PARAMETER;
	return guest_list_entries(call, list);
}

svsm_result_t guest_list_close(const struct guest_list *list, uint16_t next)
{
	return svsm_result(svsm_umem_write(&list->umem,
		offsetof(struct svsm_abi_pvalidate, next), &next,
		sizeof(next)));
}
