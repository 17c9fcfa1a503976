// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* vCPUs that a host holds. */
#include "hold.h"
#include "log.h"
#include "vcpu.h"

static const char *name(enum hold how)
{
	static const char *const names[] = {
		"runs again", "is stopped", "keeps its VMSA",
	};

	return how <= HOLD_KEPT ? names[how] : "?";
}

void hold_vcpu(struct vcpu *v, enum hold how)
{
	log_line("hold: vCPU %u %s", v->index, name(how));
	__atomic_store_n(&v->hold, how, __ATOMIC_SEQ_CST);
	vcpu_kick(v);
}

void hold_before_entry(struct vcpu *v)
{
	while (__atomic_load_n(&v->hold, __ATOMIC_SEQ_CST) == HOLD_STOPPED)
		vcpu_wait(v);
}

bool hold_keeps_vmsa(const struct vcpu *v)
{
	return __atomic_load_n(&v->hold, __ATOMIC_SEQ_CST) == HOLD_KEPT;
}
