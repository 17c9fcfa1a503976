/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* IGVM: the fixed header and the walk over all variable headers. */
#include "igvm_check.h"

uint32_t igvm_crc32(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	crc = ~crc;
	while (len-- != 0) {
		crc ^= *p++;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* ----------------------------------------------------- fixed header */

static bool check_version_2(const uint8_t *data, struct igvm_error *error)
{
	if (load32(data + FIXED_ARCH) != 0)
		return igvm_refuse(error, FIXED_ARCH,
				   "the architecture is not x64");
	if (load32(data + FIXED_PAGE_SIZE) != RMP_PAGE_BYTES)
		return igvm_refuse(error, FIXED_PAGE_SIZE,
				   "the page size is not 4096");
	return true;
}

static bool check_magic(const struct igvm_file *file, struct igvm_error *error,
			uint32_t *fixed)
{
	const uint8_t *data = file->data;

	if (file->size < FIXED_BYTES_V1)
		return igvm_refuse(error, file->size,
				   "the file ends in its fixed header");
	if (load32(data + FIXED_MAGIC) != IGVM_MAGIC)
		return igvm_refuse(error, FIXED_MAGIC, "not an IGVM file");
	*fixed = FIXED_BYTES_V1;
	if (load32(data + FIXED_VERSION) == 1)
		return true;
	if (load32(data + FIXED_VERSION) != 2)
		return igvm_refuse(error, FIXED_VERSION,
				   "unknown format version");
	*fixed = FIXED_BYTES_V2;
	if (file->size < FIXED_BYTES_V2)
		return igvm_refuse(error, file->size,
				   "the file ends in its fixed header");
	return check_version_2(data, error);
}

static bool check_extent(struct igvm_file *file, struct igvm_error *error,
			 uint32_t fixed)
{
	uint32_t start = load32(file->data + FIXED_HEADERS);
	uint32_t bytes = load32(file->data + FIXED_HEADERS_SIZE);

	if (load32(file->data + FIXED_TOTAL) != file->size)
		return igvm_refuse(error, FIXED_TOTAL,
				   "the file has not the size it states");
	if (start < fixed || start % 8 != 0 || start > file->size)
		return igvm_refuse(error, FIXED_HEADERS,
				   "bad offset of the variable headers");
	if (bytes % 8 != 0 || bytes > file->size - start)
		return igvm_refuse(error, FIXED_HEADERS_SIZE,
				   "bad size of the variable headers");
	file->headers = start;
	file->headers_end = start + bytes;
	return true;
}

static bool check_crc(const struct igvm_file *file, struct igvm_error *error,
		      uint32_t fixed)
{
	uint8_t header[FIXED_BYTES_V2];
	uint32_t crc;

	memcpy(header, file->data, fixed);
	memset(header + FIXED_CRC, 0, sizeof(uint32_t));
	crc = igvm_crc32(0, header, fixed);
	crc = igvm_crc32(crc, file->data + file->headers,
			 file->headers_end - file->headers);
	if (crc != load32(file->data + FIXED_CRC))
		return igvm_refuse(error, FIXED_CRC, "the checksum is wrong");
	return true;
}

static bool check_fixed(struct igvm_file *file, struct igvm_error *error)
{
	uint32_t fixed;

	return check_magic(file, error, &fixed) &&
	       check_extent(file, error, fixed) &&
	       check_crc(file, error, fixed);
}

/* ------------------------------------------------- variable headers */

struct igvm_tlv igvm_tlv_at(const struct igvm_file *file, uint32_t at)
{
	const uint8_t *p = file->data + at;
	uint32_t type = load32(p);

	return (struct igvm_tlv){
		.offset = at,
		.type = type & ~TLV_OPTIONAL,
		.optional = (type & TLV_OPTIONAL) != 0,
		.length = load32(p + 4),
		.content = p + TLV_BYTES,
	};
}

uint64_t igvm_tlv_end(const struct igvm_tlv *tlv)
{
	uint64_t end = (uint64_t)tlv->offset + TLV_BYTES + tlv->length;

	return (end + 7) & ~7ull;
}

/* Both the section and its offset are multiples of 8: a header always fits. */
static bool check_tlv_extent(const struct igvm_file *file,
			     const struct igvm_tlv *tlv,
			     struct igvm_error *error)
{
	uint64_t end = igvm_tlv_end(tlv);

	if (end > file->headers_end)
		return igvm_refuse(error, tlv->offset + 4,
				   "the header is longer than its section");
	for (uint64_t at = tlv->offset + TLV_BYTES + tlv->length; at < end;
	     at++)
		if (file->data[at] != 0)
			return igvm_refuse(error, at,
					   "the padding is not zero");
	return true;
}

static bool check_headers(struct igvm_check *check)
{
	const struct igvm_file *file = check->file;
	uint32_t at = file->headers;
	struct igvm_tlv tlv;

	while (at < file->headers_end) {
		tlv = igvm_tlv_at(file, at);
		if (!check_tlv_extent(file, &tlv, check->error) ||
		    !igvm_check_header(check, &tlv))
			return false;
		at = (uint32_t)igvm_tlv_end(&tlv);
	}
	return igvm_check_complete(check);
}

/* ---------------------------------------------------------- overlap */

static void sift_down(uint64_t *heap, uint64_t root, uint64_t count)
{
	for (;;) {
		uint64_t child = 2 * root + 1, word = heap[root];

		if (child >= count)
			return;
		if (child + 1 < count && heap[child + 1] > heap[child])
			child++;
		if (heap[child] <= word)
			return;
		heap[root] = heap[child];
		heap[child] = word;
		root = child;
	}
}

/* Heap sort: no recursion, no extra memory, no bad case. */
static void sort(uint64_t *words, uint64_t count)
{
	for (uint64_t i = count / 2; i-- > 0;)
		sift_down(words, i, count);
	for (uint64_t end = count; end-- > 1;) {
		uint64_t top = words[0];

		words[0] = words[end];
		words[end] = top;
		sift_down(words, 0, end);
	}
}

bool igvm_find_overlap(uint64_t *ranges, uint64_t count, uint64_t *page)
{
	sort(ranges, count);
	for (uint64_t i = 1; i < count; i++) {
		uint64_t before = ranges[i - 1], here = ranges[i];
		uint64_t end = (before >> 24) + (before & 0xffffff);

		if (here >> 24 < end) {
			*page = here >> 24;
			return true;
		}
	}
	return false;
}

/* -------------------------------------------------------------- all */

bool igvm_open(struct igvm_file *file, const void *data, uint64_t size,
	       uint64_t *scratch, uint64_t words, struct igvm_error *error)
{
	struct igvm_check check = {
		.file = file,
		.error = error,
		.ranges = scratch,
		.room = words,
	};

	memset(file, 0, sizeof(*file));
	file->data = data;
	file->size = size;
	return check_fixed(file, error) && check_headers(&check);
}
