/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The core protocol: any sequence of calls by any vCPU, with lists and VMSAs
 * of any content that change while they are read. Each call goes the whole
 * way on the RMP model; the oracle looks at every page after each input.
 *
 * An input is a list of steps: a byte says what, what follows are operands.
 */
#include <svsm/addr.h>
#include <svsm/vmsa.h>

#include "fixture.h"
#include "fuzz.h"

#define STEPS_MAX	48u
#define ENTRIES_MAX	12u
/** Guest pages that steps name by number: few, so that they meet. */
#define PAGES		64u
/** vCPUs that call; the last one is the oracle's (fixture.c). */
#define CALLERS		(CPUS - 1)

static struct fuzz_input input;

/* An address: mostly a page that other steps use as well. */
static uint64_t address(void)
{
	static const uint64_t special[] = {
		0, CA0, CA0 + 8, LIST, LIST + 0xff8, REGION, VMSA0,
		REGION + REGION_LEN, REGION - PAGE, MEMORY, MEMORY - PAGE,
		HUGE, 2 * HUGE, MEMORY - HUGE, 1ull << 51, ~0ull,
		0xfffffffffffff000ull,
	};
	uint8_t kind = fuzz_u8(&input);

	if (kind < PAGES * 2)
		return FREE_PAGES + kind % PAGES * PAGE;
	if (kind < 0xe0)
		return special[kind % SVSM_ARRAY_SIZE(special)];
	return fuzz_u64(&input) >> (kind & 0x1f);
}

static const struct svsm_vcpu *vcpu_of(uint32_t apic_id)
{
	for (unsigned i = 0; i < SVSM_VCPUS; i++) {
		const struct svsm_vcpu *vcpu = &svsm_guest.vcpus.vcpu[i];

		if (vcpu->state != SVSM_VCPU_FREE && vcpu->apic_id == apic_id)
			return vcpu;
	}
	return NULL;
}

static void call(uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct regs regs = { rax, rcx, rdx, r8, 0x9999 };
	uint32_t apic_id = fuzz_u8(&input) % CALLERS;

	/* The fixture's own VMSAs are not of the pool: not to be freed. */
	if (rax == CORE(SVSM_CORE_DELETE_VCPU) && rcx - REGION < REGION_LEN)
		return;
	if (rax == CORE(SVSM_CORE_CREATE_VCPU) && (uint32_t)r8 >= CALLERS)
		regs.r8 = 0;
	if (!vcpu_of(apic_id))
		return;
	if (guest_call_by(apic_id, &regs) == SVSM_VCPU_RUN)
		FUZZ_REQUIRE(regs.rax <= UINT32_MAX);
}

/* What the guest writes into a page of its own, if it is one. */
static void scribble(uint64_t gpa, const void *bytes, size_t n)
{
	if (n <= PAGE - gpa % PAGE && gpa < MEMORY)
		fake_ignore(fake_guest_write(gpa, bytes, n));
}

static void pvalidate(void)
{
	struct svsm_abi_pvalidate header = {
		.count = fuzz_u8(&input) % (ENTRIES_MAX + 1),
	};
	uint64_t entries[ENTRIES_MAX];
	uint64_t list = fuzz_u8(&input) % 4 ? LIST : address();
	uint8_t odd = fuzz_u8(&input);

	for (unsigned i = 0; i < header.count; i++) {
		uint8_t bits = fuzz_u8(&input);

		entries[i] = address() & SVSM_PVALIDATE_GPA;
		entries[i] |= bits & (SVSM_PVALIDATE_VALID |
				      SVSM_PVALIDATE_IGNORE_CF);
		if (bits & 0x10)
			entries[i] |= bits >> 5 & SVSM_PVALIDATE_SIZE;
		if (bits == 0xff)
			entries[i] |= SVSM_PVALIDATE_RESERVED;
	}
	if (odd & 1)
		header.next = odd >> 4;
	if (odd == 0xff)
		header.count = 600;
	scribble(list, &header, sizeof(header));
	scribble(list + sizeof(header), entries, sizeof(entries));
	call(CORE(SVSM_CORE_PVALIDATE), list, 0, 0);
}

/* A good VMSA but for a word of the fuzzer's choice. */
static void create(void)
{
	static struct svsm_abi_vmsa vmsa;
	uint64_t page = address(), ca = address();
	uint16_t at = fuzz_u16(&input);
	uint64_t word = fuzz_u64(&input);

	svsm_vmsa_init_reset(&vmsa, 2, SVSM_SEV_SNP);
	if (at & 1)
		memcpy((uint8_t *)&vmsa + (at & 0xff8) % sizeof(vmsa), &word,
		       sizeof(word));
	scribble(page, &vmsa, sizeof(vmsa));
	call(CORE(SVSM_CORE_CREATE_VCPU), page, ca, fuzz_u8(&input) % CALLERS);
}

static void deposit(uint32_t fn)
{
	uint64_t list = fuzz_u8(&input) % 4 ? LIST : address();
	uint64_t entries[4] = { address(), address(), address(), address() };
	struct svsm_abi_pvalidate header = {
		.count = fuzz_u8(&input) % (SVSM_ARRAY_SIZE(entries) + 1),
	};

	scribble(list, &header, sizeof(header));
	scribble(list + sizeof(header), entries, sizeof(entries));
	call(CORE(fn), list, address(), fuzz_u8(&input));
}

static uint8_t flip;

/* The guest's other CPU, which writes what we have just read. */
static void rewrite(uint64_t gpa, void *bytes, size_t n)
{
	(void)gpa;
	((uint8_t *)bytes)[flip % n] ^= flip;
}

static void step(void)
{
	static const struct svsm_range given = { { FREE_PAGES }, 8 * PAGE };

	switch (fuzz_u8(&input) % 10) {
	case 0:
	case 1:
	case 2:
		pvalidate();
		break;
	case 3:
		create();
		break;
	case 4:
		call(CORE(SVSM_CORE_DELETE_VCPU), address(), 0, 0);
		break;
	case 5:
		call(CORE(SVSM_CORE_REMAP_CA), address(), 0, 0);
		break;
	case 6:
		deposit(SVSM_CORE_DEPOSIT_MEM + (fuzz_u8(&input) & 1));
		break;
	case 7:
		call((uint64_t)(fuzz_u8(&input) % 2) << 32 |
		     fuzz_u8(&input) % 16, address(), address(), address());
		break;
	case 8:
		flip = fuzz_u8(&input);
		fake_after_fetch = flip ? rewrite : NULL;
		break;
	default:
		/* Firmware's work: some pages to begin with. */
		if (svsm_own_is(&svsm_guest.own, &given, SVSM_OWN_INVALID))
			guest_give(FREE_PAGES, 8);
	}
}

/* Every page that a lower VMPL can reach is counted as the guest's. */
static void account(void)
{
	for (uint64_t gpa = 0; gpa < MEMORY; gpa += PAGE) {
		enum svsm_owner owner = guest_owner(gpa);
		unsigned open = fake_perms(gpa, 1) | fake_perms(gpa, 2) |
				fake_perms(gpa, 3);

		if (owner == SVSM_OWN_GUEST || owner == SVSM_OWN_CAA)
			FUZZ_REQUIRE(fake_rmp(gpa)->validated);
		else if (owner != SVSM_OWN_VMSA)
			FUZZ_REQUIRE(!fake_rmp(gpa)->validated || !open);
	}
	for (uint64_t gpa = REGION; gpa < REGION + REGION_LEN; gpa += PAGE)
		if (!fake_rmp(gpa)->vmsa)
			FUZZ_REQUIRE(!fake_perms(gpa, 1) &&
				     !fake_perms(gpa, 2) &&
				     !fake_perms(gpa, 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	input = (struct fuzz_input){ data, len };
	guest_setup();
	for (unsigned i = 0; i < STEPS_MAX && input.len; i++)
		fuzz_want(fake_reason_of(step()), FAKE_NO_TERMINATION);
	fake_after_fetch = NULL;
	account();
	guest_oracle();
	guest_teardown();
	return 0;
}
