/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One command to libtpms: see command.h.
 */
#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include <libtpms/tpm_error.h>
#include <svsm/string.h>

#include "command.h"

#define NO_SESSIONS	0x8001u

/* libtpms has slots for three objects; a version with more than these would
 * keep what was in the others. */
#define OBJECTS		16u

/* Deeper than any command gets (kit bench tpm). */
#define STACK_BYTES	(40u << 10)

/* libtpms' own, which no header of it declares. A slot that is allocated is
 * cleared; allocated and flushed it is free again. */
void *ObjectAllocateSlot(uint32_t *handle);
void FlushObject(uint32_t handle);
void MemoryIoBufferZero(void);

void vtpm_refusal(uint8_t response[VTPM_HEADER_BYTES], uint32_t code)
{
	const uint8_t bytes[VTPM_HEADER_BYTES] = {
		NO_SESSIONS >> 8, NO_SESSIONS & 0xff, 0, 0, 0,
		VTPM_HEADER_BYTES, (uint8_t)(code >> 24),
		(uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code
	};

	memcpy(response, bytes, sizeof(bytes));
}

/* FlushObject() marks a slot as free and keeps the key in it. */
static void forget_objects(void)
{
	uint32_t handle[OBJECTS];
	unsigned n = 0;

	while (n < OBJECTS && ObjectAllocateSlot(&handle[n]))
		n++;
	while (n-- > 0)
		FlushObject(handle[n]);
}

/* Sixteen bytes at a time: this is what a short command costs most. */
typedef uint64_t wide_t __attribute__((vector_size(16)));

/* What the command left below us. */
static __attribute__((noinline)) void forget_stack(void)
{
	volatile wide_t below[STACK_BYTES / sizeof(wide_t)];
	const wide_t zero = { 0 };
	size_t i;

	for (i = 0; i < sizeof(below) / sizeof(below[0]); i += 4) {
		below[i] = zero;
		below[i + 1] = zero;
		below[i + 2] = zero;
		below[i + 3] = zero;
	}
}

/* The response, which TPM_Malloc() gives once and libtpms uses again. */
static size_t run(uint8_t *command, size_t len, uint8_t *response)
{
	static unsigned char *buffer;
	static uint32_t room;
	uint32_t n = 0;
	TPM_RESULT result = TPMLIB_Process(&buffer, &n, &room, command,
		(uint32_t)len);

	if (result != TPM_SUCCESS || n < VTPM_HEADER_BYTES ||
	    n > VTPM_RESPONSE_BYTES) {
		vtpm_refusal(response, VTPM_RC_FAILURE);
		n = VTPM_HEADER_BYTES;
	} else {
		memcpy(response, buffer, n);
	}
	svsm_wipe(buffer, n < room ? n : room);
	return n;
}

size_t vtpm_command(uint8_t *command, size_t len,
	uint8_t response[VTPM_RESPONSE_BYTES])
{
	bool is_public = vtpm_is_public(command, len);
	size_t n = run(command, len, response);

	if (!is_public) {
		forget_objects();
		MemoryIoBufferZero();
		forget_stack();
	}
	return n;
}
