// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Two pages for one address (--remap). */
#include "probe.h"

static volatile uint32_t *const word = (volatile uint32_t *)TEST_PAGE;

PROBE(two_pages_are_valid_at_one_address)
{
	take_page(TEST_PAGE);
	*word = 1;
	try_pvalidate(TEST_PAGE, 0, 0);		/* sees the second page */
	try_pvalidate(TEST_PAGE, 0, 1);
	*word = 2;
	attack(ATTACK_TURN, 1 << 12);
	say("page 1 has %u\n", (uint64_t)*word);
	attack(ATTACK_TURN, 2 << 12);
	say("page 2 has %u\n", (uint64_t)*word);
}

PROBE(second_page_is_not_validated)
{
	struct regs r = { .rsi = TEST_PAGE };

	take_page(TEST_PAGE);
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ));
	try_rmpadjust(TEST_PAGE, 0, ADJUST(1, P_READ));
	TRY(read, &r);
	attack(ATTACK_TURN, 1 << 12);
	try_rmpquery(TEST_PAGE, 1);
}
