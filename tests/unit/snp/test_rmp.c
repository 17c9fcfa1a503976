/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE and RMPADJUST: each answer of the processor, and what is refused
 * before it is asked.
 */
#include <svsm/abi/snp.h>
#include <svsm/rmp.h>

#include "fake.h"
#include "unit.h"

#define PAGE	0x200000ull	/* some guest page, also 2 MiB aligned */

static void setup_huge(void)
{
	fake_setup_with(&(struct fake_config){ FAKE_DEFAULTS,
			.state = FAKE_INVALID_2M });
}

START_TEST(validate_reports_a_page_that_already_is_valid)
{
	void *va = fake_map(PAGE, SVSM_PAGE_4K, true);
	uint32_t code;

	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_OK);
	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_ESTATE);
	ck_assert_int_eq(svsm_rmp_pvalidate(va, SVSM_PAGE_4K, true, &code),
			SVSM_ESTATE);
	ck_assert_uint_eq(code, SVSM_RMP_UNCHANGED);
	ck_assert_int_eq(svsm_rmp_rescind(va, SVSM_PAGE_4K), SVSM_OK);
	ck_assert_int_eq(svsm_rmp_rescind(va, SVSM_PAGE_4K), SVSM_ESTATE);
	ck_assert(!fake_rmp(PAGE)->validated);
	fake_oracle(0);
}
END_TEST

START_TEST(huge_request_on_small_entries_is_a_size_mismatch)
{
	void *va = fake_map(PAGE, SVSM_PAGE_2M, true);
	uint32_t code;

	ck_assert_int_eq(svsm_rmp_pvalidate(va, SVSM_PAGE_2M, true, &code),
			SVSM_ESIZE);
	ck_assert_uint_eq(code, SVSM_RMP_SIZE);
	ck_assert(!fake_rmp(PAGE)->validated);
	fake_oracle(0);
}
END_TEST

START_TEST(huge_page_is_validated_and_granted_at_once)
{
	char *va;

	setup_huge();
	va = fake_map(PAGE, SVSM_PAGE_2M, true);
	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_2M), SVSM_OK);
	for (size_t i = 0; i < SVSM_HUGE_BYTES; i++)
		va[i] = 0;
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_2M, 2, SVSM_PERM_ALL,
				NULL), SVSM_OK);
	ck_assert_uint_eq(fake_perms(PAGE + 0x5000, 2), SVSM_PERM_ALL);
	ck_assert_uint_eq(fake_perms(PAGE + 0x5000, 3), 0);
	fake_oracle(0);
}
END_TEST

START_TEST(small_request_on_a_huge_entry_works_after_the_host_split_it)
{
	void *va;

	setup_huge();
	va = fake_map(PAGE + 0x3000, SVSM_PAGE_4K, true);
	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_OK);
	ck_assert(fake_rmp(PAGE + 0x3000)->validated);
	ck_assert(!fake_rmp(PAGE + 0x4000)->validated);
	fake_oracle(0);
}
END_TEST

START_TEST(misaligned_address_never_reaches_the_processor)
{
	char *va = fake_map(PAGE, SVSM_PAGE_4K, true);
	struct fake_counters before = fake_counters();
	uint32_t code = 0;

	ck_assert_int_eq(svsm_rmp_pvalidate(va + 1, SVSM_PAGE_4K, true, &code),
			SVSM_EINVAL);
	ck_assert_uint_eq(code, SVSM_RMP_INPUT);
	ck_assert_int_eq(svsm_rmp_validate(va + 0x1000, SVSM_PAGE_2M),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_adjust(va + 8, SVSM_PAGE_4K, 1,
				SVSM_PERM_READ, &code), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().pvalidates, before.pvalidates);
	ck_assert_uint_eq(fake_counters().rmpadjusts, before.rmpadjusts);
}
END_TEST

static void validated_and_clear(uint64_t *va)
{
	ck_assert_int_eq(svsm_rmp_validate(va, SVSM_PAGE_4K), SVSM_OK);
	for (unsigned i = 0; i < 512; i++)
		va[i] = 0;
}

START_TEST(adjust_sets_one_level_and_refuses_what_makes_no_sense)
{
	uint64_t *va = fake_map(PAGE, SVSM_PAGE_4K, true);

	validated_and_clear(va);
	ck_assert_int_eq(svsm_rmp_adjust(va, SVSM_PAGE_4K, 0, 1, NULL),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_adjust(va, SVSM_PAGE_4K, 4, 1, NULL),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_adjust(va, SVSM_PAGE_4K, 1, SVSM_PERM_WRITE,
				NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_adjust(va, SVSM_PAGE_4K, 1, 0x10, NULL),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_adjust(va, SVSM_PAGE_4K, 3, SVSM_PERM_READ,
				NULL), SVSM_OK);
	ck_assert_uint_eq(fake_perms(PAGE, 1), 0);
	ck_assert_uint_eq(fake_perms(PAGE, 2), 0);
	ck_assert_uint_eq(fake_perms(PAGE, 3), SVSM_PERM_READ);
	fake_oracle(0);
}
END_TEST

START_TEST(grant_gives_to_the_level_and_those_above_and_revoke_takes_all)
{
	uint64_t *va = fake_map(PAGE, SVSM_PAGE_4K, true);

	validated_and_clear(va);
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 2, SVSM_PERM_ALL,
				NULL), SVSM_OK);
	ck_assert_uint_eq(fake_perms(PAGE, 1), SVSM_PERM_ALL);
	ck_assert_uint_eq(fake_perms(PAGE, 2), SVSM_PERM_ALL);
	ck_assert_uint_eq(fake_perms(PAGE, 3), 0);
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 0, SVSM_PERM_NONE,
				NULL), SVSM_OK);
	for (unsigned vmpl = 1; vmpl < 4; vmpl++)
		ck_assert_uint_eq(fake_perms(PAGE, vmpl), 0);
	fake_oracle(0);
}
END_TEST

START_TEST(grant_refuses_what_makes_no_sense_before_the_first_level)
{
	char *va = fake_map(PAGE, SVSM_PAGE_4K, true);
	unsigned before = fake_counters().rmpadjusts;

	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 4, 0, NULL),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 2, 0x10, NULL),
			SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 2, SVSM_PERM_WRITE,
				NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_grant(va + 8, SVSM_PAGE_4K, 2,
				SVSM_PERM_ALL, NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_grant(va + SVSM_PAGE_BYTES, SVSM_PAGE_2M, 2,
				SVSM_PERM_ALL, NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_vmsa_set(va, 0, false, NULL), SVSM_EINVAL);
	ck_assert_int_eq(svsm_rmp_vmsa_set(va, 4, false, NULL), SVSM_EINVAL);
	ck_assert_uint_eq(fake_counters().rmpadjusts, before);
}
END_TEST

START_TEST(revoked_page_stays_the_guests_until_the_flush)
{
	uint64_t *va = fake_map(PAGE, SVSM_PAGE_4K, true);
	uint8_t byte = 1;

	validated_and_clear(va);
	ck_assert(!fake_guest_write(PAGE, &byte, 1));
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 2, SVSM_PERM_ALL,
				NULL), SVSM_OK);
	ck_assert(fake_guest_write(PAGE, &byte, 1));
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 0, 0, NULL), SVSM_OK);
	ck_assert(fake_guest_write(PAGE, &byte, 1));
	fake_no_broadcast = false;
	ck_assert(svsm_plat_tlb_broadcast());
	ck_assert(!fake_guest_write(PAGE, &byte, 1));
	ck_assert_uint_eq(va[0], 1);
}
END_TEST

START_TEST(vmsa_mark_comes_without_write_access_and_goes_again)
{
	uint64_t *va = fake_map(PAGE + 0x1000, SVSM_PAGE_4K, true);

	validated_and_clear(va);
	ck_assert_int_eq(svsm_rmp_grant(va, SVSM_PAGE_4K, 3, SVSM_PERM_ALL,
				NULL), SVSM_OK);
	ck_assert_int_eq(svsm_rmp_vmsa_set(va, 2, true, NULL), SVSM_OK);
	ck_assert(fake_rmp(PAGE + 0x1000)->vmsa);
	ck_assert_uint_eq(fake_perms(PAGE + 0x1000, 1), 0);
	ck_assert_uint_eq(fake_perms(PAGE + 0x1000, 2), SVSM_PERM_READ);
	ck_assert_uint_eq(fake_perms(PAGE + 0x1000, 3), 0);
	fake_oracle(0);
	ck_assert_int_eq(svsm_rmp_vmsa_clear(va, NULL), SVSM_OK);
	ck_assert(!fake_rmp(PAGE + 0x1000)->vmsa);
	ck_assert_uint_eq(fake_perms(PAGE + 0x1000, 2), 0);
}
END_TEST

START_TEST(vmsa_that_runs_cannot_be_changed)
{
	uint64_t *va = fake_map(PAGE + 0x1000, SVSM_PAGE_4K, true);
	uint32_t code;

	validated_and_clear(va);
	ck_assert_int_eq(svsm_rmp_vmsa_set(va, 2, false, NULL), SVSM_OK);
	fake_rmp(PAGE + 0x1000)->in_use = true;
	ck_assert_int_eq(svsm_rmp_vmsa_clear(va, &code), SVSM_EBUSY);
	ck_assert_uint_eq(code, SVSM_RMP_INUSE);
	ck_assert(fake_rmp(PAGE + 0x1000)->vmsa);
}
END_TEST

/* B-09: gone between PVALIDATE and RMPADJUST. */
START_TEST(page_that_the_host_takes_in_between_ends_the_vm)
{
	uint64_t *va = fake_map(PAGE, SVSM_PAGE_4K, true);
	int reason;

	validated_and_clear(va);
	fake_host_invalidate(PAGE);
	reason = fake_reason_of(fake_ignore(svsm_rmp_grant(va, SVSM_PAGE_4K, 2,
			SVSM_PERM_ALL, NULL)));
	ck_assert_int_eq(reason, SVSM_REASON_PAGE_LOST);
	ck_assert_uint_eq(fake_perms(PAGE, 2), 0);
	fake_oracle(0);
}
END_TEST

START_TEST(touch_of_a_lost_page_of_ours_ends_the_vm)
{
	volatile uint64_t *va = fake_region(0x5000);

	*va = 1;
	fake_host_invalidate(0x8005000);
	ck_assert_int_eq(fake_reason_of((void)*va), SVSM_REASON_PAGE_LOST);
}
END_TEST

START_TEST(copy_from_a_lost_page_is_a_fault_and_not_the_end)
{
	uint64_t word;

	fake_host_invalidate(0x8005000);
	ck_assert(!svsm_plat_copy(&word, fake_region(0x5000), sizeof(word)));
	ck_assert(svsm_plat_copy(&word, fake_region(0x6000), sizeof(word)));
}
END_TEST

START_TEST(page_without_an_rmp_entry_of_ours_stalls)
{
	void *va = fake_map(PAGE, SVSM_PAGE_4K, true);

	fake_host_steal(PAGE);
	ck_assert_int_eq(fake_reason_of(fake_ignore(svsm_rmp_validate(va,
				SVSM_PAGE_4K))), FAKE_STALL);
}
END_TEST

UNIT_MAIN("rmp", fake_setup, fake_teardown,
	validate_reports_a_page_that_already_is_valid,
	huge_request_on_small_entries_is_a_size_mismatch,
	huge_page_is_validated_and_granted_at_once,
	small_request_on_a_huge_entry_works_after_the_host_split_it,
	misaligned_address_never_reaches_the_processor,
	adjust_sets_one_level_and_refuses_what_makes_no_sense,
	grant_gives_to_the_level_and_those_above_and_revoke_takes_all,
	grant_refuses_what_makes_no_sense_before_the_first_level,
	revoked_page_stays_the_guests_until_the_flush,
	vmsa_mark_comes_without_write_access_and_goes_again,
	vmsa_that_runs_cannot_be_changed,
	page_that_the_host_takes_in_between_ends_the_vm,
	touch_of_a_lost_page_of_ours_ends_the_vm,
	copy_from_a_lost_page_is_a_fault_and_not_the_end,
	page_without_an_rmp_entry_of_ours_stalls)
