/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Neighbours that are handled together, and what stops in the middle of them;
 * pages that no page table can show; lists that go away. I-10, I-12, I-18.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "fixture.h"

#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
#define VMSA1		0x5000ull
#define CA1		0x6000ull
/** Where the C-bit is. */
#define BEYOND		(1ull << 51 | FREE_PAGES)

static uint64_t pvalidate_at(uint64_t list)
{
	return guest_call(CORE(SVSM_CORE_PVALIDATE), list, 0, 0);
}

/* The same of @n pages from @gpa on. */
static uint64_t pvalidate_run(uint64_t gpa, unsigned n, uint64_t flags)
{
	uint64_t entries[32];

	for (unsigned i = 0; i < n; i++)
		entries[i] = (gpa + i * PAGE) | flags;
	guest_list(LIST, n, 0, entries);
	return pvalidate_at(LIST);
}

static void set_owner(uint64_t gpa, uint64_t pages, enum svsm_owner owner)
{
	struct svsm_range range = { { gpa }, pages * PAGE };

	ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &range, owner), SVSM_OK);
}

START_TEST(I_12_neighbours_go_on_behind_one_that_only_the_rmp_knows)
{
	static const unsigned places[] = { 0, 2, 4 };

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(places); i++) {
		uint64_t stale = FREE_PAGES + places[i] * PAGE;

		guest_teardown();
		guest_setup();
		fake_make_svsm(stale, PAGE);
		memset(fake_peek_private(stale), 0x66, PAGE);
		ck_assert_uint_eq(pvalidate_run(FREE_PAGES, 5,
						VALIDATE | IGNORE),
				  SVSM_SUCCESS);
		ck_assert_uint_eq(guest_list_next(LIST), 5);
		ck_assert(guest_is_clear(FREE_PAGES, 5 * PAGE));
		for (unsigned p = 0; p < 5; p++)
			ck_assert(guest_can_write(FREE_PAGES + p * PAGE));
		ck_assert_int_eq(guest_owner(FREE_PAGES + 4 * PAGE),
				 SVSM_OWN_GUEST);
		guest_oracle();
	}
}
END_TEST

START_TEST(I_12_neighbours_that_are_valid_are_cleared_together)
{
	unsigned executed;

	guest_give(FREE_PAGES, 6);
	memset(fake_peek_private(FREE_PAGES), 0x66, 6 * PAGE);
	executed = fake_counters().pvalidates;
	ck_assert_uint_eq(pvalidate_run(FREE_PAGES, 5, VALIDATE | IGNORE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_list_next(LIST), 5);
	ck_assert(guest_is_clear(FREE_PAGES, 5 * PAGE));
	ck_assert(!guest_is_clear(FREE_PAGES + 5 * PAGE, PAGE));
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

/* The pages before it in memory together, then its own, which is the end. */
START_TEST(I_10_a_list_among_the_pages_that_it_takes_away)
{
	const uint64_t list = FREE_PAGES + 3 * PAGE;
	const uint64_t entries[] = {
		FREE_PAGES, FREE_PAGES + PAGE, FREE_PAGES + 2 * PAGE, list,
		FREE_PAGES + 4 * PAGE,
	};

	guest_give(FREE_PAGES, 5);
	guest_list(list, 5, 0, entries);
	ck_assert_uint_eq(pvalidate_at(list), SVSM_ERR_INVALID_ADDRESS);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(guest_owner(FREE_PAGES + i * PAGE), i < 4 ?
				 SVSM_OWN_INVALID : SVSM_OWN_GUEST);
	ck_assert(guest_can_write(FREE_PAGES + 4 * PAGE));
	guest_oracle();
}
END_TEST

static void take_list(uint64_t gpa, void *bytes, size_t n)
{
	(void)bytes;
	(void)n;
	if (gpa == LIST)
		fake_host_invalidate(LIST);
}

START_TEST(H_11_a_list_that_the_host_takes_behind_its_header)
{
	uint64_t entries[10];	/* more than come with it */

	for (unsigned i = 0; i < 10; i++)
		entries[i] = (FREE_PAGES + i * PAGE) | VALIDATE;
	guest_list(LIST, 10, 0, entries);
	fake_after_fetch = take_list;
	ck_assert_uint_eq(pvalidate_at(LIST), SVSM_ERR_INVALID_ADDRESS);
	fake_after_fetch = NULL;
	ck_assert(!fake_rmp(LIST)->validated);
	ck_assert_int_eq(guest_owner(FREE_PAGES), SVSM_OWN_INVALID);
	ck_assert(!fake_rmp(FREE_PAGES)->validated);
	guest_oracle();
}
END_TEST

/* ------------------------------------------------------------ beyond, full */

START_TEST(I_09_pages_that_no_page_table_can_show)
{
	unsigned executed = fake_counters().pvalidates;

	set_owner(BEYOND, 1, SVSM_OWN_INVALID);
	ck_assert_uint_eq(guest_pvalidate(BEYOND | VALIDATE),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_INVALID);
	set_owner(BEYOND, 1, SVSM_OWN_GUEST);
	ck_assert_uint_eq(guest_pvalidate(BEYOND), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_pvalidate(BEYOND | VALIDATE | IGNORE),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(pvalidate_at(BEYOND), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_GUEST);
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

START_TEST(J_01_K_01_vmsa_and_calling_area_that_no_page_table_can_show)
{
	set_owner(BEYOND, 1, SVSM_OWN_GUEST);
	guest_give(CA1, 1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_CREATE_VCPU), BEYOND, CA1,
				     1), SVSM_ERR_INVALID_PARAMETER);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_REMAP_CA), BEYOND, 0, 0),
			  SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(BEYOND), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA1), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(CA0), SVSM_OWN_CAA);
	ck_assert(!svsm_vcpu_exists(&svsm_guest.vcpus, 1));
	guest_oracle();
}
END_TEST

static void fill_map(unsigned sets_left)
{
	uint64_t gpa = FREE_PAGES + 64 * PAGE;

	for (; svsm_own_has_room(&svsm_guest.own, sets_left + 1);
	     gpa += 2 * PAGE)
		guest_give(gpa, 1);
}

START_TEST(H_09_a_full_map_lets_no_page_out_of_the_middle)
{
	guest_teardown();
	guest_setup_with(FAKE_INVALID_4K, 32);
	guest_give(FREE_PAGES, 3);
	fill_map(0);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + PAGE), SVSM_ERR_BUSY);
	ck_assert_uint_eq(guest_list_next(LIST), 0);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_GUEST);
	ck_assert(guest_can_write(FREE_PAGES + PAGE));
	guest_oracle();
	/* At the edge it needs no run of its own. */
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES), SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + PAGE), SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

START_TEST(H_09_a_full_map_keeps_a_vcpu)
{
	guest_teardown();
	guest_setup_with(FAKE_INVALID_4K, 32);
	ck_assert_uint_eq(guest_create(1, VMSA1, CA1), SVSM_SUCCESS);
	fill_map(1);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_ERR_BUSY);
	ck_assert_int_eq(guest_owner(VMSA1), SVSM_OWN_VMSA);
	ck_assert(guest_vmsa(VMSA1)->efer & SVSM_EFER_SVME);
	guest_oracle();
	ck_assert_int_eq(guest_call_by(1, &(struct regs){
		.rax = CORE(SVSM_CORE_QUERY_PROTOCOL) }), SVSM_VCPU_RUN);
	/* Memory given up makes room. */
	ck_assert_uint_eq(guest_pvalidate(FREE_PAGES + 64 * PAGE),
			  SVSM_SUCCESS);
	ck_assert_uint_eq(guest_call(CORE(SVSM_CORE_DELETE_VCPU), VMSA1, 0, 0),
			  SVSM_SUCCESS);
	guest_oracle();
}
END_TEST

UNIT_MAIN("runs", guest_setup, guest_teardown,
	  I_12_neighbours_go_on_behind_one_that_only_the_rmp_knows,
	  I_12_neighbours_that_are_valid_are_cleared_together,
	  I_10_a_list_among_the_pages_that_it_takes_away,
	  H_11_a_list_that_the_host_takes_behind_its_header,
	  I_09_pages_that_no_page_table_can_show,
	  J_01_K_01_vmsa_and_calling_area_that_no_page_table_can_show,
	  H_09_a_full_map_lets_no_page_out_of_the_middle,
	  H_09_a_full_map_keeps_a_vcpu)
