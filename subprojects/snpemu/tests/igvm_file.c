/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Builds IGVM files for tests. */
#include "igvm_file.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "igvm.h"

static void put16(uint8_t *p, uint16_t x)
{
	memcpy(p, &x, sizeof(x));
}

static void put32(uint8_t *p, uint32_t x)
{
	memcpy(p, &x, sizeof(x));
}

static void put64(uint8_t *p, uint64_t x)
{
	memcpy(p, &x, sizeof(x));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

unsigned file_add(struct file *file, uint32_t type, const void *content,
		  uint32_t length)
{
	unsigned n = file->headers++;

	ck_assert_uint_lt(n, MAX_HEADERS);
	file->header[n].type = type;
	file->header[n].length = length;
	file->header[n].data = -1;
	memcpy(file->header[n].content, content, length);
	return n;
}

unsigned file_platform(struct file *file, uint32_t mask, uint8_t type)
{
	uint8_t content[16] = { 0 };

	put32(content, mask);
	content[5] = type;
	put16(content + 6, 1);
	return file_add(file, 0x001, content, sizeof(content));
}

unsigned file_policy(struct file *file, uint64_t policy)
{
	uint8_t content[16] = { 0 };

	put64(content, policy);
	put32(content + 8, MASK);
	return file_add(file, 0x101, content, sizeof(content));
}

unsigned file_area(struct file *file, uint64_t bytes, uint32_t index)
{
	uint8_t content[16] = { 0 };

	put64(content, bytes);
	put32(content + 8, index);
	return file_add(file, 0x301, content, sizeof(content));
}

unsigned file_use(struct file *file, uint32_t type, uint32_t area,
		  uint32_t offset)
{
	uint8_t content[8];

	put32(content, area);
	put32(content + 4, offset);
	return file_add(file, type, content, sizeof(content));
}

unsigned file_insert(struct file *file, uint64_t gpa, uint32_t area)
{
	uint8_t content[16];

	put64(content, gpa);
	put32(content + 8, MASK);
	put32(content + 12, area);
	return file_add(file, 0x303, content, sizeof(content));
}

/* The next page of file data, for the last header. */
static uint8_t *attach(struct file *file, unsigned data_at)
{
	unsigned page = file->pages++;

	ck_assert_uint_lt(page, MAX_DATA);
	file->header[file->headers - 1].data = (int)page;
	file->header[file->headers - 1].data_at = data_at;
	return file->data[page];
}

unsigned file_page(struct file *file, uint64_t gpa, uint16_t type,
		   uint32_t flags, int fill)
{
	uint8_t content[24] = { 0 };
	unsigned n;

	put64(content, gpa);
	put32(content + 8, MASK);
	put32(content + 16, flags);
	put16(content + 20, type);
	n = file_add(file, 0x302, content, sizeof(content));
	if (fill >= 0)
		memset(attach(file, 12), fill, 4096);
	return n;
}

unsigned file_required(struct file *file, uint64_t gpa, uint32_t bytes)
{
	uint8_t content[24] = { 0 };

	put64(content, gpa);
	put32(content + 8, MASK);
	put32(content + 12, bytes);
	return file_add(file, 0x305, content, sizeof(content));
}

unsigned file_vmsa(struct file *file)
{
	uint8_t content[20] = { 0 }, *vmsa;
	unsigned n;

	put64(content, VMSA_GPA);
	put32(content + 8, MASK);
	n = file_add(file, 0x304, content, sizeof(content));
	vmsa = attach(file, 12);
	memset(vmsa, 0, 4096);
	put64(vmsa + 0x0d0, 0x1000);		/* EFER.SVME */
	put64(vmsa + 0x158, 0x31);		/* CR0 */
	put64(vmsa + 0x178, 0x100000);		/* RIP */
	put64(vmsa + 0x3b0, 1);			/* SEV_FEATURES */
	put64(vmsa + 0x3e8, 1);			/* XCR0 */
	return n;
}

unsigned file_id_block(struct file *file, const uint8_t digest[48])
{
	uint8_t content[0x2b8] = { 0 };

	put32(content, MASK);
	memcpy(content + 8, digest, 48);
	memset(content + 0x38, 0xfa, 16);
	put32(content + 0x58, 1);
	put32(content + 0x5c, 7);
	put32(content + 0x60, 1);
	return file_add(file, 0x30b, content, sizeof(content));
}

void file_good(struct file *file)
{
	memset(file, 0, sizeof(*file));
	file_platform(file, MASK, 2);
	file_platform(file, 2, 0);
	file_policy(file, 0x30000);
	file_required(file, 0x100000, 0x10000);
	file_area(file, 0x1000, 0);
	file_area(file, 0x2000, 1);
	file_area(file, 0x1000, 2);
	file_use(file, 0x307, 0, 8);
	file_use(file, 0x313, 0, 4);
	file_use(file, 0x30c, 1, 0);
	file_use(file, 0x309, 2, 0);
	file_insert(file, 0x20000, 0);
	file_insert(file, 0x30000, 1);
	file_insert(file, 0x40000, 2);
	file_page(file, 0x9000, 1, 0, -1);
	file_page(file, 0xa000, 2, 0, -1);
	file_page(file, 0x100000, 0, 0, 0x11);
	file_page(file, 0x101000, 0, 0, 0x22);
	file_page(file, 0x102000, 0, 0, -1);
	file_page(file, 0x103000, 0, 2, 0x33);
	file_vmsa(file);
}

static uint32_t headers_size(const struct file *file)
{
	uint32_t size = 0;

	for (unsigned i = 0; i < file->headers; i++)
		size += 8 + ((file->header[i].length + 7) & ~7u);
	return size;
}

static void write_headers(struct file *file, uint32_t data_start)
{
	uint32_t at = 24;

	for (unsigned i = 0; i < file->headers; i++) {
		file->at[i] = at;
		put32(file->bytes + at, file->header[i].type);
		put32(file->bytes + at + 4, file->header[i].length);
		if (file->header[i].data >= 0)
			put32(file->header[i].content +
			      file->header[i].data_at, data_start +
			      (uint32_t)file->header[i].data * 4096);
		memcpy(file->bytes + at + 8, file->header[i].content,
		       file->header[i].length);
		at += 8 + ((file->header[i].length + 7) & ~7u);
	}
}

void file_finish(struct file *file)
{
	uint32_t start = 24 + headers_size(file);

	file->size = start + file->pages * 4096;
	file->bytes = calloc(1, file->size);
	ck_assert_ptr_nonnull(file->bytes);
	put32(file->bytes, 0x4d564749);
	put32(file->bytes + 4, 1);
	put32(file->bytes + 8, 24);
	put32(file->bytes + 12, start - 24);
	put32(file->bytes + 16, file->size);
	write_headers(file, start);
	memcpy(file->bytes + start, file->data, (size_t)file->pages * 4096);
	file_seal(file->bytes, file->size);
}

void file_free(struct file *file)
{
	free(file->bytes);
}

void file_seal(uint8_t *bytes, uint32_t size)
{
	uint32_t fixed = get32(bytes + 4) == 2 ? 32 : 24;
	uint32_t start = get32(bytes + 8), length = get32(bytes + 12), crc;

	if (size < fixed || start > size || length > size - start)
		return;
	put32(bytes + 20, 0);
	crc = igvm_crc32(0, bytes, fixed);
	put32(bytes + 20, igvm_crc32(crc, bytes + start, length));
}

uint32_t file_field(const struct file *file, unsigned header, uint32_t field)
{
	return file->at[header] + 8 + field;
}
