/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The fake platform notices when a rule is broken, and its oracle when the
 * machine is no longer what it should be. Without this, green tests say little.
 */
#include <svsm/abi/snp.h>
#include <svsm/ghcb.h>
#include <svsm/ghcb_msr.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>

#include "fake.h"
#include "unit.h"

#define PAGE	0x300000ull

static struct svsm_ghcb ghcb;

static void setup(void)
{
	void *page;

	fake_setup();
	page = fake_make_ghcb(0x1000);
	svsm_ghcb_init(&ghcb, page, svsm_gpa((uintptr_t)page));
}

static void *validated(uint64_t gpa)
{
	void *va = fake_map(gpa, SVSM_PAGE_4K, true);

	fake_ignore(svsm_rmp_validate(va, SVSM_PAGE_4K));
	return va;
}

/* ----------------------------------------------------------- our own rules */

static void touch_shared(void)
{
	ghcb.page->sw_exitcode = 1;
}

static void touch_guest_page(void)
{
	volatile uint8_t *va;

	fake_make_guest(PAGE, SVSM_PAGE_BYTES);
	va = fake_map(PAGE, SVSM_PAGE_4K, true);
	(void)va[0];
}

static void touch_unmapped(void)
{
	(void)*(volatile uint8_t *)fake_window_area();
}

static void write_read_only(void)
{
	static uint64_t pte;
	volatile uint8_t *va = fake_window_area();

	fake_make_svsm(PAGE, SVSM_PAGE_BYTES);
	svsm_plat_pte_set(&pte, PAGE | 1 | fake_cbit_mask(), (void *)va);
	(void)va[0];
	va[0] = 1;
}

static void map_for_ring_3(void)
{
	static uint64_t pte;

	svsm_plat_pte_set(&pte, PAGE | 7, fake_window_area());
}

static void map_somewhere(void)
{
	static uint64_t pte;

	svsm_plat_pte_set(&pte, PAGE | 3, &pte);
}

static void grant_dirty(void)
{
	fake_ignore(svsm_rmp_grant(validated(PAGE), SVSM_PAGE_4K, 2,
			SVSM_PERM_ALL, NULL));
}

static void validate_shared_mapping(void)
{
	fake_ignore(svsm_rmp_validate(fake_map(PAGE, SVSM_PAGE_4K, false),
			SVSM_PAGE_4K));
}

static void share_validated(void)
{
	struct svsm_range range = { { PAGE }, SVSM_PAGE_BYTES };

	validated(PAGE);
	fake_ignore(svsm_psc_early(&range, SVSM_PSC_OP_SHARED));
}

static void exit_with_interrupts(void)
{
	svsm_plat_irq_restore(1);
	svsm_plat_msr_write(SVSM_MSR_GHCB, SVSM_GHCB_MSR_FEATURES_REQ);
	svsm_plat_vmgexit();
}

static void exit_without_fields(void)
{
	svsm_plat_msr_write(SVSM_MSR_GHCB, ghcb.gpa.v);
	svsm_plat_vmgexit();
}

static void exit_unregistered(void)
{
	svsm_plat_msr_write(SVSM_MSR_GHCB, ghcb.gpa.v + SVSM_PAGE_BYTES);
	svsm_plat_vmgexit();
}

static void register_private(void)
{
	svsm_ghcb_msr_register(svsm_gpa(0x8002000));
}

static void odd_msr(void)
{
	svsm_plat_msr_read(0x10);
}

static void terminate_unexpectedly(void)
{
	svsm_terminate(SVSM_REASON_DONE);
}

static void (*const mistakes[])(void) = {
	touch_shared, touch_guest_page, touch_unmapped, write_read_only,
	map_for_ring_3, map_somewhere, grant_dirty, validate_shared_mapping,
	share_validated, exit_with_interrupts, exit_without_fields,
	exit_unregistered, register_private, odd_msr, terminate_unexpectedly,
};

START_TEST(every_mistake_of_ours_is_noticed)
{
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(mistakes); i++)
		ck_assert_msg(unit_aborts(mistakes[i], "fake: "), "mistake %u",
			      i);
}
END_TEST

/* ------------------------------------------------------------------ oracle */

static void change_planted(void)
{
	fake_plant(0x2000);
	((uint8_t *)fake_region(0x2000))[100] ^= 1;
	fake_oracle(0);
}

static void leak_to_shared(void)
{
	fake_ignore(svsm_plat_copy(ghcb.page->buffer + 5, fake_canary,
			sizeof(fake_canary)));
	fake_oracle(0);
}

static void leak_to_guest(void)
{
	fake_make_guest(PAGE, SVSM_PAGE_BYTES);
	fake_ignore(svsm_plat_copy(fake_map(PAGE, SVSM_PAGE_4K, true),
			fake_canary, sizeof(fake_canary)));
	fake_oracle(0);
}

static void leak_to_log(void)
{
	fake_oracle_log((const char *)fake_canary, sizeof(fake_canary));
	fake_oracle(0);
}

static void open_region(void)
{
	fake_ignore(svsm_rmp_grant(fake_region(0x3000), SVSM_PAGE_4K, 2,
			SVSM_PERM_READ, NULL));
	fake_oracle(0);
}

static void open_vmsa(void)
{
	fake_make_guest(PAGE, SVSM_PAGE_BYTES);
	fake_rmp(PAGE)->vmsa = true;
	fake_oracle(0);
}

static void validate_twice(void)
{
	void *va = validated(PAGE);

	fake_host_remap(PAGE, PAGE + 0x5000);
	fake_ignore(svsm_rmp_validate(va, SVSM_PAGE_4K));
	fake_oracle(0);
}

static void exit_too_often(void)
{
	svsm_ghcb_msr_features();
	svsm_ghcb_msr_features();
	fake_oracle(1);
}

static void own_check(void)
{
	fake_violation("the component's own check");
}

static void fail_own_check(void)
{
	fake_oracle_add(own_check);
	fake_oracle(0);
}

static void (*const breaches[])(void) = {
	change_planted, leak_to_shared, leak_to_guest, leak_to_log, open_region,
	open_vmsa, validate_twice, exit_too_often, fail_own_check,
};

START_TEST(oracle_finds_every_breach)
{
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(breaches); i++)
		ck_assert_msg(unit_aborts(breaches[i], "VIOLATION"),
			      "breach %u", i);
}
END_TEST

static void nothing_wrong(void)
{
	fake_plant(0x2000);
	svsm_ghcb_msr_features();
	fake_oracle(1);
}

START_TEST(oracle_is_content_with_a_healthy_machine)
{
	ck_assert(!unit_aborts(nothing_wrong, ""));
}
END_TEST

/* --------------------------------------------------------------- behaviour */

START_TEST(fetches_of_untrusted_bytes_are_counted)
{
	uint64_t where;
	uint32_t word;
	uint8_t *va;

	fake_make_guest(PAGE, SVSM_PAGE_BYTES);
	va = fake_map(PAGE, SVSM_PAGE_4K, true);
	ck_assert(svsm_plat_copy(&word, va + 8, 4));
	ck_assert_uint_eq(fake_fetch_max(NULL), 1);
	ck_assert(svsm_plat_copy(&word, va + 11, 4));
	ck_assert_uint_eq(fake_fetch_max(&where), 2);
	ck_assert_uint_eq(where, PAGE + 11);
	ck_assert_uint_eq(fake_fetch_count(PAGE + 8, true), 1);
	fake_fetch_reset();
	ck_assert_uint_eq(fake_fetch_max(NULL), 0);
	ck_assert(svsm_plat_copy(va, &word, 4));
	ck_assert_uint_eq(fake_fetch_max(NULL), 0);
}
END_TEST

START_TEST(private_and_shared_content_of_a_page_are_two)
{
	uint64_t secret = 0x5ec4e7, seen = 0;
	uint64_t *va;

	fake_make_svsm(PAGE, SVSM_PAGE_BYTES);
	va = fake_map(PAGE, SVSM_PAGE_4K, true);
	*va = secret;
	ck_assert(svsm_plat_copy(&seen, fake_map(PAGE, SVSM_PAGE_4K, false),
			sizeof(seen)));
	ck_assert_uint_ne(seen, secret);
	ck_assert_uint_eq(*(uint64_t *)fake_peek_private(PAGE), secret);
}
END_TEST

static int other_apic_id;

static void other_cpu(void *arg)
{
	(void)arg;
	other_apic_id = (int)svsm_plat_cpu()->apic_id;
	svsm_terminate(SVSM_REASON_SMP);
}

START_TEST(other_cpus_have_areas_and_ends_of_their_own)
{
	fake_cpu_start(3, 77, other_cpu, NULL);
	ck_assert_int_eq(fake_cpu_join(3), SVSM_REASON_SMP);
	ck_assert_int_eq(other_apic_id, 77);
	ck_assert_uint_eq(svsm_plat_cpu()->apic_id, 0);
}
END_TEST

START_TEST(armed_failure_happens_once_and_at_its_turn)
{
	fake_fail_at(3);
	ck_assert(!fake_fail_now());
	ck_assert(!fake_fail_now());
	ck_assert(!fake_fail_fired());
	ck_assert(fake_fail_now());
	ck_assert(fake_fail_fired());
	ck_assert(!fake_fail_now());
}
END_TEST

UNIT_MAIN("fake", setup, fake_teardown,
	every_mistake_of_ours_is_noticed,
	oracle_finds_every_breach,
	oracle_is_content_with_a_healthy_machine,
	fetches_of_untrusted_bytes_are_counted,
	private_and_shared_content_of_a_page_are_two,
	other_cpus_have_areas_and_ends_of_their_own,
	armed_failure_happens_once_and_at_its_turn)
