// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The four memory functions a freestanding compiler expects. */
#include "mm.h"

void *memcpy(void *to, const void *from, size_t len)
{
	uint64_t *to8 = to;
	const uint64_t *from8 = from;
	uint8_t *to1;
	const uint8_t *from1;

	for (; len >= 8; len -= 8)
		*to8++ = *from8++;
	to1 = (uint8_t *)to8;
	from1 = (const uint8_t *)from8;
	while (len--)
		*to1++ = *from1++;
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	uint8_t *t = to;
	const uint8_t *f = from;

	if (t <= f || t >= f + len)
		return memcpy(to, from, len);
	while (len--)
		t[len] = f[len];
	return to;
}

void *memset(void *to, int value, size_t len)
{
	uint64_t pattern = 0x0101010101010101ull * (uint8_t)value;
	uint64_t *to8 = to;
	uint8_t *to1;

	for (; len >= 8; len -= 8)
		*to8++ = pattern;
	to1 = (uint8_t *)to8;
	while (len--)
		*to1++ = (uint8_t)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const uint8_t *x = a, *y = b;

	for (; len--; x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}
