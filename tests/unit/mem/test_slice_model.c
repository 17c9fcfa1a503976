/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Slices against a flat array: random operations on random slices, byte by
 * byte; and copies while another CPU takes pages away and changes them.
 *
 * SVSM_TEST_SEED and SVSM_TEST_STEPS in the environment replay or lengthen it.
 */
#include <string.h>

#include <svsm/tlb.h>

#include "dice.h"
#include "machine.h"

#define AT	0x100000ull
#define PAGES	16u
#define HALF	(PAGES / 2 * PAGE)
#define PIECES	6u
#define OPS	30000u

/* What the memory holds, and what each page is. */
static uint8_t model[PAGES * PAGE];
static enum svsm_owner owner[PAGES];
static bool lost[PAGES];	/* the host has invalidated it */

/* A slice, and where each of its bytes is in the model. */
struct slice {
	struct svsm_range list[PIECES];
	uint64_t pages[PIECES];
	struct svsm_umem umem;
	uint32_t where[PIECES * PAGE];
	uint32_t len;
};

static void add_bytes(struct slice *slice, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		slice->where[slice->len++] = (uint32_t)(from + i);
}

static bool all_good(const struct slice *slice)
{
	for (uint32_t i = 0; i < slice->len; i++)
		if (owner[slice->where[i] / PAGE] != SVSM_OWN_GUEST)
			return false;
	return true;
}

static enum svsm_status open_pieces(struct slice *slice, uint64_t base)
{
	unsigned count = 1 + (unsigned)dice(PIECES);

	for (unsigned i = 0; i < count; i++) {
		uint64_t from = base + dice(HALF);
		uint64_t n = 1 + dice(PAGE);

		if (n > base + HALF - from)
			n = base + HALF - from;
		slice->list[i] = (struct svsm_range){ { AT + from }, n };
		add_bytes(slice, from, n);
	}
	if (count == 1)
		return svsm_umem_open(&slice->umem, &machine_own,
				      slice->list[0].start.v,
				      slice->list[0].len, SVSM_OWN_GUEST,
				      SVSM_READ_WRITE);
	return svsm_umem_open_list(&slice->umem, &machine_own, slice->list,
				   count, SVSM_OWN_GUEST, SVSM_READ_WRITE);
}

static enum svsm_status open_pages(struct slice *slice, uint64_t base)
{
	unsigned count = 1 + (unsigned)dice(PIECES);

	for (unsigned i = 0; i < count; i++) {
		uint64_t from = base + dice(HALF / PAGE) * PAGE;

		slice->pages[i] = AT + from;
		add_bytes(slice, from, PAGE);
	}
	return svsm_umem_open_pages(&slice->umem, &machine_own, slice->pages,
				    count, SVSM_OWN_GUEST, SVSM_READ_WRITE);
}

static void cut(struct slice *slice)
{
	uint32_t offset = (uint32_t)dice(slice->len);
	uint32_t len = 1 + (uint32_t)dice(slice->len - offset);

	ck_assert_int_eq(svsm_umem_sub(&slice->umem, offset, len,
				       &slice->umem), SVSM_OK);
	memmove(slice->where, slice->where + offset,
		len * sizeof(slice->where[0]));
	slice->len = len;
}

/* In the lower or upper half of the memory; false: not to be had. */
static bool open_any(struct slice *slice, uint64_t base)
{
	enum svsm_status status;

	slice->len = 0;
	status = dice(3) ? open_pieces(slice, base) : open_pages(slice, base);
	ck_assert_int_eq(status, all_good(slice) ? SVSM_OK : SVSM_EADDR);
	if (status == SVSM_OK && dice(2))
		cut(slice);
	return status == SVSM_OK;
}

/* How many of the bytes can be reached, and what ends it. */
static uint32_t
reach(const struct slice *slice, uint32_t offset, uint32_t n,
      enum svsm_status *status)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t page = slice->where[offset + i] / PAGE;

		*status = owner[page] != SVSM_OWN_GUEST ? SVSM_EADDR :
			lost[page] ? SVSM_EFAULT : SVSM_OK;
		if (*status != SVSM_OK)
			return i;
	}
	*status = SVSM_OK;
	return n;
}

static uint8_t buffer[PIECES * PAGE], expected[PIECES * PAGE];

static void do_read(const struct slice *slice, uint32_t offset, uint32_t n)
{
	enum svsm_status wanted;
	uint32_t good = reach(slice, offset, n, &wanted);

	for (uint32_t i = 0; i < n; i++)
		expected[i] = i < good ? model[slice->where[offset + i]] : 0;
	memset(buffer, 0xee, n);
	ck_assert_int_eq(svsm_umem_read(&slice->umem, offset, buffer, n),
			 wanted);
	ck_assert_int_eq(memcmp(buffer, expected, n), 0);
}

static void do_write(const struct slice *slice, uint32_t offset, uint32_t n)
{
	enum svsm_status wanted;
	uint32_t good = reach(slice, offset, n, &wanted);
	uint8_t first = (uint8_t)dice(256);

	for (uint32_t i = 0; i < n; i++)
		buffer[i] = (uint8_t)(first + i * 7);
	ck_assert_int_eq(svsm_umem_write(&slice->umem, offset, buffer, n),
			 wanted);
	for (uint32_t i = 0; i < good; i++)
		model[slice->where[offset + i]] = buffer[i];
}

static void do_fill(const struct slice *slice, uint32_t offset, uint32_t n)
{
	enum svsm_status wanted;
	uint32_t good = reach(slice, offset, n, &wanted);
	uint8_t byte = (uint8_t)dice(256);

	ck_assert_int_eq(svsm_umem_fill(&slice->umem, offset, byte, n), wanted);
	for (uint32_t i = 0; i < good; i++)
		model[slice->where[offset + i]] = byte;
}

static void do_equal(const struct slice *slice, uint32_t offset, uint32_t n)
{
	enum svsm_status wanted;
	bool same = true, equal = false;

	(void)reach(slice, offset, n, &wanted);
	for (uint32_t i = 0; i < n; i++)
		buffer[i] = model[slice->where[offset + i]];
	if (n && dice(2)) {
		buffer[dice(n)] ^= 0x80;
		same = false;
	}
	ck_assert_int_eq(svsm_umem_equal(&slice->umem, offset, buffer, n,
					 &equal), wanted);
	if (wanted == SVSM_OK)
		ck_assert_int_eq(equal, same);
}

/* From the lower half to the upper one: they do not overlap. */
static void do_copy(const struct slice *from, uint32_t offset, uint32_t n)
{
	static struct slice to;
	enum svsm_status in, out;
	uint32_t in_good, out_good, good;

	if (!open_any(&to, HALF))
		return;
	if (n > to.len)
		n = to.len;
	in_good = reach(from, offset, n, &in);
	out_good = reach(&to, 0, n, &out);
	/* A piece of 256 bytes is read before it is written. */
	good = in_good / 256 * 256;
	good = in_good == n ? n : good;
	if (out_good < good || (out_good == good && in == SVSM_OK))
		good = out_good;
	else
		out = in;
	ck_assert_int_eq(svsm_umem_copy(&to.umem, 0, &from->umem, offset, n),
			 out);
	for (uint32_t i = 0; i < good; i++)
		model[to.where[i]] = model[from->where[offset + i]];
}

static void do_piece(const struct slice *slice, uint32_t offset, uint32_t n)
{
	struct svsm_range piece;
	enum svsm_status status = svsm_umem_piece(&slice->umem, offset, &piece);

	(void)n;
	if (offset >= slice->len) {
		ck_assert_int_eq(status, SVSM_EADDR);
		return;
	}
	ck_assert_int_eq(status, SVSM_OK);
	ck_assert_uint_gt(piece.len, 0);
	ck_assert_uint_le(piece.len, slice->len - offset);
	ck_assert_uint_eq(piece.start.v, AT + slice->where[offset]);
	ck_assert_uint_eq(svsm_range_end(&piece) - 1,
			  AT + slice->where[offset + piece.len - 1]);
}

/* A page goes or comes back, by the guest's will or the host's. */
static void change_a_page(void)
{
	uint32_t page = (uint32_t)dice(PAGES);
	uint64_t gpa = AT + page * PAGE;

	if (owner[page] != SVSM_OWN_GUEST) {
		owner[page] = SVSM_OWN_GUEST;
	} else if (lost[page]) {
		fake_make_guest(gpa, PAGE);
		memset(model + page * PAGE, 0, PAGE);
		lost[page] = false;
	} else if (dice(2)) {
		owner[page] = SVSM_OWN_INVALID;
	} else {
		fake_host_invalidate(gpa);
		lost[page] = true;
	}
	machine_set(gpa, 1, owner[page]);
}

static void prepare(void)
{
	machine_give(AT, PAGES);
	memset(model, 0, sizeof(model));
	for (unsigned i = 0; i < PAGES; i++) {
		owner[i] = SVSM_OWN_GUEST;
		lost[i] = false;
	}
}

START_TEST(slices_are_like_a_flat_array)
{
	static void (*const operation[])(const struct slice *slice,
					 uint32_t offset, uint32_t n) = {
		do_read, do_write, do_fill, do_equal, do_copy, do_piece,
	};
	uint64_t ops = unit_steps(OPS, 10);
	static struct slice slice;

	dice_start(0x5eed0003);
	prepare();
	for (uint64_t i = 0; i < ops; i++) {
		uint32_t offset, n;

		if (dice(16) == 0)
			change_a_page();
		if (!open_any(&slice, 0))
			continue;
		if (dice(4) == 0)
			change_a_page();
		offset = (uint32_t)dice(slice.len);
		n = (uint32_t)dice(slice.len - offset + 1);
		if (dice(8))
			n %= 600;
		operation[dice(SVSM_ARRAY_SIZE(operation))](&slice, offset, n);
	}
	for (unsigned i = 0; i < PAGES; i++)
		if (!lost[i])
			ck_assert_mem_eq(fake_peek_private(AT + i * PAGE),
					 model + i * PAGE, PAGE);
	fake_oracle(0);
}
END_TEST

/* ------------------------------------------------------------------- races */

static bool stop;

/* The guest gives pages up and takes them back, and writes all the time. */
static void disturb(void *arg)
{
	uint8_t byte = 1;

	(void)arg;
	svsm_tlb_join();
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		struct svsm_range page = { { AT + byte % 4 * PAGE }, PAGE };

		svsm_lock_acquire(&machine_own.lock);
		ck_assert_int_eq(svsm_own_set(&machine_own, &page,
					      SVSM_OWN_INVALID), SVSM_OK);
		fake_host_invalidate(page.start.v);
		svsm_lock_release(&machine_own.lock);
		svsm_lock_acquire(&machine_own.lock);
		fake_make_guest(page.start.v, PAGE);
		ck_assert_int_eq(svsm_own_set(&machine_own, &page,
					      SVSM_OWN_GUEST), SVSM_OK);
		svsm_lock_release(&machine_own.lock);
		byte = (uint8_t)(byte + 1);
		ck_assert(fake_guest_write(page.start.v + byte, &byte, 1));
	}
}

START_TEST(T_16_pages_that_come_and_go_during_copies)
{
	struct svsm_umem umem, to;
	unsigned good = 0, bad = 0;
	bool equal;

	machine_give(AT, 8);
	ck_assert_int_eq(svsm_umem_open(&umem, &machine_own, AT + 1,
					4 * PAGE - 1, SVSM_OWN_GUEST,
					SVSM_READ_WRITE), SVSM_OK);
	ck_assert_int_eq(svsm_umem_open(&to, &machine_own, AT + 4 * PAGE,
					4 * PAGE, SVSM_OWN_GUEST,
					SVSM_READ_WRITE), SVSM_OK);
	svsm_tlb_join();
	stop = false;
	fake_cpu_start(1, 1, disturb, NULL);
	for (unsigned i = 0; i < 1000 || !good || !bad; i++) {
		enum svsm_status status[] = {
			svsm_umem_read(&umem, 0, buffer, 4 * PAGE - 1),
			svsm_umem_write(&umem, 0, buffer, 4 * PAGE - 1),
			svsm_umem_copy(&to, 0, &umem, 0, PAGE),
			svsm_umem_equal(&umem, 0, buffer, PAGE, &equal),
			svsm_umem_fill(&umem, 7, 0x7e, 2 * PAGE),
		};

		for (size_t s = 0; s < SVSM_ARRAY_SIZE(status); s++) {
			ck_assert(status[s] == SVSM_OK ||
				  status[s] == SVSM_EADDR);
			good += status[s] == SVSM_OK;
			bad += status[s] != SVSM_OK;
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	fake_oracle(0);
}
END_TEST

UNIT_MAIN("slice_model", machine_setup, machine_teardown,
	  slices_are_like_a_flat_array,
	  T_16_pages_that_come_and_go_during_copies)
