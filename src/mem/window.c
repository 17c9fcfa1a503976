/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Windows onto pages that are not ours. See window.h.
 *
 * The area is 2 MiB of 4 KiB slots, SVSM_WINDOW_SLOTS for each CPU, followed
 * by one 2 MiB slot for each CPU: one page directory and one page table. What
 * a slot that is not in use shows is what its entry says, nothing else.
 */
#include <svsm/assert.h>
#include <svsm/paging.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/window.h>

#define ENTRIES		512u
/** The 2 MiB slot's bit behind those of the small ones. */
#define HUGE_SLOT	SVSM_WINDOW_SLOTS
#define SLOTS		(HUGE_SLOT + 1)

_Static_assert(SVSM_WINDOW_CPUS * SVSM_WINDOW_SLOTS <= ENTRIES, "one table");
_Static_assert(SVSM_WINDOW_CPUS + 1 <= ENTRIES, "one directory");

static uint64_t directory[ENTRIES] __attribute__((aligned(4096)));
static uint64_t table[ENTRIES] __attribute__((aligned(4096)));
static uintptr_t area_start;
static uint64_t cbit_mask;
static uint64_t kinds[SVSM_WINDOW_SHARED + 1];	/* entries of address 0 */
static uint32_t forgotten;	/* times */

void svsm_window_init(void *area, uint64_t cbit)
{
	static const enum svsm_map map[] = {
		[SVSM_WINDOW_READ] = SVSM_MAP_READ,
		[SVSM_WINDOW_WRITE] = SVSM_MAP_WRITE,
		[SVSM_WINDOW_SHARED] = SVSM_MAP_SHARED,
	};

	svsm_assert(svsm_is_aligned((uintptr_t)area, SVSM_HUGE_BYTES));
	area_start = (uintptr_t)area;
	cbit_mask = cbit;
	for (unsigned kind = 0; kind < SVSM_ARRAY_SIZE(map); kind++)
		kinds[kind] = svsm_pte_make(&(struct svsm_mapping){
			.size = SVSM_PAGE_4K, .map = map[kind] }, cbit);
	memset(directory, 0, sizeof(directory));
	memset(table, 0, sizeof(table));
	directory[0] = (uintptr_t)table | cbit | SVSM_PTE_PRESENT |
		SVSM_PTE_WRITE | SVSM_PTE_ACCESSED;
}

uint64_t *svsm_window_directory(void)
{
	return directory;
}

static uint64_t *slot_entry(const struct svsm_cpu *cpu, unsigned slot)
{
	if (slot == HUGE_SLOT)
		return &directory[1 + cpu->index];
	return &table[cpu->index * SVSM_WINDOW_SLOTS + slot];
}

static void *slot_address(const struct svsm_cpu *cpu, unsigned slot)
{
	uintptr_t offset;

	if (slot == HUGE_SLOT)
		offset = (1 + cpu->index) * SVSM_HUGE_BYTES;
	else
		offset = (cpu->index * SVSM_WINDOW_SLOTS + slot) *
			SVSM_PAGE_BYTES;
	return (void *)(area_start + offset);
}

void svsm_window_forget(void)
{
	__atomic_fetch_add(&forgotten, 1, __ATOMIC_RELEASE);
}

static void empty(const struct svsm_cpu *cpu, unsigned slot)
{
	svsm_plat_pte_set(slot_entry(cpu, slot), 0, slot_address(cpu, slot));
}

/* Empty the slots that are not in use; the others when they are unmapped. */
static void drop_all(struct svsm_cpu *cpu, uint32_t now)
{
	for (unsigned i = 0; i <= HUGE_SLOT; i++)
		if (!(cpu->window_busy & 1u << i) && *slot_entry(cpu, i))
			empty(cpu, i);
	cpu->window_keep = 0;
	cpu->window_seen = now;
}

/* The slot that the page's number says, or the next free one: what was mapped
 * in the same order before is still there. SLOTS without one. */
static unsigned find_small(const struct svsm_cpu *cpu, svsm_gpa_t gpa)
{
	unsigned first = (unsigned)(gpa.v >> SVSM_PAGE_SHIFT);

	for (unsigned i = 0; i < SVSM_WINDOW_SLOTS; i++) {
		unsigned slot = (first + i) % SVSM_WINDOW_SLOTS;

		if (!(cpu->window_busy & 1u << slot))
			return slot;
	}
	return SLOTS;
}

static unsigned
find_slot(struct svsm_cpu *cpu, enum svsm_page_size size, svsm_gpa_t gpa)
{
	uint32_t now = __atomic_load_n(&forgotten, __ATOMIC_ACQUIRE);

	if (cpu->window_seen != now)
		drop_all(cpu, now);
	if (size == SVSM_PAGE_4K)
		return find_small(cpu, gpa);
	return cpu->window_busy & 1u << HUGE_SLOT ? SLOTS : HUGE_SLOT;
}

bool svsm_window_can_map(svsm_gpa_t gpa, enum svsm_page_size size)
{
	return svsm_pte_can_map(gpa, size, cbit_mask);
}

enum svsm_status
svsm_window_map(svsm_gpa_t gpa, enum svsm_page_size size,
		enum svsm_window_kind kind, struct svsm_window *out)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();
	uint64_t wanted;
	unsigned slot;

	if (!svsm_window_can_map(gpa, size))
		return SVSM_EINVAL;
	svsm_assert(cpu->index < SVSM_WINDOW_CPUS);
	wanted = gpa.v | kinds[kind] |
		(size == SVSM_PAGE_2M ? SVSM_PTE_HUGE : 0);
	slot = find_slot(cpu, size, gpa);
	if (slot == SLOTS)
		return SVSM_ENOMEM;
	*out = (struct svsm_window){
		.va = slot_address(cpu, slot), .entry = slot_entry(cpu, slot),
		.mapped = wanted, .slot = (uint8_t)slot,
	};
	cpu->window_busy |= 1u << slot;
	cpu->window_keep |= 1u << slot;
	if (*out->entry != wanted)
		svsm_plat_pte_set(out->entry, wanted, out->va);
	return SVSM_OK;
}

enum svsm_status
svsm_window_move(struct svsm_window *window, svsm_gpa_t gpa)
{
	uint64_t kind = *window->entry & (~SVSM_PTE_ADDRESS | cbit_mask);

	svsm_assert(window->va == slot_address(svsm_plat_cpu(), window->slot));
	if (!svsm_window_can_map(gpa, window->slot == HUGE_SLOT ?
				 SVSM_PAGE_2M : SVSM_PAGE_4K))
		return SVSM_EINVAL;
	svsm_plat_pte_set(window->entry, gpa.v | kind, window->va);
	return SVSM_OK;
}

void svsm_window_unmap(struct svsm_window *window)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();

	if (!window->va)
		return;
	svsm_assert(window->entry == slot_entry(cpu, window->slot));
	cpu->window_busy &= ~(1u << window->slot);
	if (!(cpu->window_keep & 1u << window->slot) ||
	    *window->entry != window->mapped)
		empty(cpu, window->slot);
	window->va = NULL;
}
