// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* The VMRUN loop: entry, exit, and who handles what. */
#include "config.h"
#include "context.h"
#include "deliver.h"
#include "fault.h"
#include "hold.h"
#include "host.h"
#include "insn.h"
#include "level.h"
#include "meter.h"
#include "mm.h"
#include "msrexit.h"
#include "nomem.h"
#include "npt.h"
#include "pages.h"
#include "report.h"
#include "rmpinsn.h"
#include "run.h"
#include "softint.h"
#include "tlb.h"
#include "tlbinsn.h"
#include "vcpu.h"

#define IOPM_BYTES	(3 * PAGE_SIZE)
#define DR7_BIT		(1u << 7)
#define CR4_BIT		(1u << 4)
#define EXIT_INVALID	(-1)

#define INTERCEPT3_DEFAULT						\
	(INTERCEPT_INTR | INTERCEPT_NMI | INTERCEPT_SMI |		\
	 INTERCEPT_INIT | INTERCEPT_RDPMC | INTERCEPT_CPUID |		\
	 INTERCEPT_INVD | INTERCEPT_HLT | INTERCEPT_INVLPGA |		\
	 INTERCEPT_IOIO | INTERCEPT_MSR | INTERCEPT_SHUTDOWN)
#define INTERCEPT4_DEFAULT						\
	(INTERCEPT_VMRUN | INTERCEPT_VMMCALL | INTERCEPT_VMLOAD |	\
	 INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI |		\
	 INTERCEPT_SKINIT | INTERCEPT_WBINVD | INTERCEPT_MONITOR |	\
	 INTERCEPT_MWAIT)

static uint64_t iopm_pa;

void run_init(void)
{
	uint8_t *iopm = mm_alloc(IOPM_BYTES);

	memset(iopm, 0xff, IOPM_BYTES);
	iopm_pa = mm_pa(iopm);
	msrexit_init();
}

static void set_controls(struct vcpu *v)
{
	struct vmcb_control *c = &v->vmcb->control;
	bool debug_swap = vcpu_vmsa(v)->sev_features & SEV_FEATURE_DEBUG_SWAP;

	c->exceptions = 1u << VECTOR_UD;
	c->cr_write |= CR4_BIT;
	c->dr_read = c->dr_write = debug_swap ? 0 : DR7_BIT;
	c->intercept3 = INTERCEPT3_DEFAULT | config.intercept3 |
			(c->intercept3 & INTERCEPT_VINTR);
	if (vcpu_vmsa(v)->s.efer & EFER_LMA)
		c->intercept3 |= INTERCEPT_SWINT;
	c->intercept4 = INTERCEPT4_DEFAULT | config.intercept4;
	c->iopm_pa = iopm_pa;
	c->msrpm_pa = msrexit_permission_map();
	c->asid = GUEST_ASID;
	c->nested_ctl = 1;
}

static bool is_paged(const struct vmsa_common *s)
{
	return s->cr0 & CR0_PG;
}

/*
 * With alternate injection the guest's own VMPL0 chooses events, by the
 * VMSA's VINTR_CTRL and EVENTINJ.
 */
static void load_alternate_events(struct vcpu *v)
{
	struct vmsa *vmsa = vcpu_vmsa(v);
	struct vmcb_control *c = &v->vmcb->control;
	uint64_t irq = INT_CTL_V_IRQ | 0xfull << INT_CTL_PRIORITY_SHIFT |
		       INT_CTL_IGNORE_TPR | 0xffull << INT_CTL_VECTOR_SHIFT;

	if (!(vmsa->sev_features & SEV_FEATURE_ALTERNATE_INJ))
		return;
	c->int_ctl = (c->int_ctl & ~irq) | (vmsa->vintr_ctrl & irq);
	c->intercept3 &= ~INTERCEPT_VINTR;
	if (vmsa->event_inj & EVENT_VALID && !vcpu_event_pending(v)) {
		c->event_inj = vmsa->event_inj;
		vmsa->event_inj = 0;
	}
}

/*
 * The exit fell into the virtual interrupt's delivery, which is made again by
 * EVENTINJ. QEMU leaves V_IRQ set then; a processor has taken it.
 */
static bool was_being_delivered(const struct vmcb_control *c)
{
	uint64_t vector = c->int_ctl >> INT_CTL_VECTOR_SHIFT & 0xff;

	return c->exit_int_info & EVENT_VALID && vector >= 32 &&
	       (c->exit_int_info & 0xff) == vector &&
	       (c->exit_int_info & EVENT_TYPE_MASK) != EVENT_TYPE_SOFTWARE;
}

static void store_alternate_events(struct vcpu *v)
{
	struct vmsa *vmsa = vcpu_vmsa(v);
	struct vmcb_control *c = &v->vmcb->control;

	if (!(vmsa->sev_features & SEV_FEATURE_ALTERNATE_INJ))
		return;
	if (was_being_delivered(c))
		c->int_ctl &= ~INT_CTL_V_IRQ;
	vmsa->vintr_ctrl &= ~INT_CTL_V_IRQ;
	vmsa->vintr_ctrl |= c->int_ctl & INT_CTL_V_IRQ;
}

static bool enter(struct vcpu *v)
{
	struct vmsa *vmsa = vcpu_vmsa(v);
	unsigned tree = npt_tree(v->vmpl, is_paged(&vmsa->s));

	tlb_enter_vmsa(v);
	host_before_entry(v);
	strike_before_entry(v);
	set_controls(v);
	vmsa_load(v);
	meter_arm(v);
	load_alternate_events(v);
	context_switch(v);
	strike_arm(v);
	v->vmcb->control.nested_cr3 = npt_root(&v->npt, tree);
	v->npt_running = tree;
	__atomic_store_n(&v->entries, v->entries + 1, __ATOMIC_SEQ_CST);
	v->context_synced = false;
	return guest_enter(v->vmcb_pa, vmsa, &v->in_guest, &v->kicked);
}

/*
 * An event whose delivery was cut short by the exit. Software interrupts are
 * not put back: their instruction executes again. QEMU calls interrupts
 * exceptions here; the vector tells.
 */
static void reinject(struct vcpu *v)
{
	struct vmcb_control *c = &v->vmcb->control;
	uint64_t event = c->exit_int_info;
	uint64_t vector = event & 0xff;

	c->event_inj = 0;
	if (!(event & EVENT_VALID) ||
	    (event & EVENT_TYPE_MASK) == EVENT_TYPE_SOFTWARE)
		return;
	event &= ~EVENT_TYPE_MASK;
	if (vector >= 32)
		event &= ~EVENT_HAS_ERROR;
	else if (vector == VECTOR_NMI)
		event |= EVENT_TYPE_NMI;
	else
		event |= EVENT_TYPE_EXCEPTION;
	c->event_inj = event;
}

/* #VC says what the guest has to ask for; QEMU merges some exits. */
static uint32_t vc_code(struct vcpu *v, uint32_t code)
{
	struct insn insn;

	if (code != EXIT_RDTSC && code != EXIT_WBINVD)
		return code;
	insn_fetch(v, &insn);
	if (code == EXIT_RDTSC && insn_is_0f01(&insn, 0xf9))
		return EXIT_RDTSCP;
	if (code == EXIT_WBINVD && insn.bytes[insn.opcode + 1] == 0x08)
		return EXIT_INVD;
	return code;
}

/* QEMU 10 and later look at the intercept before the privilege level. */
static void privileged_vc(struct vcpu *v, uint32_t code)
{
	if (vcpu_vmsa(v)->s.cpl != 0)
		deliver_exception(v, VECTOR_GP, true, 0);
	else
		deliver_vc(v, vc_code(v, code));
}

static void handle_vmmcall(struct vcpu *v)
{
	struct insn insn;

	if (!insn_fetch(v, &insn))
		return;
	if (!insn.rep && !insn.repne) {
		deliver_vc(v, EXIT_VMMCALL);
		return;
	}
	insn_skip(v, insn_length(&insn));
	vcpu_vmsa(v)->guest_exit_code = EXIT_VMGEXIT;
	host_vmgexit(v);
}

static void handle_idle(struct vcpu *v, void (*idle)(struct vcpu *v))
{
	struct insn insn;

	if (!insn_fetch(v, &insn))
		return;
	insn_skip(v, insn_length(&insn));
	idle(v);
}

static void dispatch(struct vcpu *v, uint32_t code)
{
	switch (code) {
	case EXIT_INTR:
		interrupt_window();
		break;
	case EXIT_NMI:
	case EXIT_VINTR:
		break;
	case EXIT_NPF:
		nested_page_fault(v);
		break;
	case EXIT_VMMCALL:
		handle_vmmcall(v);
		break;
	case EXIT_MSR:
		msrexit_handle(v, v->vmcb->control.exit_info1 & 1);
		break;
	case EXIT_HLT:
		handle_idle(v, host_hlt);
		break;
	case EXIT_PAUSE:
		handle_idle(v, host_pause);
		break;
	case EXIT_WBINVD:
	case EXIT_INVD:
		privileged_vc(v, code);
		break;
	case EXIT_EXCEPTION + VECTOR_DB:
		meter_step(v);
		strike_debug(v);
		break;
	case EXIT_SWINT:
		softint(v);
		break;
	case EXIT_EXCEPTION + VECTOR_UD:
		rmpinsn_undefined_opcode(v);
		break;
	case EXIT_SHUTDOWN:
		report_shutdown(v, "the guest's processor shut down");
	case EXIT_CR0_WRITE + 4:
		cr4_write(v);
		break;
	case EXIT_CR0_WRITE + 8:
		cr8_write(v);
		break;
	case EXIT_VMRUN:
	case EXIT_VMRUN + 2: case EXIT_VMRUN + 3: case EXIT_VMRUN + 4:
	case EXIT_VMRUN + 5: case EXIT_VMRUN + 6:
		deliver_exception(v, VECTOR_UD, false, 0);
		break;
	default:
		deliver_vc(v, vc_code(v, code));
	}
}

static void drop_transient(struct vcpu *v)
{
	if (!v->transient)
		return;
	spin_lock(&rmp_lock);
	if (v->transient && *v->transient & NPT_PRESENT)
		*v->transient |= NPT_NX;
	v->transient = NULL;
	spin_unlock(&rmp_lock);
}

/* Paging was switched within the guest: the other nested table now. */
static bool paging_changed(const struct vcpu *v)
{
	return v->npt_running != npt_tree(v->vmpl,
					  is_paged(&v->vmcb->save));
}

static void remember_exit(struct vcpu *v, uint32_t code)
{
	const struct vmcb_control *c = &v->vmcb->control;

	v->recent[v->exit_count++ % RECENT_EXITS] = (struct recent_exit){
		.code = code, .vmpl = v->vmpl, .rip = v->vmcb->save.rip,
		.info1 = c->exit_info1, .info2 = c->exit_info2,
	};
}

static void leave(struct vcpu *v)
{
	const struct vmcb_control *c = &v->vmcb->control;
	uint32_t code = (uint32_t)c->exit_code;

	remember_exit(v, code);
	vmsa_store(v);
	meter_disarm(v, code);
	strike_disarm(v);
	store_alternate_events(v);
	if ((int32_t)code == EXIT_INVALID)
		report_bad_vmcb(v);
	v->exits[v->vmpl][code & 0xff]++;
	trace(TRACE_EXIT, "exit %x info %lx %lx event %lx rip %lx rax %lx",
	      code, c->exit_info1, c->exit_info2, c->exit_int_info,
	      vcpu_vmsa(v)->s.rip, vcpu_vmsa(v)->s.rax);
	host_after_exit(v);
	reinject(v);
	drop_transient(v);
	nomem_leave(v, code);
	if (code == EXIT_NPF && paging_changed(v))
		return;
	dispatch(v, code);
}

/* There is nothing to run here; the reason is worth a line when it is new. */
static void refused(struct vcpu *v, const char *reason)
{
	if (v->vmpl == 0 && v->level[0].vmsa_gpa == v->launch_vmsa.gpa)
		machine_stop(STOP_REFUSED, "VMRUN refuses the image's VMSA: %s",
			     reason);
	log_line("note: vCPU %u: VMRUN refuses VMPL %u's VMSA at %lx: %s",
		 v->index, v->vmpl, v->level[v->vmpl].vmsa_gpa, reason);
	v->level[v->vmpl].runnable = false;
}

void run_vcpu(struct vcpu *v)
{
	for (;;) {
		const char *reason;

		__atomic_store_n(&v->kicked, 0, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&v->vmsa_wanted, __ATOMIC_SEQ_CST))
			level_yield(v);
		hold_before_entry(v);
		level_take_requests(v);
		host_choose_level(v);
		if (!v->level[v->vmpl].runnable) {
			level_release(v);
			vcpu_wait(v);
			continue;
		}
		reason = level_acquire(v);
		if (reason)
			refused(v, reason);
		else if (enter(v))
			leave(v);
	}
}
