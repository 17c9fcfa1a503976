/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Memory for libtpms and the provider: all of it, or the end of the TPM.
 */
#include <svsm/string.h>

#include "alloc.h"
#include "platform.h"

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t max);

void *__wrap_realloc(void *block, size_t size)
{
	void *larger = vtpm_plat_realloc(block, size);

	if (!larger && size)
		vtpm_plat_die("out of memory");
	return larger;
}

void *__wrap_malloc(size_t size)
{
	return __wrap_realloc(NULL, size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		vtpm_plat_die("more memory than there is");
	return vtpm_zalloc(bytes);
}

char *__wrap_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(malloc(size), s, size);
}

char *__wrap_strndup(const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *copy = malloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

void *vtpm_zalloc(size_t size)
{
	/* Of malloc() and memset() the compiler would make calloc(). */
	void *block = __wrap_realloc(NULL, size);

	if (block)
		memset(block, 0, size);
	return block;
}

void vtpm_zfree(void *block, size_t size)
{
	if (!block)
		return;
	svsm_wipe(block, size);
	free(block);
}
