/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A look at the page tables that the processor uses for a cell.
 */
#ifndef TABLES_H
#define TABLES_H

#include <svsm/cell.h>

/** Pages that are mapped, and entries that must not be as they are. */
struct tables_found {
	unsigned user;
	unsigned supervisor;
	unsigned wrong;
};

/**
 * Every entry of all levels. Wrong is one
 *	- without the C-bit, global, or of a large page;
 *	- that makes a page writable and executable;
 *	- for ring 3 outside of a cell's addresses, or to a page that another
 *	  entry maps as well;
 *	- for ring 0 alone that is neither the gate nor its code.
 */
struct tables_found tables_look(const struct svsm_cell *cell);

#endif
