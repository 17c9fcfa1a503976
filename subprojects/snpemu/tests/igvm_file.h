/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Builds IGVM files for tests, good ones and bad ones. */
#ifndef TESTS_IGVM_FILE_H
#define TESTS_IGVM_FILE_H

#include <stdbool.h>
#include <stdint.h>

#define MASK		1u
#define VMSA_GPA	0xfffffffff000ull
#define MAX_HEADERS	64u
#define MAX_DATA	32u

/** A file in the making; zero it, add headers, then file_finish(). */
struct file {
	struct {
		uint32_t type, length;
		uint8_t content[0x2b8];
		int data;		/* page of its data, or -1 */
		unsigned data_at;	/* where its file offset goes */
	} header[MAX_HEADERS];
	unsigned headers;
	uint8_t data[MAX_DATA][4096];
	unsigned pages;

	uint8_t *bytes;			/* exactly size long: ASan watches */
	uint32_t size;
	uint32_t at[MAX_HEADERS];	/* offset of each header */
};

/** Add a header; returns its number. */
unsigned file_add(struct file *file, uint32_t type, const void *content,
		  uint32_t length);

unsigned file_platform(struct file *file, uint32_t mask, uint8_t type);
unsigned file_policy(struct file *file, uint64_t policy);
unsigned file_area(struct file *file, uint64_t bytes, uint32_t index);
unsigned file_use(struct file *file, uint32_t type, uint32_t area,
		  uint32_t offset);
unsigned file_insert(struct file *file, uint64_t gpa, uint32_t area);
/** @p fill < 0: no data; else a page of these bytes. */
unsigned file_page(struct file *file, uint64_t gpa, uint16_t type,
		   uint32_t flags, int fill);
unsigned file_required(struct file *file, uint64_t gpa, uint32_t bytes);
unsigned file_vmsa(struct file *file);
unsigned file_id_block(struct file *file, const uint8_t digest[48]);

/** A small good file with one header of each kind. */
void file_good(struct file *file);

/** Lay it out; pair: file_free(). */
void file_finish(struct file *file);
void file_free(struct file *file);

/** Make the checksum right again after a change to bytes. */
void file_seal(uint8_t *bytes, uint32_t size);

/** Offset of a field of a header's content. */
uint32_t file_field(const struct file *file, unsigned header, uint32_t field);

#endif
