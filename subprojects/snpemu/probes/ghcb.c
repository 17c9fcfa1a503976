// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* VMGEXIT: both protocols, good and bad requests. */
#include "probe.h"

#define HIGH_ONES 0xfffffffffffffull

/* -------------------------------------------------------- MSR protocol */

PROBE(msr_sev_info)
{
	extern uint32_t cbit;
	uint64_t answer = msr_call(0x002);

	say("code %x min %u max %u\n", answer & 0xfff, answer >> 32 & 0xffff,
	    answer >> 48);
	say("C-bit as in the CPUID page: %u\n",
	    (uint64_t)((answer >> 24 & 0xff) == cbit));
}

PROBE(msr_cpuid)
{
	uint64_t answer = msr_call(1ull << 30 | 0x004);

	say("code %x register %u\n", answer & 0xfff, answer >> 30 & 3);
	say("leaf 0 EBX %x\n", answer >> 32);
}

PROBE(msr_preferred_page)
{
	uint64_t answer = msr_call(0x010);

	say("code %x none %u\n", answer & 0xfff,
	    (uint64_t)(answer >> 12 == HIGH_ONES));
}

PROBE(msr_register_refuses_what_is_no_memory)
{
	uint64_t answer = msr_call(0xfee00000 | 0x012);

	need(msr_call(ghcb_gpa() | 0x012) == (ghcb_gpa() | 0x013));
	say("code %x refused %u\n", answer & 0xfff,
	    (uint64_t)(answer >> 12 == HIGH_ONES));
}

PROBE(msr_psc_refuses_an_unknown_operation)
{
	uint64_t answer = msr_call(TEST_PAGE | 7ull << 52 | 0x014);

	say("code %x error %u\n", answer & 0xfff,
	    (uint64_t)(answer >> 32 != 0));
}

PROBE(msr_psc_refuses_what_is_no_memory)
{
	uint64_t answer = msr_call(0xfee00000 | 1ull << 52 | 0x014);

	say("code %x error %u\n", answer & 0xfff,
	    (uint64_t)(answer >> 32 != 0));
}

PROBE(msr_features)
{
	uint64_t answer = msr_call(0x080);

	say("code %x\n", answer & 0xfff);
	say("same as the event's: %u\n",
	    (uint64_t)(answer >> 12 ==
		       ghcb_event(NAE_FEATURES, 0, 0).info2));
	say("snp %u ap creation %u restricted %u multi-vmpl %u\n",
	    answer >> 12 & 1, answer >> 13 & 1, answer >> 14 & 1,
	    answer >> 17 & 1);
}

PROBE(msr_unknown_request_has_no_answer)
{
	say("value %x\n", msr_call(0x5a5));
}

PROBE(msr_terminate)
{
	msr_call(0x2a << 16 | 3 << 12 | 0x100);
}

/* ------------------------------------------------------ page protocol */

PROBE(ghcb_page_must_be_registered)
{
	struct answer answer;

	msr_call(TEST_PAGE | 0x012);
	answer = ghcb_event(NAE_FEATURES, 0, 0);
	need(msr_call(ghcb_gpa() | 0x012) == (ghcb_gpa() | 0x013));
	say_answer("features", answer);
}

PROBE(ghcb_usage_must_be_known)
{
	ghcb_begin();
	*(volatile uint32_t *)(ghcb_page() + GHCB_USAGE) = 5;
	say_answer("features", ghcb_go(NAE_FEATURES, 0, 0));
}

PROBE(ghcb_scratch_must_be_in_the_buffer)
{
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, TEST_PAGE);
	say_answer("psc", ghcb_go(NAE_PSC, 0, 0));
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + 0xff8);
	say_answer("psc", ghcb_go(NAE_PSC, 0, 0));
}

PROBE(ghcb_inputs_must_be_there)
{
	say_answer("msr", ghcb_event(NAE_MSR, 0, 0));
	say_answer("cpuid", ghcb_event(NAE_CPUID, 0, 0));
	say_answer("psc", ghcb_event(NAE_PSC, 0, 0));
}

PROBE(ghcb_inputs_must_be_valid)
{
	ghcb_begin();
	ghcb_set(GHCB_RCX, 0x1b);
	say_answer("msr", ghcb_go(NAE_MSR, 7, 0));
	say_answer("doorbell", ghcb_event(NAE_DOORBELL, 9, 0));
}

PROBE(ghcb_event_must_be_known)
{
	say_answer("8000fff0", ghcb_event(0x8000fff0, 0, 0));
	say_answer("14", ghcb_event(0x14, 0, 0));
}

PROBE(ghcb_answers_an_unknown_msr_with_gp)
{
	ghcb_begin();
	ghcb_set(GHCB_RCX, 0x4b564d7f);
	say_answer("read", ghcb_go(NAE_MSR, 0, 0));
}

PROBE(ghcb_cpuid)
{
	struct answer answer;
	uint64_t ebx;

	ghcb_begin();
	ghcb_set(GHCB_RAX, 0);
	ghcb_set(GHCB_RCX, 0);
	answer = ghcb_go(NAE_CPUID, 0, 0);
	ebx = ghcb_get(GHCB_RBX);
	say_answer("cpuid", answer);
	say("EBX %x\n", ebx);
}

PROBE(ghcb_cpuid_of_xsave_needs_xcr0)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, 0xd);
	ghcb_set(GHCB_RCX, 0);
	say_answer("cpuid", ghcb_go(NAE_CPUID, 0, 0));
}

PROBE(ghcb_port_io_of_each_size)
{
	out_host(0xcf8, 0x80000000, 4);
	say("32 bit %x\n", (uint64_t)in_host(0xcf8, 4));
	say("vendor of the host bridge %x\n", (uint64_t)in_host(0xcfc, 2));
	outb_host(0x70, 0x0a);
	say("8 bit %x\n", (uint64_t)(inb_host(0x71) & 0x7f));
}

static void string_io(uint16_t port, unsigned in, uint64_t count)
{
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + GHCB_BUFFER);
	ghcb_go(NAE_IOIO, ioio(port, 1, in) | 0x4 | 0x8, count);
}

PROBE(ghcb_string_output)
{
	static const char text[] = "a string to the console\n";

	for (unsigned i = 0; i < sizeof(text); i++)
		ghcb_page()[GHCB_BUFFER + i] = (uint8_t)text[i];
	string_io(0x3f8, 0, sizeof(text) - 1);
}

PROBE(ghcb_string_input)
{
	out_host(0x510, 0, 2);
	string_io(0x511, 1, 4);
	say("fw_cfg signature %x\n",
	    (uint64_t)*(volatile uint32_t *)(ghcb_page() + GHCB_BUFFER));
}

/* The directory: big-endian count, then 64 bytes for each file. */
PROBE(fw_cfg_hides_the_machines_own_files)
{
	unsigned own = 0, files;
	char name[56];

	out_host(0x510, 0x19, 2);
	for (unsigned i = 0; i < 3; i++)
		inb_host(0x511);
	files = inb_host(0x511);
	for (unsigned i = 0; i < files; i++) {
		for (unsigned at = 0; at < 64; at++) {
			uint8_t byte = inb_host(0x511);

			if (at >= 8)
				name[at - 8] = (char)byte;
		}
		own += name[0] == 'o' && name[3] == '/' && name[8] == 's';
	}
	say("there are files: %u, own files: %u\n", (uint64_t)(files != 0),
	    (uint64_t)own);
}

PROBE(ghcb_mmio_reaches_the_device)
{
	ghcb_mmio(NAE_MMIO_WRITE, 0xfec00000, 1);
	say("IOAPIC version %x\n",
	    (uint64_t)(ghcb_mmio(NAE_MMIO_READ, 0xfec00010, 0) & 0xff));
}

PROBE(ghcb_mmio_refuses_memory)
{
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + GHCB_BUFFER);
	say_answer("mmio of 3 bytes", ghcb_go(NAE_MMIO_READ, 0xfec00000, 3));
}

PROBE(ghcb_vmmcall_of_an_unknown_hypercall)
{
	struct answer answer;
	uint64_t rax;

	ghcb_begin();
	ghcb_set(GHCB_RAX, 0x7777);
	ghcb_set(GHCB_CPL, 0);
	answer = ghcb_go(NAE_VMMCALL, 0, 0);
	rax = ghcb_get(GHCB_RAX);
	say_answer("vmmcall", answer);
	say("rax %x\n", rax);
}

PROBE(ghcb_dr7_is_kept)
{
	uint64_t rax;

	ghcb_begin();
	ghcb_set(GHCB_RAX, 0x455);
	say_answer("write", ghcb_go(NAE_DR7_WRITE, 0, 0));
	ghcb_event(NAE_DR7_READ, 0, 0);
	rax = ghcb_get(GHCB_RAX);
	say("read: rax %x\n", rax);
}

PROBE(ghcb_rdtsc_advances)
{
	uint64_t first;

	ghcb_event(NAE_RDTSC, 0, 0);
	first = ghcb_get(GHCB_RDX) << 32 | ghcb_get(GHCB_RAX);
	ghcb_event(NAE_RDTSC, 0, 0);
	say("later is larger: %u\n",
	    (uint64_t)((ghcb_get(GHCB_RDX) << 32 | ghcb_get(GHCB_RAX)) >
		       first));
}

PROBE(ghcb_guest_request_without_a_firmware_fails)
{
	say_answer("request", ghcb_event(NAE_GUEST_REQUEST, TEST_PAGE,
					 TEST_PAGE + 0x1000));
	say_answer("same page", ghcb_event(NAE_GUEST_REQUEST, TEST_PAGE,
					   TEST_PAGE));
}

PROBE(ghcb_jump_table_is_kept)
{
	ghcb_event(NAE_JUMP_TABLE, 0, 0x8000);
	say_answer("get", ghcb_event(NAE_JUMP_TABLE, 1, 0));
}

PROBE(ghcb_terminate)
{
	ghcb_event(NAE_TERMINATE, 7 << 4 | 1, 0);
}

PROBE(ghcb_unsupported_event_ends_the_guest)
{
	ghcb_event(NAE_UNSUPPORTED, 0x72, 0);
}
