/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The MSR protocol: 64 bits there, 64 bits back, every bit accounted for.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/ghcb_msr.h>
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/psc.h>
#include <svsm/terminate.h>

/* Answer bits 31:12 of requests whose result is in the high half. */
#define MIDDLE_MASK	0xfffff000ull

/* The code that belongs to the request, and no reserved bit. */
/*@ assigns \nothing;
  ensures \result ==> answer % 0x1000 == code;
  ensures \result ==> (answer & reserved) == 0;
  ensures answer % 0x1000 == code && (answer & reserved) == 0 ==>
    \result; */
static bool is_answer(uint64_t answer, unsigned code, uint64_t reserved)
{
	return (answer & SVSM_GHCB_MSR_CODE_MASK) == code &&
		!(answer & reserved);
}

static uint64_t checked(uint64_t answer, unsigned code, uint64_t reserved)
{
	if (!is_answer(answer, code, reserved))
		svsm_terminate(SVSM_REASON_GHCB_PROTOCOL);
	return answer;
}

/* The answer's code is the request's plus one but for SEV information. */
static uint64_t ask(uint64_t request, unsigned code, uint64_t reserved)
{
	uint64_t irq = svsm_plat_irq_save();
	uint64_t before = svsm_plat_msr_read(SVSM_MSR_GHCB);
	uint64_t answer;

	svsm_plat_msr_write(SVSM_MSR_GHCB, request);
	svsm_plat_vmgexit();
	answer = svsm_plat_msr_read(SVSM_MSR_GHCB);
	svsm_plat_msr_write(SVSM_MSR_GHCB, before);
	svsm_plat_irq_restore(irq);
	return checked(answer, code, reserved);
}

struct svsm_sev_info svsm_ghcb_msr_sev_info(void)
{
	uint64_t answer = ask(SVSM_GHCB_MSR_SEV_INFO_REQ,
			SVSM_GHCB_MSR_SEV_INFO_RESP, 0xfff000);

	return (struct svsm_sev_info){
		.version_max = (uint16_t)(answer >> 48),
		.version_min = (uint16_t)(answer >> 32),
		.cbit = (uint8_t)(answer >> 24),
	};
}

void svsm_ghcb_msr_negotiate(void)
{
	struct svsm_sev_info info = svsm_ghcb_msr_sev_info();

	if (info.version_min <= SVSM_GHCB_VERSION &&
			info.version_max >= SVSM_GHCB_VERSION)
		return;
	svsm_error("host speaks GHCB versions %u to %u, not %u",
			info.version_min, info.version_max,
			SVSM_GHCB_VERSION);
	svsm_terminate(SVSM_REASON_GHCB_PROTOCOL);
}

void svsm_ghcb_msr_cpuid(uint32_t leaf, enum svsm_cpuid_reg reg,
		uint32_t *value)
{
	uint64_t which = (uint64_t)reg << 30;
	uint64_t answer = ask((uint64_t)leaf << 32 | which |
			SVSM_GHCB_MSR_CPUID_REQ, SVSM_GHCB_MSR_CPUID_RESP,
			0x3ffff000);

	if ((answer & 0xc0000000) != which)
		svsm_terminate(SVSM_REASON_GHCB_PROTOCOL);
	*value = (uint32_t)(answer >> 32);
}

void svsm_ghcb_msr_register(svsm_gpa_t gpa)
{
	uint64_t answer = ask(gpa.v | SVSM_GHCB_MSR_REGISTER_REQ,
			SVSM_GHCB_MSR_REGISTER_RESP, 0);

	if ((answer & ~SVSM_GHCB_MSR_CODE_MASK) == gpa.v)
		return;
	svsm_error("host refuses GHCB page %llx", (unsigned long long)gpa.v);
	svsm_terminate(SVSM_REASON_GHCB_REGISTER);
}

/* A page whose frame has 40 bits, and an operation that there is. */
/*@ assigns \nothing;
  ensures \result <==> gpa.v <= 0xffffffffff000 && gpa.v % 0x1000 == 0 &&
    (op == SVSM_PSC_OP_PRIVATE || op == SVSM_PSC_OP_SHARED); */
static bool is_psc_request(svsm_gpa_t gpa, unsigned op)
{
	return gpa.v <= SVSM_PSC_FRAME_MASK &&
		svsm_is_aligned(gpa.v, SVSM_PAGE_BYTES) &&
		op >= SVSM_PSC_OP_PRIVATE && op <= SVSM_PSC_OP_SHARED;
}

enum svsm_status svsm_ghcb_msr_psc(svsm_gpa_t gpa, unsigned op)
{
	uint64_t answer;

	if (!is_psc_request(gpa, op))
		return SVSM_EINVAL;
	answer = ask((uint64_t)op << SVSM_PSC_OP_SHIFT | gpa.v |
			SVSM_GHCB_MSR_PSC_REQ, SVSM_GHCB_MSR_PSC_RESP,
			MIDDLE_MASK);
	if (!(answer >> 32))
		return SVSM_OK;
	svsm_error("host refuses to change page %llx: %llx",
			(unsigned long long)gpa.v,
			(unsigned long long)(answer >> 32));
	return SVSM_EHOST;
}

uint64_t svsm_ghcb_msr_features(void)
{
	return ask(SVSM_GHCB_MSR_FEATURES_REQ, SVSM_GHCB_MSR_FEATURES_RESP,
			0) >> 12;
}

static void log_missing(uint64_t missing)
{
	static const char names[][16] = {
		"SNP", "AP creation", "restricted inj.", "injection timer",
		"APIC ID list", "multi-VMPL",
	};

	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(missing & 1ull << bit))
			continue;
		svsm_error("host lacks feature %u (%s)", bit,
			bit < SVSM_ARRAY_SIZE(names) ? names[bit] : "?");
	}
}

uint64_t svsm_ghcb_msr_features_require(uint64_t required)
{
	uint64_t features = svsm_ghcb_msr_features();

	if (!(required & ~features))
		return features;
	log_missing(required & ~features);
	svsm_terminate(SVSM_REASON_FEATURES);
}

/* On the path of every call: no saving of an MSR value that nobody needs. */
enum svsm_status svsm_ghcb_msr_run_vmpl(unsigned vmpl)
{
	uint64_t irq;
	uint64_t answer;

	if (vmpl < 1 || vmpl >= SVSM_VMPLS)
		return SVSM_EINVAL;
	irq = svsm_plat_irq_save();
	svsm_plat_msr_write(SVSM_MSR_GHCB, (uint64_t)vmpl << 32 |
			SVSM_GHCB_MSR_RUN_VMPL_REQ);
	svsm_plat_vmgexit();
	answer = svsm_plat_msr_read(SVSM_MSR_GHCB);
	svsm_plat_irq_restore(irq);
	checked(answer, SVSM_GHCB_MSR_RUN_VMPL_RESP, MIDDLE_MASK);
	return answer >> 32 ? SVSM_EHOST : SVSM_OK;
}

void svsm_vmpl_run(unsigned vmpl)
{
	for (unsigned i = 0; i < SVSM_VMPL_RUN_TRIES; i++) {
		if (svsm_ghcb_msr_run_vmpl(vmpl) == SVSM_OK)
			return;
		svsm_plat_pause();
	}
	svsm_error("host does not run VMPL%u", vmpl);
	svsm_terminate(SVSM_REASON_VMPL_SWITCH);
}

enum svsm_status svsm_psc_early(const struct svsm_range *range, unsigned op)
{
	if (!svsm_range_is_aligned(range, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	for (uint64_t off = 0; off < range->len; off += SVSM_PAGE_BYTES) {
		enum svsm_status status;

		status = svsm_ghcb_msr_psc(svsm_gpa(range->start.v + off), op);
		if (status != SVSM_OK)
			return status;
	}
	return SVSM_OK;
}
