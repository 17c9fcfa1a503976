/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM's platform in a shared object that has libtpms' name and interface,
 * for programs that were linked with the distribution's. Its storage, when
 * the program gives none, is memory.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_tis.h>

#include "shared.h"
#include "vtpm/platform.h"
#include "vtpm/tpm.h"


/* Where --wrap puts the C library's. */
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

extern const void *const shared_interface[];

struct shared_figures shared_figures;
void (*shared_watch)(void);

/* Takes what has these names out of libtpms.a. */
const void *const shared_interface[] = {
	TPMLIB_CancelCommand, TPMLIB_ChooseTPMVersion, TPMLIB_DecodeBlob,
	TPMLIB_GetInfo, TPMLIB_GetState, TPMLIB_GetTPMProperty,
	TPMLIB_GetVersion, TPMLIB_MainInit, TPMLIB_Process,
	TPMLIB_RegisterCallbacks, TPMLIB_SetBufferSize, TPMLIB_SetDebugFD,
	TPMLIB_SetDebugLevel, TPMLIB_SetDebugPrefix, TPMLIB_SetState,
	TPMLIB_Terminate, TPMLIB_ValidateState, TPMLIB_VolatileAll_Store,
	TPM_Free, TPM_IO_Hash_Data, TPM_IO_Hash_End, TPM_IO_Hash_Start,
	TPM_IO_TpmEstablished_Get, TPM_IO_TpmEstablished_Reset, TPM_Malloc,
	TPM_Realloc, vtpm_command, vtpm_serve, vtpm_start,
};

_Noreturn void vtpm_plat_die(const char *why)
{
	fprintf(stderr, "the TPM ended: %s\n", why);
	abort();
}

void vtpm_plat_entropy(void *buf, size_t len)
{
	unsigned char *byte = buf;

	while (len) {
		ssize_t n = getrandom(byte, len, 0);

		if (n <= 0)
			vtpm_plat_die("no random bytes");
		byte += n;
		len -= (size_t)n;
	}
}

void *vtpm_plat_realloc(void *block, size_t size)
{
	if (block)
		shared_figures.heap -= malloc_usable_size(block);
	block = __real_realloc(block, size);
	if (block)
		shared_figures.heap += malloc_usable_size(block);
	if (shared_figures.heap > shared_figures.heap_peak)
		shared_figures.heap_peak = shared_figures.heap;
	return block;
}

void __wrap_free(void *block)
{
	if (block)
		shared_figures.heap -= malloc_usable_size(block);
	__real_free(block);
}

void vtpm_plat_yield(void)
{
	shared_figures.yields++;
	if (shared_watch)
		shared_watch();
}
