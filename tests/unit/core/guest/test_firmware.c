/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the firmware: what the guest finds, E-11, and a host that fails or
 * lies at each step.
 */
#include <string.h>

#include <svsm/abi/igvm_params.h>
#include <svsm/abi/vmsa.h>
#include <svsm/core_protocol.h>

#include "launch.h"
#include "unit.h"

static const struct svsm_protocol *const protocols[] = { &svsm_core_protocol };

static bool is_zero(uint64_t gpa, uint64_t len)
{
	for (uint64_t at = gpa; at < gpa + len; at++)
		if (*(const uint8_t *)fake_peek_private(at))
			return false;
	return true;
}

static bool guest_has(uint64_t gpa)
{
	return fake_perms(gpa, 1) == SVSM_PERM_ALL &&
	       fake_perms(gpa, 2) == SVSM_PERM_ALL &&
	       fake_perms(gpa, 3) == SVSM_PERM_NONE;
}

START_TEST(the_guest_finds_its_memory)
{
	struct svsm_abi_cpuid_page cpuid;

	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	for (unsigned i = 0; i < image_section_count; i++) {
		const struct svsm_abi_ovmf_section *section =
			&image_sections[i];

		for (uint64_t at = 0; at < section->len; at += PAGE)
			ck_assert(guest_has(section->base + at));
	}
	ck_assert(is_zero(0x800000, 0x9000));
	ck_assert(is_zero(0x80f000, PAGE));
	/* Its own GHCB page is not in the list, and not touched. */
	ck_assert(!fake_rmp(0x809000)->assigned);
	for (unsigned at = 0; at < IMAGE_LEN; at += PAGE) {
		ck_assert(guest_has(IMAGE_START + at));
		ck_assert_mem_eq(fake_peek_private(IMAGE_START + at),
				 image + at, PAGE);
	}
	launch_cpuid_for_guest(&cpuid);
	ck_assert_mem_eq(fake_peek_private(0x80e000), &cpuid, PAGE);
	fake_oracle(EXITS);
}
END_TEST

START_TEST(E_11_the_guest_gets_its_own_keys_only)
{
	const struct svsm_abi_secrets *copy;

	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	copy = fake_peek_private(0x80d000);
	ck_assert(is_zero(0x80d020, 2 * SVSM_VMPCK_BYTES));
	ck_assert_uint_eq(copy->vmpck[2][0], 0xa2);
	ck_assert_uint_eq(copy->vmpck[3][0], 0xa3);
	ck_assert_uint_eq(copy->svsm_base, REGION);
	ck_assert_uint_eq(copy->svsm_size, REGION_LEN);
	ck_assert_uint_eq(copy->svsm_caa, 0x80f000);
	ck_assert_uint_eq(copy->svsm_max_version, 1);
	ck_assert_uint_eq(copy->svsm_guest_vmpl, 2);
	/* And no copy of any key is left in free memory of ours. */
	for (uint64_t at = POOL; at < POOL + POOL_LEN; at += 16)
		for (unsigned v = 0; v < 4; v++)
			ck_assert(memcmp(fake_region(at),
					 launch_secrets()->vmpck[v], 16) != 0);
	fake_oracle(EXITS);
}
END_TEST

START_TEST(the_startup_vcpu_is_ready_to_run)
{
	const struct svsm_abi_vmsa *vmsa;
	const struct fake_ap *ap;

	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ap = fake_ap_find(0, 2);
	ck_assert_ptr_nonnull(ap);
	ck_assert_uint_eq(ap->sev_features, SVSM_SEV_SNP);
	ck_assert_uint_ne(ap->vmsa & SVSM_HUGE_MASK, 0);
	ck_assert(fake_rmp(ap->vmsa)->vmsa);
	ck_assert_uint_eq(fake_perms(ap->vmsa, 2), 0);
	vmsa = fake_peek_private(ap->vmsa);
	ck_assert_uint_eq(vmsa->vmpl, 2);
	ck_assert_uint_eq(vmsa->cs.base + vmsa->rip, FOUR_GIB - 16);
	ck_assert_int_eq(svsm_own_get(&svsm_guest.own, svsm_gpa(0x80f000)),
			 SVSM_OWN_CAA);
	ck_assert_int_eq(svsm_vcpu_serve(&svsm_guest, 0, protocols, 1),
			 SVSM_VCPU_RUN);
	ck_assert(vmsa->efer & SVSM_EFER_SVME);
	fake_oracle(EXITS);
}
END_TEST

static const struct svsm_abi_igvm_memory *map_entry(unsigned i)
{
	return (struct svsm_abi_igvm_memory *)fake_peek_private(0x812000) + i;
}

START_TEST(the_firmware_gets_a_memory_map_without_us)
{
	launch_params.memory[1] = (struct svsm_range){
		{ FOUR_GIB }, 0x40000000 };
	launch_params.ranges = 2;
	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ck_assert_uint_eq(map_entry(0)->start_page, 0);
	ck_assert_uint_eq(map_entry(0)->pages, REGION / PAGE);
	ck_assert_uint_eq(map_entry(1)->start_page,
			  (REGION + REGION_LEN) / PAGE);
	ck_assert_uint_eq(map_entry(1)->start_page + map_entry(1)->pages,
			  0x40000000 / PAGE);
	ck_assert_uint_eq(map_entry(2)->start_page, FOUR_GIB / PAGE);
	ck_assert_uint_eq(map_entry(2)->type, SVSM_IGVM_MEMORY);
	ck_assert_uint_eq(map_entry(3)->pages, 0);
	fake_oracle(EXITS);
}
END_TEST

/* The host's map is right when we are not in it. */
START_TEST(the_firmware_gets_no_map_when_we_are_beside_memory)
{
	launch_make_guest(REGION);
	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ck_assert_uint_eq(map_entry(0)->pages, 0);
	fake_oracle(EXITS);
}
END_TEST

START_TEST(a_map_that_does_not_fit_is_refused)
{
	for (unsigned i = 0; i < 8; i++)
		launch_params.memory[i + 1] = (struct svsm_range){
			{ FOUR_GIB + i * 0x10000000ull }, 0x1000000 };
	launch_params.ranges = 9;
	ck_assert_int_eq(launch_firmware(), SVSM_ENOMEM);
}
END_TEST

START_TEST(memory_that_starts_private_needs_no_page_state_change)
{
	launch_params.starts_shared = false;
	for (unsigned i = 0; i < image_section_count; i++)
		fake_make_invalid(image_sections[i].base,
				  image_sections[i].len);
	ck_assert_int_eq(launch_firmware(), SVSM_OK);
	ck_assert_uint_eq(fake_counters().psc_entries, 0);
	fake_oracle(EXITS);
}
END_TEST

START_TEST(F_13_ranges_that_are_no_memory_of_the_guest)
{
	launch_make_guest(0x80f000);
	ck_assert_int_eq(launch_firmware(), SVSM_EADDR);
	/* The host was not even asked. */
	ck_assert_uint_eq(fake_counters().exits, 0);
	fake_oracle(0);
}
END_TEST

START_TEST(a_bad_image_is_refused_with_words)
{
	image[IMAGE_SEV] ^= 1;
	launch_put_image();
	ck_assert_int_eq(launch_firmware(), SVSM_EFORMAT);
	ck_assert_ptr_nonnull(launch_why.what);
	ck_assert_uint_eq(launch_why.where, IMAGE_LEN - IMAGE_SEV);
	fake_oracle(0);
}
END_TEST

START_TEST(an_image_that_the_host_has_taken_is_noticed)
{
	fake_host_invalidate(FOUR_GIB - PAGE);
	ck_assert_int_eq(launch_firmware(), SVSM_EHOST);
	fake_oracle(0);
}
END_TEST

/* With so many pages of ours less one. */
static bool memory_step(unsigned n)
{
	enum svsm_status status;
	void *page;

	launch_restart();
	while (svsm_page_count_free(&svsm_pages) >= n)
		ck_assert_int_eq(svsm_page_alloc(&launch_hog, 0, &page),
				 SVSM_OK);
	status = launch_firmware();
	ck_assert(status == SVSM_OK || status == SVSM_ENOMEM);
	fake_oracle(EXITS);
	return status != SVSM_OK;
}

START_TEST(H_09_no_memory_at_any_step)
{
	ck_assert_uint_ge(unit_each_step(memory_step), 3);
}
END_TEST

static unsigned fail_exit;

static bool refuse_nth(struct fake_exit *exit)
{
	if (exit->nr < fail_exit || exit->msr_protocol)
		return false;
	fake_ghcb_answer(exit->ghcb, 2, 5);
	return true;
}

static bool refuse_step(unsigned n)
{
	enum svsm_status status;

	launch_restart();
	fail_exit = fake_counters().exits + n;
	fake_before_exit = refuse_nth;
	status = launch_firmware();
	fake_before_exit = NULL;
	ck_assert(status == SVSM_OK || status == SVSM_EHOST);
	fake_oracle(EXITS);
	return status != SVSM_OK;
}

START_TEST(a_host_that_refuses_at_any_step)
{
	/* Seven ranges, one vCPU. */
	ck_assert_uint_eq(unit_each_step(refuse_step), 8);
}
END_TEST

/* "Done", and nothing was. */
static bool lie_at_nth(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *header;

	if (exit->nr != fail_exit || exit->msr_protocol)
		return false;
	if (exit->code == SVSM_NAE_PSC) {
		header = (struct svsm_abi_psc_header *)
			exit->ghcb->buffer;
		header->cur_entry = (uint16_t)(header->end_entry + 1);
	}
	fake_ghcb_answer(exit->ghcb, 0, 0);
	return true;
}

/* The page is not there: touching it never ends, or the lie is found; in no
 * case the guest runs with it. */
static bool survives_lie(unsigned n)
{
	static enum svsm_status status;
	int reason;

	launch_restart();
	fail_exit = fake_counters().exits + n;
	status = SVSM_OK;
	fake_before_exit = lie_at_nth;
	reason = fake_reason_of(status = launch_firmware());
	fake_before_exit = NULL;
	return reason == FAKE_STALL || status != SVSM_OK;
}

START_TEST(C_01_a_host_that_lies_at_any_step)
{
	for (unsigned n = 1; n <= image_section_count; n++)
		ck_assert(survives_lie(n));
}
END_TEST

UNIT_MAIN("firmware", launch_setup, fake_teardown, the_guest_finds_its_memory,
	  E_11_the_guest_gets_its_own_keys_only,
	  the_startup_vcpu_is_ready_to_run,
	  the_firmware_gets_a_memory_map_without_us,
	  the_firmware_gets_no_map_when_we_are_beside_memory,
	  a_map_that_does_not_fit_is_refused,
	  memory_that_starts_private_needs_no_page_state_change,
	  F_13_ranges_that_are_no_memory_of_the_guest,
	  a_bad_image_is_refused_with_words,
	  an_image_that_the_host_has_taken_is_noticed,
	  H_09_no_memory_at_any_step, a_host_that_refuses_at_any_step,
	  C_01_a_host_that_lies_at_any_step)
