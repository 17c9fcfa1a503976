// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* AP creation: a guest gives one of its vCPUs a VMSA for a VMPL. */
#include "config.h"
#include "ghcb.h"
#include "hostside.h"
#include "mm.h"
#include "order.h"

enum action { CREATE_ON_INIT, CREATE, DESTROY, ACTIONS };

static struct spinlock lock;

/* All VMSAs of a VMPL must agree on these; the first one decides. */
static uint64_t features[VMPL_COUNT];
static bool features_known[VMPL_COUNT];

/* The launch's VMSA is the first one of its VMPL. */
static void learn_launch_features(void)
{
	struct vcpu *bsp = vcpus[0];

	if (features_known[0] || !bsp->level[0].vmsa)
		return;
	features[0] = bsp->level[0].vmsa->sev_features;
	features_known[0] = true;
}

static bool features_match(unsigned vmpl, uint64_t wanted)
{
	bool match;

	spin_lock(&lock);
	learn_launch_features();
	if (!features_known[vmpl]) {
		features[vmpl] = wanted;
		features_known[vmpl] = true;
	}
	match = features[vmpl] == wanted;
	spin_unlock(&lock);
	return match;
}

static bool injection_valid(uint64_t wanted)
{
	return !(wanted & SEV_FEATURE_RESTRICTED_INJ) ||
	       !(wanted & SEV_FEATURE_ALTERNATE_INJ);
}

/* A VMSA on a 2 MiB boundary runs into an erratum: hosts refuse it. */
static bool page_valid(uint64_t gpa)
{
	return !(gpa & PAGE_MASK) && gpa & HUGE_MASK && mm_is_memory(gpa);
}

static const char *refusal(struct vcpu *v, const struct vcpu *target,
			   unsigned vmpl, enum action action)
{
	if (!target)
		return "no such APIC ID";
	if (action >= ACTIONS)
		return "no such action";
	if (vmpl >= VMPL_COUNT)
		return "no such VMPL";
	if (config_has("any-vmsa", "1"))
		return NULL;
	if (vmpl == 0 && v->vmpl != 0)
		return "VMPL0 is VMPL0's own affair";
	if (vmpl == 0 && target == v)
		return "a vCPU cannot replace its own VMPL0";
	return NULL;
}

static const char *vmsa_refusal_reason(unsigned vmpl, uint64_t gpa,
				       uint64_t wanted)
{
	if (!page_valid(gpa))
		return "VMSA address";
	if (config_has("any-vmsa", "1"))
		return NULL;	/* the processor looks at it */
	if (!(wanted & SEV_FEATURE_SNP_ACTIVE) || !injection_valid(wanted))
		return "SEV_FEATURES";
	if (!features_match(vmpl, wanted))
		return "SEV_FEATURES differ from that VMPL's first VMSA";
	return NULL;
}

static uint64_t refuse(const struct vcpu *v, uint64_t info1, const char *why)
{
	log_line("vCPU %u VMPL%u: AP creation %lx refused: %s", v->index,
		 v->vmpl, (unsigned long)info1, why);
	return GHCB_ERROR_INVALID_INPUT;
}

static void carry_out(struct vcpu *target, unsigned vmpl, enum action action,
		      uint64_t gpa)
{
	struct host_level *l = &target->host.level[vmpl];

	__atomic_store_n(&l->init_vmsa,
			 action == CREATE_ON_INIT ? gpa : GPA_NONE,
			 __ATOMIC_RELEASE);
	if (action == CREATE && vmpl == 0 && order_defers(target, gpa))
		return;
	if (action == CREATE)
		vcpu_start(target, vmpl, gpa);
	else
		vcpu_stop(target, vmpl);
}

uint64_t ap_create(struct vcpu *v, uint64_t info1, uint64_t vmsa_gpa,
		   uint64_t sev_features)
{
	struct vcpu *target = vcpu_by_apic_id((uint32_t)(info1 >> 32));
	enum action action = (enum action)(info1 & 0xffff);
	unsigned vmpl = info1 >> 16 & 0xf;
	const char *why = refusal(v, target, vmpl, action);

	trace(TRACE_VCPU, "AP creation %lx, VMSA %lx, features %lx",
	      (unsigned long)info1, (unsigned long)vmsa_gpa,
	      (unsigned long)sev_features);
	if (!why && info1 >> 20 & 0xfff)
		why = "reserved bits";
	if (why)
		return refuse(v, info1, why);
	if (action != DESTROY)
		why = vmsa_refusal_reason(vmpl, vmsa_gpa, sev_features);
	if (why) {
		vcpu_stop(target, vmpl);
		return refuse(v, info1, why);
	}
	carry_out(target, vmpl, action, vmsa_gpa);
	return 0;
}

bool ap_start_on_init(struct vcpu *target, unsigned vmpl)
{
	struct host_level *l = &target->host.level[vmpl];
	uint64_t gpa = __atomic_exchange_n(&l->init_vmsa, GPA_NONE,
					   __ATOMIC_ACQ_REL);

	if (gpa == GPA_NONE)
		return false;
	vcpu_start(target, vmpl, gpa);
	return true;
}
