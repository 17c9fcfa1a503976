/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a TPM keeps, in memory of its process: storage of its platform.
 */
#ifndef UNIT_ATTEST_STORAGE_H
#define UNIT_ATTEST_STORAGE_H

#include <stddef.h>

#include <svsm/abi/vtpm.h>

#define STORAGE_BYTES	(1u << 18)

struct storage_slot {
	unsigned char bytes[STORAGE_BYTES];
	size_t len;		/* 0: nothing was put there */
};

extern struct storage_slot storage[SVSM_VTPM_SLOTS];

#endif
