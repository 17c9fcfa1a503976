/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell on the first CPU, and a second CPU that has the host strike the first
 * one in the middle of ring 3: with an NMI, or with #HV where injection is
 * restricted.
 */
#ifndef STRIKE_H
#define STRIKE_H

#include <svsm/cell.h>

extern struct svsm_cell strike_cell;

/** Both CPUs and the cell; slices are over at once, and there are a few. */
void strike_start(void);

/** Does a cell that is struck go on as if nothing had been? */
bool strike_survives(void);

/** Is a cell that makes no call ended by being struck again and again? */
bool strike_ends(void);

#endif
