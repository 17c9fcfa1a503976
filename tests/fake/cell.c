/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Ring 3 as a function of the test's, and random numbers that it chooses.
 */
#include <string.h>

#include <svsm/cpuid.h>
#include <svsm/tlb.h>

#include "internal.h"

void (*fake_cell)(void *gate);
bool (*fake_random)(bool seed, uint64_t *word);

static uint8_t text[SVSM_PAGE_BYTES]
	__attribute__((aligned(SVSM_PAGE_BYTES)));

struct svsm_plat_cell svsm_plat_cell(void)
{
	return (struct svsm_plat_cell){ text, fake_cbit_mask() };
}

void svsm_plat_cell_prepare(void *gate, const uint64_t *root, uint64_t tcb)
{
	fake_seam(1);
	if (((uintptr_t)gate | (uintptr_t)root) % SVSM_PAGE_BYTES || !tcb)
		fake_violation("a cell's gate and tables are pages");
}

void svsm_plat_cell_enter(void *gate)
{
	bool before = svsm_tlb_leave();

	fake_seam(1);
	if (!fake_cell)
		fake_violation("a cell runs, and the test has no fake_cell()");
	fake_cell(gate);
	svsm_tlb_return(before);
}

/* What was asked for, so that a test sees it in the answer. */
void svsm_plat_cell_cpuid(uint32_t leaf, uint32_t subleaf,
			  struct svsm_cpuid_regs *regs)
{
	*regs = (struct svsm_cpuid_regs){ leaf + 1, subleaf + 1, 3, 4 };
}

bool svsm_plat_random(bool seed, uint64_t *word)
{
	static uint64_t state = 0x9e3779b97f4a7c15ull;

	fake_seam(1);
	if (fake_random)
		return fake_random(seed, word);
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	*word = state;
	return true;
}
