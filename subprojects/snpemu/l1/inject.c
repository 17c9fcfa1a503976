// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Interrupts on their way from the core's APIC, or from another vCPU, to the
 * level they are for, in the injection mode of that level's SEV_FEATURES.
 *
 * L1 takes a vector from the core's APIC without EOI and may have to keep it
 * for long. If the guest then gives the EOI of a lower one, that must not
 * reach the APIC, which would clear the higher one: the EOI waits in @done.
 */
#include "deliver.h"
#include "devices.h"
#include "hostside.h"
#include "mm.h"

#define DOORBELL_NMI		(1u << 8)
#define DOORBELL_NO_FURTHER	(1u << 15)

#define CR8_BIT			(1u << 8)

enum injection { INJECT_NORMAL, INJECT_RESTRICTED, INJECT_ALTERNATE };

static enum injection injection_mode(const struct vmpl_state *level)
{
	uint64_t features = level->vmsa ? level->vmsa->sev_features : 0;

	if (features & SEV_FEATURE_ALTERNATE_INJ)
		return INJECT_ALTERNATE;
	if (features & SEV_FEATURE_RESTRICTED_INJ)
		return INJECT_RESTRICTED;
	return INJECT_NORMAL;
}

/*
 * The highest VMPL that can take interrupts from the host. A level with
 * alternate injection cannot: software above it speaks for it.
 */
unsigned irq_owner(const struct vcpu *v)
{
	for (unsigned vmpl = VMPL_COUNT; vmpl-- > 1;) {
		const struct vmpl_state *level = &v->level[vmpl];

		if (level->runnable &&
		    injection_mode(level) != INJECT_ALTERNATE)
			return vmpl;
	}
	return 0;
}

static bool core_in_service(uint8_t vector)
{
	uint32_t word = apic_core_read(APIC_ISR + vector / 32 * 0x10);

	return word >> vector % 32 & 1;
}

static bool taken_before(const struct vcpu *v, uint8_t vector)
{
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
		if (irqset_has(&v->host.level[vmpl].physical, vector))
			return true;
	return false;
}

/* An APIC does not give a vector again that is in service. */
static bool from_apic(const struct vcpu *v, uint8_t vector)
{
	return core_in_service(vector) && !taken_before(v, vector);
}

void host_interrupt(struct vcpu *v, uint8_t vector)
{
	unsigned vmpl = irq_owner(v);
	struct host_level *l = &v->host.level[vmpl];

	trace(TRACE_IRQ, "interrupt %02x for VMPL%u", vector, vmpl);
	if (from_apic(v, vector)) {
		irqset_add(&l->physical, vector);
		irqset_add(&l->pending, vector);
	} else {
		/* If not: the APIC's spurious one, nothing is behind it. */
		pic_interrupt(vector, &l->pic_lines);
	}
}

void irq_forget_lines(uint16_t lines)
{
	for (unsigned i = 0; i < vcpu_count; i++)
		for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++)
			__atomic_fetch_and(
				&vcpus[i]->host.level[vmpl].pic_lines,
				(uint16_t)~lines, __ATOMIC_ACQ_REL);
}

void host_nmi(struct vcpu *v)
{
	__atomic_store_n(&v->host.level[irq_owner(v)].nmi_pending, 1,
			 __ATOMIC_RELEASE);
}

void irq_post(struct vcpu *target, unsigned vmpl, uint8_t vector)
{
	irqset_add(&target->host.level[vmpl].pending, vector);
	if (target != vcpu_self())
		vcpu_kick(target);
}

void irq_post_nmi(struct vcpu *target, unsigned vmpl)
{
	__atomic_store_n(&target->host.level[vmpl].nmi_pending, 1,
			 __ATOMIC_RELEASE);
	if (target != vcpu_self())
		vcpu_kick(target);
}

void irq_nmi_complete(struct vcpu *v)
{
	host_level(v)->nmi_blocked = false;
}

/* The level that holds the highest vector the core's APIC has in service. */
static struct host_level *core_top(struct vcpu *v, int *vector)
{
	struct host_level *holder = NULL;

	*vector = -1;
	for (unsigned vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		int top = irqset_top(&v->host.level[vmpl].physical);

		if (top > *vector) {
			*vector = top;
			holder = &v->host.level[vmpl];
		}
	}
	return holder;
}

/* Give the core's APIC each EOI that is due and in its turn. */
static void core_eoi(struct vcpu *v)
{
	int vector;

	for (;;) {
		struct host_level *l = core_top(v, &vector);

		if (!l || !irqset_has(&l->done, (uint8_t)vector))
			return;
		irqset_remove(&l->done, (uint8_t)vector);
		irqset_remove(&l->physical, (uint8_t)vector);
		apic_core_write(APIC_EOI, 0);
	}
}

void irq_eoi(struct vcpu *v, unsigned vmpl)
{
	struct host_level *l = &v->host.level[vmpl];
	int vector = irqset_top(&l->in_service);

	if (vector < 0)
		return;
	irqset_remove(&l->in_service, (uint8_t)vector);
	if (irqset_has(&l->physical, (uint8_t)vector) &&
	    !irqset_has(&l->pending, (uint8_t)vector))
		irqset_add(&l->done, (uint8_t)vector);
	core_eoi(v);
}

void irq_level_reset(struct vcpu *v, unsigned vmpl)
{
	struct host_level *l = &v->host.level[vmpl];

	irqset_clear(&l->pending);
	irqset_clear(&l->in_service);
	__atomic_store_n(&l->pic_lines, 0, __ATOMIC_RELEASE);
	l->done = l->physical;
	__atomic_store_n(&l->nmi_pending, 0, __ATOMIC_RELEASE);
	l->nmi_blocked = false;
	l->doorbell = GPA_NONE;
	core_eoi(v);
}

/* What may be delivered next: a vector, and the 8259's line it comes by. */
struct candidate {
	int vector;		/* or NONE */
	int line;		/* or NONE: from the APIC */
};

#define NONE	(-1)

static int first_line(const struct host_level *l)
{
	unsigned lines = __atomic_load_n(&l->pic_lines, __ATOMIC_ACQUIRE);

	return lines ? __builtin_ctz(lines) : NONE;
}

/* Whatever the TPR. */
static struct candidate first_candidate(const struct host_level *l)
{
	struct candidate c = { .vector = NONE, .line = first_line(l) };
	int served = irqset_top(&l->in_service);

	if (c.line != NONE) {	/* an ExtINT knows no priority */
		c.vector = pic_vector((unsigned)c.line);
		return c;
	}
	c.vector = irqset_top(&l->pending);
	if (c.vector >= 0 && served >= 0 &&
	    (c.vector & 0xf0) <= (served & 0xf0))
		c.vector = NONE;
	return c;
}

static bool above_tpr(const struct host_level *l, struct candidate c)
{
	return c.line != NONE || (c.vector & 0xf0) > (l->apic.tpr & 0xf0);
}

/* What may be delivered now. */
static struct candidate next_candidate(const struct host_level *l)
{
	struct candidate c = first_candidate(l);

	if (c.vector != NONE && !above_tpr(l, c))
		c.vector = NONE;
	return c;
}

static void accept(struct vcpu *v, struct host_level *l, struct candidate c)
{
	counter_add(v, COUNTER_INJECTED, 1);
	if (c.line != NONE) {
		__atomic_fetch_and(&l->pic_lines, (uint16_t)~(1u << c.line),
				   __ATOMIC_ACQ_REL);
		return;
	}
	irqset_remove(&l->pending, (uint8_t)c.vector);
	irqset_add(&l->in_service, (uint8_t)c.vector);
}

static bool interruptible(const struct vcpu *v)
{
	return v->level[v->vmpl].vmsa->s.rflags & RFLAGS_IF &&
	       !(v->vmcb->control.int_state & 1);
}

static void inject(struct vcpu *v, uint64_t type, uint8_t vector)
{
	trace(TRACE_IRQ, "inject %s%02x",
	      type == EVENT_TYPE_NMI ? "NMI " : "", vector);
	v->vmcb->control.event_inj = EVENT_VALID | type | vector;
}

static void inject_interrupt(struct vcpu *v, uint8_t vector)
{
	trace(TRACE_IRQ, "interrupt %02x delivered", vector);
	if (!deliver_interrupt(v, vector))
		inject(v, EVENT_TYPE_INTERRUPT, vector);
}

/* The guest cannot take it yet: leave at the first moment it can. */
static void open_window(struct vcpu *v, uint8_t vector)
{
	struct vmcb_control *c = &v->vmcb->control;

	c->int_ctl |= INT_CTL_V_IRQ |
		      (uint64_t)(vector >> 4) << INT_CTL_PRIORITY_SHIFT |
		      (uint64_t)vector << INT_CTL_VECTOR_SHIFT;
	c->intercept3 |= INTERCEPT_VINTR;
	c->cr_write |= CR8_BIT;
}

static void close_window(struct vcpu *v)
{
	struct vmcb_control *c = &v->vmcb->control;

	c->int_ctl &= ~(INT_CTL_V_IRQ | INT_CTL_IGNORE_TPR |
			0xfull << INT_CTL_PRIORITY_SHIFT |
			0xffull << INT_CTL_VECTOR_SHIFT);
	c->intercept3 &= ~INTERCEPT_VINTR;
	c->cr_write &= (uint16_t)~CR8_BIT;
}

static bool take_nmi(struct host_level *l)
{
	if (l->nmi_blocked)
		return false;
	return __atomic_exchange_n(&l->nmi_pending, 0, __ATOMIC_ACQ_REL);
}

static void before_entry_normal(struct vcpu *v, struct host_level *l)
{
	struct candidate c;

	if (!vcpu_event_pending(v) && take_nmi(l)) {
		l->nmi_blocked = true;
		inject(v, EVENT_TYPE_NMI, VECTOR_NMI);
	}
	c = first_candidate(l);
	if (c.vector == NONE)
		return;
	if (vcpu_event_pending(v) || !interruptible(v) || !above_tpr(l, c)) {
		open_window(v, (uint8_t)c.vector);
		return;
	}
	accept(v, l, c);
	inject_interrupt(v, (uint8_t)c.vector);
}

static uint16_t *doorbell(const struct host_level *l)
{
	if (l->doorbell == GPA_NONE)
		return NULL;
	return mm_host_view(l->doorbell, sizeof(uint16_t));
}

/* Is there something the doorbell page has room for? */
static bool doorbell_wanted(const struct host_level *l)
{
	uint16_t *page = doorbell(l);
	uint16_t seen;

	if (!page)
		return false;
	seen = __atomic_load_n(page, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&l->nmi_pending, __ATOMIC_ACQUIRE) &&
	    !(seen & DOORBELL_NMI))
		return true;
	return !(seen & 0xff) && next_candidate(l).vector != NONE;
}

/* Show a vector and an NMI; true when the guest has to be told by #HV. */
static bool doorbell_ring(struct vcpu *v, struct host_level *l)
{
	uint16_t *page = doorbell(l);
	uint16_t seen = __atomic_load_n(page, __ATOMIC_ACQUIRE);
	bool nmi = __atomic_load_n(&l->nmi_pending, __ATOMIC_ACQUIRE);
	struct candidate c;
	uint16_t next;

	do {
		c = next_candidate(l);
		if (seen & 0xff)
			c.vector = NONE;
		next = seen | DOORBELL_NO_FURTHER;
		if (nmi)
			next |= DOORBELL_NMI;
		if (c.vector != NONE)
			next |= (uint16_t)c.vector;
	} while (!__atomic_compare_exchange_n(page, &seen, next, false,
			__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	if (nmi)
		__atomic_store_n(&l->nmi_pending, 0, __ATOMIC_RELEASE);
	if (c.vector != NONE)
		accept(v, l, c);
	trace(TRACE_IRQ, "doorbell %04x, was %04x", next, seen);
	return !(seen & DOORBELL_NO_FURTHER);
}

static void before_entry_restricted(struct vcpu *v, struct host_level *l)
{
	if (!doorbell_wanted(l))
		return;
	if (vcpu_event_pending(v)) {
		vcpu_kick(v);	/* comes back right behind that event */
		return;
	}
	if (doorbell_ring(v, l))
		inject(v, EVENT_TYPE_EXCEPTION, VECTOR_HV);
}

void host_before_entry(struct vcpu *v)
{
	struct host_level *l = host_level(v);

	close_window(v);
	switch (injection_mode(&v->level[v->vmpl])) {
	case INJECT_NORMAL:
		before_entry_normal(v, l);
		break;
	case INJECT_RESTRICTED:
		before_entry_restricted(v, l);
		break;
	case INJECT_ALTERNATE:
		break;
	}
}

void host_after_exit(struct vcpu *v)
{
	uint32_t cr8 = v->vmcb->control.int_ctl & INT_CTL_TPR_MASK;
	enum injection mode = injection_mode(&v->level[v->vmpl]);

	if (mode == INJECT_NORMAL && cr8 != host_level(v)->apic.tpr >> 4)
		apic_set_tpr(v, cr8 << 4);
}

/* Something that a level in this mode would be told at its next entry. */
static bool level_work(const struct vcpu *v, unsigned vmpl)
{
	const struct vmpl_state *level = &v->level[vmpl];
	const struct host_level *l = &v->host.level[vmpl];

	switch (injection_mode(level)) {
	case INJECT_NORMAL:
		if (__atomic_load_n(&l->nmi_pending, __ATOMIC_ACQUIRE) &&
		    !l->nmi_blocked)
			return true;
		return next_candidate(l).vector != NONE && level->vmsa &&
		       level->vmsa->s.rflags & RFLAGS_IF;
	case INJECT_RESTRICTED:
		return doorbell_wanted(l);
	case INJECT_ALTERNATE:
		break;
	}
	return false;
}

bool host_work_pending(const struct vcpu *v)
{
	unsigned owner = irq_owner(v);

	if (level_work(v, v->vmpl))
		return true;
	return owner != v->vmpl &&
	       next_candidate(&v->host.level[owner]).vector != NONE;
}
