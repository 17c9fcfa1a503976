/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * IGVM: the VMSA of a file. QEMU copies only some fields to KVM and refuses a
 * file that asks for others; so do we, or an image that runs here would not
 * run there.
 */
#include "igvm_internal.h"

#define VMSA_FEATURES		0x3b0
#define FEATURE_SNP		(1ull << 0)
#define FEATURE_RESTRICTED	(1ull << 3)
#define FEATURE_ALTERNATE	(1ull << 4)

/* Where a VMSA may hold anything, [start, end) in bytes. */
static const struct span {
	uint16_t start, end;
} allowed[] = {
	{ 0x000, 0x0a0 },	/* segments, descriptor tables, TR */
	{ 0x0d0, 0x0d8 },	/* EFER */
	{ 0x148, 0x180 },	/* CR4 CR3 CR0 DR7 DR6 RFLAGS RIP */
	{ 0x1d8, 0x1e0 },	/* RSP */
	{ 0x1f8, 0x200 },	/* RAX */
	{ 0x268, 0x270 },	/* G_PAT */
	{ 0x308, 0x320 },	/* RCX RDX RBX */
	{ 0x328, 0x380 },	/* RBP RSI RDI R8..R15 */
	{ 0x3b0, 0x3b8 },	/* SEV_FEATURES */
	{ 0x3e8, 0x3f0 },	/* XCR0 */
	{ 0x408, 0x40c },	/* MXCSR */
	{ 0x410, 0x412 },	/* X87_FCW */
};

/* The first byte in [start, end) that is not zero, or end. */
static uint64_t first_used(const uint8_t *vmsa, uint64_t start, uint64_t end)
{
	while (start < end && vmsa[start] == 0)
		start++;
	return start;
}

static bool check_fields(const uint8_t *vmsa, uint64_t offset,
			 struct igvm_error *error)
{
	uint64_t start = 0, end, used;

	for (size_t i = 0; i <= sizeof(allowed) / sizeof(allowed[0]); i++) {
		bool last = i == sizeof(allowed) / sizeof(allowed[0]);

		end = last ? RMP_PAGE_BYTES : allowed[i].start;
		used = first_used(vmsa, start, end);
		if (used != end)
			return igvm_refuse(error, offset + used,
					   "QEMU refuses a value in this "
					   "field of the VMSA");
		start = last ? end : allowed[i].end;
	}
	return true;
}

bool igvm_check_vmsa(const uint8_t *vmsa, uint64_t offset,
		     struct igvm_error *error)
{
	uint64_t features = load64(vmsa + VMSA_FEATURES);

	if (!check_fields(vmsa, offset, error))
		return false;
	if (!(features & FEATURE_SNP))
		return igvm_refuse(error, offset + VMSA_FEATURES,
				   "the VMSA does not ask for SNP");
	if ((features & FEATURE_RESTRICTED) && (features & FEATURE_ALTERNATE))
		return igvm_refuse(error, offset + VMSA_FEATURES,
				   "the VMSA asks for restricted and for "
				   "alternate injection");
	return true;
}
