/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The requests that go through the GHCB page.
 */
#include <svsm/abi/snp.h>

#include "internal.h"

/*@ requires max == 4 || max == 8;
  assigns \nothing;
  ensures \result <==> size == 1 || size == 2 || size == 4 ||
    (size == 8 && max == 8); */
static bool is_size(unsigned size, unsigned max)
{
	return size && size <= max && !(size & (size - 1));
}

/*@ requires size == 1 || size == 2 || size == 4 || size == 8;
  assigns \nothing;
  ensures size == 1 ==> \result == value % 0x100;
  ensures size == 2 ==> \result == value % 0x10000;
  ensures size == 4 ==> \result == value % 0x100000000;
  ensures size == 8 ==> \result == value; */
static uint64_t cut(uint64_t value, unsigned size)
{
	return size < 8 ? value & ((1ull << size * 8) - 1) : value;
}

/* ------------------------------------------------------------------- ports */

static uint64_t io_info(uint16_t port, unsigned size, unsigned flags)
{
	return (uint32_t)port << SVSM_IOIO_PORT_SHIFT |
		size << SVSM_IOIO_SIZE_SHIFT | flags;
}

enum svsm_status
svsm_ghcb_io_in(struct svsm_ghcb *ghcb, uint16_t port, unsigned size,
		uint32_t *value)
{
	struct ghcb_request request = { .code = SVSM_EXIT_IOIO,
		.info1 = io_info(port, size, SVSM_IOIO_IN) };
	struct ghcb_answer answer;
	enum svsm_status status;

	if (!is_size(size, 4))
		return SVSM_EINVAL;
	status = ghcb_call(ghcb, &request, &answer);
	if (status != SVSM_OK)
		return status;
	if (!answer.has_rax)
		return SVSM_EHOST;
	*value = (uint32_t)cut(answer.rax, size);
	return SVSM_OK;
}

enum svsm_status
svsm_ghcb_io_out(struct svsm_ghcb *ghcb, uint16_t port, unsigned size,
		uint32_t value)
{
	struct ghcb_request request = { .code = SVSM_EXIT_IOIO,
		.info1 = io_info(port, size, 0),
		.rax = cut(value, size), .has_rax = true };
	struct ghcb_answer answer;

	if (!is_size(size, 4))
		return SVSM_EINVAL;
	return ghcb_call(ghcb, &request, &answer);
}

static enum svsm_status io_write_chunk(struct svsm_ghcb *ghcb, uint16_t port,
		const void *data, size_t len)
{
	struct ghcb_request request = { .code = SVSM_EXIT_IOIO,
		.info1 = io_info(port, 1, SVSM_IOIO_STRING | SVSM_IOIO_REP |
				SVSM_IOIO_ADDR64 | SVSM_IOIO_SEG_DS),
		.info2 = len, .has_scratch = true };
	struct ghcb_answer answer;
	enum svsm_status status = ghcb_begin(ghcb);

	if (status != SVSM_OK)
		return status;
	status = ghcb_buf_write(ghcb, 0, data, len);
	if (status == SVSM_OK)
		status = ghcb_exit(ghcb, &request, &answer);
	ghcb_end(ghcb);
	return status;
}

enum svsm_status
svsm_ghcb_io_write(struct svsm_ghcb *ghcb, uint16_t port, const void *data,
		size_t len)
{
	const char *p = data;
	enum svsm_status status = SVSM_OK;

	while (len && status == SVSM_OK) {
		size_t n = len < SVSM_GHCB_BUF_BYTES ? len :
			SVSM_GHCB_BUF_BYTES;

		status = io_write_chunk(ghcb, port, p, n);
		p += n;
		len -= n;
	}
	return status;
}

/* ------------------------------------------------------------- MSRs, MMIO */

enum svsm_status
svsm_ghcb_msr_read(struct svsm_ghcb *ghcb, uint32_t msr, uint64_t *value)
{
	struct ghcb_request request = { .code = SVSM_EXIT_MSR,
		.rcx = msr, .has_rcx = true };
	struct ghcb_answer answer;
	enum svsm_status status = ghcb_call(ghcb, &request, &answer);

	if (status != SVSM_OK)
		return status;
	if (!answer.has_rax || !answer.has_rdx)
		return SVSM_EHOST;
	*value = answer.rdx << 32 | (uint32_t)answer.rax;
	return SVSM_OK;
}

enum svsm_status
svsm_ghcb_msr_write(struct svsm_ghcb *ghcb, uint32_t msr, uint64_t value)
{
	struct ghcb_request request = { .code = SVSM_EXIT_MSR, .info1 = 1,
		.rcx = msr, .has_rcx = true,
		.rax = (uint32_t)value, .has_rax = true,
		.rdx = value >> 32, .has_rdx = true };
	struct ghcb_answer answer;

	return ghcb_call(ghcb, &request, &answer);
}

/* Data before the exit for a write, after it for a read. */
static enum svsm_status mmio(struct svsm_ghcb *ghcb, uint64_t code,
		svsm_gpa_t gpa, unsigned size, uint64_t *value)
{
	struct ghcb_request request = { .code = code, .info1 = gpa.v,
		.info2 = size, .has_scratch = true };
	struct ghcb_answer answer;
	enum svsm_status status;

	if (!is_size(size, 8) || !svsm_is_aligned(gpa.v, size))
		return SVSM_EINVAL;
	status = ghcb_begin(ghcb);
	if (status != SVSM_OK)
		return status;
	status = ghcb_buf_write(ghcb, 0, value, size);
	if (status == SVSM_OK)
		status = ghcb_exit(ghcb, &request, &answer);
	if (status == SVSM_OK && code == SVSM_NAE_MMIO_READ)
		status = ghcb_buf_read(ghcb, 0, value, size);
	ghcb_end(ghcb);
	return status;
}

enum svsm_status
svsm_ghcb_mmio_read(struct svsm_ghcb *ghcb, svsm_gpa_t gpa, unsigned size,
		uint64_t *value)
{
	uint64_t data = 0;
	enum svsm_status status;

	status = mmio(ghcb, SVSM_NAE_MMIO_READ, gpa, size, &data);
	if (status == SVSM_OK)
		*value = data;
	return status;
}

enum svsm_status
svsm_ghcb_mmio_write(struct svsm_ghcb *ghcb, svsm_gpa_t gpa, unsigned size,
		uint64_t value)
{
	return mmio(ghcb, SVSM_NAE_MMIO_WRITE, gpa, size, &value);
}

enum svsm_status svsm_ghcb_wbinvd(struct svsm_ghcb *ghcb)
{
	struct ghcb_request request = { .code = SVSM_EXIT_WBINVD };
	struct ghcb_answer answer;

	return ghcb_call(ghcb, &request, &answer);
}

/* ------------------------------------------------------------ CPUs, VMPLs */

enum svsm_status
svsm_ghcb_hv_features(struct svsm_ghcb *ghcb, uint64_t *features)
{
	struct ghcb_request request = { .code = SVSM_NAE_HV_FEATURES };
	struct ghcb_answer answer;
	enum svsm_status status = ghcb_call(ghcb, &request, &answer);

	if (status == SVSM_OK)
		*features = answer.info2;
	return status;
}

enum svsm_status
svsm_ghcb_ap_create(struct svsm_ghcb *ghcb, enum svsm_ap_action action,
		uint32_t apic_id, unsigned vmpl, svsm_gpa_t vmsa,
		uint64_t sev_features)
{
	struct ghcb_request request = { .code = SVSM_NAE_AP_CREATION,
		.info1 = (uint64_t)apic_id << SVSM_AP_APIC_ID_SHIFT |
			(uint64_t)vmpl << SVSM_AP_VMPL_SHIFT | action,
		.info2 = vmsa.v, .rax = sev_features,
		.has_rax = action != SVSM_AP_DESTROY };
	struct ghcb_answer answer;

	if (action > SVSM_AP_DESTROY || vmpl >= SVSM_VMPLS ||
			!svsm_is_aligned(vmsa.v, SVSM_PAGE_BYTES) ||
			(request.has_rax &&
	     svsm_is_aligned(vmsa.v, SVSM_HUGE_BYTES)))
		return SVSM_EINVAL;
	return ghcb_call(ghcb, &request, &answer);
}

enum svsm_status svsm_ghcb_run_vmpl(struct svsm_ghcb *ghcb, unsigned vmpl)
{
	struct ghcb_request request = { .code = SVSM_NAE_RUN_VMPL,
		.info1 = vmpl };
	struct ghcb_answer answer;

	if (vmpl < 1 || vmpl >= SVSM_VMPLS)
		return SVSM_EINVAL;
	return ghcb_call(ghcb, &request, &answer);
}

enum svsm_status
svsm_ghcb_hv_doorbell(struct svsm_ghcb *ghcb, enum svsm_doorbell_op op,
		svsm_gpa_t gpa, uint64_t *page)
{
	struct ghcb_request request = { .code = SVSM_NAE_HV_DOORBELL,
		.info1 = op, .info2 = gpa.v };
	struct ghcb_answer answer;
	enum svsm_status status;

	if (op > SVSM_DOORBELL_CLEAR ||
			!svsm_is_aligned(gpa.v, SVSM_PAGE_BYTES))
		return SVSM_EINVAL;
	status = ghcb_call(ghcb, &request, &answer);
	if (status == SVSM_OK && page)
		*page = answer.info2;
	return status;
}

enum svsm_status svsm_ghcb_hv_ipi(struct svsm_ghcb *ghcb, uint64_t icr)
{
	struct ghcb_request request = { .code = SVSM_NAE_HV_IPI,
		.info1 = icr };
	struct ghcb_answer answer;

	return ghcb_call(ghcb, &request, &answer);
}

/* --------------------------------------------------------------------- PSP */

enum svsm_status
svsm_ghcb_guest_request(struct svsm_ghcb *ghcb, svsm_gpa_t message,
		svsm_gpa_t response, uint64_t *errors)
{
	struct ghcb_request request = { .code = SVSM_NAE_GUEST_REQUEST,
		.info1 = message.v, .info2 = response.v };
	struct ghcb_answer answer = { 0 };
	enum svsm_status status;

	*errors = UINT64_MAX;
	if (!svsm_is_aligned(message.v | response.v, SVSM_PAGE_BYTES) ||
			message.v == response.v)
		return SVSM_EINVAL;
	status = ghcb_call(ghcb, &request, &answer);
	if (answer.has_info)
		*errors = answer.info2;
	return status;
}
