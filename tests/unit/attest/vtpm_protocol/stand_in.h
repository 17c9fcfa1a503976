/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell on the fake machine that stands in for the TPM: ring 3 is played by
 * the test, everything else of the cell is the real one's.
 */
#ifndef STAND_IN_H
#define STAND_IN_H

#include <svsm/vtpm.h>

#include "fixture.h"

#define VTPM(fn)	((uint64_t)SVSM_PROTOCOL_VTPM << 32 | (fn))
#define CMD		VTPM(SVSM_VTPM_CMD)

/** What the stand-in leaves in its buffer behind the reply. */
#define STALE		0xee

/** What it shall do, and what it has seen. */
extern struct stand_in {
	unsigned yields;	/* slices that a request takes, less one */
	size_t reply;		/* bytes of the reply; 0: as the request */
	uint32_t said;		/* length in its header; 0: the true one */
	uint64_t dies;		/* not 0: of this exception, at the end */
	void (*at_work)(void);	/* each time that ring 3 runs; or NULL */
	/* seen: */
	unsigned requests;
	unsigned finished;
	uint64_t fn;
	size_t len;
	uint8_t command[SVSM_VTPM_BUFFER];
	/* its own: */
	bool working;
	unsigned left;
} stand_in;

/** guest_setup(), the vTPM protocol, and a cell that may be restarted twice. */
void stand_in_setup(void);
void stand_in_teardown(void);
/** Without the cell. */
void stand_in_setup_without(void);
/** Another round. */
void stand_in_restart(void);

/** A request at @p gpa in the guest's memory: @p size bytes of a command that
 *  looks random and depends on @p seed. */
void put_request(uint64_t gpa, uint32_t size, unsigned seed);
/** ... of any head. */
void put_head(uint64_t gpa, uint32_t command, uint8_t locality, uint32_t size);

/** CMD by APIC ID 0. */
uint64_t cmd(uint64_t gpa);
/** ... by another. */
uint64_t cmd_by(uint32_t apic_id, uint64_t gpa);
/** ... until it is neither INCOMPLETE nor BUSY; how often it was asked. */
uint64_t cmd_until_over(uint32_t apic_id, uint64_t gpa, unsigned *calls);

/** The command of put_request() is what the cell was given last. */
void expect_command(uint32_t size, unsigned seed);
/** Has the buffer the response to it, and zeros behind? */
bool has_response(uint64_t gpa, uint32_t size, unsigned seed);
/** ... of its first @p n bytes. */
bool has_response_part(uint64_t gpa, uint32_t size, unsigned seed, size_t n);
/** Has it put_request()'s bytes still? */
bool has_request(uint64_t gpa, uint32_t size, unsigned seed);

/** The guest's memory, past all rules; over any number of pages. */
void guest_put(uint64_t gpa, const void *bytes, size_t n);
void guest_fill(uint64_t gpa, uint8_t byte, size_t n);
bool guest_has(uint64_t gpa, const void *bytes, size_t n);
/** One byte of it, and the rest of its page. */
uint8_t *guest_byte(uint64_t gpa);

#endif
