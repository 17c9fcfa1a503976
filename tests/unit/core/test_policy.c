/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The platform policy refuses what it must, and names the bit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/image.h>
#include <svsm/log.h>

#include "fake.h"
#include "policy.h"
#include "unit.h"

SVSM_IMAGE(.name = "policy");

static char seen[4096];

static void sink(void *ctx, const char *line, size_t len)
{
	size_t used = strlen(seen);

	(void)ctx;
	if (len < sizeof(seen) - used) {
		memcpy(seen + used, line, len);
		seen[used + len] = 0;
	}
}

static void setup(void)
{
	fake_setup();
	seen[0] = 0;
	svsm_log_init(sink, NULL, SVSM_LOG_INFO);
}

START_TEST(policy_accepts_what_is_required_and_allowed)
{
	ck_assert_int_eq(policy_check(&svsm_image, SVSM_FEATURE_SNP), SVSM_OK);
	ck_assert_int_eq(policy_check(&svsm_image, SVSM_FEATURE_SNP |
				      SVSM_FEATURES_HARMLESS), SVSM_OK);
	ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(policy_names_a_missing_bit)
{
	struct svsm_image image = svsm_image;

	image.features_required |= SVSM_FEATURE_RESTRICTED_INJECTION;
	ck_assert_int_eq(policy_check(&image, SVSM_FEATURE_SNP), SVSM_EPERM);
	ck_assert_ptr_nonnull(strstr(seen, "3 (restricted injection)"));
	ck_assert_ptr_nonnull(strstr(seen, "required"));
}
END_TEST

START_TEST(policy_names_a_forbidden_bit)
{
	ck_assert_int_eq(policy_check(&svsm_image, SVSM_FEATURE_SNP |
				      SVSM_FEATURE_VTOM), SVSM_EPERM);
	ck_assert_ptr_nonnull(strstr(seen, "1 (vTOM) is forbidden"));
}
END_TEST

/* E-13: each single bit that the image does not know of. */
START_TEST(policy_refuses_every_bit_that_it_does_not_name)
{
	uint64_t known = SVSM_FEATURE_SNP | SVSM_FEATURES_HARMLESS;
	char number[16];

	for (unsigned i = 0; i < 64; i++) {
		if (known >> i & 1)
			continue;
		seen[0] = 0;
		ck_assert_int_eq(policy_check(&svsm_image, SVSM_FEATURE_SNP |
					      1ull << i), SVSM_EPERM);
		snprintf(number, sizeof(number), "feature %u (", i);
		ck_assert_ptr_nonnull(strstr(seen, number));
	}
}
END_TEST

UNIT_MAIN("policy", setup, fake_teardown,
	policy_accepts_what_is_required_and_allowed,
	policy_names_a_missing_bit,
	policy_names_a_forbidden_bit,
	policy_refuses_every_bit_that_it_does_not_name)
