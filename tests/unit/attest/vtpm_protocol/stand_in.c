/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See stand_in.h.
 */
#include <string.h>

#include <svsm/cell.h>

#include "cell/internal.h"
#include "stand_in.h"
#include "vtpm_protocol/internal.h"

#define TEXT	(SVSM_CELL_BASE + 0x1000)
#define DATA	(SVSM_CELL_BASE + 0x2000)

struct stand_in stand_in;

static uint8_t image[3 * SVSM_PAGE_BYTES]
	__attribute__((aligned(SVSM_PAGE_BYTES)));

/* ------------------------------------------------------------------ ring 3 */

static void ask(void *gate, uint64_t number, uint64_t a)
{
	gate_frame(gate)->vector = GATE_SYSCALL;
	gate_frame(gate)->rax = number;
	gate_frame(gate)->rdi = a;
}

static void begin(const struct cell_frame *frame)
{
	stand_in.working = true;
	stand_in.requests++;
	stand_in.left = stand_in.yields;
	stand_in.fn = frame->rdx;
	stand_in.len = frame->r8;
	memcpy(stand_in.command, svsm_cell_buffer(&svsm_vtpm_cell),
	       sizeof(stand_in.command));
}

static uint8_t answer_to(uint8_t byte)
{
	return byte ^ 0xa5;
}

/* Tag, length, success; what follows depends on the command. */
static size_t put_reply(uint8_t *to)
{
	size_t len = stand_in.reply ? stand_in.reply : stand_in.len;
	uint32_t said = stand_in.said ? stand_in.said : (uint32_t)len;

	memset(to, STALE, svsm_cell_buffer_len(&svsm_vtpm_cell));
	to[0] = 0x80;
	to[1] = 0x01;
	said = __builtin_bswap32(said);
	memcpy(to + 2, &said, sizeof(said));
	memset(to + 6, 0, 4);
	for (size_t i = SVSM_VTPM_TPM_HEADER; i < len; i++)
		to[i] = answer_to(stand_in.command[i]);
	return len;
}

static void finish(void *gate)
{
	size_t len = put_reply(svsm_cell_buffer(&svsm_vtpm_cell));

	stand_in.working = false;
	if (stand_in.dies) {
		gate_frame(gate)->vector = stand_in.dies;
		return;
	}
	stand_in.finished++;
	ask(gate, SVSM_CELL_REPLY, len);
}

static void ring3(void *gate)
{
	if (!svsm_vtpm_cell.ready) {
		stand_in.working = false;
		ask(gate, SVSM_CELL_REPLY, 0);
		return;
	}
	if (!stand_in.working)
		begin(gate_frame(gate));
	if (stand_in.at_work)
		stand_in.at_work();
	if (!stand_in.left) {
		finish(gate);
		return;
	}
	stand_in.left--;
	svsm_vtpm_cell.slice_end = 0;
	ask(gate, SVSM_CELL_YIELD, 0);
}

/* ------------------------------------------------------------------- setup */

static void start(void)
{
	const struct svsm_cell_config config = {
		.image = (const void *)image, .restarts = 2,
	};

	*(struct svsm_cell_image *)image = (struct svsm_cell_image){
		.magic = SVSM_CELL_MAGIC, .stack_pages = 1, .buffer_pages = 1,
		.text_start = TEXT, .text_end = DATA, .data_start = DATA,
		.data_end = DATA + SVSM_PAGE_BYTES,
		.bss_end = DATA + SVSM_PAGE_BYTES, .entry = TEXT, .tcb = DATA,
		.name = "stand-in",
	};
	ck_assert_int_eq(svsm_cell_start(&svsm_vtpm_cell, &config), SVSM_OK);
}

void stand_in_setup_without(void)
{
	guest_protocols[1] = &svsm_vtpm_protocol;
	guest_protocol_count = 2;
	guest_setup();
	memset(&svsm_vtpm_cell, 0, sizeof(svsm_vtpm_cell));
	memset(vtpm_unfinished, 0, sizeof(vtpm_unfinished));
	memset(&stand_in, 0, sizeof(stand_in));
	guest_give(FREE_PAGES, 4);
	fake_cell = ring3;
}

void stand_in_setup(void)
{
	stand_in_setup_without();
	start();
	guest_expect_pages();
	fake_fetch_reset();
}

void stand_in_teardown(void)
{
	guest_teardown();
	fake_cell = NULL;
}

void stand_in_restart(void)
{
	stand_in_teardown();
	stand_in_setup();
}

/* ------------------------------------------------------------ what is said */

uint8_t *guest_byte(uint64_t gpa)
{
	return (uint8_t *)fake_peek_private(svsm_align_down(gpa, PAGE)) +
		gpa % PAGE;
}

static size_t part_in_page(uint64_t gpa, size_t n)
{
	return n < PAGE - gpa % PAGE ? n : PAGE - gpa % PAGE;
}

void guest_put(uint64_t gpa, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;

	for (size_t part; n; n -= part, gpa += part, from += part) {
		part = part_in_page(gpa, n);
		memcpy(guest_byte(gpa), from, part);
	}
}

void guest_fill(uint64_t gpa, uint8_t byte, size_t n)
{
	for (size_t part; n; n -= part, gpa += part) {
		part = part_in_page(gpa, n);
		memset(guest_byte(gpa), byte, part);
	}
}

bool guest_has(uint64_t gpa, const void *bytes, size_t n)
{
	const uint8_t *want = bytes;

	for (size_t part; n; n -= part, gpa += part, want += part) {
		part = part_in_page(gpa, n);
		if (memcmp(guest_byte(gpa), want, part) != 0)
			return false;
	}
	return true;
}

void put_head(uint64_t gpa, uint32_t command, uint8_t locality, uint32_t size)
{
	const struct svsm_abi_vtpm_request head = { command, locality, size };

	guest_put(gpa, &head, sizeof(head));
}

static void make_command(uint8_t *to, uint32_t size, unsigned seed)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (uint8_t)((i * 2654435761u + seed * 40503u) >> 11);
}

void put_request(uint64_t gpa, uint32_t size, unsigned seed)
{
	uint8_t command[SVSM_VTPM_BUFFER];

	make_command(command, size, seed);
	put_head(gpa, SVSM_VTPM_SEND_COMMAND, 0, size);
	guest_put(gpa + sizeof(struct svsm_abi_vtpm_request), command, size);
}

uint64_t cmd_by(uint32_t apic_id, uint64_t gpa)
{
	struct regs regs = { CMD, gpa, 0x77, 0x88, 0x99 };

	ck_assert_int_eq(guest_call_by(apic_id, &regs), SVSM_VCPU_RUN);
	ck_assert_uint_eq(regs.rcx, gpa);
	ck_assert_uint_eq(regs.rdx, 0x77);
	return regs.rax;
}

uint64_t cmd(uint64_t gpa)
{
	return cmd_by(0, gpa);
}

uint64_t cmd_until_over(uint32_t apic_id, uint64_t gpa, unsigned *calls)
{
	uint64_t result;

	*calls = 0;
	do {
		result = cmd_by(apic_id, gpa);
		++*calls;
	} while (result == SVSM_ERR_INCOMPLETE || result == SVSM_ERR_BUSY);
	return result;
}

/* ---------------------------------------------------------- what is looked */

void expect_command(uint32_t size, unsigned seed)
{
	uint8_t want[SVSM_VTPM_BUFFER] = { 0 };

	make_command(want, size, seed);
	ck_assert_uint_eq(stand_in.fn, VTPM_COMMAND);
	ck_assert_uint_eq(stand_in.len, size);
	ck_assert_mem_eq(stand_in.command, want, sizeof(want));
}

bool has_response_part(uint64_t gpa, uint32_t size, unsigned seed, size_t n)
{
	uint8_t want[SVSM_VTPM_BUFFER] = { 0 };
	uint8_t *response = want + sizeof(struct svsm_abi_vtpm_response);

	make_command(response, size, seed);
	for (unsigned i = 0; i < size; i++)
		response[i] = answer_to(response[i]);
	memcpy(response, (const uint8_t[SVSM_VTPM_TPM_HEADER]){
		0x80, 0x01, 0, 0, (uint8_t)(size >> 8), (uint8_t)size,
	}, SVSM_VTPM_TPM_HEADER);
	memcpy(want, &size, sizeof(size));
	return guest_has(gpa, want, n);
}

bool has_response(uint64_t gpa, uint32_t size, unsigned seed)
{
	return has_response_part(gpa, size, seed, SVSM_VTPM_BUFFER);
}

bool has_request(uint64_t gpa, uint32_t size, unsigned seed)
{
	const struct svsm_abi_vtpm_request head = {
		SVSM_VTPM_SEND_COMMAND, 0, size,
	};
	uint8_t want[SVSM_VTPM_BUFFER];

	make_command(want, size, seed);
	return guest_has(gpa, &head, sizeof(head)) &&
		guest_has(gpa + sizeof(head), want, size);
}
