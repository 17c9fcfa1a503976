// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Where and when a host strikes. What it does then: blow.c. */
#include "blow.h"
#include "config.h"
#include "cpu.h"
#include "log.h"
#include "strike.h"
#include "vcpu.h"

#define SITES		4
/* Exceptions that push an error code. */
#define WITH_CODE	0x60227d00u
#define WATCHED		400u
#define ANY_CPU		(~0ull)
#define DR6_STATUS	0x400full	/* BS, B0 to B3 */
#define DR7_NONE	0x400ull
#define DR7_GLOBAL(n)	(2ull << 2 * (n))

static struct strike_site sites[SITES];
static unsigned site_count;

static uint64_t field(const char *key, const char *name, uint64_t fallback)
{
	uint64_t value = fallback;

	(void)config_field(key, name, &value);
	return value;
}

static void read_site(const char *key, struct strike_site *s)
{
	s->cpu = field(key, "cpu", ANY_CPU);
	s->nth = field(key, "nth", 1);
	s->skip = field(key, "skip", 0);
	s->count = field(key, "times", 1);
	s->walks = config_field(key, "walk", &s->count);
	s->until = field(key, "until", 0);
	s->gap = field(key, "gap", 0);
	s->injects = config_field(key, "vector", &s->vector);
	s->error = field(key, "error", 0);
	s->code = field(key, "code", WITH_CODE >> (s->vector & 31) & 1);
	s->watch = field(key, "watch", WATCHED);
	s->answers = config_field(key, "answer", &s->answer);
	s->page = field(key, "page", 0);
	s->runs = config_field(key, "run", &s->vmsa);
	s->on = field(key, "on", 0);
	s->vmpl = field(key, "vmpl", 0);
	s->hold = field(key, "hold", 0);
}

void strike_init(void)
{
	char key[] = "strike0";

	for (; site_count < SITES; site_count++, key[6]++) {
		struct strike_site *s = &sites[site_count];

		s->number = site_count;
		if (!config_field(key, "at", &s->at))
			return;
		read_site(key, s);
	}
}

/* ------------------------------------------------------------ breakpoints */

static void write_addresses(const uint64_t dr[4])
{
	write_dr0(dr[0]);
	write_dr1(dr[1]);
	write_dr2(dr[2]);
	write_dr3(dr[3]);
}

/* QEMU sets a breakpoint when DR7 is written, and looks at the VMCB's later. */
static uint64_t set_breakpoints(struct strike *s)
{
	uint64_t dr7 = DR7_NONE, at[4] = { 0 };

	s->dr[0] = read_dr0();
	s->dr[1] = read_dr1();
	s->dr[2] = read_dr2();
	s->dr[3] = read_dr3();
	for (unsigned i = 0; i < site_count; i++) {
		at[i] = sites[i].at;
		dr7 |= DR7_GLOBAL(i);
	}
	write_addresses(at);
	write_dr7(dr7);
	return dr7;
}

static bool steps(const struct strike *s)
{
	return s->watch || (s->site && !s->due);
}

void strike_arm(struct vcpu *v)
{
	struct strike *s = &v->strike;

	if (!site_count || v->vmpl != 0)
		return;
	v->vmcb->save.dr7 |= set_breakpoints(s);
	v->vmcb->control.exceptions |= 1u << VECTOR_DB;
	if (steps(s))
		v->vmcb->save.rflags |= RFLAGS_TF;
	s->armed = true;
}

/* VMPL0 itself uses neither breakpoints nor single steps. */
void strike_disarm(struct vcpu *v)
{
	struct strike *s = &v->strike;
	struct vmsa_common *regs = &vcpu_vmsa(v)->s;

	if (!s->armed)
		return;
	s->armed = false;
	write_dr7(DR7_NONE);
	write_addresses(s->dr);
	regs->dr7 = DR7_NONE;
	regs->dr6 &= ~DR6_STATUS;
	regs->rflags &= ~RFLAGS_TF;
}

/* ------------------------------------------------------------------ steps */

/* Of one that arrives; the instruction itself comes @left steps later. */
static void start(struct vcpu *v, struct strike_site *site)
{
	struct strike *s = &v->strike;

	s->site = site;
	s->left = site->skip + (site->walks ? site->done : 0);
	s->due = s->left == 0;
}

/* Does this arrival count? */
static bool is_wanted(struct vcpu *v, struct strike_site *site)
{
	uint64_t n;

	if (v->strike.site || site->over || site->done >= site->count ||
	    (site->cpu != ANY_CPU && site->cpu != v->index))
		return false;
	n = __atomic_add_fetch(&site->arrivals, 1, __ATOMIC_RELAXED);
	return n >= site->nth && n > site->ignored;
}

static void arrive(struct vcpu *v, uint64_t rip)
{
	for (unsigned i = 0; i < site_count; i++)
		if (sites[i].at == rip && is_wanted(v, &sites[i]))
			start(v, &sites[i]);
	/* The breakpoint is not met again until the instruction is done. */
	vcpu_vmsa(v)->s.rflags |= RFLAGS_RF;
}

static void walk_is_over(struct strike *s)
{
	s->site->over = true;
	log_line("strike %u: the walk is over, %lu strikes", s->site->number,
		 s->site->done);
	s->site = NULL;
}

/* Another instruction is done; RIP is the next one's. */
static void stepped(struct vcpu *v)
{
	struct strike *s = &v->strike;
	uint64_t rip = vcpu_vmsa(v)->s.rip;

	if (s->watch) {
		s->watch--;
		blow_watch(v, s->rsp);
	}
	s->rip = rip;
	s->rsp = vcpu_vmsa(v)->s.rsp;
	if (!s->site || s->due)
		return;
	if (--s->left == 0)
		s->due = true;
	else if (s->site->until && rip == s->site->until)
		walk_is_over(s);
}

void strike_debug(struct vcpu *v)
{
	const struct vmsa_common *regs = &vcpu_vmsa(v)->s;
	struct strike *s = &v->strike;

	if (!site_count || v->vmpl != 0)
		return;
	if (steps(s) && regs->rip != s->rip)
		stepped(v);
	if (regs->rflags & RFLAGS_RF)
		return;
	for (unsigned i = 0; i < site_count; i++)
		if (sites[i].at == regs->rip) {
			arrive(v, regs->rip);
			break;
		}
	s->rip = regs->rip;
	s->rsp = regs->rsp;
}

void strike_emulated(struct vcpu *v)
{
	if (v->vmpl == 0 && steps(&v->strike))
		stepped(v);
}

void strike_before_entry(struct vcpu *v)
{
	struct strike *s = &v->strike;
	struct strike_site *site = s->site;

	if (!s->due || v->vmpl != 0 || vcpu_event_pending(v))
		return;
	s->due = false;
	s->site = NULL;
	site->done++;
	site->ignored = site->arrivals + site->gap;
	if (site->walks && site->done == site->count)
		log_line("strike %u: the walk is over, %lu strikes",
			 site->number, site->done);
	blow(v, site);
	s->rip = vcpu_vmsa(v)->s.rip;
	s->rsp = vcpu_vmsa(v)->s.rsp;
}

bool strike_answers(struct ghcb_request *r)
{
	return site_count && blow_answers(r);
}
