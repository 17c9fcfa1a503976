/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Words on the first serial port, by the host.
 */
#include "svsm.h"

#define COM1	0x3f8

void say(const char *text)
{
	for (; *text; text++)
		host_out8(&boot_host, COM1, (uint8_t)*text);
}

void say_number(uint64_t value)
{
	char text[21];
	unsigned at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	say(text + at);
}

void say_hex(uint64_t value)
{
	char text[17];
	unsigned at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (value);
	say(text + at);
}
