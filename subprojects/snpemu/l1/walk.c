// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The guest's page tables, and access to what they lead to. */
#include "config.h"
#include "convert.h"
#include "mm.h"
#include "nomem.h"
#include "pages.h"
#include "softtlb.h"
#include "vcpu.h"
#include "walk.h"

#define PTE_PRESENT	(1ull << 0)
#define PTE_WRITE	(1ull << 1)
#define PTE_USER	(1ull << 2)
#define PTE_ACCESSED	(1ull << 5)
#define PTE_DIRTY	(1ull << 6)
#define PTE_LARGE	(1ull << 7)
#define PTE_NX		(1ull << 63)
#define PTE_ADDRESS	0x000ffffffffff000ull

#define PF_PRESENT	(1u << 0)
#define PF_WRITE	(1u << 1)
#define PF_USER		(1u << 2)
#define PF_FETCH	(1u << 4)

static uint64_t cbit_mask(void)
{
	return 1ull << config.cbit;
}

/*
 * One access inside one page: the checks, then @use on the bytes, under the
 * lock so that the page cannot change hands in between.
 */
struct page_access {
	enum rmp_kind kind;
	unsigned cpl;
	bool private;
	bool probe;		/* the guest itself makes no such access */
	void (*use)(void *bytes, void *buffer, unsigned len);
	void *buffer;
	unsigned len;
	uint8_t *at;		/* out: where the bytes are */
};

static bool is_write(enum rmp_kind kind)
{
	return kind == RMP_WRITE || kind == RMP_WALK_UPDATE;
}

static void *checked_frame(struct vcpu *v, uint64_t gpa,
			   const struct page_access *access,
			   struct fault *fault)
{
	struct rmp_access check = {
		.who = RMP_WHO_SNP_GUEST, .kind = access->kind,
		.private = access->private,
		.guest = { GUEST_ASID, v->vmpl, access->cpl },
		.place = page_place(gpa),
	};

	fault->gpa = gpa;
	fault->private = access->private;
	fault->access = access->kind;
	if (!access->private && !mm_is_memory(gpa)) {
		fault->kind = FAULT_DEVICE;
		return NULL;
	}
	fault->outcome = rmp_check(&rmp, &check);
	if (fault->outcome.exit == RMP_EXIT_NONE)
		return access->private ? page_private_frame(check.place.spa) :
					 page_host_frame(check.place.spa);
	fault->kind = fault->outcome.exit == RMP_EXIT_VC ? FAULT_NOT_VALIDATED :
							   FAULT_DENIED;
	return NULL;
}

static bool access_once(struct vcpu *v, uint64_t gpa,
			struct page_access *access, struct fault *fault)
{
	uint8_t *frame;

	spin_lock(&rmp_lock);
	frame = checked_frame(v, gpa, access, fault);
	if (frame && !access->probe)
		frame = nomem_frame(v, gpa, is_write(access->kind), frame);
	if (frame) {
		access->at = frame + (gpa & PAGE_MASK);
		if (access->use)
			access->use(access->at, access->buffer, access->len);
	}
	spin_unlock(&rmp_lock);
	return frame;
}

static bool access_page(struct vcpu *v, uint64_t gpa,
			struct page_access *access, struct fault *fault)
{
	if (!access->private && !access->probe)
		convert_page(v, gpa, false);
	if (access_once(v, gpa, access, fault))
		return true;
	if (access->probe || fault->kind != FAULT_DENIED ||
	    !convert_denied(v, gpa, &fault->outcome))
		return false;
	return access_once(v, gpa, access, fault);
}

static void copy_out(void *bytes, void *buffer, unsigned len)
{
	memcpy(buffer, bytes, len);
}

static void copy_in(void *bytes, void *buffer, unsigned len)
{
	memcpy(bytes, buffer, len);
}

static void set_bits(void *bytes, void *buffer, unsigned len)
{
	if (len == 8)
		__atomic_fetch_or((uint64_t *)bytes, *(uint64_t *)buffer,
				  __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_or((uint32_t *)bytes, *(uint32_t *)buffer,
				  __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------ the walk */

struct walk {
	struct vcpu *v;
	const struct vmsa_common *s;
	uint64_t va;
	enum rmp_kind kind;
	bool user;
	bool update;		/* set A and D */
	unsigned entry_bytes;
	struct fault *fault;
	uint64_t rights;	/* AND of W and U, OR of NX, along the way */
	struct softtlb_entry *remember;		/* or NULL */
};

static bool read_entry(struct walk *w, uint64_t gpa, uint64_t *entry)
{
	struct page_access access = {
		.kind = RMP_WALK, .private = true, .use = copy_out,
		.buffer = entry, .len = w->entry_bytes, .probe = !w->update,
	};

	*entry = 0;
	if (!access_page(w->v, gpa, &access, w->fault))
		return false;
	if (w->remember)
		w->remember->slot[w->remember->levels] = (uint64_t *)access.at;
	return true;
}

/* The walk may go on: this level's entry is part of what has to hold. */
static void remember_level(struct walk *w, uint64_t entry)
{
	if (w->remember)
		w->remember->value[w->remember->levels++] = entry;
}

static uint64_t update_bits(const struct walk *w, bool leaf)
{
	return leaf && is_write(w->kind) ? PTE_ACCESSED | PTE_DIRTY :
					   PTE_ACCESSED;
}

static bool update_entry(struct walk *w, uint64_t gpa, uint64_t entry,
			 bool leaf)
{
	uint64_t bits = update_bits(w, leaf);
	struct page_access access = {
		.kind = RMP_WALK_UPDATE, .private = true, .use = set_bits,
		.buffer = &bits, .len = w->entry_bytes,
	};

	if (!w->update || (entry & bits) == bits)
		return true;
	return access_page(w->v, gpa, &access, w->fault);
}

static bool page_fault(struct walk *w, bool present)
{
	w->fault->kind = FAULT_PAGE;
	w->fault->error = (present ? PF_PRESENT : 0) |
			  (is_write(w->kind) ? PF_WRITE : 0) |
			  (w->user ? PF_USER : 0) |
			  (w->kind == RMP_FETCH && w->s->efer & EFER_NXE ?
			   PF_FETCH : 0);
	return false;
}

static bool allowed(const struct walk *w)
{
	bool user_page = w->rights & PTE_USER;

	if (w->user && !user_page)
		return false;
	if (w->kind == RMP_FETCH) {
		if (w->rights & PTE_NX)
			return false;
		return w->user || !user_page || !(w->s->cr4 & CR4_SMEP);
	}
	if (is_write(w->kind) && !(w->rights & PTE_WRITE) &&
	    (w->user || w->s->cr0 & CR0_WP))
		return false;
	return w->user || !user_page || !(w->s->cr4 & CR4_SMAP) ||
	       w->s->rflags & RFLAGS_AC;
}

static void gather_rights(struct walk *w, uint64_t entry)
{
	w->rights &= entry | PTE_NX;
	if (entry & PTE_NX && w->s->efer & EFER_NXE)
		w->rights |= PTE_NX;
}

/* Bits of the linear address that level's table is indexed by start here. */
static unsigned level_shift(const struct walk *w, unsigned level)
{
	return 12 + (w->entry_bytes == 8 ? 9 : 10) * (level - 1);
}

static bool is_leaf(const struct walk *w, unsigned level, uint64_t entry)
{
	if (level == 1)
		return true;
	if (!(entry & PTE_LARGE) || level > 3)
		return false;
	return w->entry_bytes == 8 ? level == 2 || w->s->efer & EFER_LMA :
				     w->s->cr4 & CR4_PSE;
}

static bool walk_tables(struct walk *w, uint64_t table, unsigned level,
			struct translation *to)
{
	for (;; level--) {
		unsigned shift = level_shift(w, level);
		uint64_t index = w->va >> shift;
		uint64_t entry, gpa;
		bool leaf;

		index &= w->entry_bytes == 8 ? 511 : 1023;
		gpa = (table & PTE_ADDRESS & ~cbit_mask()) +
		      index * w->entry_bytes;
		if (!read_entry(w, gpa, &entry))
			return false;
		if (!(entry & PTE_PRESENT))
			return page_fault(w, false);
		leaf = is_leaf(w, level, entry);
		if (level != 3 || w->s->efer & EFER_LMA)
			gather_rights(w, entry);
		if (leaf && !allowed(w))
			return page_fault(w, true);
		if (!update_entry(w, gpa, entry, leaf))
			return false;
		remember_level(w, entry | update_bits(w, leaf));
		if (leaf) {
			uint64_t offset = (1ull << shift) - 1;

			to->private = entry & cbit_mask() ||
				      w->entry_bytes == 4 ||
				      w->kind == RMP_FETCH;
			to->gpa = (entry & PTE_ADDRESS & ~cbit_mask() &
				   ~offset) | (w->va & offset);
			return true;
		}
		table = entry;
	}
}

static bool translate(struct walk *w, struct translation *to)
{
	w->fault->kind = FAULT_NONE;
	w->fault->va = w->va;
	w->rights = PTE_WRITE | PTE_USER;
	if (!(w->s->efer & EFER_LMA))
		w->va &= 0xffffffff;
	if (!(w->s->cr0 & CR0_PG)) {
		to->gpa = w->va;
		to->private = true;
		return true;
	}
	w->entry_bytes = w->s->cr4 & CR4_PAE ? 8 : 4;
	if (w->s->efer & EFER_LMA)
		return walk_tables(w, w->s->cr3,
				   w->s->cr4 & CR4_LA57 ? 5 : 4, to);
	if (w->entry_bytes == 8)
		return walk_tables(w, w->s->cr3 & 0xffffffe0, 3, to);
	return walk_tables(w, w->s->cr3 & 0xfffff000, 2, to);
}

bool guest_translate(struct vcpu *v, uint64_t va, enum rmp_kind kind,
		     unsigned cpl, struct translation *to, struct fault *fault)
{
	struct walk w = {
		.v = v, .s = &vcpu_vmsa(v)->s, .va = va, .kind = kind,
		.user = cpl == 3, .update = true, .fault = fault,
	};

	return translate(&w, to);
}

bool guest_probe(struct vcpu *v, uint64_t va, struct translation *to,
		 struct fault *fault)
{
	struct walk w = {
		.v = v, .s = &vcpu_vmsa(v)->s, .va = va, .kind = RMP_READ,
		.user = false, .update = false, .fault = fault,
	};
	struct vmsa_common state = *w.s;

	state.rflags |= RFLAGS_AC;	/* SMAP does not hide it from us */
	w.s = &state;
	return translate(&w, to);
}

/* -------------------------------------------------------------- copying */

static unsigned part_len(uint64_t va, unsigned len)
{
	uint64_t room = PAGE_SIZE - (va & PAGE_MASK);

	return len < room ? len : (unsigned)room;
}

/* Use a remembered walk; NULL sends the access the long way. */
static uint8_t *remembered(struct vcpu *v, uint64_t va,
			   const struct page_access *how)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	const struct softtlb_entry *e =
		softtlb_find(v->softtlb, s, v->vmpl, va);
	struct walk w = {
		.s = s, .kind = how->kind, .user = how->cpl == 3,
	};

	if (!e || !(e->kinds & softtlb_kind(how->kind, how->cpl)))
		return NULL;
	w.rights = e->rights;
	if (e->levels && (!allowed(&w) || (is_write(how->kind) &&
			  !(e->value[e->levels - 1] & PTE_DIRTY))))
		return NULL;
	return e->frame + (va & PAGE_MASK);
}

static bool copy_remembered(struct vcpu *v, uint64_t va,
			    const struct page_access *access)
{
	uint8_t *at;

	spin_lock(&rmp_lock);
	at = remembered(v, va, access);
	if (at && access->use)
		access->use(at, access->buffer, access->len);
	spin_unlock(&rmp_lock);
	return at;
}

/*
 * Walk, access, and keep what was learnt. Pages that may become VMSAs in use
 * are not kept; a later change of the RMP ends the entry.
 */
static bool copy_walking(struct vcpu *v, uint64_t va,
			 struct page_access *access, struct fault *fault)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	struct walk w = {
		.v = v, .s = s, .va = va, .kind = access->kind,
		.user = access->cpl == 3, .update = true, .fault = fault,
	};
	const struct rmp_entry *entry;
	struct translation to = { 0, false };

	if (!(s->cr0 & CR0_PG) || s->cr4 & CR4_PAE)
		w.remember = softtlb_begin(v->softtlb, s, v->vmpl, va);
	if (!translate(&w, &to))
		return false;
	access->private = to.private;
	if (!access_page(v, to.gpa, access, fault))
		return false;
	entry = rmp_entry_of(&rmp, page_spa(to.gpa));
	if (!w.remember || (entry && entry->vmsa))
		return true;
	w.remember->rights = w.rights;
	w.remember->kinds = softtlb_kind(access->kind, access->cpl);
	w.remember->frame = access->at - (to.gpa & PAGE_MASK);
	return true;
}

static bool copy_part(struct vcpu *v, uint64_t va, struct page_access *access,
		      struct fault *fault)
{
	return copy_remembered(v, va, access) ||
	       copy_walking(v, va, access, fault);
}

/*
 * Across pages in two rounds, so that a fault on the second one leaves the
 * first alone.
 */
static bool guest_copy(struct vcpu *v, uint64_t va, void *buffer, unsigned len,
		       const struct page_access *how, struct fault *fault)
{
	unsigned first = part_len(va, len);

	for (unsigned round = first < len ? 0 : 1; round < 2; round++) {
		for (unsigned done = 0; done < len;) {
			unsigned part = part_len(va + done, len - done);
			struct page_access access = *how;

			access.use = round ? how->use : NULL;
			access.buffer = (uint8_t *)buffer + done;
			access.len = part;
			if (!copy_part(v, va + done, &access, fault))
				return false;
			done += part;
		}
	}
	return true;
}

bool guest_read(struct vcpu *v, uint64_t va, void *buffer, unsigned len,
		enum rmp_kind kind, unsigned cpl, struct fault *fault)
{
	struct page_access how = { .kind = kind, .cpl = cpl, .use = copy_out };

	return guest_copy(v, va, buffer, len, &how, fault);
}

bool guest_write(struct vcpu *v, uint64_t va, const void *buffer, unsigned len,
		 unsigned cpl, struct fault *fault)
{
	struct page_access how = {
		.kind = RMP_WRITE, .cpl = cpl, .use = copy_in,
	};

	return guest_copy(v, va, (void *)buffer, len, &how, fault);
}

static uint64_t linear_rip(const struct vmsa_common *s)
{
	if (s->cs.attributes & SEGMENT_LONG && s->efer & EFER_LMA)
		return s->rip;
	return s->cs.base + s->rip;
}

/* Written, yet the same: QEMU lets go of what it made of the byte. */
static void touch(void *bytes, void *buffer, unsigned len)
{
	(void)buffer;
	(void)len;
	__asm__ volatile("lock orb $0, %0" : "+m"(*(uint8_t *)bytes));
}

void guest_translate_anew(struct vcpu *v)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	struct page_access how = {
		.kind = RMP_FETCH, .cpl = s->cpl, .use = touch,
	};
	struct fault fault;
	uint8_t unused;

	/* A page that is gone meanwhile faults when the guest fetches it. */
	(void)guest_copy(v, linear_rip(s), &unused, 1, &how, &fault);
}

unsigned guest_fetch(struct vcpu *v, uint8_t *bytes, unsigned len)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	uint64_t va = linear_rip(s);
	unsigned first = part_len(va, len);
	struct fault fault;

	if (!guest_read(v, va, bytes, first, RMP_FETCH, s->cpl, &fault))
		return 0;
	if (first < len && !guest_read(v, va + first, bytes + first,
				       len - first, RMP_FETCH, s->cpl, &fault))
		return first;
	return len;
}
