// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Prefixes, lengths, and finding the operand that a nested fault was about. */
#include "context.h"
#include "cpu.h"
#include "insn.h"
#include "meter.h"
#include "mm.h"
#include "vcpu.h"
#include "walk.h"

#define REX_B	1u
#define REX_X	2u
#define PREFIX_FS	0x64
#define PREFIX_GS	0x65
#define OPERAND_MAX	64	/* bytes; more than any operand */

static bool is_segment_prefix(uint8_t byte)
{
	return byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x26 ||
	       byte == PREFIX_FS || byte == PREFIX_GS;
}

/* True when the byte at @at is a legacy prefix, which is then taken. */
static bool take_prefix(struct insn *insn, uint8_t byte)
{
	if (byte == 0xf3 || byte == 0xf2) {
		insn->rep = byte == 0xf3;
		insn->repne = byte == 0xf2;
	} else if (byte == 0x66) {
		insn->operand_16 = true;
	} else if (byte == 0x67) {
		insn->address_override = true;
	} else if (is_segment_prefix(byte)) {
		insn->segment = byte;
	} else {
		return byte == 0xf0;
	}
	return true;
}

bool insn_fetch(struct vcpu *v, struct insn *insn)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;

	memset(insn, 0, sizeof(*insn));
	insn->have = guest_fetch(v, insn->bytes, INSN_BYTES);
	insn->wide = s->efer & EFER_LMA && s->cs.attributes & SEGMENT_LONG;
	while (insn->opcode < insn->have &&
	       take_prefix(insn, insn->bytes[insn->opcode]))
		insn->opcode++;
	if (insn->wide && (insn->bytes[insn->opcode] & 0xf0) == 0x40)
		insn->rex = insn->bytes[insn->opcode++];
	return insn->opcode < insn->have;
}

unsigned insn_length(const struct insn *insn)
{
	const uint8_t *op = insn->bytes + insn->opcode;

	if (op[0] == 0xf4 || op[0] == 0x90)
		return insn->opcode + 1;
	if (op[0] != 0x0f)
		return 0;
	return insn->opcode + (op[1] == 0x01 ? 3 : 2);
}

bool insn_is_0f01(const struct insn *insn, uint8_t modrm)
{
	const uint8_t *op = insn->bytes + insn->opcode;

	return insn->opcode + 3 <= insn->have && op[0] == 0x0f &&
	       op[1] == 0x01 && op[2] == modrm;
}

void insn_skip(struct vcpu *v, unsigned length)
{
	struct vmsa_common *s = &vcpu_vmsa(v)->s;

	s->rip += length;
	if (!(s->efer & EFER_LMA && s->cs.attributes & SEGMENT_LONG))
		s->rip &= 0xffffffff;
	v->vmcb->control.int_state = 0;
	meter_emulated(v);
	strike_emulated(v);
}

uint64_t insn_register(struct vcpu *v, unsigned number)
{
	const struct vmsa *r = vcpu_vmsa(v);
	const uint64_t value[16] = {
		r->s.rax, r->rcx, r->rdx, r->rbx, r->s.rsp, r->rbp, r->rsi,
		r->rdi, r->r8, r->r9, r->r10, r->r11, r->r12, r->r13, r->r14,
		r->r15,
	};

	return value[number & 15];
}

/* ----------------------------------------------------- memory operands */

struct search {
	struct vcpu *v;
	const struct insn *insn;
	uint64_t page;		/* the guest page we look for */
	uint64_t found;
};

static bool leads_to_page(struct search *search, uint64_t va)
{
	struct fault fault = { .kind = FAULT_NONE };
	struct translation to;

	if (guest_probe(search->v, va, &to, &fault))
		return (to.gpa & ~PAGE_MASK) == search->page;
	return fault.kind != FAULT_PAGE &&
	       (fault.gpa & ~PAGE_MASK) == search->page;
}

/* The operand may reach into the next page; then that page is the address. */
static bool try_address(struct search *search, uint64_t va)
{
	uint64_t next = (va + OPERAND_MAX) & ~PAGE_MASK;

	if (search->found)
		return true;
	if (leads_to_page(search, va))
		search->found = va;
	else if (next != (va & ~PAGE_MASK) && leads_to_page(search, next))
		search->found = next;
	return search->found;
}

static uint64_t segment_base(const struct search *search, bool stack)
{
	const struct vmsa_common *s = &vcpu_vmsa(search->v)->s;

	switch (search->insn->segment) {
	case PREFIX_FS:
		return s->fs.base;
	case PREFIX_GS:
		return s->gs.base;
	case 0x2e:
		return search->insn->wide ? 0 : s->cs.base;
	case 0x26:
		return search->insn->wide ? 0 : s->es.base;
	}
	if (search->insn->wide)
		return 0;
	return stack ? s->ss.base : s->ds.base;
}

static bool one_byte_has_modrm(uint8_t op)
{
	return (op < 0x40 && (op & 7) < 4) || op == 0x62 || op == 0x63 ||
	       op == 0x69 || op == 0x6b || (op >= 0x80 && op <= 0x8f) ||
	       op == 0xc0 || op == 0xc1 || op == 0xc6 || op == 0xc7 ||
	       (op >= 0xd0 && op <= 0xd3) || (op >= 0xd8 && op <= 0xdf) ||
	       op == 0xf6 || op == 0xf7 || op >= 0xfe;
}

/* Offset of the ModRM byte; 0 when the instruction has none. */
static unsigned find_modrm(const struct insn *insn)
{
	const uint8_t *op = insn->bytes + insn->opcode;
	bool vex = insn->wide || (op[1] & 0xc0) == 0xc0;

	if (op[0] == 0xc5 && vex)
		return insn->opcode + 3;
	if (op[0] == 0xc4 && vex)
		return insn->opcode + 4;
	if (op[0] == 0x0f)
		return insn->opcode + (op[1] == 0x38 || op[1] == 0x3a ? 3 : 2);
	return one_byte_has_modrm(op[0]) ? insn->opcode + 1 : 0;
}

/* REX bits of a VEX prefix are stored inverted, in its second byte. */
static uint8_t effective_rex(const struct insn *insn)
{
	const uint8_t *op = insn->bytes + insn->opcode;

	if (insn->wide && op[0] == 0xc4)
		return (uint8_t)(~op[1] >> 5) & 7;
	return insn->rex;
}

static int64_t displacement(const uint8_t *bytes, unsigned size)
{
	if (size == 1)
		return (int8_t)bytes[0];
	if (size == 4)
		return (int32_t)(bytes[0] | bytes[1] << 8 | bytes[2] << 16 |
				 (uint32_t)bytes[3] << 24);
	return 0;
}

static uint64_t scaled_index(struct search *search, uint8_t sib, uint8_t rex)
{
	unsigned index = ((sib >> 3) & 7) | (rex & REX_X ? 8 : 0);

	return index == 4 ? 0 : insn_register(search->v, index) << (sib >> 6);
}

static void try_modrm(struct search *search)
{
	const struct insn *insn = search->insn;
	unsigned at = find_modrm(insn);
	uint8_t modrm = insn->bytes[at], rex = effective_rex(insn);
	unsigned mod = modrm >> 6, base = modrm & 7;
	unsigned size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	uint64_t address = 0;
	bool stack = false;

	if (!at || mod == 3 || at + 6 > INSN_BYTES)
		return;
	at++;
	if (base == 4) {
		uint8_t sib = insn->bytes[at++];

		address = scaled_index(search, sib, rex);
		base = sib & 7;
		if (base == 5 && mod == 0)
			size = 4;
	} else if (base == 5 && mod == 0) {
		size = 4;
		if (insn->wide)		/* relative to the next instruction */
			address = vcpu_vmsa(search->v)->s.rip + at + size;
	}
	if (!(base == 5 && mod == 0)) {
		stack = base == 4 || base == 5;
		address += insn_register(search->v,
					 base | (rex & REX_B ? 8 : 0));
	}
	address += (uint64_t)displacement(insn->bytes + at, size);
	if (!insn->wide)
		address &= 0xffffffff;
	address += segment_base(search, stack);
	/* RIP-relative with an immediate behind it is off by its size. */
	for (unsigned immediate = 0; immediate <= 4; immediate++)
		try_address(search, address + immediate);
}

static void try_moffs(struct search *search)
{
	const struct insn *insn = search->insn;
	uint64_t address = 0;

	if ((insn->bytes[insn->opcode] & 0xfc) != 0xa0)
		return;
	memcpy(&address, insn->bytes + insn->opcode + 1, insn->wide ? 8 : 4);
	try_address(search, address + segment_base(search, false));
}

static void try_implicit(struct search *search)
{
	const struct vmsa *r = vcpu_vmsa(search->v);
	uint64_t stack = search->insn->wide ? 0 : r->s.ss.base;
	uint64_t es = search->insn->wide ? 0 : r->s.es.base;

	try_address(search, stack + r->s.rsp - 8);
	try_address(search, stack + r->s.rsp);
	try_address(search, es + r->rdi);
	try_address(search, segment_base(search, false) + r->rsi);
}

/* What the delivery of an event reads and writes. */
static void try_delivery(struct search *search)
{
	const struct vmsa_common *s = &vcpu_vmsa(search->v)->s;
	uint64_t event = search->v->vmcb->control.exit_int_info;
	uint64_t rsp[8] = { 0 };
	struct fault fault;

	if (!(event & EVENT_VALID))
		return;
	try_address(search, s->idtr.base + (event & 0xff) * 16);
	try_address(search, s->tr.base);
	for (uint64_t at = 0; at <= s->gdtr.limit; at += PAGE_SIZE)
		try_address(search, s->gdtr.base + at);
	for (unsigned i = 0; i < 3; i++)
		guest_read(search->v, s->tr.base + 4 + 8 * i, &rsp[i], 8,
			   RMP_READ, 0, &fault);
	for (unsigned i = 0; i < 3; i++)
		try_address(search, rsp[i] - 8);
}

uint64_t insn_linear_address(struct vcpu *v, uint64_t gpa, bool fetch)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;
	struct insn insn;
	struct search search = {
		.v = v, .insn = &insn, .page = gpa & ~PAGE_MASK,
	};

	context_sync(v);
	insn_fetch(v, &insn);
	if (fetch || !insn.have)
		try_address(&search, (insn.wide ? 0 : s->cs.base) + s->rip);
	try_delivery(&search);
	if (insn.have) {
		try_modrm(&search);
		try_moffs(&search);
		try_implicit(&search);
	}
	for (unsigned i = 0; i < 16; i++)
		try_address(&search, insn_register(v, i));
	if (!search.found)
		return 0;
	return (search.found & ~PAGE_MASK) | (gpa & PAGE_MASK);
}
