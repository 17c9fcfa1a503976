/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* SW_EXITINFO1 of an IOIO event, taken apart. */
#ifndef SNPEMU_L1_IOIO_H
#define SNPEMU_L1_IOIO_H

#include <stdbool.h>
#include <stdint.h>

struct ioio {
	uint16_t port;
	uint8_t size;		/* 1, 2 or 4 bytes */
	bool in, string, rep;
};

/* False when no size, or more than one, is given. */
bool ioio_decode(uint64_t info, struct ioio *io);

/*
 * How many elements of a string operation fit into @room bytes: all @count,
 * or false. Without REP exactly one is meant.
 */
bool ioio_string_bytes(const struct ioio *io, uint64_t count, uint64_t room,
		       uint64_t *bytes);

#endif
