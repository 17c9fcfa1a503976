/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The flattened device tree that a host gives to an image: pure. */
#ifndef SNPEMU_L1_FDT_H
#define SNPEMU_L1_FDT_H

#include <stdbool.h>
#include <stdint.h>

/* A root without devices; false, with nothing written, without room for it. */
bool fdt_write(uint8_t *to, uint32_t bytes);

#endif
