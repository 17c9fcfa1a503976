/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * DEPOSIT_MEM and WITHDRAW_MEM: memory that the guest lends us.
 *
 * A deposited page is revoked, then cleared, then mapped into the next free
 * slot of an area of its own: svsm_deposits hands it out there. The entry of
 * the page table is what knows its GPA.
 */
#include <svsm/abi/snp.h>
#include <svsm/assert.h>
#include <svsm/core_protocol.h>
#include <svsm/log.h>
#include <svsm/paging.h>
#include <svsm/rmp.h>
#include <svsm/terminate.h>
#include <svsm/window.h>

#include "core_deposit.h"

/** Pages that one call takes or gives before the guest has to call again. */
#define BATCH	64u

static struct svsm_page_account meta =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "deposit metadata");

static unsigned meta_order(const struct svsm_guest *guest)
{
	size_t bytes = svsm_page_meta_bytes(guest->deposit.start,
					    SVSM_DEPOSIT_PAGES *
					    SVSM_PAGE_BYTES);
	unsigned order = 0;

	while (SVSM_PAGE_BYTES << order < bytes)
		order++;
	return order;
}

/* The pool's span, when the first page comes; ownership lock held. */
static enum svsm_status prepare(struct svsm_guest *guest)
{
	enum svsm_status status;
	void *storage;

	if (!guest->deposit.start)
		return SVSM_ENOSYS;
	if (guest->deposit.ready)
		return SVSM_OK;
	status = svsm_page_alloc(&meta, meta_order(guest), &storage);
	if (status != SVSM_OK)
		return SVSM_EBUSY;
	status = svsm_page_declare(&svsm_deposits, &guest->deposit.span,
				   guest->deposit.start,
				   SVSM_DEPOSIT_PAGES * SVSM_PAGE_BYTES,
				   storage);
	svsm_assert(status == SVSM_OK);
	deposit_room_init(guest);
	guest->deposit.ready = true;
	return SVSM_OK;
}

static struct svsm_bitmap slots(struct svsm_guest *guest)
{
	return (struct svsm_bitmap){
		guest->deposit.used, SVSM_DEPOSIT_PAGES,
	};
}

static void *slot_address(const struct svsm_guest *guest, size_t slot)
{
	return guest->deposit.start + slot * SVSM_PAGE_BYTES;
}

static size_t slot_of(const struct svsm_guest *guest, const void *va)
{
	return (size_t)((const char *)va - guest->deposit.start) >>
		SVSM_PAGE_SHIFT;
}

static size_t count_free_slots(struct svsm_guest *guest)
{
	struct svsm_bitmap map = slots(guest);

	return SVSM_DEPOSIT_PAGES - svsm_bitmap_count(&map);
}

static struct svsm_range page_at(uint64_t gpa)
{
	return (struct svsm_range){ { gpa }, SVSM_PAGE_BYTES };
}

/* A page that is or was the guest's has been mapped before. */
static void show(uint64_t gpa, struct svsm_window *window)
{
	svsm_assert(svsm_window_map(svsm_gpa(gpa), SVSM_PAGE_4K,
				    SVSM_WINDOW_WRITE, window) == SVSM_OK);
}

static void clear(uint64_t gpa)
{
	struct svsm_window window;

	show(gpa, &window);
	svsm_plat_clear(window.va, SVSM_PAGE_BYTES);
	svsm_window_unmap(&window);
}

static enum svsm_status
grant(uint64_t gpa, unsigned vmpl, unsigned perms, uint32_t *code)
{
	struct svsm_window window;
	enum svsm_status status;

	show(gpa, &window);
	status = svsm_rmp_grant(window.va, SVSM_PAGE_4K, vmpl, perms, code);
	svsm_window_unmap(&window);
	return status;
}

/*
 * The guest has it again; without access where that cannot be granted. Where
 * the map has no room, because other calls came in between, it has lost it.
 */
static void give_back(struct svsm_guest *guest, uint64_t gpa)
{
	struct svsm_range page = page_at(gpa);

	if (svsm_own_set(&guest->own, &page, SVSM_OWN_GUEST) != SVSM_OK ||
	    grant(gpa, guest->vmpl, SVSM_PERM_ALL, NULL) != SVSM_OK)
		svsm_warn("a deposited page cannot be given back");
}

/*@ requires \valid_read(list) && \valid(gpa) && \separated(list, gpa);
  assigns *gpa;
  ensures \result == SVSM_SUCCESS ==> is_aligned(*gpa, 0x1000) &&
    *gpa <= 0xffffffffffffe000 && *gpa == down(entry, 0x1000);
  ensures \result == SVSM_SUCCESS ==> !slice_meets(list, *gpa, 0x1000);
  ensures \result == SVSM_SUCCESS ==> (entry & SVSM_DEPOSIT_RESERVED) == 0 &&
    (entry & SVSM_PVALIDATE_SIZE) == 0; */
static svsm_result_t
entry_decode(const struct svsm_umem *list, uint64_t entry, uint64_t *gpa)
{
	struct svsm_range page;

	if ((entry & SVSM_DEPOSIT_RESERVED) ||
	    (entry & SVSM_PVALIDATE_SIZE) > SVSM_PAGE_2M)
		return SVSM_ERR_INVALID_PARAMETER;
	*gpa = entry & SVSM_PVALIDATE_GPA;
	if (entry & SVSM_PVALIDATE_SIZE)
		return svsm_is_aligned(*gpa, SVSM_HUGE_BYTES) ?
			SVSM_ERR_INSTRUCTION(SVSM_RMP_SIZE) :
			SVSM_ERR_INVALID_PARAMETER;
	if (svsm_range_make(*gpa, SVSM_PAGE_BYTES, &page) != SVSM_OK ||
	    svsm_umem_overlaps(list, &page))
		return SVSM_ERR_INVALID_ADDRESS;
	return SVSM_SUCCESS;
}

/* Take one page from the guest; nobody has cleared it or flushed yet. */
static svsm_result_t take(struct svsm_guest *guest, uint64_t gpa)
{
	struct svsm_range page = page_at(gpa);
	uint32_t code = 0;

	if (!svsm_own_is(&guest->own, &page, SVSM_OWN_GUEST))
		return SVSM_ERR_INVALID_ADDRESS;
	if (!svsm_own_has_room(&guest->own, 1))
		return SVSM_ERR_BUSY;
	if (grant(gpa, 0, SVSM_PERM_NONE, &code) != SVSM_OK) {
		/* What was taken of it so far is the guest's again. */
		give_back(guest, gpa);
		return instruction_result(code);
	}
	svsm_assert(svsm_own_set(&guest->own, &page, SVSM_OWN_DEPOSIT) ==
		    SVSM_OK);
	return SVSM_SUCCESS;
}

/* Take pages as long as all goes well; the entries become their addresses. */
static svsm_result_t
take_all(struct svsm_guest *guest, const struct svsm_umem *list,
	 uint64_t *entry, unsigned n, unsigned *taken)
{
	size_t room = count_free_slots(guest);
	svsm_result_t result;

	for (*taken = 0; *taken < n; ++*taken) {
		uint64_t *at = &entry[*taken];

		result = entry_decode(list, *at, at);
		if (result == SVSM_SUCCESS && *taken == room)
			result = SVSM_ERR_BUSY;
		if (result == SVSM_SUCCESS)
			result = take(guest, *at);
		if (result != SVSM_SUCCESS)
			return result;
	}
	return SVSM_SUCCESS;
}

/* A page that is ours alone goes to the pool. */
static enum svsm_status keep(struct svsm_guest *guest, uint64_t gpa)
{
	struct svsm_bitmap map = slots(guest);
	size_t slot = svsm_bitmap_next_clear(&map, 0);
	void *va = slot_address(guest, slot);
	enum svsm_status status;

	if (slot >= SVSM_DEPOSIT_PAGES)
		return SVSM_EBUSY;
	clear(gpa);
	status = svsm_paging_map(va, &(struct svsm_mapping){
		.gpa = { gpa }, .size = SVSM_PAGE_4K, .map = SVSM_MAP_WRITE });
	if (status != SVSM_OK)
		return status;
	svsm_bitmap_set(&map, slot);
	svsm_assert(svsm_page_add(&svsm_deposits, va, SVSM_PAGE_BYTES) ==
		    SVSM_OK);
	return SVSM_OK;
}

/*
 * The host can make a flush last, so no lock is held. The pages are safe: the
 * map says that they are deposits, and no other deposit or withdrawal begins.
 */
static void flush_taken(struct svsm_guest *guest)
{
	guest->deposit.flushing = true;
	svsm_lock_release(&guest->own.lock);
	guest_flush(guest);
	svsm_lock_acquire(&guest->own.lock);
	guest->deposit.flushing = false;
}

/*
 * Keep what was taken; returns how many. The rest is the guest's again, last
 * one first, so that the map fits where it fitted before.
 */
static unsigned
keep_all(struct svsm_guest *guest, const uint64_t *gpa, unsigned n)
{
	unsigned kept = 0;

	if (n == 0)
		return 0;
	flush_taken(guest);
	while (kept < n && keep(guest, gpa[kept]) == SVSM_OK)
		kept++;
	while (n > kept)
		give_back(guest, gpa[--n]);
	return kept;
}

/* Take and keep what can be; the caller holds the lock. */
static svsm_result_t
deposit_pages(struct svsm_guest *guest, const struct svsm_umem *list,
	      uint64_t *entry, unsigned n, unsigned *done)
{
	svsm_result_t result;
	unsigned taken;

	n = deposit_room_begin(guest, n);
	result = take_all(guest, list, entry, n, &taken);
	*done = keep_all(guest, entry, taken);
	deposit_room_settle(guest);
	if (*done < taken)
		result = SVSM_ERR_BUSY;
	/* "Busy" says that nothing was done. */
	return result == SVSM_ERR_BUSY && *done ? SVSM_ERR_INCOMPLETE : result;
}

static svsm_result_t
deposit(struct svsm_guest *guest, const struct svsm_umem *list,
	uint64_t *entry, unsigned n, unsigned *done)
{
	svsm_result_t result;

	svsm_lock_acquire(&guest->own.lock);
	result = guest->deposit.flushing ? SVSM_ERR_BUSY :
		svsm_result(prepare(guest));
	if (result == SVSM_SUCCESS)
		result = deposit_pages(guest, list, entry, n, done);
	svsm_lock_release(&guest->own.lock);
	return result;
}

/* The calling area says whether there is something to withdraw. */
static svsm_result_t tell(const struct svsm_call *call)
{
	uint8_t available = svsm_page_count_free(&svsm_deposits) > 0;
	struct svsm_umem umem;

	/* It stays a calling area as long as its call is served. */
	svsm_assert(svsm_call_umem(call, call->vcpu->ca.v +
				   offsetof(struct svsm_abi_ca, mem_available),
				   sizeof(available), SVSM_READ_WRITE,
				   &umem) == SVSM_OK);
	return svsm_result(svsm_umem_write(&umem, 0, &available,
					   sizeof(available)));
}

static svsm_result_t core_deposit_mem(struct svsm_call *call)
{
	svsm_result_t result, closed;
	struct guest_list list;
	uint64_t entry[BATCH];
	unsigned n, done = 0;
	enum svsm_status status;

	result = guest_list_open(call, &list);
	if (result != SVSM_SUCCESS)
		return result;
	n = list.header.count - list.header.next;
	if (n > BATCH)
		n = BATCH;
	status = guest_list_fetch(&list, list.header.next, n, entry);
	if (status != SVSM_OK)
		return svsm_result(status);
	result = deposit(call->guest, &list.umem, entry, n, &done);
	closed = guest_list_close(&list, (uint16_t)(list.header.next + done));
	if (closed == SVSM_SUCCESS)
		closed = tell(call);
	if (result == SVSM_SUCCESS &&
	    list.header.next + done < list.header.count)
		result = SVSM_ERR_INCOMPLETE;
	return result == SVSM_SUCCESS ? closed : result;
}

/* ---------------------------------------------------------------- withdraw */

/* Take free pages out of the pool and unmap them; returns how many. */
static unsigned
unmap_free(struct svsm_guest *guest, uint64_t *gpa, unsigned n)
{
	struct svsm_bitmap map = slots(guest);
	struct svsm_mapping was;
	unsigned i;
	void *va;

	for (i = 0; i < n; i++) {
		if (svsm_page_take_out(&svsm_deposits, &va) != SVSM_OK)
			break;
		svsm_assert(svsm_paging_unmap(va, &was) == SVSM_OK);
		svsm_bitmap_clear(&map, slot_of(guest, va));
		gpa[i] = was.gpa.v;
	}
	/* Nobody can use slot or page before all CPUs have forgotten them. */
	if (i > 0 && svsm_paging_flush() != SVSM_OK)
		svsm_terminate(SVSM_REASON_TLB_SYNC);
	return i;
}

static unsigned
withdraw_pages(struct svsm_guest *guest, uint64_t *gpa, unsigned n)
{
	size_t room;

	deposit_room_settle(guest);	/* giving back may take room */
	room = guest->own.free / 2;
	n = unmap_free(guest, gpa, n < room ? n : (unsigned)room);
	for (unsigned i = 0; i < n; i++)
		give_back(guest, gpa[i]);
	return n;
}

/* @n: how many at most, and how many it was. */
static svsm_result_t
withdraw(struct svsm_guest *guest, uint64_t *gpa, unsigned *n)
{
	svsm_result_t result = SVSM_SUCCESS;

	svsm_lock_acquire(&guest->own.lock);
	if (guest->deposit.flushing)
		result = SVSM_ERR_BUSY;
	else
		*n = withdraw_pages(guest, gpa, *n);
	svsm_lock_release(&guest->own.lock);
	return result;
}

/* Count and addresses, as the guest reads them. */
static svsm_result_t
answer(const struct svsm_umem *umem, const uint64_t *gpa, unsigned n)
{
	uint16_t count = (uint16_t)n;
	enum svsm_status status;

	status = svsm_umem_write(umem, sizeof(struct svsm_abi_pvalidate), gpa,
				 n * sizeof(gpa[0]));
	if (status == SVSM_OK)
		status = svsm_umem_write(umem, 0, &count, sizeof(count));
	return svsm_result(status);
}

static svsm_result_t core_withdraw_mem(struct svsm_call *call)
{
	uint64_t gpa[BATCH];
	struct guest_list list;
	svsm_result_t result;
	unsigned n;

	result = guest_list_header(call, &list);
	if (result != SVSM_SUCCESS || list.header.count == 0)
		return result;
	n = list.header.count < BATCH ? list.header.count : BATCH;
	result = withdraw(call->guest, gpa, &n);
	if (result != SVSM_SUCCESS)
		return result;
	result = answer(&list.umem, gpa, n);
	return result == SVSM_SUCCESS ? tell(call) : result;
}

static svsm_result_t
core_lending_call(struct svsm_call *call, uint32_t fn)
{
	svsm_result_t result;

	switch (fn) {
	case SVSM_CORE_DEPOSIT_MEM:
		return core_deposit_mem(call);
	case SVSM_CORE_WITHDRAW_MEM:
		return core_withdraw_mem(call);
	default:
		result = core_call(call, fn);
		return result == SVSM_ERR_BUSY ?
			deposit_room_busy(call->guest) : result;
	}
}

const struct svsm_protocol svsm_core_protocol_deposits = {
	.id = SVSM_PROTOCOL_CORE, .min = 1, .max = 1, .call = core_lending_call,
};
