/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The MADT that the host gives to an image that asks for one. */
#ifndef SNPEMU_L1_MADT_H
#define SNPEMU_L1_MADT_H

#include <stdbool.h>
#include <stdint.h>

/* Local APICs and the I/O APIC of q35; false when @bytes are too few. */
bool madt_write(uint8_t *to, uint32_t bytes);

#endif
