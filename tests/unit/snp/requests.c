/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Every GHCB request once, for the tests that go through all of them.
 */
#include <string.h>

#include <svsm/log.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>
#include <svsm/vmsa.h>

#include "fake.h"
#include "requests.h"

#define VMSA_GPA 0x8007000ull

struct svsm_ghcb requests_ghcb;
uint64_t requests_result;

static void log_sink(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	fake_oracle_log(line, len);
}

static uint32_t io(uint16_t port, bool in, unsigned size, uint32_t value)
{
	(void)port;
	(void)size;
	return in ? (uint32_t)REQUESTS_VALUE : value;
}

static uint64_t msr(uint32_t number, bool write, uint64_t value)
{
	(void)number;
	return write ? value : REQUESTS_VALUE;
}

static uint64_t mmio(uint64_t gpa, bool write, unsigned size, uint64_t value)
{
	(void)gpa;
	(void)size;
	return write ? value : REQUESTS_VALUE;
}

/* A vCPU that the host may run at VMPL2. */
static void make_vmsa(void)
{
	struct svsm_abi_vmsa *vmsa = fake_region(0x7000);

	svsm_vmsa_init_reset(vmsa, 2, 1);
	fake_ignore(svsm_rmp_vmsa_set(vmsa, 2, true, NULL));
}

void requests_setup(void)
{
	void *page;

	fake_setup();
	page = fake_make_ghcb(0x1000);
	svsm_ghcb_init(&requests_ghcb, page, svsm_gpa((uintptr_t)page));
	fake_cpu_set_ghcb(&requests_ghcb);
	fake_plant(0x2000);
	fake_plant(0);
	make_vmsa();
	fake_ignore(svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 0, 2,
					svsm_gpa(VMSA_GPA), 1));
	svsm_log_init(log_sink, NULL, SVSM_LOG_DEBUG);
	fake_io = io;
	fake_msr = msr;
	fake_mmio = mmio;
}

static enum svsm_status in(void)
{
	uint32_t value = 0;
	enum svsm_status status = svsm_ghcb_io_in(&requests_ghcb, 0x3fd, 2,
			&value);

	requests_result = value;
	return status;
}

static enum svsm_status out(void)
{
	return svsm_ghcb_io_out(&requests_ghcb, 0x3f8, 1, 'x');
}

static enum svsm_status write(void)
{
	return svsm_ghcb_io_write(&requests_ghcb, 0x3f8, "line\n", 5);
}

static enum svsm_status rdmsr(void)
{
	return svsm_ghcb_msr_read(&requests_ghcb, 0x1b, &requests_result);
}

static enum svsm_status wrmsr(void)
{
	return svsm_ghcb_msr_write(&requests_ghcb, 0x830, REQUESTS_VALUE);
}

static enum svsm_status mmio_read(void)
{
	return svsm_ghcb_mmio_read(&requests_ghcb, svsm_gpa(0xfec00010), 4,
			&requests_result);
}

static enum svsm_status mmio_write(void)
{
	return svsm_ghcb_mmio_write(&requests_ghcb, svsm_gpa(0xfec00010), 4,
			1);
}

static enum svsm_status wbinvd(void)
{
	return svsm_ghcb_wbinvd(&requests_ghcb);
}

static enum svsm_status features(void)
{
	return svsm_ghcb_hv_features(&requests_ghcb, &requests_result);
}

static enum svsm_status ap_create(void)
{
	return svsm_ghcb_ap_create(&requests_ghcb, SVSM_AP_CREATE, 0, 2,
			svsm_gpa(VMSA_GPA), 1);
}

static enum svsm_status run_vmpl(void)
{
	return svsm_ghcb_run_vmpl(&requests_ghcb, 2);
}

static enum svsm_status doorbell(void)
{
	return svsm_ghcb_hv_doorbell(&requests_ghcb, SVSM_DOORBELL_SET,
			svsm_gpa(0x3000), &requests_result);
}

static enum svsm_status ipi(void)
{
	return svsm_ghcb_hv_ipi(&requests_ghcb, 0x1000000fd);
}

static enum svsm_status guest_request(void)
{
	return svsm_ghcb_guest_request(&requests_ghcb, svsm_gpa(0x4000),
			svsm_gpa(0x5000), &requests_result);
}

static enum svsm_status psc(void)
{
	struct svsm_range range = { { REQUESTS_PAGE }, 2 * SVSM_PAGE_BYTES };

	return svsm_psc(&requests_ghcb, &range, 1, SVSM_PSC_OP_SHARED,
			SVSM_PAGE_4K);
}

const struct request requests[] = {
	{ "IN", in, true },
	{ "OUT", out, false },
	{ "OUTS", write, false },
	{ "RDMSR", rdmsr, true },
	{ "WRMSR", wrmsr, false },
	{ "MMIO read", mmio_read, false },
	{ "MMIO write", mmio_write, false },
	{ "WBINVD", wbinvd, false },
	{ "features", features, false },
	{ "AP creation", ap_create, false },
	{ "run VMPL", run_vmpl, false },
	{ "doorbell", doorbell, false },
	{ "IPI", ipi, false },
	{ "guest request", guest_request, false },
	{ "page state change", psc, false },
};
const unsigned request_count = sizeof(requests) / sizeof(requests[0]);
