/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest that speaks to the SVSM's TPM, friendly and hostile: group M, by id,
 * from a real VMPL2. One line for each on the serial port; ends with the
 * number of those that were not answered as they should be.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>

#include "../../boot/images/tpm/tpm.h"
#include "layout.h"
#include "tpm.h"

unsigned payload_main(void);

#define LAST_PAGE	0xfffffffffffff000ull

/* TPM_RC of responses. */
#define RC_INITIALIZE	0x100
#define RC_VALUE	0x084
#define RC_COMMAND_SIZE	0x142
#define RC_COMMAND_CODE	0x143

#define CODE_TEST_RESULT	0x17c

/* ---------------------------------------------------------------- friendly */

static void query(struct verdict *v)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_VTPM, .fn = SVSM_VTPM_QUERY,
		.rcx = 1, .rdx = 2,
	};

	expect_true(v, svsm_call(&call), "the SVSM takes the call");
	expect(v, call.rax, SVSM_SUCCESS);
	expect(v, call.rcx, 1u << SVSM_VTPM_SEND_COMMAND);
	expect(v, call.rdx, 0);
	end_of(v, "query");
}

static void startup(struct verdict *v)
{
	put_startup(BUFFER);
	expect_code(v, BUFFER, 0);
	put_startup(BUFFER);
	expect_code(v, BUFFER, RC_INITIALIZE);
	end_of(v, "startup");
}

static uint64_t random_at(struct verdict *v, uint64_t gpa)
{
	put_random(gpa, 16);
	expect_code(v, gpa, 0);
	expect(v, response_size(gpa), 28);
	expect(v, get16(gpa, 10), 16);
	return get64(gpa, 12);
}

static void random_bytes(struct verdict *v)
{
	uint64_t first = random_at(v, BUFFER);

	expect_true(v, first != random_at(v, BUFFER), "other bytes each time");
	end_of(v, "random");
}

static void pcrs(struct verdict *v)
{
	put_extend(BUFFER);
	expect_code(v, BUFFER, 0);
	expect_pcrs(v);
	end_of(v, "PCRs");
}

/* ------------------------------------------------------- heads of requests */

static void refuse(struct verdict *v, uint32_t command, uint8_t locality,
		   uint32_t size, uint64_t result)
{
	put_random(BUFFER, 16);
	put_head(BUFFER, command, locality, size);
	expect(v, cmd(BUFFER), result);
	/* The request is there as it was. */
	expect(v, response_size(BUFFER), command);
}

static void m_01(struct verdict *v)
{
	static const uint32_t size[] = {
		0, 1, 9, 4088, 4096, 0x80000000, 0xfffffff7, 0xffffffff,
	};

	for (unsigned i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		refuse(v, SVSM_VTPM_SEND_COMMAND, 0, size[i], PARAM);
	end_of(v, "M-01");
}

static void m_02(struct verdict *v)
{
	static const uint32_t inner[] = { 0, 9, 11, 4087, 0xffffffff };

	for (unsigned i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
		put_short(BUFFER, 0x8001, inner[i], CODE_TEST_RESULT, 10);
		expect_code(v, BUFFER, RC_COMMAND_SIZE);
	}
	put_short(BUFFER, 0x8001, 10, CODE_TEST_RESULT, 4087);
	expect_code(v, BUFFER, RC_COMMAND_SIZE);
	end_of(v, "M-02");
}

static void m_03(struct verdict *v)
{
	put_short(BUFFER, 0x8003, 10, CODE_TEST_RESULT, 10);
	expect_code(v, BUFFER, RC_VALUE);
	put_short(BUFFER, 0x8001, 10, 0x7fffffff, 10);
	expect_code(v, BUFFER, RC_COMMAND_CODE);
	put_flush(BUFFER, 0x12345678);
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
	expect_true(v, response_code(v, BUFFER) != 0, "such a handle fails");
	end_of(v, "M-03");
}

static void m_04(struct verdict *v)
{
	for (unsigned locality = 1; locality < 256; locality++)
		refuse(v, SVSM_VTPM_SEND_COMMAND, (uint8_t)locality, 12, PARAM);
	end_of(v, "M-04");
}

static void m_05(struct verdict *v)
{
	for (unsigned command = 0; command < 64; command++)
		if (command != SVSM_VTPM_SEND_COMMAND)
			refuse(v, command, 0, 12, UNSUPPORTED);
	refuse(v, 64, 0, 12, PARAM);
	refuse(v, 0x108, 0, 12, PARAM);
	refuse(v, 0xffffffff, 0, 12, PARAM);
	end_of(v, "M-05");
}

/* ----------------------------------------------------------------- buffers */

static void m_06(struct verdict *v)
{
	static const uint64_t bad[] = {
		TPM_IMAGE_REGION, TPM_IMAGE_REGION + 0x10000,
		TPM_IMAGE_REGION - 0x1000, TPM_IMAGE_REGION - 1,
		TPM_IMAGE_MEMORY_END, TPM_IMAGE_MEMORY_END - 1,
		CALLING_AREA, CALLING_AREA + 8, CALLING_AREA - 100, GHCB,
		PAGE(PAGE_COUNT), PAGE(PAGE_COUNT) - 1, PAGES - 1,
		CPU_VMSA(1), CPU_VMSA(1) - 1, CPU_CA(1), CPU_CA(1) + 8,
		1ull << 51 | BUFFER, LAST_PAGE, LAST_PAGE - 1, LAST_PAGE + 1,
		~0ull,
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(v, cmd(bad[i]), ADDR);
	expect(v, cmd(0), PARAM);
	random_at(v, BUFFER);
	end_of(v, "M-06");
}

/* Two bytes before and behind stay what they are. */
static void across(struct verdict *v, unsigned offset)
{
	uint64_t gpa = PAGE(2) + offset;

	fill(gpa - 2, 0x5a, 0x1004);
	random_at(v, gpa);
	expect(v, *(volatile uint16_t *)(gpa - 2), 0x5a5a);
	expect(v, *(volatile uint16_t *)(gpa + 0x1000), 0x5a5a);
}

static void m_06_across(struct verdict *v)
{
	static const unsigned offset[] = {
		2, 8, 2048, 4070, 4080, 4087, 4088, 4091, 4092, 4095,
	};

	for (unsigned i = 0; i < sizeof(offset) / sizeof(offset[0]); i++)
		across(v, offset[i]);
	end_of(v, "M-06 across pages");
}

/* --------------------------------------------------------------- responses */

/* The longest answers there are: complete, or an error, never cut. */
static void m_07(struct verdict *v)
{
	put_commands_list(BUFFER);
	expect_code(v, BUFFER, 0);
	expect(v, response_size(BUFFER), 19 + 4 * get32(BUFFER, 15));
	put_random(BUFFER, 0xffff);
	expect_code(v, BUFFER, 0);
	expect(v, response_size(BUFFER), 12u + get16(BUFFER, 10));
	end_of(v, "M-07");
}

static void m_10(struct verdict *v)
{
	fill(BUFFER, 0xff, SVSM_VTPM_BUFFER);
	put_short(BUFFER, 0x8001, 11, CODE_TEST_RESULT, 10);
	expect_code(v, BUFFER, RC_COMMAND_SIZE);
	expect(v, response_size(BUFFER), 10);
	end_of(v, "M-10");
}

/* ----------------------------------------------------------- long commands */

static void expect_hash(struct verdict *v, uint64_t gpa)
{
	put_hash(gpa, 'A');
	expect_code(v, gpa, 0);
	expect(v, get64(gpa, 12), hash_of(0));
}

static void flush(struct verdict *v)
{
	put_flush(BUFFER, 0x80000000);
	expect_code(v, BUFFER, 0);
}

static void lost_buffer(struct verdict *v)
{
	put_ec_key(SPARE, P384);
	expect(v, cmd_once(0, SPARE), INCOMPLETE);
	expect_true(v, svsm_pvalidate(SPARE, 1, 0, 0), "rescinded");
	expect(v, cmd(SPARE), ADDR);
	expect_true(v, svsm_pvalidate(SPARE, 1, SVSM_PVALIDATE_VALID, 0),
		    "validated");
	expect(v, response_size(SPARE), 0);
	flush(v);
	end_of(v, "M-06 lost buffer");
}

static void left_command(struct verdict *v)
{
	put_ec_key(SPARE, P384);
	expect(v, cmd_once(0, SPARE), INCOMPLETE);
	put_hash(BUFFER, 'A');
	expect(v, cmd_once(0, BUFFER), INCOMPLETE);
	expect_code(v, BUFFER, 0);
	expect(v, get64(BUFFER, 12), hash_of(0));
	expect(v, response_size(SPARE), SVSM_VTPM_SEND_COMMAND);
	flush(v);
	end_of(v, "left command");
}

/* ------------------------------------------------------------------- death */

static void set_slices(struct verdict *v, uint64_t slices)
{
	struct call call = {
		.protocol = TPM_IMAGE_PROTOCOL, .fn = TPM_IMAGE_SLICES,
		.rcx = slices,
	};

	expect_true(v, svsm_call(&call), "the SVSM takes the call");
	expect(v, call.rax, SVSM_SUCCESS);
}

static void death(struct verdict *v)
{
	set_slices(v, 1);
	put_ec_key(BUFFER, P384);
	expect(v, cmd(BUFFER), SVSM_ERR_INVALID_REQUEST);
	expect(v, response_size(BUFFER), SVSM_VTPM_SEND_COMMAND);
	set_slices(v, 0);
	expect_hash(v, BUFFER);
	end_of(v, "death");
}

/* What was measured before cannot be had by measuring again. */
static void forged_pcr(struct verdict *v)
{
	unsigned zeros = 0;

	put_pcr_read(BUFFER, SHA256);
	expect_code(v, BUFFER, 0);
	for (unsigned i = 0; i < 8; i++)
		zeros += get32(BUFFER, 30 + 4 * i) == 0;
	expect_true(v, zeros < 8, "a PCR that was extended is not zero");
	put_extend(BUFFER);
	expect_code(v, BUFFER, 0);
	put_pcr_read(BUFFER, SHA256);
	expect_code(v, BUFFER, 0);
	expect_true(v, get64(BUFFER, 30) != measured_pcr(), "another value");
	end_of(v, "PCRs after death");
}

/* ------------------------------------------------------------------- setup */

static bool set_up(void)
{
	return host_register(&boot_host) &&
		host_change(&boot_host, PAGES, PAGE_COUNT, false,
			    SVSM_PSC_OP_PRIVATE) &&
		svsm_pvalidate(PAGES, PAGE_COUNT, SVSM_PVALIDATE_VALID, 0) &&
		start_vcpus();
}

static void one_vcpu(struct verdict *v)
{
	query(v);
	startup(v);
	random_bytes(v);
	pcrs(v);
	m_01(v);
	m_02(v);
	m_03(v);
	m_04(v);
	m_05(v);
	m_06(v);
	m_06_across(v);
	m_07(v);
	m_10(v);
	expect_pcrs(v);
	end_of(v, "PCRs again");
	lost_buffer(v);
	left_command(v);
}

unsigned payload_main(void)
{
	struct verdict verdict = { 0 };

	if (!set_up())
		return 99;
	one_vcpu(&verdict);
	long_commands(&verdict);
	flips(&verdict);
	deleted_vcpu(&verdict);
	many_vcpus(&verdict);
	expect_pcrs(&verdict);
	end_of(&verdict, "PCRs at the end");
	death(&verdict);
	forged_pcr(&verdict);
	return verdict.failed;
}
