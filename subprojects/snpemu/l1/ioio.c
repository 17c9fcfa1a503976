// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* SW_EXITINFO1 of an IOIO event; pure, tested on the host. */
#include "ioio.h"

bool ioio_decode(uint64_t info, struct ioio *io)
{
	unsigned size = info >> 4 & 7;

	if (size != 1 && size != 2 && size != 4)
		return false;
	io->port = (uint16_t)(info >> 16);
	io->size = (uint8_t)size;
	io->in = info & 1;
	io->string = info & 4;
	io->rep = info & 8;
	return true;
}

bool ioio_string_bytes(const struct ioio *io, uint64_t count, uint64_t room,
		       uint64_t *bytes)
{
	if (!io->rep && count != 1)
		return false;
	if (count > room / io->size)
		return false;
	*bytes = count * io->size;
	return true;
}
