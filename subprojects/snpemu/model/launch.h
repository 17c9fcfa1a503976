/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The launch of an SNP guest: what QEMU, KVM and the firmware do between them
 * to turn an IGVM file into guest pages, a first VMSA and a launch digest.
 *
 * The model keeps the guest's state and the digest. Pages and parameters go to
 * the machine through callbacks. VMSAs come last in the digest, in vCPU order,
 * at the address that the file names, as KVM does at launch finish.
 */
#ifndef SNPEMU_MODEL_LAUNCH_H
#define SNPEMU_MODEL_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "igvm.h"
#include "rmp.h"

/** Guest policy bits that the model looks at. */
#define SNP_POLICY_SMT		(1ull << 16)
#define SNP_POLICY_MUST_BE_ONE	(1ull << 17)
#define SNP_POLICY_MIGRATE_MA	(1ull << 18)
#define SNP_POLICY_DEBUG	(1ull << 19)
#define SNP_POLICY_SINGLE_SOCKET (1ull << 20)
#define SNP_POLICY_RESERVED	(~0ull << 26)
/** What QEMU uses when a file names none. */
#define SNP_POLICY_DEFAULT	(SNP_POLICY_SMT | SNP_POLICY_MUST_BE_ONE)
/** ABI version the modelled firmware speaks: 1.58. */
#define SNP_ABI_MAJOR		1u
#define SNP_ABI_MINOR		58u

enum launch_state {
	LAUNCH_INIT,
	LAUNCH_STARTED,		/* LAUNCH_START done: pages may be added */
	LAUNCH_RUNNING,		/* LAUNCH_FINISH done: the digest is final */
};

/** What the machine does for a launch. As in igvm_ops: NULL is success. */
struct launch_ops {
	const char *(*area)(void *ctx, uint32_t index, uint32_t bytes,
			    uint8_t **storage);
	const char *(*memory_map)(void *ctx, uint8_t *area, uint32_t bytes);
	const char *(*madt)(void *ctx, uint8_t *area, uint32_t bytes);
	const char *(*device_tree)(void *ctx, uint8_t *area, uint32_t bytes);
	uint32_t (*vp_count)(void *ctx);
	const char *(*memory)(void *ctx, uint64_t gpa, uint64_t bytes);
	const char *(*required)(void *ctx, uint64_t gpa, uint32_t bytes);
	/**
	 * Add one page: assign it (Pre-Guest), write the content to its private
	 * frame, and do rmp_launch_update(). For SECRETS and CPUID @p content
	 * is NULL and the machine writes its own; a CPUID page must have passed
	 * cpuid_policy_check(). For ZERO and for pages without data @p content
	 * is a page of zeros.
	 */
	const char *(*page)(void *ctx, enum rmp_page_type type, uint64_t gpa,
			    const uint8_t content[RMP_PAGE_BYTES]);
	/**
	 * How many vCPUs are there at LAUNCH_FINISH, with a VMSA each: 1, or
	 * as KVM does all. Those behind the first are at reset, whatever the
	 * file says, and at VMPL0.
	 */
	unsigned (*vmsas)(void *ctx);
	/** CPUID 1 EAX of their processor. */
	uint32_t (*signature)(void *ctx);
	/** The VMSA of a vCPU, after all pages. */
	const char *(*vmsa)(void *ctx, unsigned vcpu, uint64_t gpa,
			    const uint8_t vmsa[RMP_PAGE_BYTES]);
};

/** A launch in progress. Large (two pages): not for a small stack. */
struct launch {
	enum launch_state state;
	struct digest ld;
	uint64_t policy;
	bool has_id_block;
	struct igvm_id_block id_block;
	const struct launch_ops *ops;
	void *ctx;
	uint64_t vmsa_gpa;
	bool has_vmsa;
	uint8_t vmsa[RMP_PAGE_BYTES];
	uint8_t page[RMP_PAGE_BYTES];	/* the content being added */
	uint64_t pages[RMP_TYPE_CPUID + 1];	/* added, by type */
};

/**
 * LAUNCH_START. POLICY_FAILURE: bit 17 clear, a reserved bit set, an ABI
 * version above the firmware's; INVALID_GUEST_STATE: started before.
 */
enum psp_status launch_start(struct launch *launch, uint64_t policy);

/** One 4 KiB page of LAUNCH_UPDATE into the digest (the RMP is the caller's).
 *  INVALID_GUEST_STATE outside LAUNCH_STARTED. */
enum psp_status launch_measure(struct launch *launch, enum rmp_page_type type,
			       uint64_t gpa, const void *content);

/**
 * LAUNCH_FINISH. With an ID block: BAD_MEASUREMENT when it expects another
 * digest, INVALID_PARAM for unknown algorithms. Signatures are not checked:
 * that takes P-384, which comes with the firmware model.
 */
enum psp_status launch_finish(struct launch *launch);

/**
 * Everything for one checked file: start with its policy, play it, measure the
 * VMSA, finish. On success launch->ld is the launch digest.
 *
 * @retval false  @p error has reason and file offset.
 */
bool launch_igvm(struct launch *launch, const struct igvm_file *file,
		 const struct launch_ops *ops, void *ctx,
		 struct igvm_error *error);

/** A firmware status in words. Never NULL. */
const char *psp_status_text(enum psp_status status);

/** What the firmware writes into a secrets page. */
struct launch_secrets {
	uint32_t fms;			/* CPUID 1 EAX */
	uint8_t vmpck[RMP_VMPLS][32];	/* random, by the caller */
	uint32_t tsc_factor;
};

/** Lay out the secrets page, version 3; everything else in it is zero. */
void launch_secrets_page(const struct launch_secrets *secrets,
			 uint8_t page[RMP_PAGE_BYTES]);

#endif
