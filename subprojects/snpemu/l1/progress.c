// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Where the vCPUs stand, and those that do not move. */
#include <stddef.h>

#include "log.h"
#include "mm.h"
#include "progress.h"
#include "report.h"
#include "vcpu.h"

/* So many times the same access is no progress; so many times over, nobody
 * else's state having changed, there will be none. */
#define REPEATS	2000u
#define ROUNDS	8u

/* Read by standing.py, which has the same layout. */
static struct {
	uint32_t count, recent;
	uint32_t apic_id, vmpl, in_guest, waiting, exit_count, exits;
	uint64_t vcpu[VCPU_MAX];
} standing;

_Static_assert(sizeof(struct recent_exit) == 32, "standing.py");

void progress_publish(void)
{
	standing.recent = RECENT_EXITS;
	standing.apic_id = offsetof(struct vcpu, apic_id);
	standing.vmpl = offsetof(struct vcpu, vmpl);
	standing.in_guest = offsetof(struct vcpu, in_guest);
	standing.waiting = offsetof(struct vcpu, waiting);
	standing.exit_count = offsetof(struct vcpu, exit_count);
	standing.exits = offsetof(struct vcpu, recent);
	for (unsigned i = 0; i < vcpu_count; i++)
		standing.vcpu[i] = mm_pa(vcpus[i]);
	standing.count = vcpu_count;
	log_line("standing at %lx", mm_pa(&standing));
}

static const char *doing(const struct vcpu *v)
{
	if (!v->level[v->vmpl].runnable)
		return "nothing to run";
	if (__atomic_load_n(&v->waiting, __ATOMIC_RELAXED))
		return "waits";
	return v->stuck.repeats >= REPEATS ? "no progress" : "runs";
}

void progress_report(void)
{
	for (unsigned i = 0; i < vcpu_count; i++) {
		const struct vcpu *v = vcpus[i];

		log_line("vCPU %u (APIC ID %u) VMPL %u RIP %lx: %s", i,
			 v->apic_id, v->vmpl, v->vmcb->save.rip, doing(v));
		report_recent(v);
	}
}

/* What the others have done so far; false when one of them is at it. */
static bool others_rest(const struct vcpu *v, uint64_t *exits)
{
	*exits = 0;
	for (unsigned i = 0; i < vcpu_count; i++) {
		const struct vcpu *o = vcpus[i];

		if (o == v || o->stuck.repeats >= REPEATS)
			continue;
		*exits += o->exit_count;
		if (o->level[o->vmpl].runnable &&
		    !__atomic_load_n(&o->waiting, __ATOMIC_RELAXED))
			return false;
	}
	return true;
}

/* Nobody could change what keeps this one from going on? */
static bool is_hopeless(struct vcpu *v)
{
	uint64_t exits;

	if (!others_rest(v, &exits) || exits != v->stuck.others) {
		v->stuck.others = exits;
		v->stuck.rounds = 0;
		return false;
	}
	return ++v->stuck.rounds >= ROUNDS;
}

void progress_denied(struct vcpu *v, uint64_t page, const char *why)
{
	uint64_t rip = vcpu_vmsa(v)->s.rip;

	page &= ~PAGE_MASK;
	if (v->stuck.rip != rip || v->stuck.page != page)
		v->stuck = (struct stuck){ .rip = rip, .page = page };
	if (++v->stuck.repeats % REPEATS)
		return;
	if (v->stuck.repeats == REPEATS)
		log_line("note: vCPU %u VMPL %u RIP %lx makes no progress at "
			 "page %lx: the host %s", v->index, v->vmpl, rip, page,
			 why);
	if (!is_hopeless(v))
		return;
	progress_report();
	machine_stop(STOP_NO_PROGRESS, "no progress on vCPU %u at VMPL %u, RIP "
		     "%lx, page %lx: the host %s", v->index, v->vmpl, rip, page,
		     why);
}
