/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * #VC in the SVSM: the instruction has to prove the code.
 */
#include <svsm/abi/snp.h>
#include <svsm/vc.h>

#define PREFIX_16BIT 0x66

static enum svsm_status refuse(enum svsm_reason reason, enum svsm_reason *why)
{
	*why = reason;
	return SVSM_EPERM;
}

static bool starts_with(const uint8_t *bytes, size_t n, uint8_t a, uint8_t b)
{
	return n >= 2 && bytes[0] == a && bytes[1] == b;
}

static bool decode_two_bytes(const uint8_t *bytes, size_t n, uint8_t second,
		enum svsm_vc_event event, struct svsm_vc_insn *insn)
{
	*insn = (struct svsm_vc_insn){ .event = event, .len = 2 };
	return starts_with(bytes, n, 0x0f, second);
}

static bool decode_msr(const uint8_t *bytes, size_t n,
		struct svsm_vc_insn *insn)
{
	return decode_two_bytes(bytes, n, 0x32, SVSM_VC_RDMSR, insn) ||
		decode_two_bytes(bytes, n, 0x30, SVSM_VC_WRMSR, insn);
}

/* e4..e7: port in the instruction; ec..ef: port in DX. Bit 0: not a byte,
 * bit 1: OUT. String forms are not ours. */
static bool decode_io(const uint8_t *bytes, size_t n, struct svsm_vc_insn *insn)
{
	bool prefix = n && bytes[0] == PREFIX_16BIT;
	uint8_t opcode;
	bool imm;

	bytes += prefix;
	n -= prefix;
	if (!n)
		return false;
	opcode = bytes[0];
	imm = (opcode & 0xfc) == 0xe4;
	if ((!imm && (opcode & 0xfc) != 0xec) || (imm && n < 2))
		return false;
	*insn = (struct svsm_vc_insn){
		.event = opcode & 2 ? SVSM_VC_OUT : SVSM_VC_IN,
		.len = (uint8_t)(prefix + 1 + imm),
		.size = opcode & 1 ? (prefix ? 2 : 4) : 1,
		.imm_port = imm,
		.port = imm ? bytes[1] : 0,
	};
	return true;
}

static bool decode(uint64_t code, const uint8_t *bytes, size_t n,
		struct svsm_vc_insn *insn)
{
	switch (code) {
	case SVSM_EXIT_CPUID:
		return decode_two_bytes(bytes, n, 0xa2, SVSM_VC_CPUID, insn);
	case SVSM_EXIT_MSR:
		return decode_msr(bytes, n, insn);
	case SVSM_EXIT_IOIO:
		return decode_io(bytes, n, insn);
	case SVSM_EXIT_WBINVD:
		return decode_two_bytes(bytes, n, 0x09, SVSM_VC_WBINVD, insn);
	default:
		return false;
	}
}

enum svsm_status
svsm_vc_decode(uint64_t code, const uint8_t *bytes, size_t n,
		struct svsm_vc_insn *insn, enum svsm_reason *why)
{
	struct svsm_vc_insn found;

	/* No look at the instruction: it may be on the page that is gone. */
	if (code == SVSM_EXIT_NOT_VALIDATED)
		return refuse(SVSM_REASON_PAGE_LOST, why);
	if (code >= SVSM_EXIT_EXCEPTION_FIRST &&
			code <= SVSM_EXIT_EXCEPTION_LAST)
		return refuse(SVSM_REASON_BAD_EXCEPTION, why);
	if (n > SVSM_INSN_MAX || !decode(code, bytes, n, &found))
		return refuse(SVSM_REASON_VC_MISMATCH, why);
	*insn = found;
	return SVSM_OK;
}

/* ----------------------------------------------------------------- effects */

static void do_cpuid(const struct svsm_vc_env *env, struct svsm_vc_regs *regs)
{
	struct svsm_cpuid_regs out;

	svsm_cpuid_query(env->cpuid, &env->cpu, (uint32_t)regs->rax,
			(uint32_t)regs->rcx, &out);
	regs->rax = out.eax;
	regs->rbx = out.ebx;
	regs->rcx = out.ecx;
	regs->rdx = out.edx;
}

static enum svsm_status do_rdmsr(struct svsm_ghcb *ghcb,
		struct svsm_vc_regs *regs)
{
	uint64_t value;
	enum svsm_status status = svsm_ghcb_msr_read(ghcb, (uint32_t)regs->rcx,
			&value);

	if (status != SVSM_OK)
		return status;
	regs->rax = (uint32_t)value;
	regs->rdx = value >> 32;
	return SVSM_OK;
}

static enum svsm_status do_wrmsr(struct svsm_ghcb *ghcb,
		const struct svsm_vc_regs *regs)
{
	return svsm_ghcb_msr_write(ghcb, (uint32_t)regs->rcx,
			regs->rdx << 32 | (uint32_t)regs->rax);
}

/* A 32-bit result clears the upper half of RAX, smaller ones keep the rest. */
static enum svsm_status do_in(struct svsm_ghcb *ghcb,
		const struct svsm_vc_insn *insn, uint16_t port,
		struct svsm_vc_regs *regs)
{
	uint64_t keep = insn->size == 4 ? 0 : ~0ull << insn->size * 8;
	uint32_t value;
	enum svsm_status status = svsm_ghcb_io_in(ghcb, port, insn->size,
			&value);

	if (status == SVSM_OK)
		regs->rax = (regs->rax & keep) | value;
	return status;
}

static enum svsm_status ask_host(struct svsm_ghcb *ghcb,
		const struct svsm_vc_insn *insn, struct svsm_vc_regs *regs)
{
	uint16_t port = insn->imm_port ? insn->port : (uint16_t)regs->rdx;

	switch (insn->event) {
	case SVSM_VC_RDMSR:
		return do_rdmsr(ghcb, regs);
	case SVSM_VC_WRMSR:
		return do_wrmsr(ghcb, regs);
	case SVSM_VC_IN:
		return do_in(ghcb, insn, port, regs);
	case SVSM_VC_OUT:
		return svsm_ghcb_io_out(ghcb, port, insn->size,
				(uint32_t)regs->rax);
	default:
		return svsm_ghcb_wbinvd(ghcb);
	}
}

enum svsm_status
svsm_vc_handle(const struct svsm_vc_env *env, uint64_t code,
		const uint8_t *bytes, size_t n, struct svsm_vc_regs *regs,
		enum svsm_reason *why)
{
	struct svsm_vc_insn insn;
	enum svsm_status status = svsm_vc_decode(code, bytes, n, &insn, why);

	if (status != SVSM_OK)
		return status;
	if (insn.event == SVSM_VC_CPUID)
		do_cpuid(env, regs);
	else if (!env->ghcb || ask_host(env->ghcb, &insn, regs) != SVSM_OK)
		status = SVSM_EHOST;
	if (status == SVSM_OK)
		regs->rip += insn.len;
	else
		*why = SVSM_REASON_GHCB_PROTOCOL;
	return status;
}
