/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch of an SNP guest from a checked IGVM file. */
#include "launch.h"

#include <string.h>

#include "reset.h"

/* Secrets page. */
#define SECRETS_VERSION		0x000
#define SECRETS_FMS		0x008
#define SECRETS_VMPCK		0x020
#define SECRETS_TSC_FACTOR	0x160
#define SECRETS_VERSION_3	3u

#define ALGORITHM_P384_SHA384	1u

/* ---------------------------------------------------------- the commands */

static bool abi_too_new(uint64_t policy)
{
	unsigned major = policy >> 8 & 0xff, minor = policy & 0xff;

	return major > SNP_ABI_MAJOR ||
	       (major == SNP_ABI_MAJOR && minor > SNP_ABI_MINOR);
}

enum psp_status launch_start(struct launch *launch, uint64_t policy)
{
	if (launch->state != LAUNCH_INIT)
		return PSP_INVALID_GUEST_STATE;
	/* There is no migration agent here, so none may be asked for. */
	if (!(policy & SNP_POLICY_MUST_BE_ONE) ||
	    (policy & SNP_POLICY_RESERVED) || abi_too_new(policy))
		return PSP_POLICY_FAILURE;
	digest_init(&launch->ld);
	launch->policy = policy;
	launch->state = LAUNCH_STARTED;
	return PSP_SUCCESS;
}

enum psp_status launch_measure(struct launch *launch, enum rmp_page_type type,
			       uint64_t gpa, const void *content)
{
	if (launch->state != LAUNCH_STARTED)
		return PSP_INVALID_GUEST_STATE;
	if (type < RMP_TYPE_NORMAL || type > RMP_TYPE_CPUID)
		return PSP_INVALID_PARAM;
	digest_extend(&launch->ld, type, gpa, content, NULL);
	launch->pages[type]++;
	return PSP_SUCCESS;
}

static enum psp_status check_id_block(const struct launch *launch)
{
	const struct igvm_id_block *block = &launch->id_block;

	if (memcmp(block->digest, launch->ld.byte, SHA384_BYTES) != 0)
		return PSP_BAD_MEASUREMENT;
	if (block->id_algorithm != ALGORITHM_P384_SHA384)
		return PSP_INVALID_PARAM;
	if (block->author_enabled &&
	    block->author_algorithm != ALGORITHM_P384_SHA384)
		return PSP_INVALID_PARAM;
	return PSP_SUCCESS;
}

enum psp_status launch_finish(struct launch *launch)
{
	enum psp_status status = PSP_SUCCESS;

	if (launch->state != LAUNCH_STARTED)
		return PSP_INVALID_GUEST_STATE;
	if (launch->has_id_block)
		status = check_id_block(launch);
	if (status == PSP_SUCCESS)
		launch->state = LAUNCH_RUNNING;
	return status;
}

/* ------------------------------------------- from directives to commands */

static const char *text_of(enum psp_status status)
{
	return status == PSP_SUCCESS ? NULL : psp_status_text(status);
}

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	struct launch *launch = ctx;

	return launch->ops->area(launch->ctx, index, bytes, storage);
}

static const char *on_memory_map(void *ctx, uint8_t *area, uint32_t bytes)
{
	struct launch *launch = ctx;

	return launch->ops->memory_map(launch->ctx, area, bytes);
}

static const char *on_madt(void *ctx, uint8_t *area, uint32_t bytes)
{
	struct launch *launch = ctx;

	return launch->ops->madt(launch->ctx, area, bytes);
}

static const char *on_device_tree(void *ctx, uint8_t *area, uint32_t bytes)
{
	struct launch *launch = ctx;

	return launch->ops->device_tree(launch->ctx, area, bytes);
}

static uint32_t on_vp_count(void *ctx)
{
	struct launch *launch = ctx;

	return launch->ops->vp_count(launch->ctx);
}

static const char *on_memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	struct launch *launch = ctx;

	return launch->ops->memory(launch->ctx, gpa, bytes);
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	struct launch *launch = ctx;

	return launch->ops->required(launch->ctx, gpa, bytes);
}

/* What the firmware writes itself has no content from the file. */
static bool firmware_fills(enum rmp_page_type type)
{
	return type == RMP_TYPE_SECRETS || type == RMP_TYPE_CPUID;
}

static const uint8_t *content_of(struct launch *launch,
				 const struct igvm_page *page)
{
	if (firmware_fills(page->type))
		return NULL;
	if (page->data)
		memcpy(launch->page, page->data, RMP_PAGE_BYTES);
	else
		memset(launch->page, 0, RMP_PAGE_BYTES);
	return launch->page;
}

static const char *on_page(void *ctx, const struct igvm_page *page)
{
	struct launch *launch = ctx;
	const uint8_t *content = content_of(launch, page);
	const char *reason;

	reason = launch->ops->page(launch->ctx, page->type, page->gpa, content);
	if (reason)
		return reason;
	return text_of(launch_measure(launch, page->type, page->gpa, content));
}

static const char *on_vmsa(void *ctx, uint64_t gpa, const void *vmsa)
{
	struct launch *launch = ctx;

	memcpy(launch->vmsa, vmsa, RMP_PAGE_BYTES);
	launch->vmsa_gpa = gpa;
	launch->has_vmsa = true;
	return NULL;
}

/* LAUNCH_START had to know the policy before the first page. */
static const char *on_policy(void *ctx, uint64_t policy)
{
	const struct launch *launch = ctx;

	return launch->policy == policy ? NULL :
		"the guest policy changed during the launch";
}

static const char *on_id_block(void *ctx, const struct igvm_id_block *block)
{
	struct launch *launch = ctx;

	launch->id_block = *block;
	launch->has_id_block = true;
	return NULL;
}

static const struct igvm_ops igvm_ops = {
	.area = on_area,
	.memory_map = on_memory_map,
	.madt = on_madt,
	.device_tree = on_device_tree,
	.vp_count = on_vp_count,
	.memory = on_memory,
	.required = on_required,
	.page = on_page,
	.vmsa = on_vmsa,
	.policy = on_policy,
	.id_block = on_id_block,
};

static const char *add_vmsa(struct launch *launch, unsigned vcpu)
{
	const char *reason;

	reason = launch->ops->vmsa(launch->ctx, vcpu, launch->vmsa_gpa,
				   launch->vmsa);
	if (reason)
		return reason;
	return text_of(launch_measure(launch, RMP_TYPE_VMSA, launch->vmsa_gpa,
				      launch->vmsa));
}

static const char *finish(struct launch *launch, uint64_t sev_features)
{
	unsigned vmsas = launch->ops->vmsas(launch->ctx);
	const char *reason = add_vmsa(launch, 0);

	reset_vmsa(launch->vmsa, RESET_VECTOR,
		   launch->ops->signature(launch->ctx), sev_features);
	for (unsigned vcpu = 1; vcpu < vmsas && !reason; vcpu++)
		reason = add_vmsa(launch, vcpu);
	return reason ? reason : text_of(launch_finish(launch));
}

static bool refuse(struct igvm_error *error, const struct igvm_file *file,
		   const char *reason)
{
	error->offset = file->headers;
	error->reason = reason;
	return false;
}

bool launch_igvm(struct launch *launch, const struct igvm_file *file,
		 const struct launch_ops *ops, void *ctx,
		 struct igvm_error *error)
{
	uint64_t policy = file->has_policy ? file->policy : SNP_POLICY_DEFAULT;
	const char *reason;

	memset(launch, 0, sizeof(*launch));
	launch->ops = ops;
	launch->ctx = ctx;
	reason = text_of(launch_start(launch, policy));
	if (reason)
		return refuse(error, file, reason);
	if (!igvm_play(file, &igvm_ops, launch, error))
		return false;
	reason = finish(launch, file->sev_features);
	return !reason || refuse(error, file, reason);
}

/* ----------------------------------------------------------- secrets page */

void launch_secrets_page(const struct launch_secrets *secrets,
			 uint8_t page[RMP_PAGE_BYTES])
{
	const uint32_t version = SECRETS_VERSION_3;

	memset(page, 0, RMP_PAGE_BYTES);
	memcpy(page + SECRETS_VERSION, &version, sizeof(version));
	memcpy(page + SECRETS_FMS, &secrets->fms, sizeof(secrets->fms));
	memcpy(page + SECRETS_VMPCK, secrets->vmpck, sizeof(secrets->vmpck));
	memcpy(page + SECRETS_TSC_FACTOR, &secrets->tsc_factor,
	       sizeof(secrets->tsc_factor));
}
