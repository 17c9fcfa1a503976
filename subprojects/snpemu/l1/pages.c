// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* System pages, their views, and the host's RMP instructions. */
#include "far.h"
#include "mm.h"
#include "nomem.h"
#include "pages.h"
#include "softtlb.h"
#include "tlb.h"
#include "vcpu.h"

#define FOUR_GIB	0x100000000ull
#define VGA_START	0xa0000ull
#define VGA_END		0xc0000ull
#define REMAPS		64

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

	far_init((count - FAR_PAGES) * PAGE_SIZE);
	pages = mm_alloc(count * sizeof(*pages));
	rmp_init(&rmp, mm_alloc(count * sizeof(struct rmp_entry)), count);
}

uint64_t page_spa(uint64_t gpa)
{
	for (unsigned i = 0; i < remap_count; i++) {
		if (remaps[i].gpa == (gpa & ~PAGE_MASK))
			return remaps[i].spa | (gpa & PAGE_MASK);
	}
	return far_spa(gpa);
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

void page_make_memory(uint64_t gpa, uint16_t piece)
{
	struct page *page = page_of(page_spa(gpa));

	if (page)
		page->piece = piece;
}

unsigned page_piece(uint64_t gpa)
{
	uint64_t spa = page_spa(gpa);
	const struct page *page = page_of(spa);

	if (!page)
		return 0;
	return has_ram(spa) ? 1 : page->piece;
}

bool mm_is_memory(uint64_t gpa)
{
	return page_piece(gpa) != 0 && !nomem_is_absent(gpa);
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

/* The place of a lie about @gpa, or for one. */
static unsigned find_remap(uint64_t gpa)
{
	unsigned i = 0;

	while (i < remap_count && remaps[i].gpa != gpa)
		i++;
	return i;
}

static void set_remap(uint64_t gpa, uint64_t spa)
{
	unsigned i = find_remap(gpa);

	if (i == REMAPS)
		machine_stop(STOP_FAULT, "too many remapped pages");
	if (spa == gpa) {
		if (i < remap_count)
			remaps[i] = remaps[--remap_count];
		return;
	}
	remaps[i].gpa = gpa;
	remaps[i].spa = spa;
	if (i == remap_count)
		remap_count++;
}

void page_remap(struct vcpu *v, uint64_t gpa, uint64_t spa, bool flush)
{
	spin_lock(&rmp_lock);
	softtlb_forget_all();
	set_remap(gpa & ~PAGE_MASK, spa & ~PAGE_MASK);
	if (flush)
		tlb_drop_gpa(v, gpa);
	spin_unlock(&rmp_lock);
}

void page_flush(struct vcpu *v, uint64_t gpa)
{
	spin_lock(&rmp_lock);
	tlb_drop_gpa(v, gpa);
	spin_unlock(&rmp_lock);
}

/* After an RMP change of the host the old content is gone. */
static void forget(uint64_t spa, bool huge)
{
	uint64_t count = huge ? HUGE_SIZE / PAGE_SIZE : 1;

	softtlb_forget_all();
	for (uint64_t i = 0; i < count; i++) {
		uint32_t pfn = page_of(spa + i * PAGE_SIZE)->private_pfn;

		if (pfn)
			scramble(mm_phys(pfn * PAGE_SIZE), rdtsc());
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
		forget(spa, huge);
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
