// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Explaining an architectural violation, a triple fault, a refused VMCB. */
#include "mm.h"
#include "pages.h"
#include "report.h"
#include "vcpu.h"
#include "walk.h"

static const char *access_text(enum rmp_kind kind)
{
	switch (kind) {
	case RMP_READ:
		return "read";
	case RMP_WRITE:
		return "write";
	case RMP_FETCH:
		return "instruction fetch";
	case RMP_WALK:
		return "page table read";
	case RMP_WALK_UPDATE:
		return "page table access";
	case RMP_SSS_READ:
	case RMP_SSS_WRITE:
		return "shadow stack access";
	}
	return "access";
}

void report_recent(const struct vcpu *v)
{
	uint64_t from = v->exit_count > RECENT_EXITS ?
			v->exit_count - RECENT_EXITS : 0;

	for (uint64_t i = from; i < v->exit_count; i++) {
		const struct recent_exit *e = &v->recent[i % RECENT_EXITS];

		log_line("  exit %lu: %x info %lx %lx, VMPL %u RIP %lx", i,
			 e->code, e->info1, e->info2, e->vmpl, e->rip);
	}
}

void report_registers(struct vcpu *v)
{
	const struct vmsa *r = vcpu_vmsa(v);

	log_line("  rip %016lx rsp %016lx rflags %08lx cpl %u", r->s.rip,
		 r->s.rsp, r->s.rflags, r->s.cpl);
	log_line("  rax %016lx rbx %016lx rcx %016lx rdx %016lx", r->s.rax,
		 r->rbx, r->rcx, r->rdx);
	log_line("  rsi %016lx rdi %016lx rbp %016lx r8  %016lx", r->rsi,
		 r->rdi, r->rbp, r->r8);
	log_line("  r9  %016lx r10 %016lx r11 %016lx r12 %016lx", r->r9,
		 r->r10, r->r11, r->r12);
	log_line("  r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", r->r13,
		 r->r14, r->r15, r->s.cr2);
	log_line("  cr0 %lx cr3 %lx cr4 %lx efer %lx cs %x/%x ss %x/%x idt %lx",
		 r->s.cr0, r->s.cr3, r->s.cr4, r->s.efer, r->s.cs.selector,
		 r->s.cs.attributes, r->s.ss.selector, r->s.ss.attributes,
		 r->s.idtr.base);
	report_recent(v);
}

static void report_entry(uint64_t gpa)
{
	uint64_t spa = page_spa(gpa);
	const struct rmp_entry *e = rmp_entry_of(&rmp, spa);

	if (!e) {
		log_line("  no RMP entry for system page %lx", spa);
		return;
	}
	log_line("  RMP entry of system page %lx: %s, gpa %lx, asid %u, "
		 "%s%s%s, permissions %02x %02x %02x %02x", spa & ~PAGE_MASK,
		 rmp_state_text(e), e->gpa, e->asid,
		 e->size == RMP_2M ? "2M" : "4K",
		 e->validated ? ", validated" : ", not validated",
		 e->vmsa ? ", VMSA" : "", e->perms[0], e->perms[1], e->perms[2],
		 e->perms[3]);
}

void report_denied(struct vcpu *v, const struct fault *fault)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;

	log_line("violation: vCPU %u VMPL %u RIP %lx: %s %s of page %lx%s",
		 v->index, v->vmpl, s->rip,
		 fault->private ? "private" : "shared",
		 access_text(fault->access), fault->gpa & ~PAGE_MASK,
		 fault->outcome.exitinfo1 & RMP_NPF_SIZE ? " (size)" : "");
	log_line("  rule: %s (EXITINFO1 %lx)",
		 rmp_rule_text(fault->outcome.rule), fault->outcome.exitinfo1);
	report_entry(fault->gpa);
	report_registers(v);
	machine_stop(STOP_VIOLATION, "violation on vCPU %u at VMPL %u, "
		     "RIP %lx, page %lx: %s", v->index, v->vmpl, s->rip,
		     fault->gpa & ~PAGE_MASK,
		     rmp_rule_text(fault->outcome.rule));
}

void report_shutdown(struct vcpu *v, const char *how)
{
	const struct vmsa_common *s = &vcpu_vmsa(v)->s;

	log_line("shutdown: vCPU %u VMPL %u RIP %lx: %s", v->index, v->vmpl,
		 s->rip, how);
	report_registers(v);
	machine_stop(STOP_SHUTDOWN, "triple fault on vCPU %u at VMPL %u, RIP "
		     "%lx: %s", v->index, v->vmpl, s->rip, how);
}

void report_bad_vmcb(struct vcpu *v)
{
	report_registers(v);
	machine_stop(STOP_FAULT, "VMRUN refused the state of vCPU %u at VMPL "
		     "%u (event %lx)", v->index, v->vmpl,
		     v->vmcb->control.event_inj);
}
