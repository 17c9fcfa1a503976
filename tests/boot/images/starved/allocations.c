/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Linked into a TPM's cell between the TPM and its memory (--wrap): the SVSM
 * says which allocation finds none. All else is the product's cell.
 */
#include <svsm/cell_program.h>

#include "starved.h"

void *__real_vtpm_plat_realloc(void *block, size_t size);
void *__wrap_vtpm_plat_realloc(void *block, size_t size);

void *__wrap_vtpm_plat_realloc(void *block, size_t size)
{
	size_t len;

	if (size && svsm_cell_get(STARVED_SLOT, &len, 0, &len) != SVSM_OK)
		return NULL;
	return __real_vtpm_plat_realloc(block, size);
}
