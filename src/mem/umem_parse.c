/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Fields, strings and comparisons out of slices. See umem.h.
 */
#include <svsm/string.h>
#include <svsm/umem.h>

#include "umem_slice.h"

#define BOUNCE_BYTES	256u

static uint8_t differences(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= a[i] ^ b[i];
	return all;
}

enum svsm_status
svsm_umem_equal(const struct svsm_umem *umem, uint64_t offset,
		const void *bytes, size_t n, bool *out)
{
	const uint8_t *ours = bytes;
	uint8_t bounce[BOUNCE_BYTES];
	uint8_t all = 0;

	if (!slice_has(umem->range.len, offset, n))
		return SVSM_EADDR;
	while (n) {
		size_t part = (size_t)slice_min(n, sizeof(bounce));
		enum svsm_status status;

		status = svsm_umem_read(umem, offset, bounce, part);
		if (status != SVSM_OK)
			return status;
		all |= differences(bounce, ours, part);
		offset += part;
		ours += part;
		n -= part;
	}
	*out = all == 0;
	return SVSM_OK;
}

/* Bytes at @offset that lie in one page, at most @n; 0 behind the end. */
static size_t row(const struct svsm_umem *umem, uint64_t offset, size_t n)
{
	struct svsm_range piece;

	if (svsm_umem_piece(umem, offset, &piece) != SVSM_OK)
		return 0;
	return (size_t)slice_page_part(piece.start.v, slice_min(n, piece.len));
}

static enum svsm_status
find_string(const struct svsm_umem *umem, uint64_t offset, char *dst,
	    size_t size, size_t *len)
{
	size_t done = 0;

	while (done < size) {
		size_t part = row(umem, offset + done, size - done);
		enum svsm_status status;
		size_t text;

		if (part == 0)
			break;
		status = svsm_umem_read(umem, offset + done, dst + done, part);
		if (status != SVSM_OK)
			return status;
		text = strnlen(dst + done, part);
		done += text;
		if (text < part) {
			*len = done;
			return SVSM_OK;
		}
	}
	return SVSM_EFORMAT;
}

enum svsm_status
svsm_umem_string(const struct svsm_umem *umem, uint64_t offset, char *dst,
		 size_t size, size_t *len)
{
	enum svsm_status status = SVSM_EADDR;
	size_t found = 0;

	memset(dst, 0, size);
	if (offset < umem->range.len)
		status = find_string(umem, offset, dst, size, &found);
	if (status == SVSM_OK) {
		memset(dst + found, 0, size - found);
		*len = found;
	} else {
		memset(dst, 0, size);
	}
	return status;
}

void svsm_umem_reader_init(struct svsm_umem_reader *reader,
			   const struct svsm_umem *umem, uint64_t offset)
{
	reader->umem = *umem;
	reader->at = offset;
	reader->status = offset <= umem->range.len ? SVSM_OK : SVSM_EADDR;
}

void svsm_umem_bytes(struct svsm_umem_reader *reader, void *dst, size_t n)
{
	if (reader->status == SVSM_OK)
		reader->status = svsm_umem_read(&reader->umem, reader->at, dst,
						n);
	if (reader->status == SVSM_OK)
		reader->at += n;
	else
		memset(dst, 0, n);
}

void svsm_umem_skip(struct svsm_umem_reader *reader, uint64_t n)
{
	if (reader->status != SVSM_OK)
		return;
	if (slice_has(reader->umem.range.len, reader->at, n))
		reader->at += n;
	else
		reader->status = SVSM_EADDR;
}

static uint64_t field(struct svsm_umem_reader *reader, size_t n)
{
	uint8_t bytes[sizeof(uint64_t)];
	uint64_t value = 0;

	svsm_umem_bytes(reader, bytes, n);
	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

uint8_t svsm_umem_u8(struct svsm_umem_reader *reader)
{
	return (uint8_t)field(reader, sizeof(uint8_t));
}

uint16_t svsm_umem_u16(struct svsm_umem_reader *reader)
{
	return (uint16_t)field(reader, sizeof(uint16_t));
}

uint32_t svsm_umem_u32(struct svsm_umem_reader *reader)
{
	return (uint32_t)field(reader, sizeof(uint32_t));
}

uint64_t svsm_umem_u64(struct svsm_umem_reader *reader)
{
	return field(reader, sizeof(uint64_t));
}
