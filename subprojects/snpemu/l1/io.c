// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Port I/O. It goes to QEMU's devices, but for ports that would tell the
 * guest of L1, or let it change the machine below L1's feet.
 */
#include "devices.h"
#include "ghcb.h"
#include "hostside.h"
#include "ioio.h"
#include "mm.h"

struct port_filter {
	uint16_t first, last;
	uint32_t (*read)(uint16_t port, unsigned size);
	void (*write)(uint16_t port, unsigned size, uint32_t value);
};

static uint32_t no_read(uint16_t port, unsigned size)
{
	(void)port;
	(void)size;
	return ~0u;
}

static void no_write(uint16_t port, unsigned size, uint32_t value)
{
	(void)port;
	(void)size;
	(void)value;
}

uint32_t port_read(uint16_t port, unsigned size)
{
	if (size == 1)
		return inb(port);
	return size == 2 ? inw(port) : inl(port);
}

void port_write(uint16_t port, unsigned size, uint32_t value)
{
	if (size == 1)
		outb(port, (uint8_t)value);
	else if (size == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
}

static const struct port_filter filters[] = {
	{ 0x020, 0x021, port_read, pic_write },
	{ 0x060, 0x060, port_read, keyboard_data_write },
	{ 0x064, 0x064, port_read, keyboard_command_write },
	{ 0x070, 0x071, cmos_read, cmos_write },
	{ 0x092, 0x092, port92_read, port92_write },
	{ 0x0a0, 0x0a1, port_read, pic_write },
	{ 0x0b2, 0x0b2, port_read, apm_write },
	{ 0x0f4, 0x0f7, no_read, no_write },	/* isa-debug-exit */
	{ 0x510, 0x51b, fwcfg_read, fwcfg_write },
	{ 0x5e9, 0x5e9, no_read, no_write },	/* L1's own log */
	{ 0xcf8, 0xcff, port_read, pci_port_write },
};

static const struct port_filter *find_filter(uint16_t port, unsigned size)
{
	for (unsigned i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (port <= filters[i].last &&
		    port + size - 1 >= filters[i].first)
			return &filters[i];
	return NULL;
}

static bool inside(const struct port_filter *f, uint16_t port, unsigned size)
{
	return port >= f->first && port + size - 1 <= f->last;
}

static uint32_t size_mask(unsigned size)
{
	return size == 4 ? ~0u : (1u << 8 * size) - 1;
}

/* An access that only touches a filtered range is made byte by byte. */
uint32_t io_read(struct vcpu *v, uint16_t port, unsigned size)
{
	const struct port_filter *f = find_filter(port, size);
	uint32_t value = 0;

	if (!f)
		value = pm1_read(port, size, port_read(port, size));
	else if (inside(f, port, size))
		value = f->read(port, size) & size_mask(size);
	else
		for (unsigned i = 0; i < size; i++)
			value |= io_read(v, (uint16_t)(port + i), 1) << 8 * i;
	trace(TRACE_IO, "in %04x.%u = %x", port, size, value);
	return value;
}

void io_write(struct vcpu *v, uint16_t port, unsigned size, uint32_t value)
{
	const struct port_filter *f = find_filter(port, size);

	trace(TRACE_IO, "out %04x.%u = %x", port, size, value);
	if (power_write(port, size, value))
		return;
	if (!f) {
		pm1_write(port, size, value);
		port_write(port, size, value);
	} else if (inside(f, port, size)) {
		f->write(port, size, value);
	} else {
		for (unsigned i = 0; i < size; i++)
			io_write(v, (uint16_t)(port + i), 1,
				 value >> 8 * i & 0xff);
	}
}

static void single(struct ghcb_request *r, const struct ioio *io)
{
	if (io->in) {
		ghcb_set(r, GHCB_RAX, io_read(r->v, io->port, io->size));
		return;
	}
	if (!ghcb_has(r, GHCB_RAX)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return;
	}
	io_write(r->v, io->port, io->size,
		 (uint32_t)ghcb_get(r, GHCB_RAX) & size_mask(io->size));
}

static void string(struct ghcb_request *r, const struct ioio *io)
{
	uint64_t bytes;
	uint8_t *buffer;

	if (!ghcb_has(r, GHCB_SCRATCH)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return;
	}
	if (!ioio_string_bytes(io, r->info2, GHCB_SHARED_SIZE, &bytes)) {
		ghcb_refuse(r, GHCB_ERROR_SCRATCH);
		return;
	}
	buffer = ghcb_scratch(r, bytes);
	if (!buffer)
		return;
	for (uint64_t at = 0; at < bytes; at += io->size) {
		uint32_t value = 0;

		if (io->in) {
			value = io_read(r->v, io->port, io->size);
			memcpy(buffer + at, &value, io->size);
		} else {
			memcpy(&value, buffer + at, io->size);
			io_write(r->v, io->port, io->size, value);
		}
	}
}

void nae_ioio(struct ghcb_request *r)
{
	struct ioio io;

	counter_add(r->v, COUNTER_IO, 1);
	if (!ioio_decode(r->info1, &io) || io.port > 0x10000 - io.size)
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
	else if (io.string)
		string(r, &io);
	else
		single(r, &io);
}
