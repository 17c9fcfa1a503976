/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* State of a check while it walks over the headers of an IGVM file. */
#ifndef SNPEMU_MODEL_IGVM_CHECK_H
#define SNPEMU_MODEL_IGVM_CHECK_H

#include "igvm_internal.h"

enum igvm_section {
	IGVM_SECTION_PLATFORM,
	IGVM_SECTION_INIT,
	IGVM_SECTION_DIRECTIVE,
	IGVM_SECTION_NONE,
};

struct igvm_check {
	struct igvm_file *file;
	struct igvm_error *error;
	uint64_t *ranges;		/* igvm_range() of all pages */
	uint64_t room;
	uint64_t used;
	enum igvm_section section;	/* of the last header */
	uint32_t masks;			/* bits that platforms own */
	uint32_t inserted;		/* areas, one bit each */
	bool has_vmsa;
	bool has_id_block;
};

/** Check one header whose extent is known to be good. */
bool igvm_check_header(struct igvm_check *check, const struct igvm_tlv *tlv);

/** After the last header: is all there, does nothing overlap? */
bool igvm_check_complete(struct igvm_check *check);

#endif
