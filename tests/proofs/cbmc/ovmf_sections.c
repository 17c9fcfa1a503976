/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * OVMF's metadata in a firmware image of 48 bytes: wherever the table says they
 * are, and however many sections they say they have, all reads are inside.
 */
#include "firmware_parse.c"
#include "harness.h"

#define LEN 48u

int main(void)
{
	struct svsm_refusal why;
	struct tail tail = { any_bytes(LEN), LEN, NULL, NULL, &why };
	struct svsm_abi_ovmf_section section;
	struct sections sections;
	unsigned read = 0;

	if (open_metadata(&tail, nondet_u32(), SVSM_OVMF_SEV_MAGIC,
			  &sections) != SVSM_OK)
		return 0;
	while (next_section(&tail, &sections, &section))
		read++;
	prove(read * sizeof(section) <=
	      LEN - sizeof(struct svsm_abi_ovmf_metadata));
	return 0;
}
