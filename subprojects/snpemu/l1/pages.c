// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* System pages, their views and mappings, and the host's RMP instructions. */
#include "config.h"
#include "mm.h"
#include "npt.h"
#include "pages.h"
#include "smp.h"
#include "softtlb.h"
#include "vcpu.h"

#define FOUR_GIB	0x100000000ull
#define VGA_START	0xa0000ull
#define VGA_END		0xc0000ull
#define REMAPS		8

struct rmp rmp;
struct spinlock rmp_lock;

static struct page *pages;

static struct {
	uint64_t gpa, spa;
} remaps[REMAPS];
static unsigned remap_count;

void pages_init(void)
{
	uint64_t count = mm_rmp_pages();

	pages = mm_alloc(count * sizeof(*pages));
	rmp_init(&rmp, mm_alloc(count * sizeof(struct rmp_entry)), count);
	npt_init();
}

uint64_t page_spa(uint64_t gpa)
{
	for (unsigned i = 0; i < remap_count; i++) {
		if (remaps[i].gpa == (gpa & ~PAGE_MASK))
			return remaps[i].spa | (gpa & PAGE_MASK);
	}
	return gpa;
}

struct page *page_of(uint64_t spa)
{
	uint64_t index = spa / PAGE_SIZE;

	return index < rmp.pages ? &pages[index] : NULL;
}

struct rmp_place page_place(uint64_t gpa)
{
	struct rmp_place place = { .gpa = gpa, .spa = page_spa(gpa) };
	const struct rmp_entry *entry = rmp_entry_of(&rmp, place.spa);

	/* The host keeps its mapping's size in step with the RMP. */
	place.npt_size = entry ? entry->size : RMP_4K;
	return place;
}

/* Memory of the guest that QEMU has RAM for. */
static bool has_ram(uint64_t spa)
{
	if (spa < guest_memory.low)
		return spa < VGA_START || spa >= VGA_END;
	return spa >= FOUR_GIB && spa < FOUR_GIB + guest_memory.high;
}

void page_make_memory(uint64_t gpa)
{
	struct page *page = page_of(gpa);

	if (page)
		page->memory = true;
}

bool mm_is_memory(uint64_t gpa)
{
	uint64_t spa = page_spa(gpa);
	const struct page *page = page_of(spa);

	return page && (has_ram(spa) || page->memory);
}

/*
 * What a page holds after it changed hands is noise in hardware. Enough words
 * of it here that no software passes by assuming zeros.
 */
static void scramble(uint64_t *frame, uint64_t seed)
{
	for (unsigned i = 0; i < 512; i += 37)
		frame[i] = (seed + i) * 0x9e3779b97f4a7c15ull;
}

void *page_private_frame(uint64_t spa)
{
	struct page *page = page_of(spa);

	if (!page->private_pfn) {
		void *frame = mm_frame_alloc();

		scramble(frame, spa);
		page->private_pfn = (uint32_t)(mm_pa(frame) / PAGE_SIZE);
	}
	return mm_phys(page->private_pfn * PAGE_SIZE);
}

void *page_host_frame(uint64_t spa)
{
	struct page *page = page_of(spa);

	if (has_ram(spa))
		return mm_phys(spa & ~PAGE_MASK);
	if (!page->host_pfn)
		page->host_pfn = (uint32_t)(mm_pa(mm_frame_alloc()) /
					    PAGE_SIZE);
	return mm_phys(page->host_pfn * PAGE_SIZE);
}

void *mm_private_view(uint64_t gpa)
{
	const struct page *page = page_of(page_spa(gpa));

	if (!page || !page->private_pfn)
		return NULL;
	return mm_phys(page->private_pfn * PAGE_SIZE);
}

void *mm_host_view(uint64_t gpa, uint64_t len)
{
	uint64_t spa = page_spa(gpa), offset = gpa & PAGE_MASK;
	uint8_t *frame;

	if (!len || gpa + len < gpa || !mm_is_memory(gpa) ||
	    !mm_is_memory(gpa + len - 1))
		return NULL;
	if (offset + len > PAGE_SIZE) {
		uint64_t last = page_spa(gpa + len - 1);

		if (!has_ram(spa) || !has_ram(last) ||
		    last - spa != len - 1 ||
		    (spa < VGA_START && last >= VGA_END) ||
		    (spa < FOUR_GIB && last >= FOUR_GIB))
			return NULL;
		return mm_phys(spa);
	}
	spin_lock(&rmp_lock);
	frame = page_host_frame(spa);
	spin_unlock(&rmp_lock);
	return frame + offset;
}

static uint64_t view_key(uint64_t gpa, enum view view, unsigned tree)
{
	bool unpaged = tree & 1;

	if (view == VIEW_PRIVATE && !unpaged)
		return gpa | 1ull << config.cbit;
	return gpa;
}

void page_map(uint64_t gpa, enum view view, unsigned tree, uint64_t frame_pa,
	      uint64_t bits)
{
	struct page *page = page_of(page_spa(gpa));

	npt_set(tree, view_key(gpa & ~PAGE_MASK, view, tree),
		frame_pa | NPT_PRESENT | NPT_USER | NPT_ACCESSED | NPT_DIRTY |
		bits);
	page->mapped[view] |= (uint8_t)(1u << tree);
}

static void clear_key(uint64_t gpa, enum view view, uint32_t trees)
{
	for (unsigned tree = 0; tree < NPT_TREES; tree++) {
		if (trees & 1u << tree)
			npt_clear(tree, view_key(gpa, view, tree));
	}
}

static void clear_view(uint64_t spa, enum view view, uint32_t trees)
{
	spa &= ~PAGE_MASK;
	if (page_spa(spa) == spa)
		clear_key(spa, view, trees);
	for (unsigned i = 0; i < remap_count; i++) {
		if (remaps[i].spa == spa)
			clear_key(remaps[i].gpa, view, trees);
	}
}

/* Clear the entries; returns the trees that had any. */
static uint32_t unmap(uint64_t spa, uint32_t trees)
{
	struct page *page = page_of(spa);
	uint32_t had = 0;

	for (unsigned view = 0; view < VIEW_COUNT; view++) {
		uint32_t now = page->mapped[view] & trees;

		if (!now)
			continue;
		clear_view(spa, view, now);
		page->mapped[view] &= (uint8_t)~now;
		had |= now;
	}
	return had;
}

void page_drop(struct vcpu *v, uint64_t spa, uint32_t trees)
{
	uint32_t had = unmap(spa, trees);

	if (had)
		smp_shootdown(v, had);
}

/* One entry for an address, the last one's. */
static void remember(uint64_t gpa, uint64_t spa)
{
	unsigned i = 0;

	while (i < remap_count && remaps[i].gpa != gpa)
		i++;
	if (i == REMAPS)
		machine_stop(STOP_FAULT, "too many remapped pages");
	remaps[i].gpa = gpa;
	remaps[i].spa = spa;
	if (i == remap_count)
		remap_count++;
}

void page_remap(struct vcpu *v, uint64_t gpa, uint64_t spa)
{
	spin_lock(&rmp_lock);
	softtlb_forget_all();
	page_drop(v, page_spa(gpa), ALL_TREES);
	page_drop(v, spa, ALL_TREES);
	remember(gpa & ~PAGE_MASK, spa & ~PAGE_MASK);
	spin_unlock(&rmp_lock);
}

/* After an RMP change of the host: old mappings and old content are gone. */
static void forget(struct vcpu *v, uint64_t spa, bool huge)
{
	uint64_t count = huge ? HUGE_SIZE / PAGE_SIZE : 1;
	uint32_t had = 0;

	softtlb_forget_all();
	for (uint64_t i = 0; i < count; i++)
		had |= unmap(spa + i * PAGE_SIZE, ALL_TREES);
	if (had)
		smp_shootdown(v, had);
	for (uint64_t i = 0; i < count; i++) {
		struct page *page = page_of(spa + i * PAGE_SIZE);

		if (page->private_pfn)
			mm_frame_free(mm_phys(page->private_pfn * PAGE_SIZE));
		page->private_pfn = 0;
	}
}

static void trace_rmp(const char *what, uint64_t spa, bool huge,
		      const struct rmp_outcome *out)
{
	trace(TRACE_RMP, "%s page %lx %s: %s%s%s", what, spa,
	      huge ? "2M" : "4K", rmp_code_text(out->code),
	      out->rule ? ", " : "", out->rule ? rmp_rule_text(out->rule) : "");
}

unsigned host_rmp_psmash(struct vcpu *v, uint64_t gpa)
{
	uint64_t spa = page_spa(gpa & ~HUGE_MASK);
	struct rmp_outcome out;

	spin_lock(&rmp_lock);
	out = rmp_psmash(&rmp, 0, spa);
	spin_unlock(&rmp_lock);
	counter_add(v, COUNTER_PSMASH, 1);
	trace_rmp("PSMASH", gpa & ~HUGE_MASK, true, &out);
	return out.code;
}

unsigned page_rmpupdate(struct vcpu *v, uint64_t spa,
			const struct rmp_operand *op)
{
	bool huge = op->size == RMP_2M;
	struct rmp_outcome out;

	spin_lock(&rmp_lock);
	out = rmp_rmpupdate(&rmp, 0, spa, op);
	if (out.code == RMP_FAIL_OVERLAP && !huge &&
	    rmp_psmash(&rmp, 0, spa & ~HUGE_MASK).code == RMP_SUCCESS) {
		counter_add(v, COUNTER_PSMASH, 1);
		out = rmp_rmpupdate(&rmp, 0, spa, op);
	}
	if (out.code == RMP_SUCCESS)
		forget(v, spa, huge);
	spin_unlock(&rmp_lock);
	counter_add(v, COUNTER_RMPUPDATE, 1);
	trace_rmp(op->assigned ? "RMPUPDATE assign" : "RMPUPDATE release", spa,
		  huge, &out);
	return out.code;
}

unsigned host_rmp_assign(struct vcpu *v, uint64_t gpa, bool huge)
{
	struct rmp_operand op = {
		.gpa = gpa & ~PAGE_MASK, .asid = GUEST_ASID, .assigned = true,
		.size = huge ? RMP_2M : RMP_4K,
	};

	return page_rmpupdate(v, page_spa(op.gpa), &op);
}

unsigned host_rmp_release(struct vcpu *v, uint64_t gpa, bool huge)
{
	struct rmp_operand op = { .size = huge ? RMP_2M : RMP_4K };

	return page_rmpupdate(v, page_spa(gpa & ~PAGE_MASK), &op);
}

bool host_rmp_is_assigned(uint64_t gpa)
{
	const struct rmp_entry *entry = rmp_entry_of(&rmp, page_spa(gpa));

	return entry && entry->assigned;
}
