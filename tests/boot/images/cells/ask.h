/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One request to a cell of a test.
 */
#ifndef ASK_H
#define ASK_H

#include <svsm/cell.h>

/**
 * Ask until it is over.
 *
 * @param word   The request; what the reply is, if it is as long.
 * @param again  Out: how often the cell was suspended meanwhile.
 */
SVSM_CHECKED enum svsm_status
ask(struct svsm_cell *cell, uint32_t fn, uint64_t *word, unsigned *again);

#endif
