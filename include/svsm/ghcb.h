/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Requests to the host through the GHCB page.
 *
 * Each request writes the page, exits once, and copies the answer into private
 * memory once: an answer field that the host did not mark valid, an exception
 * that it wants us to raise, or an unknown result is SVSM_EHOST. Fields that we
 * wrote (version, usage, code, scratch pointer) are never read back.
 */
#ifndef SVSM_GHCB_H
#define SVSM_GHCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/abi/ghcb.h>
#include <svsm/addr.h>
#include <svsm/status.h>

/**
 * One per CPU, used by that CPU only. A request that comes while another is
 * under way (from a handler) gets SVSM_EBUSY and disturbs nothing.
 */
struct svsm_ghcb {
	struct svsm_abi_ghcb *page;	/* shared with the host */
	svsm_gpa_t gpa;
	bool busy;			/* a request is on the page */
	uint64_t exits;			/* made so far */
};

/**
 * Take a page into use. Register it with svsm_ghcb_msr_register() on this CPU
 * before the first request.
 *
 * @param ghcb  Initialised here.
 * @param page  4 KiB, shared already; kept.
 * @param gpa   Its address.
 */
void svsm_ghcb_init(struct svsm_ghcb *ghcb, void *page, svsm_gpa_t gpa);

/*
 * All requests below:
 *
 * @retval SVSM_OK      Done; out-parameters are written.
 * @retval SVSM_EINVAL  A bad argument; the host was not asked.
 * @retval SVSM_EBUSY   The GHCB is in use by what we interrupted.
 * @retval SVSM_EHOST   The host refused or its answer is no answer.
 *
 * Context: the CPU whose GHCB it is; exits to the host once.
 * Trust:   every output is the host's word, cut to its size.
 */

/** IN. @param size 1, 2 or 4 bytes; the value is masked to it. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_io_in(struct svsm_ghcb *ghcb, uint16_t port, unsigned size,
		uint32_t *value);

/** OUT. @param size 1, 2 or 4 bytes. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_io_out(struct svsm_ghcb *ghcb, uint16_t port, unsigned size,
		uint32_t value);

/**
 * REP OUTSB: write bytes to a port in as few exits as the buffer allows.
 *
 * @param data  Borrowed.
 * @param len   Bytes, any number; on failure some may have been written.
 */
SVSM_CHECKED enum svsm_status
svsm_ghcb_io_write(struct svsm_ghcb *ghcb, uint16_t port, const void *data,
		size_t len);

/** RDMSR by the host. No value of it may decide on security. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_msr_read(struct svsm_ghcb *ghcb, uint32_t msr, uint64_t *value);

/** WRMSR by the host. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_msr_write(struct svsm_ghcb *ghcb, uint32_t msr, uint64_t value);

/**
 * Read from a device.
 *
 * @param gpa   Naturally aligned to @p size.
 * @param size  1, 2, 4 or 8 bytes; the value is masked to it.
 */
SVSM_CHECKED enum svsm_status
svsm_ghcb_mmio_read(struct svsm_ghcb *ghcb, svsm_gpa_t gpa, unsigned size,
		uint64_t *value);

/** Write to a device. Arguments as svsm_ghcb_mmio_read(). */
SVSM_CHECKED enum svsm_status
svsm_ghcb_mmio_write(struct svsm_ghcb *ghcb, svsm_gpa_t gpa, unsigned size,
		uint64_t value);

/** WBINVD. */
SVSM_CHECKED enum svsm_status svsm_ghcb_wbinvd(struct svsm_ghcb *ghcb);

/** Hypervisor features, SVSM_HV_*. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_hv_features(struct svsm_ghcb *ghcb, uint64_t *features);

/** What svsm_ghcb_ap_create() does with the vCPU. */
enum svsm_ap_action {
	SVSM_AP_CREATE_ON_INIT = 0,
	SVSM_AP_CREATE = 1,
	SVSM_AP_DESTROY = 2,
};

/**
 * Tell the host which VMSA a vCPU has at a VMPL, and to start or stop it.
 *
 * @param vmsa          GPA of the VMSA page: page but not 2 MiB aligned.
 * @param sev_features  Of that VMSA; ignored for SVSM_AP_DESTROY.
 */
SVSM_CHECKED enum svsm_status
svsm_ghcb_ap_create(struct svsm_ghcb *ghcb, enum svsm_ap_action action,
		uint32_t apic_id, unsigned vmpl, svsm_gpa_t vmsa,
		uint64_t sev_features);

/** Run a lower VMPL until it comes back; see svsm_ghcb_msr_run_vmpl(). */
SVSM_CHECKED enum svsm_status
svsm_ghcb_run_vmpl(struct svsm_ghcb *ghcb, unsigned vmpl);

enum svsm_doorbell_op {
	SVSM_DOORBELL_GET_PREFERRED = 0,
	SVSM_DOORBELL_SET = 1,
	SVSM_DOORBELL_QUERY = 2,
	SVSM_DOORBELL_CLEAR = 3,
};

/**
 * The #HV doorbell page.
 *
 * @param gpa     For SET: page aligned, a shared page.
 * @param answer  May be NULL; the host's page, or UINT64_MAX for none.
 */
SVSM_CHECKED enum svsm_status
svsm_ghcb_hv_doorbell(struct svsm_ghcb *ghcb, enum svsm_doorbell_op op,
		svsm_gpa_t gpa, uint64_t *answer);

/** Send an IPI under restricted injection. @param icr x2APIC ICR value. */
SVSM_CHECKED enum svsm_status
svsm_ghcb_hv_ipi(struct svsm_ghcb *ghcb, uint64_t icr);

/**
 * Pass a message to the PSP and its answer back.
 *
 * @param request   Page aligned, shared; @param response likewise, another.
 * @param errors    Out, also with SVSM_EHOST when the host marked it valid:
 *                  63:32 the host's error, 31:0 the firmware's, 0 for success.
 *                  UINT64_MAX when there was no answer.
 */
SVSM_CHECKED enum svsm_status
svsm_ghcb_guest_request(struct svsm_ghcb *ghcb, svsm_gpa_t request,
		svsm_gpa_t response, uint64_t *errors);

#endif
