/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The vTPM protocol: any sequence of calls by several vCPUs, with buffers of
 * any content anywhere, that change while they are read and stop being the
 * guest's, in front of a cell that replies what it likes, late or never.
 *
 * An input is a list of steps: a byte says what, what follows are operands.
 */
#include "fuzz.h"
#include "stand_in.h"
#include "vtpm_protocol/internal.h"

#define STEPS_MAX	64u
#define CALLERS		3u	/* APIC IDs 0, 1, 2 */
#define PAGES		6u
#define VMSA(i)		(VMSA1 + (i) * 0x2000)
#define CA(i)		(CA1 + (i) * 0x2000)

static struct fuzz_input input;
static uint8_t flip;

static uint64_t address(void)
{
	static const uint64_t special[] = {
		0, 1, CA0, CA0 + 8, LIST, REGION, VMSA0, VMSA(0), CA(0),
		REGION - 1, MEMORY, MEMORY - PAGE, BEYOND, ~0ull,
		0xfffffffffffff000ull, 0xfffffffffffff001ull,
	};
	uint8_t kind = fuzz_u8(&input);

	if (kind < 0xd0)
		return FREE_PAGES + kind % PAGES * PAGE +
			(kind & 0x40 ? fuzz_u16(&input) % PAGE : 0);
	if (kind < 0xf8)
		return special[kind % SVSM_ARRAY_SIZE(special)];
	return fuzz_u64(&input);
}

static bool is_vcpu(uint32_t apic_id)
{
	for (unsigned i = 0; i < SVSM_VCPUS; i++)
		if (svsm_guest.vcpus.vcpu[i].state != SVSM_VCPU_FREE &&
		    svsm_guest.vcpus.vcpu[i].apic_id == apic_id)
			return true;
	return false;
}

static uint64_t call(uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct regs regs = { rax, rcx, rdx, r8, 0x9999 };
	uint32_t apic_id = fuzz_u8(&input) % CALLERS;

	if (!is_vcpu(apic_id) ||
	    guest_call_by(apic_id, &regs) != SVSM_VCPU_RUN)
		return ~0ull;
	FUZZ_REQUIRE(regs.rax <= UINT32_MAX);
	return regs.rax;
}

/* All of the buffer is the response's, or zero. */
static void check_response(uint64_t gpa)
{
	static const uint8_t zero[SVSM_VTPM_BUFFER];
	uint32_t size = 0;

	for (unsigned i = 4; i--;)
		size = size << 8 | *guest_byte(gpa + i);
	FUZZ_REQUIRE(size >= SVSM_VTPM_TPM_HEADER &&
		     size <= SVSM_VTPM_RESPONSE_MAX);
	FUZZ_REQUIRE(guest_has(gpa + 4 + size, zero,
			       SVSM_VTPM_RESPONSE_MAX - size));
}

static void command(void)
{
	uint64_t gpa = address(), result;
	unsigned begun = stand_in.requests;

	result = call(CMD, gpa, 0, 0);
	FUZZ_REQUIRE(stand_in.requests - begun <= 1);
	FUZZ_REQUIRE(svsm_vtpm_cell.state != SVSM_CELL_TAKEN);
	if (result == SVSM_SUCCESS)
		check_response(gpa);
}

/* What a guest writes, if the bytes are its own. */
static void scribble(void)
{
	uint64_t gpa = FREE_PAGES + fuzz_u8(&input) % (PAGES - 1) * PAGE +
		fuzz_u16(&input) % PAGE;
	uint8_t kind = fuzz_u8(&input);
	struct svsm_abi_vtpm_request head = {
		kind & 1 ? fuzz_u8(&input) : SVSM_VTPM_SEND_COMMAND,
		kind & 2 ? fuzz_u8(&input) : 0, fuzz_u16(&input) % 4200,
	};

	if (kind & 4)
		head.size = (uint32_t)fuzz_u64(&input);
	if (kind & 8)
		gpa = svsm_align_down(gpa, PAGE);
	if (guest_can_write(gpa) && guest_can_write(gpa + sizeof(head)))
		guest_put(gpa, &head, sizeof(head));
}

static void vcpus(void)
{
	unsigned i = fuzz_u8(&input) % (CALLERS - 1);

	if (fuzz_u8(&input) & 1)
		(void)call(CORE(SVSM_CORE_DELETE_VCPU), VMSA(i), 0, 0);
	else if (!is_vcpu(i + 1) && is_vcpu(0) &&
		 guest_owner(VMSA(i)) != SVSM_OWN_VMSA)
		(void)guest_create(i + 1, VMSA(i), CA(i));
}

static void pages(void)
{
	uint64_t entry = FREE_PAGES + fuzz_u8(&input) % PAGES * PAGE;

	if (fuzz_u8(&input) & 1)
		entry |= VALIDATE;
	guest_list(LIST, 1, 0, &entry);
	(void)call(CORE(SVSM_CORE_PVALIDATE), LIST, 0, 0);
}

/* What the cell shall be like from now on. */
static void mood(void)
{
	uint8_t odd = fuzz_u8(&input);

	stand_in.yields = fuzz_u8(&input) % 4;
	stand_in.reply = odd & 1 ? fuzz_u16(&input) % 4097 : 0;
	stand_in.said = odd & 2 ? fuzz_u16(&input) : 0;
	stand_in.dies = odd == 0xff ? 14 : 0;
	svsm_vtpm_cell.config.patience = odd & 4 ? 1 : SVSM_CELL_PATIENCE;
}

static void rewrite(uint64_t gpa, void *bytes, size_t n)
{
	(void)gpa;
	((uint8_t *)bytes)[flip % n] ^= flip;
}

static void step(void)
{
	switch (fuzz_u8(&input) % 10) {
	case 0:
		vcpus();
		break;
	case 1:
		pages();
		break;
	case 2:
		mood();
		break;
	case 3:
	case 4:
		scribble();
		break;
	case 5:
		flip = fuzz_u8(&input);
		fake_after_fetch = flip ? rewrite : NULL;
		break;
	case 6:
		(void)call(VTPM(fuzz_u8(&input)), address(), 0, 0);
		break;
	default:
		command();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	input = (struct fuzz_input){ data, len };
	stand_in_setup();
	for (unsigned i = 0; i < STEPS_MAX && input.len; i++)
		fuzz_want(fake_reason_of(step()), FAKE_NO_TERMINATION);
	fake_after_fetch = NULL;
	guest_oracle();
	stand_in_teardown();
	return 0;
}
