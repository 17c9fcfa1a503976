/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Which commands work on public data alone: see command.h. Pure.
 */
#include "command.h"

#define SESSIONS_MAY	0x80u	/* a tag's first byte; the second: */
#define NO_SESSIONS	1u
#define SESSIONS	2u
#define PCR_EXTEND	0x182u

/* Behind the handle: an empty password and nothing else. */
#define AUTH_AT		14u
#define AUTH_BYTES	9u
#define PASSWORD	0x40000009u

/* Without session and handle: a persistent key comes into a slot with its
 * private part, too, whatever is asked of it. */
/*@ assigns \nothing;
  ensures \result <==> code == 0x17a || code == 0x17c || code == 0x17e ||
    code == 0x181; */
static bool reads_what_is_public(uint32_t code)
{
	switch (code) {
	case 0x17a:	/* GetCapability */
	case 0x17c:	/* GetTestResult */
	case 0x17e:	/* PCR_Read */
	case 0x181:	/* ReadClock */
		return true;
	default:
		return false;
	}
}

/* The nonce of a password is empty: its length is all there is of it. */
/*@ requires len >= 10 && \valid_read(command + (0 .. len - 1));
  assigns \nothing;
  ensures \result <==> len >= 24 && vtpm_32(command + 14) == 9 &&
    vtpm_32(command + 18) == 0x40000009 && command[22] == 0 &&
    command[23] == 0; */
static bool has_one_password(const uint8_t *command, size_t len)
{
	return len >= AUTH_AT + 10 &&
		vtpm_get32(command + AUTH_AT) == AUTH_BYTES &&
		vtpm_get32(command + AUTH_AT + 4) == PASSWORD &&
		command[AUTH_AT + 8] == 0 && command[AUTH_AT + 9] == 0;
}

bool vtpm_is_public(const uint8_t *command, size_t len)
{
	if (len < VTPM_HEADER_BYTES || command[0] != SESSIONS_MAY)
		return false;
	if (command[1] == NO_SESSIONS)
		return reads_what_is_public(vtpm_code(command));
	return command[1] == SESSIONS && vtpm_code(command) == PCR_EXTEND &&
		has_one_password(command, len);
}
