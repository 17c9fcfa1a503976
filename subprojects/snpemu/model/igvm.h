/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * IGVM files: check one completely, then play it back the way QEMU does.
 *
 * igvm_open() reads the whole file before anything is loaded, so a file that
 * is refused has changed nothing. It refuses what is malformed, truncated,
 * overlapping or not supported, and says at which file offset and why.
 * igvm_play() then calls back for each step of the load in QEMU's order:
 *
 *   1. the directives in file order, except that pages are gathered: a run of
 *      page-data headers with consecutive addresses and equal flags and type
 *      is one group, and a group is loaded when the next page-data header does
 *      not fit it, or at the end. A parameter insert in between is therefore
 *      loaded before the group that stands before it in the file;
 *   2. the initialization headers (guest policy);
 *   3. the last group of pages;
 *   4. the SNP ID block with that policy.
 *
 * A run also ends where another header stands in between, and where pages with
 * file data and pages without meet. Measured NORMAL pages without file data are
 * loaded as ZERO pages.
 *
 * Pure: reads the buffer, writes its own structs and the caller's areas.
 */
#ifndef SNPEMU_MODEL_IGVM_H
#define SNPEMU_MODEL_IGVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rmp.h"

#define IGVM_MAX_AREAS		32u
#define IGVM_MAX_AREA_BYTES	0x100000u	/* 1 MiB per parameter area */
#define IGVM_GPA_LIMIT		(1ull << 52)
/** Where VMSAs are for mainline KVM: no memory that a map names. */
#define IGVM_VMSA_GPA		0xfffffffff000ull

/** Why a file was refused. */
struct igvm_error {
	uint64_t offset;	/* in the file, of the field that is wrong */
	const char *reason;	/* static text, no full stop */
};

/** A file that was checked. The buffer is kept while the struct is in use. */
struct igvm_file {
	const uint8_t *data;
	uint64_t size;
	uint32_t headers;	/* offset of the first variable header */
	uint32_t headers_end;
	uint32_t mask;		/* compatibility bit of SEV-SNP */
	uint8_t highest_vtl;
	uint64_t vtom;		/* shared GPA boundary, 0: C-bit mode */
	uint64_t policy;	/* 0 when the file has none */
	bool has_policy;
	uint32_t area_size[IGVM_MAX_AREAS];	/* 0: not declared */
	uint32_t pages;		/* page-data headers for our platform */
	uint64_t vmsa_gpa;
	uint64_t sev_features;	/* of the VMSA: what the host must offer */
};

/**
 * Check a whole file for SEV-SNP.
 *
 * @param data     The file; kept.
 * @param scratch  Room for one word per header that fills pages (data,
 *                 parameter insert, VMSA), to find overlaps; borrowed.
 *                 @p words bounds how many such headers a file may have.
 *
 * @retval true   @p file is ready for igvm_play().
 * @retval false  @p error tells what is wrong; @p file is not usable.
 *
 * Trust: every byte of the file is hostile. Work is n log n in its size.
 */
bool igvm_open(struct igvm_file *file, const void *data, uint64_t size,
	       uint64_t *scratch, uint64_t words, struct igvm_error *error);

/** One page for the launch. */
struct igvm_page {
	uint64_t offset;	/* of its header in the file, for messages */
	uint64_t gpa;
	enum rmp_page_type type;
	const void *data;	/* 4096 bytes in the file; NULL: zeros */
};

/** SNP ID block directive, decoded. Numbers little-endian as in the file. */
struct igvm_id_block {
	bool author_enabled;
	uint8_t digest[48];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t version;
	uint32_t guest_svn;
	uint32_t id_algorithm;
	uint32_t author_algorithm;
	uint8_t id_signature[144];
	uint8_t id_key[152];
	uint8_t author_signature[144];
	uint8_t author_key[152];
};

/** One entry of the memory map parameter. */
struct igvm_memory_entry {
	uint64_t start_page;
	uint64_t pages;		/* 0 ends the map */
	uint16_t type;		/* IGVM_MEMORY_* */
	uint16_t flags;
	uint32_t reserved;
};

#define IGVM_MEMORY_RAM		0u
#define IGVM_MEMORY_RESERVED	1u
#define IGVM_MEMORY_PERSISTENT	2u

/** Why a header of a type that the loader does not know is refused. */
extern const char igvm_unsupported[];

/**
 * What the loader does. Each returns NULL when done, or a reason (static
 * text) that refuses the file. All must be set.
 */
struct igvm_ops {
	/** Give zeroed memory for area @p index, for the length of the play. */
	const char *(*area)(void *ctx, uint32_t index, uint32_t bytes,
			    uint8_t **storage);
	/** Write the map as struct igvm_memory_entry into @p area. */
	const char *(*memory_map)(void *ctx, uint8_t *area, uint32_t bytes);
	/** Write the ACPI MADT, with header, into @p area. */
	const char *(*madt)(void *ctx, uint8_t *area, uint32_t bytes);
	/**
	 * Write a flattened device tree into @p area. A host that is too old
	 * for it gives igvm_unsupported; then an optional header is skipped.
	 */
	const char *(*device_tree)(void *ctx, uint8_t *area, uint32_t bytes);
	uint32_t (*vp_count)(void *ctx);
	/**
	 * There has to be memory: for a group of pages, a parameter area or
	 * required memory, before the calls for them.
	 */
	const char *(*memory)(void *ctx, uint64_t gpa, uint64_t bytes);
	/** Memory that the image keeps for itself. */
	const char *(*required)(void *ctx, uint64_t gpa, uint32_t bytes);
	/** One page, in the order of the load. */
	const char *(*page)(void *ctx, const struct igvm_page *page);
	/** The VMSA of the first vCPU, 4096 bytes. */
	const char *(*vmsa)(void *ctx, uint64_t gpa, const void *vmsa);
	const char *(*policy)(void *ctx, uint64_t policy);
	const char *(*id_block)(void *ctx, const struct igvm_id_block *block);
};

/**
 * Load a checked file.
 *
 * @retval true   All calls were made and none refused.
 * @retval false  A callback refused; @p error has its reason and the offset of
 *                the header that led to it. Calls before that were made.
 */
bool igvm_play(const struct igvm_file *file, const struct igvm_ops *ops,
	       void *ctx, struct igvm_error *error);

/** CRC-32 (IEEE, reflected) as the fixed header uses it. Start with 0. */
uint32_t igvm_crc32(uint32_t crc, const void *data, size_t len);

#endif
