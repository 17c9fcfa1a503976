/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * An assertion of libtpms that does not hold jumps back to where its command
 * began, which then answers that the TPM has failed. Outside of a command
 * there is no such place, and the TPM ends.
 */
#include <stdbool.h>
#include <stdint.h>

#include "platform.h"

void __wrap__plat__RunCommand(uint32_t len, unsigned char *command,
	uint32_t *rlen, unsigned char **response);
void __real__plat__RunCommand(uint32_t len, unsigned char *command,
	uint32_t *rlen, unsigned char **response);
_Noreturn void __wrap__plat__Fail(void);
_Noreturn void __real__plat__Fail(void);

static bool in_command;

void __wrap__plat__RunCommand(uint32_t len, unsigned char *command,
	uint32_t *rlen, unsigned char **response)
{
	in_command = true;
	__real__plat__RunCommand(len, command, rlen, response);
	in_command = false;
}

_Noreturn void __wrap__plat__Fail(void)
{
	if (!in_command)
		vtpm_plat_die("libtpms failed outside of a command");
	__real__plat__Fail();
}
