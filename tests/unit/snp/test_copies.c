/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The GHCB page goes away below a request: each copy to and from it faults
 * once. Linked with --wrap for the copies.
 */
#include <svsm/abi/snp.h>

#include "fake.h"
#include "internal.h"
#include "requests.h"
#include "unit.h"

static unsigned exits_then;	/* when the copy faulted */

bool __real_svsm_plat_copy(void *dst, const void *src, size_t n);
bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n);

bool __wrap_svsm_plat_copy(void *dst, const void *src, size_t n)
{
	if (!fake_fail_now())
		return __real_svsm_plat_copy(dst, src, n);
	exits_then = fake_counters().exits;
	return false;
}

/* What a caller may take for an answer, after no answer. */
static void check_nothing_came(const char *name)
{
	ck_assert_msg(requests_result == 0 || requests_result == UINT64_MAX,
		      "%s: a result of %lx", name,
		      (unsigned long)requests_result);
}

static void check_after(const struct request *request, enum svsm_status status)
{
	ck_assert_msg(status == SVSM_EHOST || status == SVSM_EFAULT,
		      "%s: status %d", request->name, status);
	ck_assert_msg(fake_counters().exits == exits_then,
		      "%s: the host is asked all the same", request->name);
	ck_assert(!requests_ghcb.busy);
	check_nothing_came(request->name);
	fake_oracle(4);
}

/* Returns how many copies a request makes. */
static unsigned let_each_fault(const struct request *request)
{
	unsigned n = 0;

	for (;;) {
		enum svsm_status status;

		requests_result = 0;
		fake_fail_at(++n);
		status = request->make();
		if (!fake_fail_fired())
			break;
		check_after(request, status);
	}
	fake_fail_at(0);
	ck_assert_uint_le(n, 64);
	return n - 1;
}

START_TEST(every_request_survives_a_fault_at_each_of_its_copies)
{
	for (unsigned i = 0; i < request_count; i++) {
		/* five parts to write, four to read */
		ck_assert_uint_ge(let_each_fault(&requests[i]), 9);
		ck_assert_int_eq(requests[i].make(), SVSM_OK);
		fake_oracle(2);
	}
}
END_TEST

START_TEST(a_long_line_ends_where_its_copy_faults)
{
	static char line[3 * SVSM_GHCB_BUF_BYTES];

	/* buffer, five writes, four reads; then the second part's buffer */
	fake_fail_at(11);
	ck_assert_int_eq(svsm_ghcb_io_write(&requests_ghcb, 0x3f8, line,
					    sizeof(line)), SVSM_EFAULT);
	ck_assert(fake_fail_fired());
	ck_assert_uint_eq(fake_counters().exits, exits_then);
	ck_assert(!requests_ghcb.busy);
	fake_oracle(3);
}
END_TEST

/* Offsets of a list in the buffer that wrap, or end behind it. */
START_TEST(no_copy_reaches_beyond_the_buffer)
{
	unsigned copies = fake_counters().copies;
	char byte = 'x';

	ck_assert_int_eq(ghcb_buf_write(&requests_ghcb, SVSM_GHCB_BUF_BYTES,
					&byte, 1), SVSM_EINVAL);
	ck_assert_int_eq(ghcb_buf_write(&requests_ghcb, SIZE_MAX, &byte, 1),
			 SVSM_EINVAL);
	ck_assert_int_eq(ghcb_buf_read(&requests_ghcb, 1, &byte, SIZE_MAX),
			 SVSM_EINVAL);
	ck_assert_int_eq(ghcb_buf_read(&requests_ghcb, SVSM_GHCB_BUF_BYTES + 1,
				       &byte, 0), SVSM_EINVAL);
	ck_assert_int_eq(byte, 'x');
	ck_assert_uint_eq(fake_counters().copies, copies);
}
END_TEST

UNIT_MAIN("copies", requests_setup, fake_teardown,
	every_request_survives_a_fault_at_each_of_its_copies,
	a_long_line_ends_where_its_copy_faults,
	no_copy_reaches_beyond_the_buffer)
