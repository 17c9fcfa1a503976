// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Events of the GHCB page protocol that need no file of their own. */
#include "cpu.h"
#include "ghcb.h"
#include "hostside.h"
#include "mm.h"

/* KVM's answer to a hypercall it does not know. */
#define HYPERCALL_UNKNOWN	((uint64_t)-1000ll)

/* SW_EXITINFO2[63:32] of a guest request: failed, and no more is said. */
#define VMM_ERROR_GENERIC	0xffffffffull

static uint64_t jump_table;	/* one per machine; SEV-ES guests use it */

static void set_pair(struct ghcb_request *r, uint64_t value)
{
	ghcb_set(r, GHCB_RAX, (uint32_t)value);
	ghcb_set(r, GHCB_RDX, value >> 32);
}

static void nae_nothing(struct ghcb_request *r)
{
	(void)r;
}

static void nae_dr7_read(struct ghcb_request *r)
{
	ghcb_set(r, GHCB_RAX, host_level(r->v)->dr7);
}

static void nae_dr7_write(struct ghcb_request *r)
{
	host_level(r->v)->dr7 = ghcb_get(r, GHCB_RAX);
}

static void nae_rdtsc(struct ghcb_request *r)
{
	set_pair(r, rdtsc());
}

static void nae_rdtscp(struct ghcb_request *r)
{
	set_pair(r, rdtsc());
	ghcb_set(r, GHCB_RCX, vcpu_vmsa(r->v)->tsc_aux);
}

/* The processor offers no performance counters. */
static void nae_rdpmc(struct ghcb_request *r)
{
	ghcb_raise(r, VECTOR_GP, 0);
}

static void nae_cpuid(struct ghcb_request *r)
{
	uint32_t leaf = (uint32_t)ghcb_get(r, GHCB_RAX);
	uint32_t subleaf = (uint32_t)ghcb_get(r, GHCB_RCX);
	struct cpuid_result result;

	if (leaf == 0xd && !ghcb_has(r, GHCB_XCR0)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return;
	}
	result = host_cpuid(r->v, leaf, subleaf, ghcb_get(r, GHCB_XCR0),
			    ghcb_get(r, GHCB_XSS));
	ghcb_set(r, GHCB_RAX, result.eax);
	ghcb_set(r, GHCB_RBX, result.ebx);
	ghcb_set(r, GHCB_RCX, result.ecx);
	ghcb_set(r, GHCB_RDX, result.edx);
}

static void read_msr(struct ghcb_request *r, uint32_t msr)
{
	uint64_t value;

	if (msr_read(r->v, msr, &value))
		set_pair(r, value);
	else
		ghcb_raise(r, VECTOR_GP, 0);
}

static void write_msr(struct ghcb_request *r, uint32_t msr)
{
	uint64_t value;

	if (!ghcb_has(r, GHCB_RAX) || !ghcb_has(r, GHCB_RDX)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return;
	}
	value = (uint32_t)ghcb_get(r, GHCB_RAX) | ghcb_get(r, GHCB_RDX) << 32;
	if (!msr_write(r->v, msr, value))
		ghcb_raise(r, VECTOR_GP, 0);
}

static void nae_msr(struct ghcb_request *r)
{
	uint32_t msr = (uint32_t)ghcb_get(r, GHCB_RCX);

	counter_add(r->v, COUNTER_MSR, 1);
	if (r->info1 > 1)
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
	else if (r->info1)
		write_msr(r, msr);
	else
		read_msr(r, msr);
}

static void nae_vmmcall(struct ghcb_request *r)
{
	ghcb_set(r, GHCB_RAX, HYPERCALL_UNKNOWN);
}

static void nae_nmi_complete(struct ghcb_request *r)
{
	irq_nmi_complete(r->v);
}

static void nae_reset_hold(struct ghcb_request *r)
{
	reset_hold(r->v);
	r->result2 = 1;
}

static void nae_jump_table(struct ghcb_request *r)
{
	switch (r->info1) {
	case 0:
		__atomic_store_n(&jump_table, r->info2, __ATOMIC_RELAXED);
		break;
	case 1:
		r->result2 = __atomic_load_n(&jump_table, __ATOMIC_RELAXED);
		break;
	default:
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
	}
}

static bool shared_page(uint64_t gpa)
{
	return !(gpa & PAGE_MASK) && mm_host_view(gpa, PAGE_SIZE) &&
	       !host_rmp_is_assigned(gpa);
}

/* There is no security processor yet: the request fails as a whole. */
static void nae_guest_request(struct ghcb_request *r)
{
	counter_add(r->v, COUNTER_GUEST_REQUEST, 1);
	if (r->info1 == r->info2 || !shared_page(r->info1) ||
	    !shared_page(r->info2)) {
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return;
	}
	r->result2 = VMM_ERROR_GENERIC << 32;
}

static void nae_ap_creation(struct ghcb_request *r)
{
	bool destroy = (r->info1 & 0xffff) == 2;
	uint64_t error;

	if (!destroy && !ghcb_has(r, GHCB_RAX)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return;
	}
	error = ap_create(r->v, r->info1, r->info2, ghcb_get(r, GHCB_RAX));
	if (error)
		ghcb_refuse(r, (enum ghcb_error)error);
}

static void doorbell_set(struct ghcb_request *r)
{
	struct host_level *l = host_level(r->v);

	l->doorbell = GPA_NONE;
	if (shared_page(r->info2))
		l->doorbell = r->info2;
	else
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
	r->result2 = r->result1 ? r->result2 : l->doorbell;
}

static void nae_doorbell(struct ghcb_request *r)
{
	struct host_level *l = host_level(r->v);

	switch (r->info1) {
	case 0:
		r->result2 = GPA_NONE;	/* no preference */
		break;
	case 1:
		doorbell_set(r);
		break;
	case 2:
		r->result2 = l->doorbell;
		break;
	case 3:
		l->doorbell = GPA_NONE;
		break;
	default:
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
	}
}

static void nae_hv_ipi(struct ghcb_request *r)
{
	if (!apic_ipi(r->v, r->info1))
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
}

static void nae_apic_id_list(struct ghcb_request *r)
{
	uint64_t pages = ghcb_get(r, GHCB_RAX);
	uint32_t *list;

	ghcb_set(r, GHCB_RAX, 1);
	if (!pages)
		return;
	if (!shared_page(r->info1)) {
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return;
	}
	list = mm_host_view(r->info1, PAGE_SIZE);
	list[0] = vcpu_count;
	for (unsigned i = 0; i < vcpu_count; i++)
		list[1 + i] = vcpus[i]->apic_id;
}

static void nae_run_vmpl(struct ghcb_request *r)
{
	r->no_answer = r->info1 < VMPL_COUNT &&
		       run_vmpl(r->v, (unsigned)r->info1, HOST_CALL_GHCB,
				r->gpa);
	if (!r->no_answer)
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
}

static void nae_features(struct ghcb_request *r)
{
	r->result2 = HV_FEATURES;
}

static void nae_terminate(struct ghcb_request *r)
{
	ghcb_terminate(r->v, r->info1 & 0xf, r->info1 >> 4 & 0xff);
}

/* The guest's #VC handler met something it cannot do: it cannot go on. */
static void nae_unsupported(struct ghcb_request *r)
{
	machine_stop(STOP_TERMINATED,
		     "guest reports an unsupported #VC, code %lx "
		     "(vCPU %u VMPL%u RIP %lx)",
		     (unsigned long)r->info1, r->v->index, r->v->vmpl,
		     (unsigned long)vcpu_vmsa(r->v)->s.rip);
}

static const struct ghcb_event_info events[] = {
	{ EXIT_DR7_READ, "read DR7", nae_dr7_read, { 0 } },
	{ EXIT_DR7_WRITE, "write DR7", nae_dr7_write, { GHCB_RAX } },
	{ EXIT_RDTSC, "RDTSC", nae_rdtsc, { 0 } },
	{ EXIT_RDPMC, "RDPMC", nae_rdpmc, { GHCB_RCX } },
	{ EXIT_CPUID, "CPUID", nae_cpuid, { GHCB_RAX, GHCB_RCX } },
	{ EXIT_INVD, "INVD", nae_nothing, { 0 } },
	{ EXIT_IOIO, "IOIO", nae_ioio, { 0 } },
	{ EXIT_MSR, "MSR", nae_msr, { GHCB_RCX } },
	{ EXIT_VMMCALL, "VMMCALL", nae_vmmcall, { GHCB_RAX, GHCB_CPL } },
	{ EXIT_RDTSCP, "RDTSCP", nae_rdtscp, { 0 } },
	{ EXIT_WBINVD, "WBINVD", nae_nothing, { 0 } },
	{ EXIT_MONITOR, "MONITOR", nae_nothing,
	  { GHCB_RAX, GHCB_RCX, GHCB_RDX } },
	{ EXIT_MWAIT, "MWAIT", nae_nothing, { GHCB_RAX, GHCB_RCX } },
	{ NAE_MMIO_READ, "MMIO read", nae_mmio_read, { GHCB_SCRATCH } },
	{ NAE_MMIO_WRITE, "MMIO write", nae_mmio_write, { GHCB_SCRATCH } },
	{ NAE_NMI_COMPLETE, "NMI complete", nae_nmi_complete, { 0 } },
	{ NAE_AP_RESET_HOLD, "AP reset hold", nae_reset_hold, { 0 } },
	{ NAE_AP_JUMP_TABLE, "AP jump table", nae_jump_table, { 0 } },
	{ NAE_PAGE_STATE_CHANGE, "page state change", nae_page_state_change,
	  { GHCB_SCRATCH } },
	{ NAE_GUEST_REQUEST, "guest request", nae_guest_request, { 0 } },
	{ NAE_EXTENDED_GUEST_REQUEST, "extended guest request",
	  nae_guest_request, { GHCB_RAX, GHCB_RBX } },
	{ NAE_AP_CREATION, "AP creation", nae_ap_creation, { 0 } },
	{ NAE_HV_DOORBELL, "#HV doorbell page", nae_doorbell, { 0 } },
	{ NAE_HV_IPI, "#HV IPI", nae_hv_ipi, { 0 } },
	{ NAE_APIC_ID_LIST, "APIC ID list", nae_apic_id_list, { GHCB_RAX } },
	{ NAE_RUN_VMPL, "run VMPL", nae_run_vmpl, { 0 } },
	{ NAE_HV_FEATURES, "hypervisor features", nae_features, { 0 } },
	{ NAE_TERMINATE, "terminate", nae_terminate, { 0 } },
	{ NAE_UNSUPPORTED, "unsupported event", nae_unsupported, { 0 } },
};

const struct ghcb_event_info *ghcb_event_find(uint64_t code)
{
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].code == code)
			return &events[i];
	return NULL;
}
