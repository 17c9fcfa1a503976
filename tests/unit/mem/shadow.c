/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See shadow.h.
 */
#include "shadow.h"

#include <string.h>

#include "dice.h"

struct shadow shadow[SHADOWS];
unsigned shadows;

void shadow_reset(void)
{
	shadows = 0;
	dice_start(DICE_CLOCK);
}

void shadow_fill(struct shadow *it)
{
	it->value = (uint8_t)dice(256);
	memset(it->block, it->value, it->size);
}

void shadow_add(void *block, size_t size)
{
	struct shadow *it = &shadow[shadows++];

	it->block = block;
	it->size = size;
	shadow_fill(it);
}

void shadow_remove(struct shadow *it)
{
	*it = shadow[--shadows];
}

struct shadow *shadow_any(void)
{
	return &shadow[dice(shadows)];
}
