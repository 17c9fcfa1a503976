/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The lists of the core protocol: a header, then entries of 8 bytes, all in
 * one page.
 */
#include "internal.h"

/** Bytes of a header and the entries that come with it. */
#define HEAD							\
	(sizeof(struct guest_list) - offsetof(struct guest_list, header))

/* Header and entries in one page. @room: from the header to its page's end. */
/*@ requires \valid_read(header) && 8 <= room;
  assigns \nothing;
  ensures \result <==> 8 + 8 * header->count <= room; */
static bool
header_fits(const struct svsm_abi_pvalidate *header, uint64_t room)
{
	return header->count <= (room - sizeof(*header)) / sizeof(uint64_t);
}

svsm_result_t
guest_list_header(const struct svsm_call *call, struct guest_list *list)
{
	uint64_t gpa = call->in[SVSM_RCX];
	enum svsm_status status;
	uint64_t room;

	if (!svsm_is_aligned(gpa, sizeof(list->header)))
		return SVSM_ERR_INVALID_PARAMETER;
	/* All of the page that can be the list's: its entries as well. */
	room = SVSM_PAGE_BYTES - (gpa & SVSM_PAGE_MASK);
	status = svsm_call_umem(call, gpa, room, SVSM_READ_WRITE, &list->umem);
	if (status == SVSM_OK)
		status = svsm_umem_read(&list->umem, 0, &list->header,
					room < HEAD ? room : HEAD);
	if (status != SVSM_OK)
		return svsm_result(status);
	return header_fits(&list->header, room) ? SVSM_SUCCESS :
		SVSM_ERR_INVALID_PARAMETER;
}

enum svsm_status
guest_list_fetch(const struct guest_list *list, unsigned from, unsigned n,
		 uint64_t *out)
{
	unsigned i;

	for (i = 0; i < n && from + i < GUEST_LIST_FIRST; i++)
		out[i] = list->first[from + i];
	return i == n ? SVSM_OK :
		svsm_umem_read(&list->umem, sizeof(list->header) +
			       (from + i) * sizeof(*out), out + i,
			       (n - i) * sizeof(*out));
}

svsm_result_t
guest_list_open(const struct svsm_call *call, struct guest_list *list)
{
	svsm_result_t result = guest_list_header(call, list);

	if (result != SVSM_SUCCESS)
		return result;
	return list->header.next < list->header.count ? SVSM_SUCCESS :
		SVSM_ERR_INVALID_PARAMETER;
}

svsm_result_t guest_list_close(const struct guest_list *list, uint16_t next)
{
	return svsm_result(svsm_umem_write(&list->umem,
		offsetof(struct svsm_abi_pvalidate, next), &next,
		sizeof(next)));
}
