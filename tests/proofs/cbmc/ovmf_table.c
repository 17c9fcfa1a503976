/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OVMF's table of GUIDs in a firmware image of 80 bytes: room for two entries,
 * of any length and content, below the footer.
 */
#include "firmware_parse.c"
#include "harness.h"

#define LEN 80u

int main(void)
{
	struct svsm_refusal why;
	struct tail tail = { any_bytes(LEN), LEN, NULL, NULL, &why };
	uint32_t distance;

	if (find_metadata(&tail, guid_sev, &distance) != SVSM_OK)
		prove(why.where <= LEN);
	return 0;
}
