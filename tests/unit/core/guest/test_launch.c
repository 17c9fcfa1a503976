/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the firmware where something is wanting: pages, runs of the map,
 * instructions; a host that takes pages between two steps. Linked with --wrap
 * for svsm_plat_copy() and svsm_rmp_vmsa_set().
 */
#include <string.h>

#include <svsm/abi/igvm_params.h>
#include <svsm/guest.h>

#include "launch.h"
#include "unit.h"

static unsigned copy_fails_at;
static bool mark_refused;

bool __real_svsm_plat_copy(void *dst, const void *src, size_t n);
bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n);
enum svsm_status __real_svsm_rmp_vmsa_set(void *va, unsigned vmpl,
					  bool readable, uint32_t *code);
enum svsm_status __wrap_svsm_rmp_vmsa_set(void *va, unsigned vmpl,
					  bool readable, uint32_t *code);

/* The host has the page when it is looked at for the n-th time. */
bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n)
{
	if (copy_fails_at && --copy_fails_at == 0)
		return false;
	return __real_svsm_plat_copy(dst, src, n);
}

enum svsm_status __wrap_svsm_rmp_vmsa_set(void *va, unsigned vmpl,
					  bool readable, uint32_t *code)
{
	return mark_refused ? SVSM_EPERM :
		__real_svsm_rmp_vmsa_set(va, vmpl, readable, code);
}

static size_t free_before;

static void setup(void)
{
	copy_fails_at = 0;
	mark_refused = false;
	launch_setup();
	free_before = svsm_page_count_free(&svsm_pages);
}

static void again(void)
{
	fake_teardown();
	setup();
}

/* Nothing runs, and nothing of ours is held but what the guest has. */
static void expect_not_started(void)
{
	ck_assert_ptr_null(fake_ap_find(0, 2));
	ck_assert_uint_eq(svsm_vcpu_count(&svsm_guest.vcpus), 0);
	fake_oracle(EXITS);
}

static void expect_pages_back(void)
{
	ck_assert_uint_eq(svsm_page_count_free(&svsm_pages), free_before);
}

/* The host may have been asked to run it, but who calls? */
static bool taken_step(unsigned n)
{
	enum svsm_status status;

	again();
	copy_fails_at = n;
	status = launch_firmware();
	if (status == SVSM_OK)
		return false;
	ck_assert_uint_eq(copy_fails_at, 0);
	ck_assert(status == SVSM_EHOST || status == SVSM_EFAULT);
	/* A marked VMSA stays one. */
	if (svsm_guest_vmsas.used == 0)
		expect_pages_back();
	ck_assert_uint_eq(svsm_vcpu_count(&svsm_guest.vcpus), 0);
	fake_oracle(EXITS);
	return true;
}

START_TEST(a_page_that_the_host_has_taken_at_any_step)
{
	/* The image, the map's entries, CPUID page and entry, secrets. */
	ck_assert_uint_ge(unit_each_step(taken_step), 4 + 2 + 2 + 1);
}
END_TEST

static bool allocation_step(unsigned n)
{
	enum svsm_status status;

	again();
	fake_fail_at(n);
	status = launch_firmware();
	if (status == SVSM_OK)
		return false;
	ck_assert_int_eq(status, SVSM_ENOMEM);
	expect_pages_back();
	expect_not_started();
	return true;
}

START_TEST(H_09_one_allocation_fails)
{
	/* Tail, secrets, VMSA. */
	ck_assert_uint_eq(unit_each_step(allocation_step), 3);
}
END_TEST

/* A map of the fewest runs that take a guest, then one more each time. */
static bool runs_step(unsigned n)
{
	enum svsm_status status;

	again();
	launch_make_guest_with(0x40000000, 11 + n);
	status = launch_firmware();
	ck_assert(status == SVSM_OK || status == SVSM_ENOMEM);
	if (status != SVSM_OK)
		ck_assert_ptr_null(fake_ap_find(0, 2));
	ck_assert(svsm_own_check(&svsm_guest.own));
	fake_oracle(EXITS);
	return status != SVSM_OK;
}

START_TEST(H_09_too_few_runs_at_any_step)
{
	ck_assert_uint_ge(unit_each_step(runs_step), 2);
}
END_TEST

START_TEST(B_08_a_vmsa_that_cannot_be_marked)
{
	mark_refused = true;
	ck_assert_int_eq(launch_firmware(), SVSM_EHOST);
	expect_not_started();
}
END_TEST

START_TEST(images_in_places_that_cannot_be)
{
	ck_assert_int_eq(launch_image(IMAGE_START + 8, IMAGE_LEN), SVSM_EADDR);
	ck_assert_int_eq(launch_image(1ull << 51, IMAGE_LEN), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().exits, 0);
	expect_not_started();
}
END_TEST

START_TEST(F_13_a_page_that_is_no_memory_of_the_guest)
{
	for (unsigned i = 0; i < image_section_count; i++) {
		struct svsm_range range = {
			{ image_sections[i].base }, PAGE,
		};

		again();
		ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &range,
					      SVSM_OWN_NONE), SVSM_OK);
		ck_assert_int_eq(launch_firmware(), SVSM_EADDR);
		/* The host was not even asked. */
		ck_assert_uint_eq(fake_counters().exits, 0);
		expect_not_started();
	}
}
END_TEST

/* ---------------------------------------------------------- the memory map */

static const struct svsm_abi_igvm_memory *map_entry(unsigned i)
{
	return (struct svsm_abi_igvm_memory *)fake_peek_private(0x812000) + i;
}

START_TEST(the_map_has_no_empty_entry_where_memory_begins_with_us)
{
	launch_params.memory[0].len = REGION;
	launch_params.memory[1] = (struct svsm_range){
		{ REGION }, REGION_LEN + 0x10000000 };
	launch_params.ranges = 2;
	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ck_assert_uint_eq(map_entry(0)->pages, REGION / PAGE);
	ck_assert_uint_eq(map_entry(1)->start_page,
			  (REGION + REGION_LEN) / PAGE);
	ck_assert_uint_eq(map_entry(1)->pages, 0x10000000 / PAGE);
	ck_assert_uint_eq(map_entry(2)->pages, 0);
	fake_oracle(EXITS);
}
END_TEST

/* Seven entries and the end are what there is room for. */
START_TEST(a_map_that_is_full_before_us_behind_us_or_just_fits)
{
	for (unsigned before = 4; before <= 8; before++) {
		bool fits = before + 2 <= 7;

		again();
		for (unsigned i = 0; i < before; i++)
			launch_params.memory[i] = (struct svsm_range){
				{ 2 * i * PAGE }, PAGE };
		launch_params.memory[before] = (struct svsm_range){
			{ 0x7000000 }, 0x10000000 };
		launch_params.ranges = before + 1;
		ck_assert_int_eq(launch_firmware(), fits ? SVSM_OK :
				 SVSM_ENOMEM);
		if (!fits)
			expect_not_started();
	}
}
END_TEST

/* An older image: no metadata for it, nothing is written. */
START_TEST(an_image_without_a_place_for_the_map)
{
	memset(image + image_sev_entry - 4 - 16, 0xaa, 16);
	launch_put_image();
	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ck_assert_uint_eq(map_entry(0)->pages, 0);
	fake_oracle(EXITS);
}
END_TEST

/* ---------------------------------------------------------------- the VMSA */

/* A pool around the place where a large page begins, with @used in use. */
static void fill_pool_at_2m(unsigned used)
{
	static struct svsm_page_span span;
	void *page;

	again();
	fake_pool_reset(&svsm_pages);
	ck_assert_int_eq(svsm_page_fill(&svsm_pages, &span,
					fake_region(0x200000 - POOL_LEN / 2),
					POOL_LEN), SVSM_OK);
	for (unsigned i = 0; i < used; i++)
		ck_assert_int_eq(svsm_page_alloc(&launch_hog, 0, &page),
				 SVSM_OK);
	free_before = svsm_page_count_free(&svsm_pages);
}

/* Wherever it comes from. */
START_TEST(J_01_the_vmsa_is_not_where_a_large_page_begins)
{
	for (unsigned used = 0; used < 20; used++) {
		const struct fake_ap *ap;

		fill_pool_at_2m(used);
		ck_assert_int_eq(launch_firmware(), SVSM_OK);
		ap = fake_ap_find(0, 2);
		ck_assert_ptr_nonnull(ap);
		ck_assert_uint_ne(ap->vmsa & SVSM_HUGE_MASK, 0);
		ck_assert_uint_eq(svsm_page_count_free(&svsm_pages),
				  free_before - 1);
		fake_oracle(EXITS);
	}
}
END_TEST

/* A fourth allocation is made when the third was such a page. */
START_TEST(J_01_there_is_no_other_page_for_the_vmsa)
{
	unsigned met = 0;

	for (unsigned used = 0; used < 20; used++) {
		enum svsm_status status;

		fill_pool_at_2m(used);
		fake_fail_at(4);
		status = launch_firmware();
		if (!fake_fail_fired()) {
			ck_assert_int_eq(status, SVSM_OK);
			continue;
		}
		met++;
		ck_assert_int_eq(status, SVSM_ENOMEM);
		expect_pages_back();
		expect_not_started();
	}
	ck_assert_uint_ge(met, 1);
}
END_TEST

UNIT_MAIN("launch", setup, fake_teardown,
	  a_page_that_the_host_has_taken_at_any_step,
	  H_09_one_allocation_fails, H_09_too_few_runs_at_any_step,
	  B_08_a_vmsa_that_cannot_be_marked, images_in_places_that_cannot_be,
	  F_13_a_page_that_is_no_memory_of_the_guest,
	  the_map_has_no_empty_entry_where_memory_begins_with_us,
	  a_map_that_is_full_before_us_behind_us_or_just_fits,
	  an_image_without_a_place_for_the_map,
	  J_01_the_vmsa_is_not_where_a_large_page_begins,
	  J_01_there_is_no_other_page_for_the_vmsa)
