/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * L1's memory: the frame pool, the direct map, and the two views of a guest
 * page.
 *
 * The *host view* of a guest physical page is what QEMU and its devices see
 * there: QEMU's RAM at the same address. The *private view* is a frame of the
 * pool that only the guest reaches, through the C-bit. The two never share a
 * byte, as ciphertext and plaintext never do.
 */
#ifndef SNPEMU_L1_MM_H
#define SNPEMU_L1_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE	4096ul
#define PAGE_MASK	(PAGE_SIZE - 1)
#define HUGE_SIZE	(2ul << 20)
#define HUGE_MASK	(HUGE_SIZE - 1)

/* Everything physical is mapped at this offset; 5-level paging has room. */
#define DIRECT_MAP	0xff00000000000000ull

/* The guest's memory as it is told: [0, low) and [4 GiB, 4 GiB + high). */
struct guest_memory {
	uint64_t low;
	uint64_t high;
};

extern struct guest_memory guest_memory;

/* Find QEMU's RAM, below 4 GiB and from 4 GiB on. */
void mm_init(void);

/*
 * Take away boot.S's identity map, which every core needs on its way up: from
 * now on NULL faults.
 */
void mm_drop_identity(void);

/* Fix the guest's share; the pool is what is left. */
void mm_set_guest_memory(uint64_t bytes);

/* One past the highest system page that an RMP entry covers, as a page. */
uint64_t mm_rmp_pages(void);

/** A zeroed 4 KiB frame, for ever; stops the machine when the pool is empty. */
void *mm_frame_alloc(void);

/** Zeroed, page aligned, contiguous, for ever. */
void *mm_alloc(uint64_t bytes);

/** L1's pointer to RAM or to any page table frame. */
static inline void *mm_phys(uint64_t pa)
{
	return (void *)(DIRECT_MAP + pa);
}

/** The physical address behind an L1 pointer (direct map or image). */
uint64_t mm_pa(const void *pointer);

/** L1's pointer to any physical address, RAM or device. */
volatile void *mm_mmio(uint64_t pa);

/** True when [pa, pa + len) touches RAM of QEMU's, the guest's or L1's. */
bool mm_is_ram(uint64_t pa, uint64_t len);

/** True when the guest physical page has memory behind it (not a device). */
bool mm_is_memory(uint64_t gpa);

/**
 * The host view of [gpa, gpa + len), or NULL when that is not memory or not
 * contiguous for us (pages without QEMU RAM: never across a page).
 */
void *mm_host_view(uint64_t gpa, uint64_t len);

/** The private frame of the page at @gpa; NULL when the page has none. */
void *mm_private_view(uint64_t gpa);

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
