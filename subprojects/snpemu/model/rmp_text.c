/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Rules, codes and states of the RMP in words. */
#include "rmp_internal.h"

static const char *const rule_texts[RMP_RULE_COUNT] = {
	[RMP_RULE_NONE] = "no rule broken",
	[RMP_RULE_NOT_SNP] = "the instruction needs an SNP guest",
	[RMP_RULE_CPL] = "the instruction needs CPL 0",
	[RMP_RULE_VMPL0_ONLY] = "PVALIDATE needs VMPL0",
	[RMP_RULE_INPUT] = "reserved bits, alignment or size of the operands",
	[RMP_RULE_TARGET_VMPL] = "the target VMPL is not below the own one",
	[RMP_RULE_NOT_COVERED] = "the RMP has no entry for the page",
	[RMP_RULE_NOT_ASSIGNED] =
		"a private access meets a page of the hypervisor",
	[RMP_RULE_ASID] = "the page belongs to another owner",
	[RMP_RULE_GPA] = "the entry names another guest address",
	[RMP_RULE_IMMUTABLE] = "the entry is immutable",
	[RMP_RULE_SIZE] = "nested mapping and entry differ in size",
	[RMP_RULE_REQUEST_SIZE] = "request and entry differ in size",
	[RMP_RULE_NOT_VALIDATED] = "the page is not validated",
	[RMP_RULE_VMPL_READ] = "this VMPL may not read the page",
	[RMP_RULE_VMPL_WRITE] = "this VMPL may not write the page",
	[RMP_RULE_VMPL_WRITE_ONLY] =
		"the permissions have write without read",
	[RMP_RULE_VMPL_EXEC_USER] =
		"this VMPL may not execute the page at CPL 3",
	[RMP_RULE_VMPL_EXEC_SUPER] =
		"this VMPL may not execute the page at CPL 0 to 2",
	[RMP_RULE_VMPL_SSS] =
		"this VMPL may not use the page as a shadow stack",
	[RMP_RULE_MASK] = "the mask grants more than the own VMPL has",
	[RMP_RULE_SHARED_WRITE] = "a shared write meets an assigned page",
	[RMP_RULE_IN_USE] = "the page is the VMSA of a running vCPU",
	[RMP_RULE_OVERLAP] = "pages of different sizes overlap",
	[RMP_RULE_NOT_VMSA] = "the page is not marked as a VMSA",
	[RMP_RULE_NOT_LARGE] = "the page is not an assigned 2 MiB page",
};

const char *rmp_rule_text(enum rmp_rule rule)
{
	return rule < RMP_RULE_COUNT ? rule_texts[rule] : "unknown rule";
}

const char *rmp_code_text(enum rmp_code code)
{
	switch (code) {
	case RMP_SUCCESS:
		return "SUCCESS";
	case RMP_FAIL_INPUT:
		return "FAIL_INPUT";
	case RMP_FAIL_PERMISSION:
		return "FAIL_PERMISSION";
	case RMP_FAIL_INUSE:
		return "FAIL_INUSE";
	case RMP_FAIL_OVERLAP:
		return "FAIL_OVERLAP";
	case RMP_FAIL_SIZEMISMATCH:
		return "FAIL_SIZEMISMATCH";
	case RMP_FAIL_NOT_ELIGIBLE:
		return "FAIL_NOT_ELIGIBLE";
	}
	return "unknown code";
}

static const char *firmware_state(const struct rmp_entry *entry)
{
	if (!entry->immutable)
		return "Reclaim";
	if (entry->vmsa)
		return "Context";
	if (entry->gpa >= RMP_PAGE_BYTES)
		return "Metadata";
	return "Firmware";
}

static const char *guest_state(const struct rmp_entry *entry)
{
	if (entry->immutable)
		return entry->validated ? "Pre-Swap" : "Pre-Guest";
	return entry->validated ? "Guest-Valid" : "Guest-Invalid";
}

const char *rmp_state_text(const struct rmp_entry *entry)
{
	if (!entry)
		return "Default";
	if (!entry->assigned)
		return entry->immutable ? "HV-Fixed" : "Hypervisor";
	return entry->asid == 0 ? firmware_state(entry) : guest_state(entry);
}
