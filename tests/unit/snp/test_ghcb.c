/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * GHCB requests as an honest host sees them.
 */
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/ghcb_msr.h>

#include "fake.h"
#include "requests.h"
#include "unit.h"

static struct fake_exit last;
static uint64_t last_rax;

static void note(struct fake_exit *exit)
{
	last = *exit;
}

static bool note_rax(struct fake_exit *exit)
{
	if (exit->ghcb)
		last_rax = exit->ghcb->rax;
	return false;
}

START_TEST(port_access_says_direction_size_and_port)
{
	uint32_t value;

	fake_after_exit = note;
	ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 0x3f8, 1, &value),
			SVSM_OK);
	ck_assert_uint_eq(last.info1, 0x03f80011);
	ck_assert_int_eq(svsm_ghcb_io_in(&requests_ghcb, 0xcfc, 4, &value),
			SVSM_OK);
	ck_assert_uint_eq(last.info1, 0x0cfc0041);
	ck_assert_int_eq(svsm_ghcb_io_out(&requests_ghcb, 0x510, 2, 1),
			SVSM_OK);
	ck_assert_uint_eq(last.info1, 0x05100020);
}
END_TEST

static char written[5000];
static size_t written_len;

static uint32_t collect(uint16_t port, bool in, unsigned size, uint32_t value)
{
	ck_assert_uint_eq(port, 0x3f8);
	ck_assert_uint_eq(size, 1);
	ck_assert(!in);
	written[written_len++] = (char)value;
	return 0;
}

START_TEST(string_of_any_length_is_written_whole_and_in_few_exits)
{
	static const size_t lengths[] = { 0, 1, 2031, 2032, 2033, 4999 };
	char text[5000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	fake_io = collect;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(lengths); i++) {
		unsigned before = fake_counters().exits;

		written_len = 0;
		ck_assert_int_eq(svsm_ghcb_io_write(&requests_ghcb, 0x3f8,
				text, lengths[i]), SVSM_OK);
		ck_assert_uint_eq(written_len, lengths[i]);
		ck_assert_mem_eq(written, text, written_len);
		ck_assert_uint_eq(fake_counters().exits - before,
				(lengths[i] + 2031) / 2032);
	}
}
END_TEST

START_TEST(ap_creation_names_cpu_level_vmsa_and_features)
{
	const struct fake_ap *ap;

	fake_before_exit = note_rax;
	fake_after_exit = note;
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE,
				0x81, 3, svsm_gpa(0x123000), 0x29), SVSM_OK);
	ck_assert_uint_eq(last.info1, 0x8100030001);
	ck_assert_uint_eq(last.info2, 0x123000);
	ck_assert_uint_eq(last_rax, 0x29);
	ap = fake_ap_find(0x81, 3);
	ck_assert_ptr_nonnull(ap);
	ck_assert(ap->running);
	ck_assert_int_eq(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_DESTROY,
				0x81, 3, svsm_gpa(0), 0), SVSM_OK);
	ck_assert(!ap->running);
}
END_TEST

static unsigned runs;

static void guest(unsigned cpu, unsigned vmpl)
{
	ck_assert_uint_eq(cpu, 0);
	ck_assert_uint_eq(vmpl, 2);
	ck_assert(fake_rmp(0x8007000)->in_use);
	runs++;
}

START_TEST(guest_level_runs_by_both_protocols)
{
	fake_guest_run = guest;
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 2), SVSM_OK);
	ck_assert_int_eq(svsm_ghcb_msr_run_vmpl(2), SVSM_OK);
	svsm_vmpl_run(2);
	ck_assert_uint_eq(runs, 3);
	ck_assert(!fake_rmp(0x8007000)->in_use);
	ck_assert_int_eq(svsm_ghcb_run_vmpl(&requests_ghcb, 1), SVSM_EHOST);
	ck_assert_int_eq(svsm_ghcb_msr_run_vmpl(3), SVSM_EHOST);
}
END_TEST

START_TEST(msr_protocol_leaves_the_msr_as_it_was)
{
	uint32_t value;

	svsm_plat_msr_write(SVSM_MSR_GHCB, 0x8001000);
	svsm_ghcb_msr_sev_info();
	svsm_ghcb_msr_cpuid(0, SVSM_CPUID_EAX, &value);
	svsm_ghcb_msr_features();
	ck_assert_uint_eq(svsm_plat_msr_read(SVSM_MSR_GHCB), 0x8001000);
	ck_assert_uint_eq(value, 0x12345678);
}
END_TEST

START_TEST(sev_info_is_taken_apart_right)
{
	struct svsm_sev_info info = svsm_ghcb_msr_sev_info();

	ck_assert_uint_eq(info.version_max, 2);
	ck_assert_uint_eq(info.version_min, 1);
	ck_assert_uint_eq(info.cbit, 51);
	svsm_ghcb_msr_negotiate();
}
END_TEST

START_TEST(interrupts_are_as_before_after_every_request)
{
	for (unsigned i = 0; i < request_count; i++) {
		svsm_plat_irq_restore(1);
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		ck_assert_uint_eq(svsm_plat_irq_save(), 1);
	}
	svsm_plat_irq_restore(1);
	svsm_ghcb_msr_features();
	ck_assert_uint_eq(svsm_plat_irq_save(), 1);
}
END_TEST

START_TEST(mmio_of_every_size_arrives)
{
	for (unsigned size = 1; size <= 8; size *= 2) {
		uint64_t value = 0;

		ck_assert_int_eq(svsm_ghcb_mmio_read(&requests_ghcb,
				svsm_gpa(0xfee00000), size, &value), SVSM_OK);
		ck_assert_uint_eq(value, REQUESTS_VALUE << (64 - size * 8) >>
				(64 - size * 8));
	}
}
END_TEST

UNIT_MAIN("ghcb", requests_setup, fake_teardown,
	port_access_says_direction_size_and_port,
	string_of_any_length_is_written_whole_and_in_few_exits,
	ap_creation_names_cpu_level_vmsa_and_features,
	guest_level_runs_by_both_protocols,
	msr_protocol_leaves_the_msr_as_it_was,
	sev_info_is_taken_apart_right,
	interrupts_are_as_before_after_every_request,
	mmio_of_every_size_arrives)
