/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The honest host's page state changes.
 */
#include "internal.h"

/* 0, or the error's low half. */
uint64_t fake_host_psc_one(uint64_t gpa, unsigned op)
{
	const struct rmp_entry *entry;

	fake.count.psc_entries++;
	if (op != SVSM_PSC_OP_PRIVATE && op != SVSM_PSC_OP_SHARED)
		fake_violation("page state change with operation %u", op);
	if (gpa >= fake.bytes)
		return 2;
	entry = fake_rmp(gpa);
	if (entry->validated)
		fake_violation("page state change of %#lx, which is still "
				"validated", (unsigned long)gpa);
	return fake_host_assign(gpa, SVSM_PAGE_BYTES,
			op == SVSM_PSC_OP_PRIVATE) ? 0 : 2;
}

/* 2 MiB: to one entry where nothing of it is assigned in small pieces. */
static bool assign_huge(uint64_t gpa)
{
	struct rmp_operand op = { .gpa = gpa, .asid = FAKE_ASID,
		.size = RMP_2M, .assigned = true };

	if (!fake_host_assign(gpa, SVSM_HUGE_BYTES, false))
		return false;
	if (rmp_rmpupdate(&fake.rmp, 0, gpa, &op).code != RMP_SUCCESS)
		return false;
	fake_mapping_refresh(gpa, SVSM_HUGE_BYTES);
	return true;
}

static bool do_huge(uint64_t gpa, unsigned op)
{
	if (!svsm_is_aligned(gpa, SVSM_HUGE_BYTES) ||
			gpa + SVSM_HUGE_BYTES > fake.bytes)
		return false;
	for (uint64_t at = gpa; at < gpa + SVSM_HUGE_BYTES;
			at += SVSM_PAGE_BYTES) {
		if (fake_rmp(at)->validated)
			fake_violation("page state change of %#lx, which is "
					"still validated", (unsigned long)at);
	}
	fake.count.psc_entries++;
	if (op == SVSM_PSC_OP_PRIVATE)
		return assign_huge(gpa);
	return fake_host_assign(gpa, SVSM_HUGE_BYTES, false);
}

static bool do_entry(uint64_t *entry)
{
	uint64_t gpa = *entry & SVSM_PSC_FRAME_MASK;
	unsigned op = *entry >> SVSM_PSC_OP_SHIFT & 0xf;
	bool huge = *entry & SVSM_PSC_HUGE;

	if ((*entry >> 57) || (*entry & SVSM_PSC_CUR_PAGE_MASK))
		fake_violation("page state change entry %#lx",
				(unsigned long)*entry);
	if (huge ? !do_huge(gpa, op) : fake_host_psc_one(gpa, op) != 0)
		return false;
	*entry |= huge ? 512 : 1;
	return true;
}

void fake_host_psc(struct fake_exit *exit)
{
	struct svsm_abi_psc_header *header = (void *)exit->ghcb->buffer;
	uint64_t *entries = (uint64_t *)(header + 1);

	if (header->reserved || header->end_entry >= SVSM_PSC_ENTRIES ||
			header->cur_entry > header->end_entry)
		fake_violation("page state change header %u..%u",
				header->cur_entry, header->end_entry);
	while (header->cur_entry <= header->end_entry) {
		if (!do_entry(&entries[header->cur_entry])) {
			fake_ghcb_answer(exit->ghcb, 0, 1ull << 32 | 2);
			return;
		}
		header->cur_entry++;
	}
	fake_ghcb_answer(exit->ghcb, 0, 0);
}
