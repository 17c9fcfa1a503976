// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The local APIC as a VMPL sees it, in xAPIC or x2APIC mode.
 *
 * The core's own APIC, always in xAPIC mode, belongs to the level that owns
 * interrupts: its registers are that level's but for those which would reach
 * L1 (ID, delivery modes other than fixed and NMI) and those that inject.c
 * keeps (EOI, ISR, IRR, and TPR, which a guest may lower through CR8 without
 * an exit). Other levels have a few registers in memory.
 */
#include "hostside.h"
#include "mm.h"

#define BASE_BSP		(1ull << 8)
#define BASE_X2APIC		(1ull << 10)
#define BASE_ENABLE		(1ull << 11)

#define LVT_MASKED		(1u << 16)
#define LVT_EXTINT		(7u << 8)
#define DELIVERY(value)		((value) >> 8 & 7)
#define DEST_LOGICAL		(1u << 11)
#define SHORTHAND(icr)		((icr) >> 18 & 3)

enum delivery_mode {
	DELIVER_FIXED, DELIVER_LOWEST, DELIVER_SMI, DELIVER_NMI = 4,
	DELIVER_INIT, DELIVER_STARTUP, DELIVER_EXTINT,
};

#define X2APIC_MSR_FIRST	0x800u

uint32_t apic_core_read(uint32_t offset)
{
	return *(volatile uint32_t *)mm_mmio(APIC_PAGE + offset);
}

void apic_core_write(uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)mm_mmio(APIC_PAGE + offset) = value;
}

static bool is_x2apic(const struct host_level *l)
{
	return l->apic.base & BASE_X2APIC;
}

void apic_level_init(struct vcpu *v, unsigned vmpl)
{
	struct host_apic *apic = &v->host.level[vmpl].apic;

	apic->base = APIC_PAGE | BASE_ENABLE | (v->index ? 0 : BASE_BSP);
	apic->dfr = ~0u;
	apic->svr = 0xff;
}

static bool is_lvt(uint32_t offset)
{
	return offset >= APIC_LVT_TIMER && offset <= APIC_LVT_ERROR;
}

static uint32_t *lvt_entry(struct host_apic *apic, uint32_t offset)
{
	return &apic->lvt[(offset - APIC_LVT_TIMER) >> 4];
}

/* As INIT leaves it: the mode and the ID stay. */
void apic_level_reset(struct vcpu *v, unsigned vmpl)
{
	struct host_apic *apic = &v->host.level[vmpl].apic;

	apic->tpr = 0;
	apic->ldr = 0;
	apic->dfr = ~0u;
	apic->svr = 0xff;
	apic->icr = 0;
	for (unsigned i = 0; i < 6; i++)
		apic->lvt[i] = LVT_MASKED;
	if (v->index == 0)	/* the 8259 reaches the BSP out of reset */
		*lvt_entry(apic, APIC_LVT_LINT0) = LVT_EXTINT;
	if (irq_owner(v) != vmpl)
		return;
	for (uint32_t lvt = APIC_LVT_TIMER; lvt <= APIC_LVT_ERROR; lvt += 0x10)
		apic_core_write(lvt, *lvt_entry(apic, lvt));
	apic_core_write(APIC_TIMER_INITIAL, 0);
	apic_core_write(APIC_TPR, 0);
	apic_core_write(APIC_LDR, 0);
	apic_core_write(APIC_DFR, ~0u);
	apic_core_write(APIC_SVR, 0xff);
}

void apic_set_tpr(struct vcpu *v, uint32_t tpr)
{
	struct vmsa *vmsa = vcpu_vmsa(v);

	host_level(v)->apic.tpr = tpr & 0xff;
	vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~INT_CTL_TPR_MASK) |
			   (tpr >> 4 & INT_CTL_TPR_MASK);
}

static uint32_t logical_id(const struct vcpu *target, unsigned vmpl)
{
	const struct host_level *l = &target->host.level[vmpl];

	if (is_x2apic(l))
		return target->apic_id >> 4 << 16 |
		       1u << (target->apic_id & 15);
	return l->apic.ldr >> 24;
}

static bool logical_match(const struct vcpu *target, unsigned vmpl,
			  uint32_t destination)
{
	const struct host_level *l = &target->host.level[vmpl];
	uint32_t id = logical_id(target, vmpl);

	if (is_x2apic(l))
		return id >> 16 == destination >> 16 &&
		       id & destination & 0xffff;
	if (l->apic.dfr >> 28 == 0xf)
		return id & destination & 0xff;
	return id >> 4 == (destination >> 4 & 0xf) && id & destination & 0xf;
}

/* Is @target among those that this ICR of @v names? */
static bool is_target(struct vcpu *v, const struct vcpu *target, uint64_t icr)
{
	uint32_t low = (uint32_t)icr;
	uint32_t destination = (uint32_t)(icr >> 32);

	switch (SHORTHAND(low)) {
	case 1:
		return target == v;
	case 2:
		return true;
	case 3:
		return target != v;
	}
	if (low & DEST_LOGICAL)
		return logical_match(target, v->vmpl, destination);
	return destination == ~0u || destination == target->apic_id;
}

/* Through the core's APIC where that is the level's, else in memory. */
static void send_fixed(struct vcpu *v, struct vcpu *target, uint8_t vector)
{
	if (vector < 16)
		return;
	if (vector < FIRST_CORE_VECTOR || irq_owner(target) != v->vmpl) {
		irq_post(target, v->vmpl, vector);
		return;
	}
	apic_core_write(APIC_ICR_HIGH, target->apic_id << 24);
	apic_core_write(APIC_ICR, vector);
}

/*
 * An SNP guest starts a processor by AP creation: INIT and SIPI would show
 * the host where it begins.
 */
static void send_init(struct vcpu *v, struct vcpu *target)
{
	if (target != v && ap_start_on_init(target, v->vmpl))
		return;
	log_line("vCPU %u VMPL%u: INIT for vCPU %u ignored: "
		 "an SNP guest uses AP creation",
		 v->index, v->vmpl, target->index);
}

static bool send(struct vcpu *v, struct vcpu *target, uint32_t low)
{
	switch (DELIVERY(low)) {
	case DELIVER_FIXED:
	case DELIVER_LOWEST:
		send_fixed(v, target, (uint8_t)low);
		return true;
	case DELIVER_NMI:
		irq_post_nmi(target, v->vmpl);
		return true;
	case DELIVER_INIT:
		if (low & 1u << 14)	/* not the de-assert message */
			send_init(v, target);
		return true;
	case DELIVER_STARTUP:
		__atomic_store_n(&target->host.startup, 1, __ATOMIC_RELEASE);
		vcpu_kick(target);
		return true;
	}
	log_line("vCPU %u VMPL%u: IPI with delivery mode %u ignored",
		 v->index, v->vmpl, DELIVERY(low));
	return false;
}

/* False when nobody is there or the delivery mode is not for guests. */
bool apic_ipi(struct vcpu *v, uint64_t icr)
{
	uint32_t low = (uint32_t)icr;
	bool sent = false;

	trace(TRACE_IRQ, "IPI %lx", (unsigned long)icr);
	for (unsigned i = 0; i < vcpu_count; i++) {
		if (!is_target(v, vcpus[i], icr))
			continue;
		sent |= send(v, vcpus[i], low);
		if (DELIVERY(low) == DELIVER_LOWEST)
			break;
	}
	return sent;
}

/* ISR as the guest may know it; IRR has also what we hold for it. */
static uint32_t read_service(struct vcpu *v, uint32_t offset)
{
	struct host_level *l = host_level(v);
	unsigned word = offset >> 4 & 7;

	if (offset < APIC_TMR)
		return l->in_service.word[word];
	if (irq_owner(v) != v->vmpl)
		return offset < APIC_IRR ? 0 : l->pending.word[word];
	if (offset < APIC_IRR)
		return apic_core_read(offset);
	return apic_core_read(offset) | l->pending.word[word];
}

static uint32_t read_ppr(const struct host_level *l)
{
	int served = irqset_top(&l->in_service) & ~0xf;

	return served > (int)(l->apic.tpr & 0xf0) ? (uint32_t)served :
						    l->apic.tpr;
}

/* Registers that look the same for every level. */
static bool read_common(struct vcpu *v, uint32_t offset, uint32_t *value)
{
	struct host_level *l = host_level(v);

	if (offset >= APIC_ISR && offset < APIC_ESR) {
		*value = read_service(v, offset);
		return true;
	}
	switch (offset) {
	case APIC_ID:
		*value = is_x2apic(l) ? v->apic_id : v->apic_id << 24;
		return true;
	case APIC_TPR:
		*value = l->apic.tpr;
		return true;
	case APIC_PPR:
		*value = irqset_top(&l->in_service) < 0 ? l->apic.tpr :
							  read_ppr(l);
		return true;
	case APIC_LDR:
		*value = is_x2apic(l) ? logical_id(v, v->vmpl) : l->apic.ldr;
		return true;
	case APIC_DFR:
		*value = l->apic.dfr;
		return true;
	case APIC_SVR:
		*value = l->apic.svr;
		return true;
	case APIC_ICR:
		*value = (uint32_t)l->apic.icr;
		return true;
	case APIC_ICR_HIGH:
		*value = (uint32_t)(l->apic.icr >> 32) << 24;
		return true;
	}
	return false;
}

static uint32_t apic_read(struct vcpu *v, uint32_t offset)
{
	uint32_t value;

	if (read_common(v, offset, &value))
		return value;
	if (is_lvt(offset))
		return *lvt_entry(&host_level(v)->apic, offset);
	if (offset == APIC_VERSION || irq_owner(v) == v->vmpl)
		return apic_core_read(offset);
	return 0;
}

/*
 * What would reach L1 as something else than an interrupt is masked. OVMF
 * runs its timer with vector 5, which no processor delivers.
 */
static uint32_t safe_lvt(struct vcpu *v, uint32_t value)
{
	unsigned mode = DELIVERY(value), vector = value & 0xff;

	if (value & LVT_MASKED || mode == DELIVER_NMI ||
	    mode == DELIVER_EXTINT ||
	    (mode == DELIVER_FIXED && vector >= FIRST_CORE_VECTOR))
		return value;
	if (mode != DELIVER_FIXED || vector >= 16)
		log_line("vCPU %u VMPL%u: LVT entry %x masked", v->index,
			 v->vmpl, value);
	return value | LVT_MASKED;
}

static void write_core(struct vcpu *v, uint32_t offset, uint32_t value)
{
	if (irq_owner(v) == v->vmpl)
		apic_core_write(offset, value);
}

static void apic_write(struct vcpu *v, uint32_t offset, uint32_t value)
{
	struct host_apic *apic = &host_level(v)->apic;

	switch (offset) {
	case APIC_TPR:
		apic_set_tpr(v, value);
		return;
	case APIC_EOI:
		irq_eoi(v, v->vmpl);
		return;
	case APIC_LDR:
		apic->ldr = value & 0xff000000;
		break;
	case APIC_DFR:
		apic->dfr = value | 0x0fffffff;
		break;
	case APIC_SVR:
		apic->svr = value & 0x1ff;
		break;
	case APIC_ESR:
	case APIC_TIMER_INITIAL:
	case APIC_TIMER_DIVIDE:
		break;
	default:
		if (!is_lvt(offset))
			return;		/* read only, or nothing */
		*lvt_entry(apic, offset) = value;
		value = safe_lvt(v, value);
	}
	write_core(v, offset, value);
}

uint32_t apic_mmio_read(struct vcpu *v, uint32_t offset)
{
	if (is_x2apic(host_level(v)))
		return ~0u;
	return apic_read(v, offset & 0xff0);
}

void apic_mmio_write(struct vcpu *v, uint32_t offset, uint32_t value)
{
	struct host_apic *apic = &host_level(v)->apic;
	uint32_t destination = (uint32_t)(apic->icr >> 32);

	if (is_x2apic(host_level(v)))
		return;
	switch (offset & 0xff0) {
	case APIC_ICR_HIGH:
		apic->icr = (uint32_t)apic->icr |
			    (uint64_t)(value >> 24) << 32;
		return;
	case APIC_ICR:
		apic->icr = (uint64_t)destination << 32 |
			    (value & ~(1u << 12));
		if (destination == 0xff && !(value & DEST_LOGICAL))
			destination = ~0u;
		apic_ipi(v, (uint64_t)destination << 32 | value);
		return;
	}
	apic_write(v, offset & 0xff0, value);
}

static bool base_write(struct vcpu *v, uint64_t value)
{
	struct host_apic *apic = &host_level(v)->apic;
	uint64_t fixed = APIC_PAGE | (apic->base & BASE_BSP);
	uint64_t mode = value & (BASE_ENABLE | BASE_X2APIC);

	if ((value & ~(BASE_ENABLE | BASE_X2APIC)) != fixed)
		return false;
	if (mode == BASE_X2APIC)
		return false;
	if (is_x2apic(host_level(v)) && mode == BASE_ENABLE)
		return false;
	if (!(apic->base & BASE_ENABLE) && mode & BASE_X2APIC)
		return false;
	apic->base = fixed | mode;
	return true;
}

/*
 * In x2APIC mode the logical ID follows from the ID. Devices name it with 8
 * bits, which reach the core's APIC: give it the flat equivalent.
 */
static void enter_x2apic(struct vcpu *v)
{
	if (irq_owner(v) != v->vmpl || v->apic_id >= 8)
		return;
	apic_core_write(APIC_DFR, ~0u);
	apic_core_write(APIC_LDR, 1u << v->apic_id << 24);
}

static bool x2apic_readable(uint32_t offset)
{
	return offset == APIC_ID || offset == APIC_VERSION ||
	       offset == APIC_TPR || offset == APIC_PPR ||
	       offset == APIC_LDR || offset == APIC_SVR ||
	       (offset >= APIC_ISR && offset <= APIC_ESR) ||
	       offset == APIC_ICR ||
	       (offset >= APIC_LVT_TIMER && offset <= APIC_TIMER_CURRENT) ||
	       offset == APIC_TIMER_DIVIDE;
}

static bool x2apic_writable(uint32_t offset, uint64_t value)
{
	switch (offset) {
	case APIC_ICR:
		return true;
	case APIC_EOI:
	case APIC_ESR:
		return value == 0;
	case APIC_SELF_IPI:
		return value < 0x100;
	case APIC_TPR:
		return value < 0x100;
	case APIC_SVR:
	case APIC_TIMER_INITIAL:
	case APIC_TIMER_DIVIDE:
		return value >> 32 == 0;
	}
	return offset >= APIC_LVT_TIMER && offset <= APIC_LVT_ERROR &&
	       value >> 32 == 0;
}

bool apic_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	struct host_level *l = host_level(v);
	uint32_t offset = (msr - X2APIC_MSR_FIRST) << 4;

	if (msr == MSR_APIC_BASE) {
		*value = l->apic.base;
		return true;
	}
	if (!is_x2apic(l) || !x2apic_readable(offset))
		return false;
	*value = offset == APIC_ICR ? l->apic.icr : apic_read(v, offset);
	return true;
}

bool apic_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
	struct host_level *l = host_level(v);
	uint32_t offset = (msr - X2APIC_MSR_FIRST) << 4;

	if (msr == MSR_APIC_BASE) {
		bool was = is_x2apic(l);

		if (!base_write(v, value))
			return false;
		if (!was && is_x2apic(l))
			enter_x2apic(v);
		return true;
	}
	if (!is_x2apic(l) || !x2apic_writable(offset, value))
		return false;
	if (offset == APIC_ICR) {
		l->apic.icr = value;
		apic_ipi(v, value);
	} else if (offset == APIC_SELF_IPI) {
		send_fixed(v, v, (uint8_t)value);
	} else {
		apic_write(v, offset, (uint32_t)value);
	}
	return true;
}
