/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The guest's memory at its start: a configuration that cannot be, pages that
 * are not to be had, instructions that are refused.
 */
#include <string.h>

#include <svsm/rmp.h>

#include "refuse.h"

#define STARTUP_VMSA	0xfffffffff000ull

static struct svsm_guest guest;
static struct svsm_params params;
static struct svsm_own_node runs[16];

static struct svsm_range pages(uint64_t gpa, uint64_t n)
{
	return (struct svsm_range){ { gpa }, n * PAGE };
}

static enum svsm_status accept(uint64_t gpa, uint64_t n)
{
	struct svsm_range range = pages(gpa, n);

	return svsm_guest_accept(&svsm_guest, &range);
}

/* Pages that were launched as the guest's firmware. */
static void launch_firmware(uint64_t gpa, uint64_t n)
{
	svsm_guest.firmware = pages(gpa, n);
	guest_set_owner(gpa, n, SVSM_OWN_SVSM);
}

static enum svsm_status grant(uint64_t gpa, uint64_t n)
{
	struct svsm_range range = pages(gpa, n);

	return svsm_guest_grant(&svsm_guest, &range);
}

/* ------------------------------------------------------------ configuration */

static struct svsm_guest_config good_config(void)
{
	params = (struct svsm_params){ .cpus = 1, .ranges = 1 };
	params.memory[0] = pages(0, 64);
	return (struct svsm_guest_config){
		.region = pages(16 * PAGE, 16), .params = &params, .vmpl = 2,
		.vmsa = pages(STARTUP_VMSA, 1),
		.runs = runs, .run_count = SVSM_ARRAY_SIZE(runs),
	};
}

static void expect_refused(const struct svsm_guest_config *config)
{
	struct svsm_guest before;

	memset(&guest, 0x33, sizeof(guest));
	before = guest;
	ck_assert_int_eq(svsm_guest_init(&guest, config), SVSM_EINVAL);
	ck_assert_mem_eq(&guest, &before, sizeof(guest));
}

START_TEST(a_configuration_that_cannot_be_is_refused)
{
	struct svsm_guest_config config = good_config();

	config.vmpl = 0;
	expect_refused(&config);
	config.vmpl = SVSM_VMPLS;
	expect_refused(&config);
	config = good_config();
	config.run_count = 3;
	expect_refused(&config);
	config.run_count = SVSM_GUEST_RUNS + 1;
	expect_refused(&config);
	config = good_config();
	config.region.len = 0;
	expect_refused(&config);
	config.region.len = PAGE + 1;
	expect_refused(&config);
	config = good_config();
	config.region.start.v += 8;
	expect_refused(&config);
	config = good_config();
	config.vmsa.len = 0;
	expect_refused(&config);
	config.vmsa = pages(STARTUP_VMSA + 8, 1);
	expect_refused(&config);
	config = good_config();
	config.firmware = pages(0xfff00008, 1);
	expect_refused(&config);
}
END_TEST

/* The host's map says that the guest may have the page: a VMSA of VMPL0. */
START_TEST(the_startup_vmsa_is_ours_whatever_the_memory_map_says)
{
	struct svsm_guest_config config = good_config();

	params.memory[1] = pages(STARTUP_VMSA - PAGE, 2);
	params.ranges = 2;
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	ck_assert_int_eq(svsm_own_get(&guest.own, svsm_gpa(STARTUP_VMSA)),
			 SVSM_OWN_SVSM);
	ck_assert_int_eq(svsm_own_get(&guest.own,
				      svsm_gpa(STARTUP_VMSA - PAGE)),
			 SVSM_OWN_INVALID);
	/* Amid the guest's memory. */
	config = good_config();
	config.vmsa = pages(40 * PAGE, 1);
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	for (uint64_t i = 39; i < 42; i++)
		ck_assert_int_eq(svsm_own_get(&guest.own, svsm_gpa(i * PAGE)),
				 i == 40 ? SVSM_OWN_SVSM : SVSM_OWN_INVALID);
	/* Of a map that does not name it, too. */
	config = good_config();
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	ck_assert_int_eq(svsm_own_get(&guest.own, svsm_gpa(STARTUP_VMSA)),
			 SVSM_OWN_SVSM);
}
END_TEST

START_TEST(firmware_is_ours_until_it_is_granted)
{
	struct svsm_guest_config config = good_config();
	struct svsm_range half = pages(48 * PAGE, 2), none = pages(0, 1);

	config.firmware = pages(48 * PAGE, 4);
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	ck_assert(svsm_own_is(&guest.own, &config.firmware, SVSM_OWN_SVSM));
	ck_assert_int_eq(svsm_guest_accept(&guest, &half), SVSM_EADDR);
	ck_assert_int_eq(svsm_guest_grant(&guest, &config.region), SVSM_EADDR);
	ck_assert_int_eq(svsm_guest_grant(&guest, &config.vmsa), SVSM_EADDR);
	ck_assert_int_eq(svsm_guest_grant(&guest, &none), SVSM_EADDR);
	fake_make_svsm(48 * PAGE, 4 * PAGE);
	ck_assert_int_eq(svsm_guest_grant(&guest, &config.firmware), SVSM_OK);
	ck_assert(svsm_own_is(&guest.own, &config.firmware, SVSM_OWN_GUEST));
	ck_assert_int_eq(svsm_guest_grant(&guest, &half), SVSM_EADDR);
}
END_TEST

/* A host that calls VGA, ROMs and flash memory is not believed. */
START_TEST(legacy_windows_are_no_memory)
{
	static const struct {
		uint64_t gpa;
		enum svsm_owner owner;
	} pages_of[] = {
		{ 0x9f000, SVSM_OWN_INVALID }, { 0xa0000, SVSM_OWN_NONE },
		{ 0xff000, SVSM_OWN_NONE }, { 0x100000, SVSM_OWN_INVALID },
		{ 0xfefff000, SVSM_OWN_INVALID }, { 0xff000000, SVSM_OWN_NONE },
		{ 0xfffff000, SVSM_OWN_NONE },
		{ 0x100000000, SVSM_OWN_INVALID },
	};
	struct svsm_guest_config config = good_config();

	params.memory[0] = pages(0, 0x180000000 / PAGE);
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(pages_of); i++)
		ck_assert_int_eq(svsm_own_get(&guest.own,
					      svsm_gpa(pages_of[i].gpa)),
				 pages_of[i].owner);
}
END_TEST

START_TEST(memory_is_the_guests_but_for_the_region)
{
	struct svsm_guest_config config = good_config();

	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_OK);
	for (uint64_t i = 0; i < 80; i++)
		ck_assert_int_eq(svsm_own_get(&guest.own, svsm_gpa(i * PAGE)),
				 i >= 64 ? SVSM_OWN_NONE :
				 i >= 16 && i < 32 ? SVSM_OWN_SVSM :
				 SVSM_OWN_INVALID);
	ck_assert_uint_eq(svsm_vcpu_count(&guest.vcpus), 0);
}
END_TEST

START_TEST(a_memory_map_in_more_pieces_than_there_are_runs)
{
	struct svsm_guest_config config = good_config();

	for (unsigned i = 0; i < 16; i++)
		params.memory[i] = pages(2 * i * PAGE, 1);
	params.ranges = 16;
	ck_assert_int_eq(svsm_guest_init(&guest, &config), SVSM_ENOMEM);
	ck_assert(svsm_own_check(&guest.own));
}
END_TEST

/* The map with the fewest runs that hold it, and with fewer. */
START_TEST(H_09_too_few_runs_for_what_was_launched)
{
	struct svsm_guest_config config = good_config();
	enum svsm_status status, before = SVSM_ENOMEM;
	unsigned refusals = 0;

	config.firmware = pages(256 * PAGE, 4);
	for (size_t n = 4; n <= SVSM_ARRAY_SIZE(runs); n++) {
		config.run_count = n;
		status = svsm_guest_init(&guest, &config);
		ck_assert(status == SVSM_OK ||
			  (status == SVSM_ENOMEM && before == SVSM_ENOMEM));
		ck_assert(svsm_own_check(&guest.own));
		refusals += status != SVSM_OK;
		before = status;
	}
	ck_assert_int_eq(before, SVSM_OK);
	ck_assert_uint_ge(refusals, 4);
}
END_TEST

/* ------------------------------------------------------------------- accept */

START_TEST(accepted_pages_are_clear_and_the_guests)
{
	ck_assert_int_eq(accept(FREE_PAGES, 3), SVSM_OK);
	ck_assert(guest_is_clear(FREE_PAGES, 3 * PAGE));
	ck_assert(guest_can_write(FREE_PAGES + 2 * PAGE));
	ck_assert_int_eq(guest_owner(FREE_PAGES + 2 * PAGE), SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(FREE_PAGES + 3 * PAGE), SVSM_OWN_INVALID);
	guest_oracle();
}
END_TEST

START_TEST(B_03_no_page_is_accepted_twice_or_is_anothers)
{
	unsigned executed;

	ck_assert_int_eq(accept(FREE_PAGES, 2), SVSM_OK);
	executed = fake_counters().pvalidates;
	ck_assert_int_eq(accept(FREE_PAGES, 2), SVSM_EADDR);
	ck_assert_int_eq(accept(FREE_PAGES + PAGE, 2), SVSM_EADDR);
	ck_assert_int_eq(accept(CA0, 1), SVSM_EADDR);
	ck_assert_int_eq(accept(REGION - PAGE, 2), SVSM_EADDR);
	ck_assert_int_eq(accept(MEMORY, 1), SVSM_EADDR);
	ck_assert_int_eq(accept(FREE_PAGES + 8 * PAGE, 0), SVSM_EADDR);
	guest_set_owner(BEYOND, 1, SVSM_OWN_INVALID);
	ck_assert_int_eq(accept(BEYOND, 1), SVSM_EADDR);
	ck_assert_uint_eq(fake_counters().pvalidates, executed);
	guest_oracle();
}
END_TEST

static bool accept_step(unsigned n)
{
	refuse_restart(FAKE_INVALID_4K);
	refuse(AT(n), SVSM_RMP_PERMISSION, 0);
	if (accept(FREE_PAGES, 2) == SVSM_OK)
		return false;
	ck_assert(refused());
	/* Four for a page; the first may be finished. */
	ck_assert_int_eq(guest_owner(FREE_PAGES), n > 4 ?
			 SVSM_OWN_GUEST : SVSM_OWN_INVALID);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_INVALID);
	ck_assert(!guest_can_write(FREE_PAGES + PAGE));
	guest_oracle();
	return true;
}

START_TEST(B_08_accepting_refused_at_each_step)
{
	ck_assert_uint_eq(unit_each_step(accept_step), 8);
}
END_TEST

START_TEST(H_09_a_full_map_accepts_nothing)
{
	uint64_t gpa = HUGE;

	guest_restart_with(FAKE_INVALID_4K, 32);
	for (; svsm_own_has_room(&svsm_guest.own, 2); gpa += 2 * PAGE)
		ck_assert_int_eq(accept(gpa, 1), SVSM_OK);
	ck_assert_int_eq(accept(gpa, 1), SVSM_ENOMEM);
	ck_assert_int_eq(guest_owner(gpa), SVSM_OWN_INVALID);
	ck_assert(!fake_rmp(gpa)->validated);
	guest_oracle();
}
END_TEST

/* -------------------------------------------------------------------- grant */

START_TEST(granted_pages_keep_what_is_in_them)
{
	launch_firmware(FREE_PAGES, 2);
	fake_make_svsm(FREE_PAGES, 2 * PAGE);
	memset(fake_peek_private(FREE_PAGES), 0x66, PAGE);
	ck_assert_int_eq(grant(FREE_PAGES, 2), SVSM_OK);
	ck_assert(guest_can_write(FREE_PAGES));
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(FREE_PAGES), 0x66);
	ck_assert_int_eq(guest_owner(FREE_PAGES + PAGE), SVSM_OWN_GUEST);
	ck_assert_int_eq(grant(FREE_PAGES, 2), SVSM_EADDR);
	guest_oracle();
}
END_TEST

START_TEST(pages_that_cannot_be_granted)
{
	ck_assert_int_eq(grant(REGION, 1), SVSM_EADDR);
	ck_assert_int_eq(grant(CA0, 1), SVSM_EADDR);
	ck_assert_int_eq(grant(MEMORY - PAGE, 2), SVSM_EADDR);
	ck_assert_int_eq(grant(FREE_PAGES, 1), SVSM_EADDR);
	launch_firmware(BEYOND, 1);
	ck_assert_int_eq(grant(BEYOND, 1), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().rmpadjusts, 0);
	guest_oracle();
}
END_TEST

START_TEST(B_08_granting_refused_at_each_step)
{
	for (unsigned n = 1; n <= 6; n++) {
		refuse_restart(FAKE_INVALID_4K);
		launch_firmware(FREE_PAGES, 2);
		fake_make_svsm(FREE_PAGES, 2 * PAGE);
		refuse(AT(n), SVSM_RMP_INUSE, 0);
		ck_assert_int_eq(grant(FREE_PAGES, 2), SVSM_EHOST);
		ck_assert(refused());
		guest_oracle();
	}
}
END_TEST

UNIT_MAIN("guest", refuse_setup, guest_teardown,
	  a_configuration_that_cannot_be_is_refused,
	  legacy_windows_are_no_memory,
	  memory_is_the_guests_but_for_the_region,
	  the_startup_vmsa_is_ours_whatever_the_memory_map_says,
	  firmware_is_ours_until_it_is_granted,
	  H_09_too_few_runs_for_what_was_launched,
	  a_memory_map_in_more_pieces_than_there_are_runs,
	  accepted_pages_are_clear_and_the_guests,
	  B_03_no_page_is_accepted_twice_or_is_anothers,
	  B_08_accepting_refused_at_each_step, H_09_a_full_map_accepts_nothing,
	  granted_pages_keep_what_is_in_them, pages_that_cannot_be_granted,
	  B_08_granting_refused_at_each_step)
