// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* What the machine hands over at the start, and the ways out of it. */
#include "probe.h"

#define WORD(va) (*(volatile uint32_t *)(uint64_t)(va))

/* ------------------------------------------------- pages of the launch */

PROBE(parameters_hold_cpus_and_environment)
{
	say("cpus %u\n", (uint64_t)WORD(PARAM_GPA));
	say("environment %x\n", (uint64_t)WORD(PARAM_GPA + 4));
}

PROBE(secrets_page_is_filled)
{
	uint32_t keys = 0;

	for (unsigned i = 0x20; i < 0xa0; i += 4)
		keys |= WORD(SECRETS_GPA + i);
	say("version %u\n", (uint64_t)WORD(SECRETS_GPA));
	say("keys are there: %u\n", (uint64_t)(keys != 0));
	say("svsm size %u\n", (uint64_t)WORD(SECRETS_GPA + 0x148));
}

static uint64_t find_leaf(uint32_t leaf, uint32_t subleaf)
{
	uint64_t entry = CPUID_GPA + 16;

	for (uint32_t i = 0; i < WORD(CPUID_GPA); i++, entry += 48)
		if (WORD(entry) == leaf && WORD(entry + 4) == subleaf)
			return entry;
	return 0;
}

PROBE(cpuid_page_describes_an_snp_guest)
{
	extern uint32_t cbit;
	uint64_t leaf = find_leaf(0x8000001f, 0);
	uint64_t eax = WORD(leaf + 24), ebx = WORD(leaf + 28);

	need(leaf != 0);
	say("count is small: %u\n", (uint64_t)(WORD(CPUID_GPA) <= 64));
	say("sev %u es %u snp %u vmpl %u\n", eax >> 1 & 1, eax >> 3 & 1,
	    eax >> 4 & 1, eax >> 5 & 1);
	say("C-bit %s, levels %u\n",
	    (ebx & 0x3f) == cbit ? "as used" : "wrong", ebx >> 12 & 0xf);
}

PROBE(cpuid_page_hides_what_a_guest_cannot_use)
{
	uint64_t one = find_leaf(1, 0), ext = find_leaf(0x80000001, 0);
	uint64_t seven = find_leaf(7, 0);

	need(one && ext && seven);
	say("hypervisor %u x2apic %u pcid %u\n",
	    (uint64_t)WORD(one + 32) >> 31, (uint64_t)WORD(one + 32) >> 21 & 1,
	    (uint64_t)WORD(one + 32) >> 17 & 1);
	say("svm %u la57 %u\n", (uint64_t)WORD(ext + 32) >> 2 & 1,
	    (uint64_t)WORD(seven + 32) >> 16 & 1);
}

PROBE(cpuid_page_offers_xsave)
{
	uint64_t one = find_leaf(1, 0), d0 = find_leaf(0xd, 0);
	uint64_t d1 = find_leaf(0xd, 1);

	need(one && d0 && d1);
	say("xsave %u, osxsave %u\n", (uint64_t)WORD(one + 32) >> 26 & 1,
	    (uint64_t)WORD(one + 32) >> 27 & 1);
	say("components %x, bytes %x of %x\n", (uint64_t)WORD(d0 + 24),
	    (uint64_t)WORD(d0 + 28), (uint64_t)WORD(d0 + 32));
	say("xsavec %u xsaves %u, bytes %x\n", (uint64_t)WORD(d1 + 24) >> 1 & 1,
	    (uint64_t)WORD(d1 + 24) >> 3 & 1, (uint64_t)WORD(d1 + 28));
	say("of xcr0 %x and %x\n", (uint64_t)WORD(d0 + 8),
	    (uint64_t)WORD(d1 + 8));
}

PROBE(cpuid_page_offers_invlpgb)
{
	uint64_t leaf = find_leaf(0x80000008, 0);

	need(leaf != 0);
	say("invlpgb %u, pages %u\n", (uint64_t)WORD(leaf + 28) >> 3 & 1,
	    (uint64_t)(WORD(leaf + 36) & 0xffff));
}

PROBE(sev_status_shows_the_features)
{
	say("sev status %x\n", rdmsr(0xc0010131));
}

PROBE(memory_not_loaded_starts_shared)
{
	WORD(SHARED_BASE + TEST_PAGE) = 5;
	say("can be written: %u\n", (uint64_t)WORD(SHARED_BASE + TEST_PAGE));
}

PROBE(last_page_of_memory_is_there)
{
	take_page(0x4000000 - 4096);
	WORD(0x4000000 - 4) = 9;
	say("has %u\n", (uint64_t)WORD(0x4000000 - 4));
}

PROBE(memory_ends_where_it_was_asked_to)
{
	say("page beyond it becomes private: %u\n",
	    (uint64_t)psc_private(0x4000000));
}

/* With 3 GiB: 2 GiB below 4 GiB, the rest above. */
PROBE(memory_goes_on_above_4_gib)
{
	say("below: %u\n", (uint64_t)psc_private(0x7ffff000));
	say("in the hole: %u\n", (uint64_t)psc_private(0x80000000));
	say("above: %u\n", (uint64_t)psc_private(0x100000000));
	say("last page: %u\n", (uint64_t)psc_private(0x13ffff000));
	say("beyond: %u\n", (uint64_t)psc_private(0x140000000));
}

/* ----------------------------------------------------------- ways out */

static void pci_write(uint32_t address, uint32_t value)
{
	out_host(0xcf8, 0x80000000 | address, 4);
	out_host(0xcfc, value, 4);
}

/* The ICH9's power management registers at port 600h; S5 is type 0. */
PROBE(power_off)
{
	pci_write(31 << 11 | 0x40, 0x601);
	pci_write(31 << 11 | 0x44, 0x80);
	out_host(0x604, 0x2000, 2);
	say("still here\n");
}

PROBE(reset_by_port_cf9)
{
	outb_host(0xcf9, 6);
	say("still here\n");
}

PROBE(reset_by_the_keyboard_controller)
{
	outb_host(0x64, 0xfe);
	say("still here\n");
}

PROBE(triple_fault_is_explained)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = { 0, 0 };

	__asm__ volatile("lidt %0; ud2" : : "m"(none));
}

/* For test_loud.py, which ends it. */
PROBE(spins_for_ever)
{
	for (;;)
		__asm__ volatile("pause");
}
