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

/* Its first words are big-endian: magic number and length. */
PROBE(device_tree_is_there)
{
	say("magic %x\n", (uint64_t)__builtin_bswap32(WORD(TREE_GPA)));
	say("bytes %u\n", (uint64_t)__builtin_bswap32(WORD(TREE_GPA + 4)));
}

PROBE(device_tree_that_is_optional_stays_empty_on_an_old_host)
{
	say("magic %x\n", (uint64_t)WORD(TREE_GPA));
}

/* Whose page is it? By way of another page's address. */
static void say_vmsa_page(uint64_t gpa)
{
	page_flags(TEST_PAGE, gpa, TEST_PAGE & ~gpa);
	try_pvalidate(TEST_PAGE, 0, 1);
	for (uint64_t vmpl = 1; vmpl < 4; vmpl++)
		try_rmpquery(TEST_PAGE, vmpl);
	say("features in it %u\n", (uint64_t)WORD(TEST_PAGE + 0x3b0));
}

/* Above all memory, where mainline KVM has it. */
PROBE(launch_vmsa_is_a_validated_page)
{
	say_vmsa_page(0xfffffffff000);
}

PROBE(launch_vmsa_lies_in_the_image)
{
	say_vmsa_page(VMSA_PAGE);
}

/* What they do is in probe_image.py. */
PROBE(launch_vmsas_start_other_vcpus_at_reset_at_vmpl0)
{
	for (;;)
		__asm__ volatile("pause");
}

PROBE(launch_vmsa_of_other_vcpus_is_in_the_image_as_well)
{
	for (;;)
		__asm__ volatile("pause");
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

static void say_invlpgb(void)
{
	uint64_t leaf = find_leaf(0x80000008, 0);
	uint32_t ebx, edx;

	need(leaf != 0);
	ebx = WORD(leaf + 28);
	edx = WORD(leaf + 36);
	say("invlpgb %u, of nested translations %u, pages %u\n",
	    (uint64_t)ebx >> 3 & 1, (uint64_t)ebx >> 21 & 1,
	    (uint64_t)(edx & 0xffff));
	ghcb_begin();
	ghcb_set(GHCB_RAX, 0x80000008);
	ghcb_set(GHCB_RCX, 0);
	ghcb_go(NAE_CPUID, 0, 0);
	say("the host's answer is the same: %u\n",
	    (uint64_t)(ghcb_get(GHCB_RBX) == ebx && ghcb_get(GHCB_RDX) == edx));
}

PROBE(cpuid_page_offers_invlpgb)
{
	say_invlpgb();
}

PROBE(cpuid_page_offers_no_invlpgb_without_the_host)
{
	say_invlpgb();
}

PROBE(cpuid_page_offers_invlpgb_that_faults)
{
	say_invlpgb();
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

/* Of memory that the machine made for the image: by another page's address. */
static void say_page(uint64_t gpa)
{
	page_flags(TEST_PAGE, gpa, TEST_PAGE & ~gpa);
	say("first word %x\n", (uint64_t)WORD(TEST_PAGE));
	WORD(TEST_PAGE + 4) = 5;
	say("can be written: %u\n", (uint64_t)WORD(TEST_PAGE + 4));
	page_flags(TEST_PAGE, TEST_PAGE, gpa & ~TEST_PAGE);
}

PROBE(image_page_where_nothing_is_gets_memory)
{
	say_page(0xfe001000);
}

PROBE(image_page_far_up_gets_memory)
{
	say_page(0x8000001000);
}

static void take_far(uint64_t gpa)
{
	need(psc_private(gpa));
	page_flags(TEST_PAGE, gpa, TEST_PAGE & ~gpa);
	need(pvalidate(TEST_PAGE, 0, 1));
	WORD(TEST_PAGE) = (uint32_t)(gpa >> 12);
	say("page %x has %x\n", gpa, (uint64_t)WORD(TEST_PAGE));
	page_flags(TEST_PAGE, TEST_PAGE, gpa & ~TEST_PAGE);
}

PROBE(required_memory_far_up_is_made)
{
	take_far(0x8000000000);
	take_far(0x8000003000);
	say("beyond it: %u\n", (uint64_t)psc_private(0x8000004000));
}

PROBE(required_memory_within_ram_is_ram)
{
	take_page(0x3fff000);
	say("has the last page\n");
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
