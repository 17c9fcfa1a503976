/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The launch digest: LD(n+1) = SHA-384(PAGE_INFO of page n). */
#include "digest.h"

#include <string.h>

/* Offsets in PAGE_INFO. */
#define INFO_DIGEST	0x00
#define INFO_CONTENTS	0x30
#define INFO_LENGTH	0x60
#define INFO_TYPE	0x62
#define INFO_PERMS	0x64	/* mask of VMPL n at 0x64 + n */
#define INFO_GPA	0x68
#define INFO_BYTES	0x70u

/* GUEST_TSC_SCALE and GUEST_TSC_OFFSET of a VMSA: set by the firmware. */
#define VMSA_TSC	0x2f0
#define VMSA_TSC_BYTES	16

void digest_init(struct digest *ld)
{
	memset(ld, 0, sizeof(*ld));
}

static void hash_vmsa(const uint8_t *vmsa, uint8_t out[SHA384_BYTES])
{
	static const uint8_t zeros[VMSA_TSC_BYTES];
	const size_t rest = VMSA_TSC + VMSA_TSC_BYTES;
	struct sha384 hash;

	sha384_init(&hash);
	sha384_update(&hash, vmsa, VMSA_TSC);
	sha384_update(&hash, zeros, sizeof(zeros));
	sha384_update(&hash, vmsa + rest, RMP_PAGE_BYTES - rest);
	sha384_final(&hash, out);
}

static void hash_contents(enum rmp_page_type type, const void *content,
			  uint8_t out[SHA384_BYTES])
{
	if (type == RMP_TYPE_NORMAL)
		sha384(content, RMP_PAGE_BYTES, out);
	else if (type == RMP_TYPE_VMSA)
		hash_vmsa(content, out);
	else
		memset(out, 0, SHA384_BYTES);
}

void digest_extend(struct digest *ld, enum rmp_page_type type, uint64_t gpa,
		   const void *content, const uint8_t perms[RMP_VMPLS])
{
	uint8_t info[INFO_BYTES] = { 0 };

	memcpy(info + INFO_DIGEST, ld->byte, SHA384_BYTES);
	hash_contents(type, content, info + INFO_CONTENTS);
	info[INFO_LENGTH] = INFO_BYTES;
	info[INFO_TYPE] = (uint8_t)type;
	if (perms)
		memcpy(info + INFO_PERMS + 1, perms + 1, RMP_VMPLS - 1);
	memcpy(info + INFO_GPA, &gpa, sizeof(gpa));
	sha384(info, sizeof(info), ld->byte);
}

void digest_text(const struct digest *ld, char text[2 * SHA384_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < SHA384_BYTES; i++) {
		text[2 * i] = digits[ld->byte[i] >> 4];
		text[2 * i + 1] = digits[ld->byte[i] & 15];
	}
	text[2 * SHA384_BYTES] = '\0';
}
