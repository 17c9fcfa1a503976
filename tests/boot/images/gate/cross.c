/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See cross.h.
 */
#include <svsm/assert.h>
#include <svsm/cell.h>
#include <svsm/ghcb.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/svsm.h>

#include "../cells/ask.h"
#include "../cells/hostile.h"
#include "cross.h"

SVSM_CELL_DECLARE(hostile);

/* Each request is two crossings or more. */
#define REQUESTS	200u
/* In the GHCB page: shared with the host, and mapped in ring 0. */
#define STACK_OFFSET	0xff0u

static struct svsm_cell cell;

_Noreturn void cross(void)
{
	const struct svsm_cell_config config = {
		.image = SVSM_CELL_NAMED(hostile), .restarts = 1,
	};
	uint64_t stack = (uintptr_t)svsm_plat_cpu()->ghcb->page + STACK_OFFSET;
	unsigned good = 0, again;

	svsm_assert(svsm_cell_start(&cell, &config) == SVSM_OK);
	for (unsigned i = 0; i < REQUESTS; i++) {
		uint64_t word = stack;

		if (ask(&cell, HOSTILE_STACK, &word, &again) == SVSM_OK)
			good += word == 1;
	}
	svsm_info("crossed %u times", good);
	svsm_terminate(SVSM_REASON_DONE);
}
