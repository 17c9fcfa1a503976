/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A small firmware image in the form of OVMF's, for tests.
 */
#ifndef FIRMWARE_IMAGE_H
#define FIRMWARE_IMAGE_H

#include <stdint.h>

#include <svsm/abi/ovmf.h>

#define IMAGE_LEN	0x4000u
#define IMAGE_START	(0x100000000ull - IMAGE_LEN)
/** Offsets in the image of what tests spoil. */
#define IMAGE_FOOTER	(IMAGE_LEN - 0x20 - 18)
#define IMAGE_SEV	0x3000u
#define IMAGE_IGVM	0x3200u

/** The sections that a good image has. */
extern const struct svsm_abi_ovmf_section image_sections[];
extern const unsigned image_section_count;

extern uint8_t image[IMAGE_LEN];
/** Offset of the table's entry (u16 length, GUID) for SEV metadata. */
extern unsigned image_sev_entry;

/** Make `image` good again. */
void image_make(void);
/** Section @p i of the SEV metadata in `image`. */
struct svsm_abi_ovmf_section *image_section(unsigned i);

#endif
