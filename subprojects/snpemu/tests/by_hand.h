/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Launch digests written down once more, in bytes. */
#ifndef TESTS_BY_HAND_H
#define TESTS_BY_HAND_H

#include <stdint.h>

#include "digest.h"

/** Expect this SHA-384, in hexadecimal. */
void expect_hex(const uint8_t bytes[SHA384_BYTES], const char *hex);

/**
 * Extend a launch digest by a page: PAGE_INFO as the firmware ABI has it.
 *
 * @param hash   Of the content; NULL for zeros.
 * @param masks  Permissions of VMPL1, 2 and 3.
 */
void extend_by_hand(struct digest *ld, uint8_t type, uint64_t gpa,
		    const uint8_t *hash, const uint8_t masks[3]);

#endif
