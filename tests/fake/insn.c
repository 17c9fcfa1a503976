/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The instructions: PVALIDATE and RMPADJUST on the model.
 */
#include <string.h>

#include <svsm/abi/snp.h>

#include "internal.h"

static const struct rmp_guest vmpl0 = { .asid = FAKE_ASID };

/* ---------------------------------------------------------------- scramble */

/* What the host put into a page is recognisable wherever it shows up. */
static uint64_t scramble_word(uint64_t gpa)
{
	return 0xdb5ca1ab1e000000ull + gpa / SVSM_PAGE_BYTES;
}

void fake_scramble(uint64_t gpa, uint64_t len)
{
	for (uint64_t at = gpa; at < gpa + len; at += SVSM_PAGE_BYTES) {
		uint64_t *page = fake_peek_private(at);

		for (unsigned i = 0; i < 512; i++)
			page[i] = scramble_word(at);
	}
}

bool fake_is_scrambled(uint64_t gpa, uint64_t len)
{
	for (uint64_t at = gpa; at < gpa + len; at += SVSM_PAGE_BYTES) {
		const uint64_t *page = fake_peek_private(at);

		for (unsigned i = 0; i < 512; i++) {
			if (page[i] == scramble_word(at))
				return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------ instructions */

static uint64_t operand_page(const void *va, bool huge, const char *insn)
{
	uint64_t len = huge ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
	const struct mapping *map = fake_mapping_find((uintptr_t)va);

	if (!map || map->absent)
		fake_violation("%s of unmapped %p", insn, va);
	if (!map->private)
		fake_violation("%s through a shared mapping", insn);
	if (map->len < len)
		fake_violation("%s of 2 MiB through a 4 KiB mapping", insn);
	return map->gpa + ((uintptr_t)va - map->va);
}

/* The host's cure for a 4 KiB request on a 2 MiB entry. */
bool fake_split(uint64_t gpa)
{
	uint64_t base = svsm_align_down(fake_spa(gpa), RMP_LARGE_BYTES);

	return rmp_psmash(&fake.rmp, 0, base).code == RMP_SUCCESS;
}

/* What no instruction returns from. */
static void not_an_answer(const struct rmp_outcome *out, uint64_t gpa)
{
	if (out->exit == RMP_EXIT_VC)
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	if (out->exit == RMP_EXIT_NPF)
		fake_end(FAKE_STALL);
	fake_violation("instruction on %#lx: %s", (unsigned long)gpa,
			rmp_rule_text(out->rule));
}

static struct rmp_outcome pvalidate(const void *va, bool huge, bool valid)
{
	struct rmp_outcome out = rmp_pvalidate_check(&vmpl0, (uintptr_t)va,
			huge, valid);
	uint64_t gpa = operand_page(va, huge, "PVALIDATE");
	struct rmp_place place = fake_place(gpa);

	if (out.exit != RMP_EXIT_NONE || out.code != RMP_SUCCESS)
		return out;
	out = rmp_pvalidate(&fake.rmp, &vmpl0, &place, huge, valid);
	if (out.exit == RMP_EXIT_NPF && (out.exitinfo1 & RMP_NPF_SIZE) &&
			fake_split(gpa)) {
		place = fake_place(gpa);
		out = rmp_pvalidate(&fake.rmp, &vmpl0, &place, huge, valid);
	}
	if (out.exit != RMP_EXIT_NONE)
		not_an_answer(&out, gpa);
	return out;
}

struct svsm_pvalidate_out
svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	uint64_t len = huge ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
	struct rmp_outcome out;
	uint64_t gpa;

	fake_seam((unsigned)(len / SVSM_PAGE_BYTES));
	fake_lock();
	fake.count.pvalidates++;
	out = pvalidate(va, huge, valid);
	gpa = operand_page(va, huge, "PVALIDATE");
	if (out.code == RMP_SUCCESS && !out.carry) {
		fake_tlb_changed(gpa, len, valid);
		fake_scramble(gpa, len);
		fake_mapping_refresh(gpa, len);
	}
	fake_unlock();
	return (struct svsm_pvalidate_out){ out.code, out.carry };
}

static struct rmp_outcome rmpadjust(const void *va, bool huge, uint64_t rdx)
{
	struct rmp_outcome out = rmp_rmpadjust_check(&vmpl0, (uintptr_t)va,
			huge, rdx);
	uint64_t gpa = operand_page(va, huge, "RMPADJUST");
	struct rmp_place place = fake_place(gpa);

	if (out.exit != RMP_EXIT_NONE || out.code != RMP_SUCCESS)
		return out;
	out = rmp_rmpadjust(&fake.rmp, &vmpl0, &place, huge, rdx);
	if (out.exit == RMP_EXIT_NPF && (out.exitinfo1 & RMP_NPF_SIZE) &&
			fake_split(gpa)) {
		place = fake_place(gpa);
		out = rmp_rmpadjust(&fake.rmp, &vmpl0, &place, huge, rdx);
	}
	if (out.exit != RMP_EXIT_NONE)
		not_an_answer(&out, gpa);
	return out;
}

/* What was lost stays usable in TLBs; what was granted must be clean. */
static void note_change(uint64_t gpa, uint64_t len, unsigned old, unsigned new)
{
	uint64_t first = gpa / SVSM_PAGE_BYTES;
	uint64_t end = (gpa + len) / SVSM_PAGE_BYTES;
	unsigned lost = old & ~new;

	if ((new & ~old) && fake_is_scrambled(gpa, len))
		fake_violation("page %#lx granted without being cleared",
				(unsigned long)gpa);
	if (new & ~old)
		fake_tlb_check_gpa(gpa, len);
	if (!lost)
		return;
	fake_tlb_lost(first, end, lost);
}

uint32_t svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs)
{
	uint64_t len = huge ? SVSM_HUGE_BYTES : SVSM_PAGE_BYTES;
	unsigned vmpl = attrs & 3;
	struct rmp_outcome out;
	unsigned old;
	uint64_t gpa;

	fake_seam((unsigned)(len / SVSM_PAGE_BYTES));
	fake_lock();
	fake.count.rmpadjusts++;
	gpa = operand_page(va, huge, "RMPADJUST");
	old = fake_perms(gpa, vmpl);
	out = rmpadjust(va, huge, attrs);
	if (out.code == RMP_SUCCESS) {
		if (attrs & SVSM_RMPADJUST_VMSA)
			fake_tlb_add_vmsa(gpa);
		note_change(gpa, len, old, attrs >> 8 & 0xff);
		fake_mapping_refresh(gpa, len);
	}
	fake_unlock();
	return out.code;
}

void svsm_plat_clear(void *va, uint64_t len)
{
	if (((uintptr_t)va | len) % SVSM_PAGE_BYTES)
		fake_violation("clearing %#lx bytes at %p: no pages",
				(unsigned long)len, va);
	fake_seam((unsigned)(len / SVSM_PAGE_BYTES));
	memset(va, 0, len);
}
