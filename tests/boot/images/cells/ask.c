/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See ask.h.
 */
#include <svsm/string.h>

#include "ask.h"

enum svsm_status
ask(struct svsm_cell *cell, uint32_t fn, uint64_t *word, unsigned *again)
{
	const struct svsm_cell_ticket ticket = { 1, fn };
	enum svsm_status status;
	size_t reply = 0;
	bool begun;

	for (*again = 0;; ++*again) {
		status = svsm_cell_take(cell, &ticket, &begun);
		if (status != SVSM_OK)
			return status;
		if (!begun)
			memcpy(svsm_cell_buffer(cell), word, sizeof(*word));
		status = svsm_cell_run(cell, fn, sizeof(*word), &reply);
		if (status == SVSM_OK && reply == sizeof(*word))
			memcpy(word, svsm_cell_buffer(cell), sizeof(*word));
		svsm_cell_give(cell);
		if (status != SVSM_EAGAIN)
			return status;
	}
}
