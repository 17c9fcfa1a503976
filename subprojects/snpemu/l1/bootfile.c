// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Files that snpemu-run hands to L1 through QEMU's fw_cfg device. */
#include "bootfile.h"
#include "cpu.h"
#include "mm.h"

#define PORT_SELECTOR	0x510
#define PORT_DATA	0x511
#define PORT_DMA_HIGH	0x514
#define PORT_DMA_LOW	0x518
#define KEY_DIRECTORY	0x0019
#define DMA_ERROR	0x01
#define DMA_READ	0x02
#define DMA_SELECT	0x08
#define NAME_BYTES	56

struct dma_request {
	uint32_t control, length;
	uint64_t address;
};

static uint32_t read_be32(void)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value = value << 8 | inb(PORT_DATA);
	return value;
}

static bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool bootfile_find(const char *name, struct bootfile *file)
{
	char entry_name[NAME_BYTES + 1] = { 0 };
	uint32_t count;

	outw(PORT_SELECTOR, KEY_DIRECTORY);
	count = read_be32();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = read_be32();
		uint32_t key = read_be32() >> 16;

		for (unsigned j = 0; j < NAME_BYTES; j++)
			entry_name[j] = (char)inb(PORT_DATA);
		if (same_text(entry_name, name)) {
			file->key = (uint16_t)key;
			file->size = size;
			return true;
		}
	}
	return false;
}

bool bootfile_read(const struct bootfile *file, void *buffer)
{
	static volatile struct dma_request request;
	uint64_t pa = mm_pa((const void *)&request);

	request.control = __builtin_bswap32((uint32_t)file->key << 16 |
					    DMA_SELECT | DMA_READ);
	request.length = __builtin_bswap32(file->size);
	request.address = __builtin_bswap64(mm_pa(buffer));
	outl(PORT_DMA_HIGH, __builtin_bswap32((uint32_t)(pa >> 32)));
	outl(PORT_DMA_LOW, __builtin_bswap32((uint32_t)pa));
	while (request.control & __builtin_bswap32(~(uint32_t)DMA_ERROR))
		cpu_relax();
	return request.control == 0;
}
