/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The platform's storage in memory: see storage.h.
 */
#include <string.h>

#include "storage.h"
#include "vtpm/platform.h"

struct storage_slot storage[SVSM_VTPM_SLOTS];

enum svsm_status vtpm_plat_get(enum svsm_vtpm_slot slot, void *dst, size_t max,
	size_t *len)
{
	if (storage[slot].len == 0)
		return SVSM_ENOENT;
	*len = storage[slot].len;
	if (*len > max)
		return SVSM_ESIZE;
	memcpy(dst, storage[slot].bytes, *len);
	return SVSM_OK;
}

enum svsm_status vtpm_plat_put(enum svsm_vtpm_slot slot, const void *src,
	size_t len)
{
	if (len > STORAGE_BYTES)
		return SVSM_ENOMEM;
	memcpy(storage[slot].bytes, src, len);
	storage[slot].len = len;
	return SVSM_OK;
}
