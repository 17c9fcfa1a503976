/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the tests of GHCB requests share: a GHCB of the fake's, planted
 * secrets, and every request once in a table.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <svsm/ghcb.h>

/** The GHCB of CPU 0. */
extern struct svsm_ghcb requests_ghcb;

/** Start a machine with a GHCB; a secret is planted in the region. */
void requests_setup(void);

/** A page of guest memory that the table's page state change moves about. */
#define REQUESTS_PAGE	0x300000ull
/** What the hooked devices and MSRs answer. */
#define REQUESTS_VALUE	0x1122334455667788ull

/** Each request once, with arguments that an honest host accepts. */
struct request {
	const char *name;
	enum svsm_status (*make)(void);
	bool reads_registers;	/* needs RAX (and RDX) in the answer */
};
extern const struct request requests[];
extern const unsigned request_count;

/** What the last request of the table brought back. */
extern uint64_t requests_result;

#endif
