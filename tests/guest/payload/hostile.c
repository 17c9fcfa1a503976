/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The malformed calls of groups H, I, J and K, by id, from a real VMPL2. One
 * line for each id on the serial port; ends with the number of those that were
 * not answered as they should be. What needs a second vCPU is in stress.c.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>

#include "../../boot/images/stress/stress.h"
#include "layout.h"
#include "svsm.h"
#include "vmsa.h"

unsigned payload_main(void);

#define PAGES		0x02000000ull	/* ours, accepted */
#define PAGE_COUNT	16u
#define PAGE(n)		(PAGES + (n) * 0x1000ull)
#define LIST		PAGE(0)
#define HOLES		0x02400000ull	/* private, not accepted; 4 KiB each */
#define HOLE_COUNT	512u
#define HOLE(n)		(HOLES + (n) * 0x1000ull)

#define SVSM_PAGE	(STRESS_REGION + 0x10000)
#define NO_MEMORY	STRESS_MEMORY_END
#define CBIT_PAGE	(1ull << 51 | HOLE(0))
#define LAST_PAGE	0xfffffffffffff000ull

#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
#define HUGE		1ull

#define OTHER_APIC	1u	/* has no vCPU yet */
#define NO_APIC		77u
#define VMSA		PAGE(4)
#define VMSA_CA		PAGE(5)

#define ADDR		SVSM_ERR_INVALID_ADDRESS
#define PARAM		SVSM_ERR_INVALID_PARAMETER
#define SIZE_MISMATCH	SVSM_ERR_INSTRUCTION(SVSM_RMP_SIZE)

/* -------------------------------------------------------------- the verdict */

struct verdict {
	unsigned failed;	/* ids */
	bool bad;		/* of the id at hand */
};

static void expect(struct verdict *v, uint64_t got, uint64_t wanted)
{
	if (got == wanted)
		return;
	v->bad = true;
	say("hostile: got ");
	say_hex(got);
	say(", wanted ");
	say_hex(wanted);
	say("\n");
}

static void end_of(struct verdict *v, const char *id)
{
	say("hostile: ");
	say(id);
	say(v->bad ? " FAILED\n" : " ok\n");
	v->failed += v->bad;
	v->bad = false;
}

#define MARK_1	0x1111111122222222ull
#define MARK_2	0x3333333344444444ull

/* A core call; what is no result stays as it was (H-10). */
static uint64_t core(struct verdict *v, uint32_t fn, uint64_t rcx,
		     uint64_t rdx, uint64_t r8)
{
	struct call call = { .protocol = SVSM_PROTOCOL_CORE, .fn = fn,
		.rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = MARK_2 };

	if (!svsm_call(&call)) {
		v->bad = true;
		return ~0ull;
	}
	expect(v, call.rcx, rcx);
	expect(v, call.rdx, rdx);
	expect(v, call.r8, r8);
	expect(v, call.r9, MARK_2);
	return (uint32_t)call.rax;
}

static void write_list(uint64_t gpa, uint64_t header, uint64_t first,
		       uint64_t second)
{
	((volatile uint64_t *)gpa)[0] = header;
	((volatile uint64_t *)gpa)[1] = first;
	((volatile uint64_t *)gpa)[2] = second;
}

static uint64_t pvalidate_at(struct verdict *v, uint64_t gpa)
{
	return core(v, SVSM_CORE_PVALIDATE, gpa, MARK_1, MARK_2);
}

/* One entry. */
static uint64_t pvalidate(struct verdict *v, uint64_t entry)
{
	write_list(LIST, 1, entry, 0);
	return pvalidate_at(v, LIST);
}

static unsigned list_next(void)
{
	return ((volatile uint16_t *)LIST)[1];
}

/* --------------------------------------------------------------------- H */

static void check_calls(struct verdict *v)
{
	struct call call = { .rcx = MARK_1, .r9 = MARK_2 };

	if (!svsm_visit(&call) || call.rax != 0 || call.rcx != MARK_1)
		v->bad = true;
	end_of(v, "H-02");
	for (unsigned i = 0; i < 2; i++) {
		call = (struct call){ .fn = SVSM_CORE_QUERY_PROTOCOL,
			.rcx = i ? UINT32_MAX : 0 };
		if (!svsm_call(&call))
			v->bad = true;
		expect(v, call.rax, SVSM_SUCCESS);
		expect(v, call.rcx, 0);
	}
	end_of(v, "H-05");
	expect(v, core(v, SVSM_CORE_CREATE_VCPU, VMSA, VMSA_CA,
		       1ull << 32 | OTHER_APIC), PARAM);
	end_of(v, "H-06");
	expect(v, core(v, 99, MARK_1, MARK_2, MARK_1),
	       SVSM_ERR_UNSUPPORTED_CALL);
	end_of(v, "H-10");
	((volatile uint64_t *)(PAGE(1) - 8))[0] = 1;
	expect(v, pvalidate_at(v, PAGE(1) - 8), PARAM);
	expect(v, pvalidate_at(v, HOLE(0)), ADDR);
	end_of(v, "H-11");
	call = (struct call){ .protocol = 0x12345678, .rcx = MARK_1 };
	if (!svsm_call(&call))
		v->bad = true;
	expect(v, (uint32_t)call.rax, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	expect(v, call.rcx, MARK_1);
	expect(v, core(v, UINT32_MAX, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	end_of(v, "H-12");
}

/* --------------------------------------------------------------------- I */

static void check_lists(struct verdict *v)
{
	write_list(LIST, 1, HOLE(0) | VALIDATE, 0);
	for (unsigned i = 1; i < 8; i++)
		expect(v, pvalidate_at(v, LIST + i), PARAM);
	expect(v, pvalidate_at(v, SVSM_PAGE), ADDR);
	expect(v, pvalidate_at(v, NO_MEMORY), ADDR);
	expect(v, pvalidate_at(v, LAST_PAGE), ADDR);
	expect(v, pvalidate_at(v, ~7ull), ADDR);
	end_of(v, "I-01");
	for (unsigned i = 0; i < 3; i++) {
		static const uint16_t counts[] = { 0, 512, 0xffff };

		write_list(LIST, counts[i], HOLE(0) | VALIDATE, 0);
		expect(v, pvalidate_at(v, LIST), PARAM);
	}
	end_of(v, "I-02");
	for (unsigned i = 0; i < 3; i++) {
		static const uint16_t nexts[] = { 1, 2, 0xffff };

		write_list(LIST, 1 | (uint64_t)nexts[i] << 16,
			   HOLE(0) | VALIDATE, 0);
		expect(v, pvalidate_at(v, LIST), PARAM);
	}
	end_of(v, "I-03");
}

static void check_entries(struct verdict *v)
{
	for (unsigned bit = 4; bit < 12; bit++)
		expect(v, pvalidate(v, HOLE(0) | VALIDATE | 1u << bit), PARAM);
	end_of(v, "I-04");
	expect(v, pvalidate(v, HOLE(0) | VALIDATE | 2), PARAM);
	expect(v, pvalidate(v, HOLE(0) | VALIDATE | 3), PARAM);
	expect(v, pvalidate(v, HOLE(1) | VALIDATE | HUGE), PARAM);
	end_of(v, "I-05");
	expect(v, pvalidate(v, STRESS_REGION | VALIDATE | HUGE), ADDR);
	expect(v, pvalidate(v, CALLING_AREA / 0x200000 * 0x200000 | HUGE),
	       ADDR);
	end_of(v, "I-07");
	expect(v, pvalidate(v, LAST_PAGE | VALIDATE), ADDR);
	expect(v, pvalidate(v, 0xffffffffffe00000ull | VALIDATE | HUGE), ADDR);
	expect(v, pvalidate(v, NO_MEMORY | VALIDATE), ADDR);
	end_of(v, "I-08");
	expect(v, pvalidate(v, CBIT_PAGE | VALIDATE), ADDR);
	end_of(v, "I-09");
}

static void check_effects(struct verdict *v)
{
	volatile uint64_t *page = (volatile uint64_t *)HOLE(1);

	expect(v, pvalidate(v, HOLE(1) | VALIDATE), SVSM_SUCCESS);
	for (unsigned i = 0; i < 3; i++) {
		expect(v, page[i], 0);
		page[i] = MARK_1;
		expect(v, pvalidate(v, HOLE(1)), SVSM_SUCCESS);
		expect(v, pvalidate(v, HOLE(1) | VALIDATE), SVSM_SUCCESS);
	}
	end_of(v, "I-11");
	page[0] = MARK_1;
	expect(v, pvalidate(v, HOLE(1) | VALIDATE), SVSM_ERR_UNCHANGED);
	expect(v, page[0], MARK_1);
	expect(v, pvalidate(v, HOLE(1) | VALIDATE | IGNORE), SVSM_SUCCESS);
	expect(v, page[0], 0);
	expect(v, pvalidate(v, HOLE(2)), SVSM_ERR_UNCHANGED);
	expect(v, pvalidate(v, HOLE(2) | IGNORE), SVSM_SUCCESS);
	expect(v, pvalidate(v, HOLES | VALIDATE | HUGE), SIZE_MISMATCH);
	end_of(v, "I-12");
	write_list(LIST, 2, HOLE(3) | VALIDATE, SVSM_PAGE | VALIDATE);
	expect(v, pvalidate_at(v, LIST), ADDR);
	expect(v, list_next(), 1);
	end_of(v, "I-18");
	expect(v, pvalidate(v, CALLING_AREA), ADDR);
	end_of(v, "I-19");
	/* The page of the list itself, last: it is gone then. */
	write_list(PAGE(1), 2, PAGE(1), HOLE(4) | VALIDATE);
	expect(v, pvalidate_at(v, PAGE(1)), ADDR);
	expect(v, pvalidate(v, HOLE(4)), SVSM_ERR_UNCHANGED);
	end_of(v, "I-10");
}

/* ------------------------------------------------------------------ J and K */

static volatile struct svsm_abi_vmsa *vmsa_at(uint64_t gpa)
{
	return (volatile struct svsm_abi_vmsa *)gpa;
}

static void write_vmsa(uint64_t gpa)
{
	make_acceptable(vmsa_at(gpa), STRESS_VMPL);
}

static uint64_t create(struct verdict *v, uint64_t vmsa, uint64_t ca)
{
	return core(v, SVSM_CORE_CREATE_VCPU, vmsa, ca, OTHER_APIC);
}

static uint64_t delete(struct verdict *v, uint64_t vmsa)
{
	return core(v, SVSM_CORE_DELETE_VCPU, vmsa, MARK_1, MARK_2);
}

static void check_addresses(struct verdict *v)
{
	static const uint64_t bad[] = {
		SVSM_PAGE, NO_MEMORY, LAST_PAGE, HOLE(5), CALLING_AREA,
	};

	write_vmsa(VMSA);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect(v, create(v, bad[i], VMSA_CA), ADDR);
		expect(v, create(v, VMSA, bad[i]), ADDR);
	}
	expect(v, create(v, VMSA + 8, VMSA_CA), ADDR);
	expect(v, create(v, VMSA, VMSA_CA + 8), ADDR);
	end_of(v, "J-01");
	expect(v, create(v, VMSA, VMSA), ADDR);
	end_of(v, "J-02");
}

static void check_content(struct verdict *v)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		vmsa_at(VMSA)->sev_features = guest_features() ^ 1ull << bit;
		expect(v, create(v, VMSA, VMSA_CA), PARAM);
	}
	write_vmsa(VMSA);
	end_of(v, "J-04");
	vmsa_at(VMSA)->efer = 0;
	expect(v, create(v, VMSA, VMSA_CA), PARAM);
	write_vmsa(VMSA);
	for (unsigned vmpl = 0; vmpl < 256; vmpl += 1 + vmpl / 4) {
		if (vmpl == STRESS_VMPL)
			continue;
		vmsa_at(VMSA)->vmpl = (uint8_t)vmpl;
		expect(v, create(v, VMSA, VMSA_CA), PARAM);
	}
	write_vmsa(VMSA);
	end_of(v, "J-05");
	expect(v, core(v, SVSM_CORE_CREATE_VCPU, VMSA, VMSA_CA, NO_APIC),
	       PARAM);
	expect(v, core(v, SVSM_CORE_CREATE_VCPU, VMSA, VMSA_CA, 0), PARAM);
	end_of(v, "J-08");
}

static void check_lives(struct verdict *v)
{
	expect(v, create(v, VMSA, VMSA_CA), SVSM_SUCCESS);
	expect(v, create(v, VMSA, PAGE(6)), ADDR);
	expect(v, create(v, PAGE(6), VMSA), ADDR);
	/* The CPU may share it, but that page is no VMSA. */
	expect(v, create(v, PAGE(6), VMSA_CA), PARAM);
	expect(v, pvalidate(v, VMSA), ADDR);
	expect(v, pvalidate(v, VMSA_CA), ADDR);
	expect(v, pvalidate(v, VMSA | VALIDATE | IGNORE), ADDR);
	expect(v, pvalidate_at(v, VMSA), ADDR);
	expect(v, vmsa_at(VMSA)->vmpl, STRESS_VMPL);
	end_of(v, "J-02 alive");
	expect(v, delete(v, VMSA + 8), PARAM);
	expect(v, delete(v, VMSA_CA), PARAM);
	expect(v, delete(v, SVSM_PAGE), PARAM);
	expect(v, delete(v, VMSA), SVSM_SUCCESS);
	expect(v, delete(v, VMSA), PARAM);
	((volatile uint64_t *)VMSA)[0] = 0;	/* it is ours to write again */
	end_of(v, "J-11");
	for (unsigned i = 0; i < 200; i++) {
		write_vmsa(VMSA);
		expect(v, create(v, VMSA, VMSA_CA), SVSM_SUCCESS);
		expect(v, delete(v, VMSA), SVSM_SUCCESS);
	}
	end_of(v, "J-14");
}

static void check_remap(struct verdict *v)
{
	static const uint64_t bad[] = {
		SVSM_PAGE, NO_MEMORY, LAST_PAGE, HOLE(5), VMSA,
	};

	write_vmsa(VMSA);
	expect(v, create(v, VMSA, VMSA_CA), SVSM_SUCCESS);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(v, core(v, SVSM_CORE_REMAP_CA, bad[i], 0, 0), ADDR);
	expect(v, core(v, SVSM_CORE_REMAP_CA, VMSA_CA, 0, 0), ADDR);
	expect(v, core(v, SVSM_CORE_REMAP_CA, PAGE(6) + 8, 0, 0), PARAM);
	end_of(v, "K-01");
}

static bool prepare(void)
{
	return host_register(&boot_host) &&
		host_change(&boot_host, PAGES, PAGE_COUNT, false,
			    SVSM_PSC_OP_PRIVATE) &&
		svsm_pvalidate(PAGES, PAGE_COUNT, VALIDATE, 0) &&
		host_change(&boot_host, HOLES, HOLE_COUNT, false,
			    SVSM_PSC_OP_PRIVATE);
}

unsigned payload_main(void)
{
	struct call dump = { .protocol = STRESS_PROTOCOL };
	struct verdict v = { 0 };

	if (!prepare())
		return 99;
	check_calls(&v);
	check_lists(&v);
	check_entries(&v);
	check_effects(&v);
	check_addresses(&v);
	check_content(&v);
	check_lives(&v);
	check_remap(&v);
	if (!svsm_call(&dump) || dump.rax != SVSM_SUCCESS)
		return 98;
	return v.failed;
}
