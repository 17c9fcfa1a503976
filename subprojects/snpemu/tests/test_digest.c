/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch digest: what a page and a VMSA add to it. */
#include "suite.h"

#include <string.h>

#include "by_hand.h"

START_TEST(digest_binds_type_address_masks_and_content)
{
	const uint8_t perms[4] = { 9, 1, 2, 3 }, masks[3] = { 1, 2, 3 };
	const uint8_t none[3] = { 0 };
	struct digest ours, theirs;
	uint8_t page[4096], hash[48];

	memset(page, 0x5a, sizeof(page));
	sha384(page, sizeof(page), hash);
	digest_init(&ours);
	digest_init(&theirs);
	for (int type = RMP_TYPE_NORMAL; type <= RMP_TYPE_CPUID; type++) {
		bool content = type == RMP_TYPE_NORMAL;

		if (type == RMP_TYPE_VMSA)
			continue;
		digest_extend(&ours, (enum rmp_page_type)type, 0x123456000,
			      page, NULL);
		extend_by_hand(&theirs, (uint8_t)type, 0x123456000,
			       content ? hash : NULL, none);
		ck_assert_mem_eq(ours.byte, theirs.byte, 48);
	}
	digest_extend(&ours, RMP_TYPE_NORMAL, 0x1000, page, perms);
	extend_by_hand(&theirs, 1, 0x1000, hash, masks);
	ck_assert_mem_eq(ours.byte, theirs.byte, 48);
}
END_TEST

START_TEST(digest_takes_the_tsc_fields_of_a_vmsa_as_zero)
{
	struct digest with, without;
	uint8_t vmsa[4096];

	memset(vmsa, 0x5a, sizeof(vmsa));
	digest_init(&with);
	digest_extend(&with, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	memset(vmsa + 0x2f0, 0, 16);
	digest_init(&without);
	digest_extend(&without, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	ck_assert_mem_eq(with.byte, without.byte, 48);
	vmsa[0x2ef]++;
	digest_init(&without);
	digest_extend(&without, RMP_TYPE_VMSA, 0x1000, vmsa, NULL);
	ck_assert_mem_ne(with.byte, without.byte, 48);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("digest");

	CASE(suite, "digest",
	     digest_binds_type_address_masks_and_content,
	     digest_takes_the_tsc_fields_of_a_vmsa_as_zero);
	return run_suite(suite);
}
