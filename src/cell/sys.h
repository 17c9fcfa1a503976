/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell's call to the SVSM, see enum svsm_cell_sys.
 */
#ifndef CELL_SYS_H
#define CELL_SYS_H

#include <svsm/cell_program.h>

struct sys_out {
	uint64_t rdx, r8, r9;
};

enum svsm_status cell_sys(enum svsm_cell_sys number, uint64_t a, uint64_t b,
			  uint64_t c, struct sys_out *out);

/** From svsm_cell_entry; never returns. */
_Noreturn void svsm_cell_begin(void *buffer, size_t buffer_len, void *heap,
			       size_t heap_len);

#endif
