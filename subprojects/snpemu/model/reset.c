/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The VMSA of a vCPU at reset. */
#include "reset.h"

#include <string.h>

static void put16(uint8_t *vmsa, unsigned at, uint16_t value)
{
	memcpy(vmsa + at, &value, sizeof(value));
}

static void put64(uint8_t *vmsa, unsigned at, uint64_t value)
{
	memcpy(vmsa + at, &value, sizeof(value));
}

static void put_segment(uint8_t *vmsa, unsigned at, uint16_t attributes)
{
	put16(vmsa, at + 2, attributes);
	put16(vmsa, at + 4, 0xffff);
}

void reset_vmsa(uint8_t vmsa[RMP_PAGE_BYTES], uint32_t ip, uint32_t signature,
		uint64_t sev_features)
{
	static const uint16_t attributes[] = {
		0x93, 0x9b, 0x93, 0x93, 0x93, 0x93,	/* ES CS SS DS FS GS */
		0x00, 0x82, 0x00, 0x8b,			/* GDTR LDTR IDTR TR */
	};

	memset(vmsa, 0, RMP_PAGE_BYTES);
	for (unsigned i = 0; i < 10; i++)
		put_segment(vmsa, 16 * i, attributes[i]);
	put16(vmsa, 0x10, 0xf000);			/* CS */
	put64(vmsa, 0x18, ip & 0xffff0000);		/* CS base */
	put64(vmsa, 0x178, ip & 0xffff);		/* RIP */
	put64(vmsa, 0x0d0, 0x1000);			/* EFER.SVME */
	put64(vmsa, 0x148, 0x40);			/* CR4.MCE */
	put64(vmsa, 0x158, 0x10);			/* CR0.ET */
	put64(vmsa, 0x160, 0x400);			/* DR7 */
	put64(vmsa, 0x168, 0xffff0ff0);			/* DR6 */
	put64(vmsa, 0x170, 0x2);			/* RFLAGS */
	put64(vmsa, 0x268, 0x0007040600070406);		/* G_PAT */
	put64(vmsa, 0x310, signature);			/* RDX */
	put64(vmsa, 0x3b0, sev_features);
	put64(vmsa, 0x3e8, 0x1);			/* XCR0 */
	put64(vmsa, 0x408, 0x1f80);			/* MXCSR */
	put16(vmsa, 0x410, 0x37f);			/* FCW */
}
