/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Launch digests written down once more, in bytes. */
#include "by_hand.h"

#include <check.h>
#include <string.h>

void expect_hex(const uint8_t bytes[SHA384_BYTES], const char *hex)
{
	char text[2 * SHA384_BYTES + 1];
	struct digest digest;

	memcpy(digest.byte, bytes, SHA384_BYTES);
	digest_text(&digest, text);
	ck_assert_str_eq(text, hex);
}

/* PAGE_INFO, written down once more. */
void extend_by_hand(struct digest *ld, uint8_t type, uint64_t gpa,
		    const uint8_t *hash, const uint8_t masks[3])
{
	uint8_t info[112] = { 0 };

	memcpy(info, ld->byte, 48);
	if (hash)
		memcpy(info + 48, hash, 48);
	info[0x60] = 112;
	info[0x62] = type;
	memcpy(info + 0x65, masks, 3);
	for (unsigned i = 0; i < 8; i++)
		info[0x68 + i] = (uint8_t)(gpa >> 8 * i);
	sha384(info, sizeof(info), ld->byte);
}
