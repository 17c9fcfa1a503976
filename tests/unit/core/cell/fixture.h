/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell on the fake machine: its image, and ring 3 played by the test.
 */
#ifndef CELL_FIXTURE_H
#define CELL_FIXTURE_H

#include <svsm/cell.h>
#include <svsm/paging.h>

#include "cell/internal.h"
#include "fake.h"
#include "unit.h"

#define TEXT	(SVSM_CELL_BASE + 0x1000)
#define DATA	(SVSM_CELL_BASE + 0x2000)
/** Data in the file up to here; .bss up to BSS_END. */
#define DATA_END	(DATA + 0x800)
#define BSS_END		(DATA + 0x1800)
#define TCB		(DATA + 0x1000)

/** Eight bytes that the image has at DATA. */
#define DATA_WORD	0x1122334455667788ull

/** The image: three pages; change the head before fixture_start(). */
extern struct svsm_cell_image *fixture_image;
extern struct svsm_cell fixture_cell;
/** Defaults; change before fixture_start(). */
extern struct svsm_cell_config fixture_config;

void fixture_setup(void);
void fixture_teardown(void);
void fixture_start(void);

/** Take the cell as somebody; the test fails unless the status is that. */
bool fixture_take(uint64_t who, uint64_t what, enum svsm_status want);
/** Take, run once, give. */
enum svsm_status fixture_call(uint64_t who, uint32_t fn, size_t *reply);

/** The cell's next event: a call with these arguments, or an exception. */
void fixture_sys(void *gate, uint64_t number, uint64_t a, uint64_t b,
		 uint64_t c);
void fixture_vector(void *gate, uint64_t vector, uint64_t error);

/** The cell's memory, as eight bytes. */
uint64_t fixture_peek(uint64_t va);
void fixture_poke(uint64_t va, uint64_t value);

/** Is all that the cell can write zero? */
bool fixture_is_wiped(void);

#endif
