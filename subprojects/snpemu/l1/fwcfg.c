// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * fw_cfg for the guest: QEMU's device, with the entries that tell of memory
 * or of L1's own files replaced.
 *
 * The guest's position (key and offset) is kept here; QEMU's device follows
 * it for entries that are not replaced. A DMA request is read once, and its
 * data goes through a buffer of L1's: the guest's address never gets to QEMU.
 */
#include "cpu.h"
#include "devices.h"
#include "fwcfg_dir.h"
#include "log.h"
#include "memsize.h"
#include "mm.h"

#define PORT_SELECTOR	0x510
#define PORT_DATA	0x511
#define PORT_DMA_HIGH	0x514
#define PORT_DMA_LOW	0x518

#define KEY_RAM_SIZE	0x0003
#define KEY_DIRECTORY	0x0019
#define KEY_MASK	0xbfffu		/* bit 14 meant writing, long ago */

#define DMA_ERROR	0x01u
#define DMA_READ	0x02u
#define DMA_SKIP	0x04u
#define DMA_SELECT	0x08u
#define DMA_WRITE	0x10u

#define E820_MAX	128u
#define CHUNK		16384u

struct dma_request {
	uint32_t control, length;	/* all big-endian */
	uint64_t address;
};

/* An entry that L1 answers itself. */
struct replacement {
	uint16_t key;
	uint32_t size;
	const uint8_t *data;
};

static struct spinlock lock;
static uint16_t key;
static uint32_t offset;
static uint32_t dma_high;

static struct fwcfg_directory directory;
static struct e820_entry e820[E820_MAX];
static uint16_t e820_key;
static unsigned e820_count;
static uint64_t ram_size;
static struct replacement replaced[3 + FWCFG_HIDDEN_MAX];
static unsigned replaced_count;

static struct dma_request request __attribute__((aligned(16)));
static uint8_t chunk[CHUNK] __attribute__((aligned(4096)));

/* One transfer of QEMU's device, at its own position or from a key's start. */
static bool device_dma(uint32_t control, void *data, uint32_t length)
{
	volatile struct dma_request *r = &request;
	uint64_t pa = mm_pa(&request);

	r->length = __builtin_bswap32(length);
	r->address = __builtin_bswap64(mm_pa(data));
	r->control = __builtin_bswap32(control);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	outl(PORT_DMA_HIGH, __builtin_bswap32((uint32_t)(pa >> 32)));
	outl(PORT_DMA_LOW, __builtin_bswap32((uint32_t)pa));
	while (r->control & __builtin_bswap32(~DMA_ERROR))
		cpu_relax();
	return !r->control;
}

static void replace(uint16_t which, const void *data, uint32_t size)
{
	replaced[replaced_count++] = (struct replacement){
		.key = which, .size = size, .data = data,
	};
}

static struct replacement *find(uint16_t which)
{
	for (unsigned i = 0; i < replaced_count; i++)
		if (replaced[i].key == which)
			return &replaced[i];
	return NULL;
}

static void e820_changed(void)
{
	uint32_t size = e820_count * (uint32_t)sizeof(e820[0]);

	find(e820_key)->size = size;
	fwcfg_resize(&directory, "etc/e820", size);
}

static const struct fwcfg_file *required(const char *name)
{
	const struct fwcfg_file *file = fwcfg_find(&directory, name);

	if (file)
		return file;
	machine_stop(STOP_REFUSED, "QEMU has no %s", name);
}

static void init_e820(void)
{
	const struct fwcfg_file *file = required("etc/e820");
	uint32_t size = __builtin_bswap32(file->size);

	e820_key = __builtin_bswap16(file->select);
	if (size > sizeof(e820) || size % sizeof(e820[0]))
		machine_stop(STOP_REFUSED, "etc/e820 has %u bytes", size);
	device_dma((uint32_t)e820_key << 16 | DMA_SELECT | DMA_READ, e820,
		   size);
	e820_count = e820_clip(e820, size / sizeof(e820[0]), guest_memory.low,
			       guest_memory.high);
	replace(e820_key, e820, 0);
	e820_changed();
}

void fwcfg_reserve(uint64_t gpa, uint64_t len)
{
	if (!e820_reserve(e820, &e820_count, E820_MAX, gpa, len))
		machine_stop(STOP_REFUSED, "no room for %lx in etc/e820",
			     (unsigned long)gpa);
	e820_changed();
}

void fwcfg_init(void)
{
	uint16_t hidden[FWCFG_HIDDEN_MAX];
	unsigned count;

	memset(&directory, 0, sizeof(directory));
	device_dma((uint32_t)KEY_DIRECTORY << 16 | DMA_SELECT | DMA_READ,
		   &directory, sizeof(directory));
	if (!fwcfg_directory_valid(&directory))
		machine_stop(STOP_REFUSED, "QEMU's fw_cfg directory is bad");
	init_e820();
	count = fwcfg_hide(&directory, "opt/org.svsmkit.snpemu/", hidden);
	for (unsigned i = 0; i < count; i++)
		replace(hidden[i], NULL, 0);
	replace(KEY_DIRECTORY, &directory, fwcfg_directory_size(&directory));
	ram_size = guest_memory.low + guest_memory.high;
	replace(KEY_RAM_SIZE, &ram_size, sizeof(ram_size));
}

static void select_key(uint16_t value)
{
	key = value & KEY_MASK;
	offset = 0;
	outw(PORT_SELECTOR, key);
}

static uint8_t next_byte(void)
{
	const struct replacement *r = find(key);

	if (!r)
		return inb(PORT_DATA);
	return offset < r->size ? r->data[offset++] : 0;
}

/* QEMU builds a wider read big-endian, whatever the width. */
static uint32_t next_bytes(unsigned size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | next_byte();
	return value;
}

uint32_t fwcfg_read(uint16_t port, unsigned size)
{
	uint32_t value;

	if (port >= PORT_DMA_HIGH)
		return port_read(port, size);
	if (port != PORT_DATA)
		return 0;
	spin_lock(&lock);
	value = next_bytes(size);
	spin_unlock(&lock);
	return value;
}

/* The next bytes of the entry, at most a chunk; false on a device error. */
static bool fetch(uint32_t length)
{
	const struct replacement *r = find(key);
	uint32_t have = 0;

	if (!r)
		return device_dma(DMA_READ, chunk, length);
	if (offset < r->size)
		have = r->size - offset < length ? r->size - offset : length;
	memcpy(chunk, r->data + (have ? offset : 0), have);
	memset(chunk + have, 0, length - have);
	offset += have;
	return true;
}

static bool skip(uint32_t length)
{
	const struct replacement *r = find(key);

	if (!r)
		return device_dma(DMA_SKIP, chunk, length);
	offset = length > r->size - offset ? r->size : offset + length;
	return true;
}

static uint32_t to_page_end(uint64_t address, uint32_t length)
{
	uint64_t room = PAGE_SIZE - (address & PAGE_MASK);

	return length < room ? length : (uint32_t)room;
}

static bool copy_to_guest(uint64_t address, const uint8_t *from,
			  uint32_t length)
{
	while (length) {
		uint32_t part = to_page_end(address, length);
		void *to = mm_host_view(address, part);

		if (!to)
			return false;
		memcpy(to, from, part);
		address += part;
		from += part;
		length -= part;
	}
	return true;
}

static bool copy_from_guest(uint8_t *to, uint64_t address, uint32_t length)
{
	while (length) {
		uint32_t part = to_page_end(address, length);
		const void *from = mm_host_view(address, part);

		if (!from)
			return false;
		memcpy(to, from, part);
		address += part;
		to += part;
		length -= part;
	}
	return true;
}

/* Bounded by the guest's memory: the first byte outside of it ends it. */
static bool transfer_read(uint64_t address, uint32_t length)
{
	while (length) {
		uint32_t part = length < CHUNK ? length : CHUNK;

		if (!mm_host_view(address, 1) || !fetch(part) ||
		    !copy_to_guest(address, chunk, part))
			return false;
		address += part;
		length -= part;
	}
	return true;
}

/* Files that take data are small, and QEMU wants each write whole. */
static bool transfer_write(uint64_t address, uint32_t length)
{
	if (find(key) || length > CHUNK)
		return false;
	return copy_from_guest(chunk, address, length) &&
	       device_dma(DMA_WRITE, chunk, length);
}

static bool perform(uint32_t control, uint64_t address, uint32_t length)
{
	if (control & DMA_SELECT)
		select_key((uint16_t)(control >> 16));
	if (control & DMA_READ)
		return transfer_read(address, length);
	if (control & DMA_WRITE)
		return transfer_write(address, length);
	if (control & DMA_SKIP)
		return skip(length);
	return true;
}

static void guest_dma(uint64_t where)
{
	struct dma_request *shared = mm_host_view(where, sizeof(*shared));
	struct dma_request r;
	uint32_t answer;

	if (!shared || where & 3) {
		log_line("fw_cfg: DMA request at %lx refused",
			 (unsigned long)where);
		return;
	}
	memcpy(&r, shared, sizeof(r));
	answer = perform(__builtin_bswap32(r.control),
			 __builtin_bswap64(r.address),
			 __builtin_bswap32(r.length)) ?
		0 : __builtin_bswap32(DMA_ERROR);
	__atomic_store_n(&shared->control, answer, __ATOMIC_RELEASE);
}

void fwcfg_write(uint16_t port, unsigned size, uint32_t value)
{
	spin_lock(&lock);
	if (port == PORT_SELECTOR && size == 2) {
		select_key((uint16_t)value);
	} else if (port == PORT_DMA_HIGH && size == 4) {
		dma_high = __builtin_bswap32(value);
	} else if (port == PORT_DMA_LOW && size == 4) {
		guest_dma((uint64_t)dma_high << 32 | __builtin_bswap32(value));
		dma_high = 0;
	}
	spin_unlock(&lock);
}
