/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the image tool and an SVSM tell each other: the image's own words
 * (struct svsm_image) and the layout it was given (struct svsm_abi_launch).
 *
 * Both are measured: the host cannot change them. tools/svsmkit reads and
 * writes them by offset; tests/abi compares the two sides.
 */
#ifndef SVSM_ABI_LAUNCH_H
#define SVSM_ABI_LAUNCH_H

#include <stdint.h>

/** "SVSMIMG1", little-endian. */
#define SVSM_IMAGE_MAGIC	0x31474d494d535653ull
/** "SVSMLAY1", little-endian. */
#define SVSM_ABI_LAUNCH_MAGIC	0x3159414c4d535653ull

/** The image needs guest firmware: `kit image` refuses to build without. */
#define SVSM_IMAGE_FIRMWARE	(1u << 0)
/** The log may go to the host's serial console, which the host can read. */
#define SVSM_IMAGE_CONSOLE	(1u << 1)

/**
 * What an SVSM says about itself, as the symbol `svsm_image` of its C file.
 *
 * The platform policy is three masks over SEV_FEATURES (VMSA offset 0x3b0):
 * a launch whose features miss a required bit, have a forbidden one, or one
 * that is neither required nor allowed is refused, naming the bit.
 */
struct svsm_image {
	uint64_t magic;			/* 000 SVSM_IMAGE_MAGIC */
	uint32_t version;		/* 008 1 */
	uint32_t flags;			/* 00c SVSM_IMAGE_* */
	uint64_t region_len;		/* 010 bytes, multiple of 2 MiB */
	uint64_t guest_policy;		/* 018 SNP launch policy */
	uint64_t sev_features;		/* 020 of our own VMSA */
	uint64_t features_required;	/* 028 policy over SEV_FEATURES */
	uint64_t features_allowed;	/* 030 */
	uint64_t features_forbidden;	/* 038 */
	uint64_t guest_sev_features;	/* 040 of the guest's VMSAs */
	uint32_t guest_vmpl;		/* 048 1..3 */
	uint32_t max_cpus;		/* 04c */
	char name[48];			/* 050 NUL-terminated */
};

/**
 * Where the image tool has put things; one page, read-only, given in RSI at
 * entry. All addresses are GPAs and multiples of 4096, lengths are bytes;
 * address 0 means "not there". Inside the region VA equals GPA.
 *
 *   region_start                                          region_start+len
 *   | text rodata data | bss | tables, special pages | heap              |
 *     valid at entry     not   valid at entry          not
 */
struct svsm_abi_launch {
	uint64_t magic;			/* 000 SVSM_ABI_LAUNCH_MAGIC */
	uint32_t version;		/* 008 1 */
	uint32_t size;			/* 00c sizeof(this) */
	uint64_t region_start;		/* 010 */
	uint64_t region_len;		/* 018 */
	uint64_t bss_start;		/* 020 not validated at entry */
	uint64_t bss_len;		/* 028 */
	uint64_t heap_start;		/* 030 up to the region's end */
	uint64_t page_table;		/* 038 root (PML4), all levels follow */
	uint64_t page_table_len;	/* 040 */
	uint64_t cpuid_page;		/* 048 */
	uint64_t secrets_page;		/* 050 */
	uint64_t general_page;		/* 058 u32 VP count, u32 environment */
	uint64_t memory_map;		/* 060 IGVM memory map */
	uint64_t memory_map_len;	/* 068 */
	uint64_t madt;			/* 070 ACPI MADT */
	uint64_t madt_len;		/* 078 */
	uint64_t firmware;		/* 080 measured, private, VMPL0 only */
	uint64_t firmware_len;		/* 088 */
	uint64_t symbols;		/* 090 see backtrace.h */
	uint64_t symbols_len;		/* 098 */
	uint64_t vmsa;			/* 0a0 of the first vCPU: validated,
					 * in the region or anywhere */
};

/**
 * The symbol table of the backtrace: this header, then `count` entries sorted
 * by address, then NUL-terminated names. Offsets are from the header.
 */
struct svsm_abi_symbols {
	uint32_t count;
	uint32_t names;		/* offset of the first name */
};

struct svsm_abi_symbol {
	uint32_t addr;		/* offset from region_start */
	uint32_t name;		/* offset from `names` */
};

_Static_assert(sizeof(struct svsm_image) == 0x80, "read by tools/svsmkit");
_Static_assert(sizeof(struct svsm_abi_launch) == 0xa8,
	       "written by tools/svsmkit");

#endif
