// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Where QEMU's RAM is, which part the guest gets, and frames from the rest. */
#include "config.h"
#include "cpu.h"
#include "far.h"
#include "log.h"
#include "mm.h"
#include "npt.h"

#define IMAGE_BASE	0xffffffff80000000ull
#define FOUR_GIB	0x100000000ull
#define DIRECT_BOOT	(512ull << 30)	/* what boot.S has mapped */
#define PTE_TABLE	0x3ull
#define PTE_GIB		0xe3ull		/* present, write, A, D, large */
#define PTE_ADDRESS	0x000ffffffffff000ull

extern uint64_t image_pa;
extern uint64_t pml5[512];

struct guest_memory guest_memory;

static struct {
	uint64_t low, high;	/* sizes of RAM below and above 4 GiB */
} ram;

struct region {
	uint64_t next, end;
};

static struct {
	struct spinlock lock;
	struct region region[2];
} pool;

static uint8_t cmos(uint8_t index)
{
	outb(0x70, index);
	return inb(0x71);
}

void mm_init(void)
{
	uint64_t above_16m = (uint64_t)cmos(0x35) << 8 | cmos(0x34);
	uint64_t above_4g = (uint64_t)cmos(0x5d) << 16 |
			    (uint64_t)cmos(0x5c) << 8 | cmos(0x5b);

	ram.low = (16ull << 20) + (above_16m << 16);
	ram.high = above_4g << 16;
}

void mm_drop_identity(void)
{
	pml5[0] = 0;
	write_cr3(read_cr3());
}

static uint64_t pool_bytes(void)
{
	return pool.region[0].end - pool.region[0].next +
	       pool.region[1].end - pool.region[1].next;
}

void mm_set_guest_memory(uint64_t bytes)
{
	uint64_t need = bytes + bytes / 64 + (80ull << 20) +
			npt_set_limit(bytes, config.smp);

	guest_memory.low = bytes < ram.low ? bytes : ram.low;
	guest_memory.high = bytes - guest_memory.low;
	if (guest_memory.high > ram.high)
		machine_stop(STOP_REFUSED, "QEMU has too little memory (-m)");
	pool.region[0].next = guest_memory.low;
	pool.region[0].end = ram.low;
	pool.region[1].next = FOUR_GIB + guest_memory.high;
	pool.region[1].end = FOUR_GIB + ram.high;
	pool.region[ram.high ? 1 : 0].end = image_pa;
	if (pool.region[1].end < pool.region[1].next ||
	    pool.region[0].end < pool.region[0].next || pool_bytes() < need)
		machine_stop(STOP_REFUSED, "QEMU needs %lu MiB (-m) beyond the "
			     "guest's, for private pages and TLBs", need >> 20);
}

uint64_t mm_rmp_pages(void)
{
	return (FOUR_GIB + guest_memory.high) / PAGE_SIZE + FAR_PAGES;
}

/* Under the pool's lock. RAM that was never used is zero. */
static void *bump(uint64_t bytes)
{
	for (unsigned i = 2; i-- > 0;) {
		struct region *region = &pool.region[i];

		if (region->end - region->next >= bytes) {
			region->next += bytes;
			return mm_phys(region->next - bytes);
		}
	}
	return NULL;
}

void *mm_alloc(uint64_t bytes)
{
	void *memory;

	spin_lock(&pool.lock);
	memory = bump((bytes + PAGE_MASK) & ~PAGE_MASK);
	spin_unlock(&pool.lock);
	if (!memory)
		machine_stop(STOP_FAULT, "no room for %lu bytes", bytes);
	return memory;
}

void *mm_frame_alloc(void)
{
	void *frame;

	spin_lock(&pool.lock);
	frame = bump(PAGE_SIZE);
	spin_unlock(&pool.lock);
	if (!frame)
		machine_stop(STOP_FAULT, "the frame pool is empty");
	return frame;
}

uint64_t mm_pa(const void *pointer)
{
	uint64_t va = (uint64_t)pointer;

	if (va >= IMAGE_BASE)
		return va - IMAGE_BASE + image_pa;
	return va - DIRECT_MAP;
}

static uint64_t *next_table(uint64_t *entry)
{
	if (!*entry)
		*entry = mm_pa(mm_frame_alloc()) | PTE_TABLE;
	return mm_phys(*entry & PTE_ADDRESS);
}

volatile void *mm_mmio(uint64_t pa)
{
	static struct spinlock lock;
	uint64_t va = DIRECT_MAP + pa;
	uint64_t *entry;

	if (pa < DIRECT_BOOT)
		return mm_phys(pa);
	spin_lock(&lock);
	entry = next_table(&pml5[(va >> 48) & 511]);
	entry = next_table(&entry[(va >> 39) & 511]);
	entry += (va >> 30) & 511;
	if (!*entry)
		*entry = (pa & ~((1ull << 30) - 1)) | PTE_GIB;
	spin_unlock(&lock);
	return mm_phys(pa);
}

static bool overlaps(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

bool mm_is_ram(uint64_t pa, uint64_t len)
{
	return overlaps(pa, len, 0, ram.low) ||
	       overlaps(pa, len, FOUR_GIB, ram.high);
}
