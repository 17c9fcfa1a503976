/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The manuals were read twice: once for svsmkit, once for the machine that it
 * runs on. Both readings must agree.
 */
#include <string.h>

#include "facts.h"
#include "ioio.h"
#include "launch.h"
#include "psclist.h"
#include "svsm/abi/ghcb.h"
#include "svsm/abi/secrets.h"
#include "unit.h"

START_TEST(both_readings_give_the_same_value)
{
	const struct abi_fact *ours = &abi_svsmkit.fact[_i];
	const struct abi_fact *theirs = &abi_snpemu.fact[_i];

	ck_assert_str_eq(ours->name, theirs->name);
	ck_assert_msg(ours->value == theirs->value,
		      "%s: svsmkit %#lx, snpemu %#lx", ours->name,
		      ours->value, theirs->value);
}
END_TEST

START_TEST(a_page_state_change_entry_means_the_same)
{
	uint64_t gpa = 0x000f12345678a000ull;
	struct psc_entry entry;

	ck_assert(psc_decode(gpa | SVSM_PSC_OP_PRIVATE * 1ull
			     << SVSM_PSC_OP_SHIFT, &entry));
	ck_assert_uint_eq(entry.gpa, gpa);
	ck_assert_int_eq(entry.op, PSC_PRIVATE);
	ck_assert(!entry.huge);
	gpa &= ~0x1fffffull;
	ck_assert(psc_decode(gpa | SVSM_PSC_HUGE | SVSM_PSC_OP_SHARED * 1ull
			     << SVSM_PSC_OP_SHIFT, &entry));
	ck_assert_uint_eq(entry.gpa, gpa);
	ck_assert_int_eq(entry.op, PSC_SHARED);
	ck_assert(entry.huge);
}
END_TEST

START_TEST(progress_of_a_page_state_change_means_the_same)
{
	uint64_t raw = psc_progress(0x40200000ull | SVSM_PSC_HUGE, 17);

	ck_assert_uint_eq(raw & SVSM_PSC_CUR_PAGE_MASK, 17);
	ck_assert_uint_eq(raw & SVSM_PSC_FRAME_MASK, 0x40200000);
}
END_TEST

START_TEST(a_port_access_means_the_same)
{
	struct ioio io;

	for (unsigned size = 1; size <= 4; size *= 2) {
		ck_assert(ioio_decode(0x3f8ull << SVSM_IOIO_PORT_SHIFT |
				      size << SVSM_IOIO_SIZE_SHIFT |
				      SVSM_IOIO_IN, &io));
		ck_assert_uint_eq(io.port, 0x3f8);
		ck_assert_uint_eq(io.size, size);
		ck_assert(io.in && !io.string && !io.rep);
	}
	ck_assert(ioio_decode(1u << SVSM_IOIO_SIZE_SHIFT | SVSM_IOIO_STRING |
			      SVSM_IOIO_REP, &io));
	ck_assert(!io.in && io.string && io.rep);
}
END_TEST

START_TEST(the_secrets_page_of_the_machine_reads_as_ours)
{
	struct launch_secrets secrets = { .fms = 0xa00f11, .tsc_factor = 200 };
	struct svsm_abi_secrets page;

	for (unsigned i = 0; i < sizeof(secrets.vmpck); i++)
		((uint8_t *)secrets.vmpck)[i] = (uint8_t)(i + 1);
	launch_secrets_page(&secrets, (uint8_t *)&page);
	ck_assert_uint_eq(page.version, 3);
	ck_assert_uint_eq(page.fms, 0xa00f11);
	ck_assert_uint_eq(page.tsc_factor, 200);
	ck_assert_mem_eq(page.vmpck, secrets.vmpck, sizeof(page.vmpck));
	ck_assert_uint_eq(page.svsm_size, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("readings of the manuals");
	TCase *tcase = tcase_create("readings");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, both_readings_give_the_same_value, 0,
			    (int)abi_svsmkit.count);
	tcase_add_test(tcase, a_page_state_change_entry_means_the_same);
	tcase_add_test(tcase, progress_of_a_page_state_change_means_the_same);
	tcase_add_test(tcase, a_port_access_means_the_same);
	tcase_add_test(tcase, the_secrets_page_of_the_machine_reads_as_ours);
	suite_add_tcase(suite, tcase);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
