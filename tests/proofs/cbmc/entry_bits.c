/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Entries of page tables: what is made says what was asked for, is never
 * writable and executable, and reads back. No loop: this is for all values.
 */
#include <svsm/paging.h>

#include "harness.h"

int main(void)
{
	struct svsm_mapping was, mapping = {
		.gpa = { nondet_u64() },
		.size = nondet_u32() & 1 ? SVSM_PAGE_2M : SVSM_PAGE_4K,
		.map = (enum svsm_map)(nondet_u32() & 3),
	};
	uint64_t entry, address, cbit = 1ull << (32 + nondet_u32() % 20);

	if (!svsm_pte_can_map(mapping.gpa, mapping.size, cbit))
		return 0;
	entry = svsm_pte_make(&mapping, cbit);
	address = entry & SVSM_PTE_ADDRESS & ~cbit;
	prove(address == mapping.gpa.v);
	prove(entry & SVSM_PTE_PRESENT);
	prove(!(entry & SVSM_PTE_WRITE) || (entry & SVSM_PTE_NX));
	prove(!(entry & cbit) == (mapping.map == SVSM_MAP_SHARED));
	prove(!(entry & SVSM_PTE_NX) == (mapping.map == SVSM_MAP_EXECUTE));
	prove(!(entry & SVSM_PTE_HUGE) == (mapping.size == SVSM_PAGE_4K));
	was = svsm_pte_read(entry, cbit);
	prove(was.gpa.v == mapping.gpa.v && was.size == mapping.size);
	prove(was.map == mapping.map);
	return 0;
}
