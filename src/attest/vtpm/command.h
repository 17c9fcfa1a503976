/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One command to libtpms, as a cell and every test on the host make it.
 */
#ifndef VTPM_COMMAND_H
#define VTPM_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The longest response of libtpms. */
#define VTPM_RESPONSE_BYTES	4096u

/** A response that is a code alone; also the header of a command. */
#define VTPM_HEADER_BYTES	10u

/** TPM_RC_COMMAND_CODE: there is no such command. */
#define VTPM_RC_COMMAND_CODE	0x143u

/** TPM_RC_FAILURE: see TPM2_GetTestResult. */
#define VTPM_RC_FAILURE		0x101u

/** TPM_RC_SUCCESS. */
#define VTPM_RC_SUCCESS		0u

/*@ logic integer vtpm_32(uint8_t *at) =
    at[0] * 0x1000000 + at[1] * 0x10000 + at[2] * 0x100 + at[3]; */

/*@ requires \valid_read(bytes + (0 .. 3));
  assigns \nothing;
  ensures \result == vtpm_32(bytes); */
static inline uint32_t vtpm_get32(const uint8_t *bytes)
{
	return ((bytes[0] * 256u + bytes[1]) * 256u + bytes[2]) * 256u +
		bytes[3];
}

/** Bytes of a command or response, as its header says. */
static inline uint32_t vtpm_length(const uint8_t header[VTPM_HEADER_BYTES])
{
	return vtpm_get32(header + 2);
}

/** What a command asks for, or what came of it. */
/*@ requires \valid_read(header + (0 .. 9));
  assigns \nothing;
  ensures \result == vtpm_32(header + 6); */
static inline uint32_t vtpm_code(const uint8_t header[VTPM_HEADER_BYTES])
{
	return vtpm_get32(header + 6);
}

/** A response that is a code alone, without sessions. */
void vtpm_refusal(uint8_t response[VTPM_HEADER_BYTES], uint32_t code);

/**
 * Does this command work on public data alone? Pure. True for the few that a
 * boot makes hundreds of, and only in the plain form that it makes them in:
 * nothing has to be forgotten after those.
 */
/*@ requires len == 0 || \valid_read(command + (0 .. len - 1));
  assigns \nothing;
  ensures len < 10 ==> !\result;
  ensures len >= 10 && command[0] == 0x80 && command[1] == 1 ==>
    (\result <==> vtpm_32(command + 6) == 0x17a ||
      vtpm_32(command + 6) == 0x17c || vtpm_32(command + 6) == 0x17e ||
      vtpm_32(command + 6) == 0x181);
  ensures len >= 10 && command[0] == 0x80 && command[1] == 2 ==>
    (\result <==> vtpm_32(command + 6) == 0x182 && len >= 24 &&
      vtpm_32(command + 14) == 9 && vtpm_32(command + 18) == 0x40000009 &&
      command[22] == 0 && command[23] == 0);
  ensures len >= 10 && (command[0] != 0x80 ||
    command[1] != 1 && command[1] != 2) ==> !\result; */
bool vtpm_is_public(const uint8_t *command, size_t len);

/**
 * Run a command. libtpms has been initialised.
 *
 * Unless vtpm_is_public(), nothing of it stays: private parts of objects that
 * are no longer loaded, parameters, the response and what lay on the stack are
 * wiped.
 *
 * @param command   Changed in place: parameters are decrypted there.
 * @param len       Bytes; any number, libtpms answers what it refuses.
 * @param response  Not changed behind the response.
 *
 * @return Bytes of the response, at least VTPM_HEADER_BYTES.
 *
 * Trust: the guest chooses every byte of the command and its length.
 */
size_t vtpm_command(uint8_t *command, size_t len,
	uint8_t response[VTPM_RESPONSE_BYTES]);

#endif
