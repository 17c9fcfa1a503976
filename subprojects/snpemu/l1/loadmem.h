/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Memory that an image wants, found or made as QEMU's loader does it. */
#ifndef SNPEMU_L1_LOADMEM_H
#define SNPEMU_L1_LOADMEM_H

#include <stdint.h>

/*
 * [gpa, gpa + bytes) is memory from now on, or the reason why not. Where
 * nothing is, memory is made; what is there has to be memory, and one piece of
 * it: a piece of RAM, or what was made for one range before.
 */
const char *loadmem_prepare(uint64_t gpa, uint64_t bytes);

#endif
