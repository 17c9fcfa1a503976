/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch of an IGVM file. */
#include "suite.h"

#include <string.h>

#include "by_hand.h"
#include "igvm_file.h"
#include "launch.h"

static struct file file;
static struct launch launch;
static struct igvm_file igvm;
static uint8_t areas[4][0x2000];
static unsigned pages, vmsas;
static unsigned vcpus = 1;	/* that have a VMSA */
static uint8_t last_vmsa[4096];
static const char *refusal;
static struct digest by_hand;

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	(void)ctx;
	memset(areas[index], 0, bytes);
	*storage = areas[index];
	return NULL;
}

static const char *on_table(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	area[0] = (uint8_t)(bytes >> 12);
	return NULL;
}

static uint32_t on_count(void *ctx)
{
	(void)ctx;
	return 2;
}

static const char *on_memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	(void)ctx;
	return bytes && gpa % 4096 == 0 ? NULL : "odd memory";
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	return gpa + bytes > 0x1000000 ? "not that much memory" : NULL;
}

static const char *on_page(void *ctx, enum rmp_page_type type, uint64_t gpa,
			   const uint8_t *content)
{
	static const uint8_t none[3];
	uint8_t hash[48];

	(void)ctx;
	ck_assert((content == NULL) == (type == RMP_TYPE_SECRETS ||
					type == RMP_TYPE_CPUID));
	if (content)
		sha384(content, 4096, hash);
	extend_by_hand(&by_hand, (uint8_t)type, gpa,
		       type == RMP_TYPE_NORMAL ? hash : NULL, none);
	pages++;
	return refusal;
}

static unsigned on_vmsas(void *ctx)
{
	(void)ctx;
	return vcpus;
}

static uint32_t on_signature(void *ctx)
{
	(void)ctx;
	return 0xa00f11;
}

static const char *on_vmsa(void *ctx, unsigned vcpu, uint64_t gpa,
			   const uint8_t *vmsa)
{
	static const uint8_t none[3];
	uint8_t hash[48];

	(void)ctx;
	ck_assert_uint_eq(gpa, VMSA_GPA);
	ck_assert_uint_eq(vcpu, vmsas);
	memcpy(last_vmsa, vmsa, 4096);
	sha384(vmsa, 4096, hash);
	extend_by_hand(&by_hand, RMP_TYPE_VMSA, gpa, hash, none);
	vmsas++;
	return NULL;
}

static const struct launch_ops ops = {
	.area = on_area, .memory_map = on_table, .madt = on_table,
	.device_tree = on_table, .vp_count = on_count,
	.memory = on_memory, .required = on_required, .page = on_page,
	.vmsas = on_vmsas, .signature = on_signature, .vmsa = on_vmsa,
};

static bool run_launch(struct igvm_error *error)
{
	uint64_t scratch[32];
	bool good;

	digest_init(&by_hand);
	pages = vmsas = 0;
	file_finish(&file);
	good = igvm_open(&igvm, file.bytes, file.size, scratch, 32, error) &&
	       launch_igvm(&launch, &igvm, &ops, NULL, error);
	file_free(&file);
	return good;
}

START_TEST(launch_adds_all_pages_and_the_vmsa_last)
{
	struct igvm_error error;

	file_good(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(pages, 10);
	ck_assert_uint_eq(vmsas, 1);
	ck_assert_int_eq(launch.state, LAUNCH_RUNNING);
	ck_assert_mem_eq(launch.ld.byte, by_hand.byte, 48);
	ck_assert_uint_eq(launch.policy, 0x30000);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_NORMAL], 2);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_VMSA], 1);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_UNMEASURED], 5);
}
END_TEST

static uint64_t last_vmsa_at(unsigned at)
{
	uint64_t value;

	memcpy(&value, last_vmsa + at, sizeof(value));
	return value;
}

/* At reset, whatever the file has for the first one. */
START_TEST(launch_may_have_a_vmsa_for_each_vcpu)
{
	struct igvm_error error;
	struct digest one;

	file_good(&file);
	ck_assert(run_launch(&error));
	one = launch.ld;
	vcpus = 3;
	file_good(&file);
	ck_assert(run_launch(&error));
	vcpus = 1;
	ck_assert_uint_eq(vmsas, 3);
	ck_assert_mem_eq(launch.ld.byte, by_hand.byte, 48);
	ck_assert_mem_ne(launch.ld.byte, one.byte, 48);
	ck_assert_uint_eq(launch.pages[RMP_TYPE_VMSA], 3);
	ck_assert_uint_eq(last_vmsa_at(0x018), 0xffff0000);	/* CS base */
	ck_assert_uint_eq(last_vmsa_at(0x178), 0xfff0);		/* RIP */
	ck_assert_uint_eq(last_vmsa_at(0x310), 0xa00f11);	/* RDX */
	ck_assert_uint_eq(last_vmsa_at(0x3b0), 1);	/* as the first has */
	ck_assert_uint_eq(last_vmsa[0xca], 0);		/* VMPL */
}
END_TEST

START_TEST(launch_fills_the_parameters)
{
	struct igvm_error error;

	file_good(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(areas[0][8], 2);
	ck_assert_uint_eq(areas[0][4], 1);
	ck_assert_uint_eq(areas[1][0], 2);
	ck_assert_uint_eq(areas[2][0], 1);
}
END_TEST

static void minimal(uint64_t policy)
{
	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_policy(&file, policy);
	file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
}

START_TEST(launch_checks_the_policy)
{
	static const uint64_t bad[] = {
		0, 0x10000, 0x30000 | 1ull << 26, 0x30000 | 1ull << 63,
		0x30200, 0x3013b,
	};
	static const uint64_t good[] = {
		0x20000, 0x30000, 0x3013a, 0xb0000, 0x3ff0000 & ~0x40000ull,
	};
	struct igvm_error error;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		minimal(bad[i]);
		ck_assert(!run_launch(&error));
		ck_assert_str_eq(error.reason,
				 psp_status_text(PSP_POLICY_FAILURE));
		ck_assert_uint_eq(pages, 0);
	}
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		minimal(good[i]);
		ck_assert(run_launch(&error));
	}
}
END_TEST

START_TEST(launch_without_a_policy_uses_qemus)
{
	struct igvm_error error;

	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_vmsa(&file);
	ck_assert(run_launch(&error));
	ck_assert_uint_eq(launch.policy, SNP_POLICY_DEFAULT);
}
END_TEST

START_TEST(launch_stops_where_the_machine_refuses)
{
	struct igvm_error error;

	minimal(0x30000);
	refusal = "no memory there";
	ck_assert(!run_launch(&error));
	refusal = NULL;
	ck_assert_str_eq(error.reason, "no memory there");
	ck_assert_uint_eq(vmsas, 0);
	ck_assert_int_eq(launch.state, LAUNCH_STARTED);
}
END_TEST

static void with_id_block(const struct digest *digest, uint32_t field,
			  uint8_t value)
{
	unsigned n;

	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
	file_policy(&file, 0x30000);
	n = file_id_block(&file, digest->byte);
	if (field != 0)
		file.header[n].content[field] = value;
	file_page(&file, 0x1000, 0, 0, 1);
	file_vmsa(&file);
}

START_TEST(launch_compares_the_id_block)
{
	struct igvm_error error;
	struct digest expected;

	minimal(0x30000);
	ck_assert(run_launch(&error));
	expected = launch.ld;
	with_id_block(&expected, 0, 0);
	ck_assert(run_launch(&error));
	with_id_block(&expected, 0x60, 2);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_INVALID_PARAM));
	with_id_block(&expected, 4, 1);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_INVALID_PARAM));
	expected.byte[47] ^= 1;
	with_id_block(&expected, 0, 0);
	ck_assert(!run_launch(&error));
	ck_assert_str_eq(error.reason, psp_status_text(PSP_BAD_MEASUREMENT));
}
END_TEST

START_TEST(launch_commands_check_the_guests_state)
{
	uint8_t page[4096] = { 0 };

	memset(&launch, 0, sizeof(launch));
	ck_assert_int_eq(launch_measure(&launch, RMP_TYPE_NORMAL, 0, page),
			 PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_finish(&launch), PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_start(&launch, 0x30000), PSP_SUCCESS);
	ck_assert_int_eq(launch_start(&launch, 0x30000),
			 PSP_INVALID_GUEST_STATE);
	ck_assert_int_eq(launch_measure(&launch, (enum rmp_page_type)7, 0,
					page), PSP_INVALID_PARAM);
	ck_assert_int_eq(launch_finish(&launch), PSP_SUCCESS);
	ck_assert_int_eq(launch_measure(&launch, RMP_TYPE_NORMAL, 0, page),
			 PSP_INVALID_GUEST_STATE);
}
END_TEST

START_TEST(secrets_page_has_its_layout)
{
	struct launch_secrets secrets = { .fms = 0xa00f11, .tsc_factor = 200 };
	uint8_t page[4096];

	memset(secrets.vmpck, 0x77, sizeof(secrets.vmpck));
	memset(page, 0xff, sizeof(page));
	launch_secrets_page(&secrets, page);
	ck_assert_uint_eq(page[0], 3);
	ck_assert_uint_eq(page[8], 0x11);
	ck_assert_uint_eq(page[0x1f], 0);
	for (unsigned i = 0x20; i < 0xa0; i++)
		ck_assert_uint_eq(page[i], 0x77);
	ck_assert_uint_eq(page[0xa0], 0);
	ck_assert_uint_eq(page[0x160], 200);
	ck_assert_uint_eq(page[0xfff], 0);
}
END_TEST

START_TEST(every_status_has_a_name)
{
	ck_assert_str_eq(psp_status_text(PSP_SUCCESS), "success");
	ck_assert_str_eq(psp_status_text((enum psp_status)0x77),
			 "unknown firmware status");
	for (int i = 0; i < 0x30; i++)
		ck_assert_ptr_nonnull(psp_status_text((enum psp_status)i));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("launch");

	CASE(suite, "launch",
	     launch_adds_all_pages_and_the_vmsa_last,
	     launch_may_have_a_vmsa_for_each_vcpu,
	     launch_fills_the_parameters, launch_checks_the_policy,
	     launch_without_a_policy_uses_qemus,
	     launch_stops_where_the_machine_refuses,
	     launch_compares_the_id_block,
	     launch_commands_check_the_guests_state,
	     secrets_page_has_its_layout, every_status_has_a_name);
	return run_suite(suite);
}
