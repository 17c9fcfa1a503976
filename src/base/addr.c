/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ranges: made once with an overflow check, compared without any.
 */
#include <svsm/addr.h>

enum svsm_status
svsm_range_make(uint64_t start, uint64_t len, struct svsm_range *out)
{
	uint64_t end;

	if (__builtin_add_overflow(start, len, &end))
		return SVSM_EADDR;
	out->start.v = start;
	out->len = len;
	return SVSM_OK;
}

enum svsm_status
svsm_range_page(svsm_gpa_t gpa, enum svsm_page_size size,
		struct svsm_range *out)
{
	uint64_t bytes = svsm_page_bytes(size);

	if (!svsm_is_aligned(gpa.v, bytes))
		return SVSM_EINVAL;
	return svsm_range_make(gpa.v, bytes, out);
}

bool svsm_range_contains(const struct svsm_range *outer,
		const struct svsm_range *inner)
{
	uint64_t off = inner->start.v - outer->start.v;

	if (inner->start.v < outer->start.v || off > outer->len)
		return false;
	return inner->len <= outer->len - off;
}

bool svsm_range_overlaps(const struct svsm_range *a,
		const struct svsm_range *b)
{
	if (!a->len || !b->len)
		return false;
	return a->start.v < svsm_range_end(b) && b->start.v < svsm_range_end(a);
}
