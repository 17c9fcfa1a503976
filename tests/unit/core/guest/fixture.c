/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See fixture.h.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <svsm/own.h>
#include <svsm/rmp.h>
#include <svsm/tlb.h>
#include <svsm/vmsa.h>
#include <svsm/window.h>

#include "fixture.h"

/** VMSA and calling area of the vCPU that the oracle calls with. */
#define ORACLE_APIC	7u
#define ORACLE_VMSA	(REGION + 0x6000)
#define ORACLE_CA	0x00002000ull
/** Where mainline KVM has ours. */
#define STARTUP_VMSA	0xfffffffff000ull
/** Steps that its two calls may take (O5); they take a tenth of it. */
#define ORACLE_STEPS	400u
#define POOL		(REGION + 0x10000)
#define POOL_LEN	0x40000ull
/** Where secrets of ours are planted. */
#define PLANTED		(REGION + 0x8000)

const struct svsm_protocol *guest_protocols[2] = {
	&svsm_core_protocol_deposits,
};
size_t guest_protocol_count = 1;

static struct svsm_page_span span;
static struct svsm_params params;
static struct svsm_own_node *runs;
static size_t pool_free;

static void add_vcpu(uint32_t apic_id, uint64_t vmsa, uint64_t ca)
{
	const struct svsm_vcpu vcpu = {
		.apic_id = apic_id, .vmsa = { vmsa }, .ca = { ca },
		.ours = true,
	};

	fake_make_guest(ca, PAGE);
	svsm_vmsa_init_reset((void *)(uintptr_t)vmsa, svsm_guest.vmpl,
			     svsm_guest.sev_features);
	fake_make_vmsa(vmsa);
	guest_set_owner(ca, 1, SVSM_OWN_CAA);
	ck_assert_int_eq(svsm_vcpu_register(&svsm_guest.vcpus, &vcpu),
			 SVSM_OK);
}

static void make_params(void)
{
	params = (struct svsm_params){ .cpus = CPUS, .ranges = 1 };
	params.memory[0] = (struct svsm_range){ { 0 }, MEMORY };
	for (unsigned i = 0; i < CPUS; i++)
		params.apic_id[i] = i;
}

static void make_guest(size_t run_count)
{
	const struct svsm_guest_config config = {
		.region = { { REGION }, REGION_LEN }, .params = &params,
		.vmsa = { { STARTUP_VMSA }, PAGE },
		.sev_features = SVSM_SEV_SNP, .vmpl = 2,
		.runs = runs, .run_count = run_count,
	};

	ck_assert_int_eq(svsm_guest_init(&svsm_guest, &config), SVSM_OK);
	/* The fake machine has memory everywhere, below 1 MiB too. */
	guest_set_owner(0xa0000, 0x60, SVSM_OWN_INVALID);
	add_vcpu(0, VMSA0, CA0);
	add_vcpu(ORACLE_APIC, ORACLE_VMSA, ORACLE_CA);
	guest_give(LIST, 1);
}

/* The map and the RMP say the same of every page. */
static void check_map(void)
{
	for (uint64_t gpa = 0; gpa < MEMORY; gpa += PAGE) {
		const struct rmp_entry *entry = fake_rmp(gpa);
		enum svsm_owner owner = guest_owner(gpa);
		unsigned lower = entry->perms[1] | entry->perms[2] |
			entry->perms[3];

		if (owner == SVSM_OWN_VMSA && !entry->vmsa && lower)
			fake_violation("map: %#lx is no VMSA, but open",
				       (unsigned long)gpa);
		if (owner != SVSM_OWN_VMSA && entry->vmsa)
			fake_violation("map: %#lx is a VMSA unknown to us",
				       (unsigned long)gpa);
		if (owner == SVSM_OWN_DEPOSIT && (!entry->validated || lower))
			fake_violation("map: %#lx is not ours alone",
				       (unsigned long)gpa);
		if (owner == SVSM_OWN_INVALID && entry->validated && lower)
			fake_violation("map: %#lx is open and not counted",
				       (unsigned long)gpa);
		if (owner == SVSM_OWN_SVSM || owner == SVSM_OWN_NONE)
			fake_violation("map: %#lx is not the guest's",
				       (unsigned long)gpa);
	}
}

static void check_pool(void)
{
	if (!svsm_page_check(&svsm_pages))
		fake_violation("O4: page pool");
	if (svsm_page_count_free(&svsm_pages) != pool_free)
		fake_violation("O4: page leaked");
	for (unsigned i = 0; i < CPUS; i++)
		if (fake_cpu(i)->window_busy)
			fake_violation("O4: window of CPU %u leaked", i);
}

/* O5: a call without the ownership lock, and one with it. Nothing changes. */
static void call_as_other_vcpu(void *arg)
{
	struct regs query = {
		.rax = CORE(SVSM_CORE_QUERY_PROTOCOL), .rcx = 1,
	};
	struct regs own_ca = {
		.rax = CORE(SVSM_CORE_PVALIDATE), .rcx = ORACLE_CA + 8,
	};
	uint64_t list[] = { 1, ORACLE_CA | SVSM_PVALIDATE_VALID };

	(void)arg;
	ck_assert_int_eq(guest_call_by(ORACLE_APIC, &query), SVSM_VCPU_RUN);
	ck_assert_uint_eq(query.rax, SVSM_SUCCESS);
	ck_assert_uint_eq(query.rcx, 1ull << 32 | 1);
	memcpy(fake_peek_private(own_ca.rcx), list, sizeof(list));
	ck_assert_int_eq(guest_call_by(ORACLE_APIC, &own_ca), SVSM_VCPU_RUN);
	ck_assert_uint_eq(own_ca.rax, SVSM_ERR_INVALID_ADDRESS);
}

void guest_setup_with(enum fake_memory state, size_t run_count)
{
	struct fake_config config = { FAKE_DEFAULTS };

	config.state = state;
	config.memory = MEMORY;
	config.region = (struct svsm_range){ { REGION }, REGION_LEN };
	fake_setup_with(&config);
	runs = calloc(run_count, sizeof(*runs));
	ck_assert_ptr_nonnull(runs);
	svsm_window_init(fake_window_area(), fake_cbit_mask());
	fake_pool_reset(&svsm_pages);
	ck_assert_int_eq(svsm_page_fill(&svsm_pages, &span,
					(void *)(uintptr_t)POOL, POOL_LEN),
			 SVSM_OK);
	make_params();
	make_guest(run_count);
	guest_expect_pages();
	fake_plant(PLANTED - REGION);
	fake_oracle_add(check_map);
	fake_oracle_add(check_pool);
	fake_oracle_vcpu(ORACLE_APIC, ORACLE_APIC, call_as_other_vcpu, NULL,
			 ORACLE_STEPS);
	fake_fetch_reset();
}

void guest_setup(void)
{
	guest_setup_with(FAKE_INVALID_4K, 1024);
}

void guest_teardown(void)
{
	fake_teardown();
	free(runs);
}

void guest_restart_with(enum fake_memory state, size_t run_count)
{
	guest_teardown();
	guest_setup_with(state, run_count);
}

void guest_restart(void)
{
	guest_teardown();
	guest_setup();
}

void guest_expect_pages(void)
{
	pool_free = svsm_page_count_free(&svsm_pages);
}

enum svsm_owner guest_owner(uint64_t gpa)
{
	return svsm_own_get(&svsm_guest.own, svsm_gpa(gpa));
}

bool guest_can_write(uint64_t gpa)
{
	uint8_t byte = 0;

	return fake_guest_read(gpa, &byte, 1) &&
	       fake_guest_write(gpa, &byte, 1);
}

bool guest_is_clear(uint64_t gpa, uint64_t len)
{
	for (uint64_t at = gpa; at < gpa + len; at += PAGE) {
		const uint64_t *page = fake_peek_private(at);

		for (unsigned i = 0; i < PAGE / sizeof(*page); i++)
			if (page[i])
				return false;
	}
	return true;
}

void guest_set_owner(uint64_t gpa, uint64_t pages, enum svsm_owner owner)
{
	struct svsm_range range = { { gpa }, pages * PAGE };

	ck_assert_int_eq(svsm_own_set(&svsm_guest.own, &range, owner), SVSM_OK);
}

void guest_give(uint64_t gpa, uint64_t pages)
{
	fake_make_guest(gpa, pages * PAGE);
	guest_set_owner(gpa, pages, SVSM_OWN_GUEST);
}

struct svsm_abi_vmsa *guest_vmsa(uint64_t gpa)
{
	return fake_peek_private(gpa);
}

/* Where the vCPU's pages are now. */
static const struct svsm_vcpu *find_vcpu(uint32_t apic_id)
{
	const struct svsm_vcpu *found = NULL;

	for (unsigned i = 0; i < SVSM_VCPUS; i++) {
		const struct svsm_vcpu *vcpu = &svsm_guest.vcpus.vcpu[i];

		if (vcpu->state != SVSM_VCPU_FREE &&
		    vcpu->apic_id == apic_id &&
		    (!found || vcpu->age > found->age))
			found = vcpu;
	}
	return found;
}

static uint64_t pattern(unsigned i)
{
	return 0x5e11ed0000000000ull + i;
}

/* All but the call's own registers, so that a change shows. */
static void load(struct svsm_abi_vmsa *vmsa, const struct regs *regs)
{
	uint64_t *others[] = { &vmsa->rbx, &vmsa->rbp, &vmsa->rsi, &vmsa->rdi,
		&vmsa->r10, &vmsa->r15, &vmsa->rip, &vmsa->rsp, &vmsa->cr3 };

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(others); i++)
		*others[i] = pattern(i);
	vmsa->rax = regs->rax;
	vmsa->rcx = regs->rcx;
	vmsa->rdx = regs->rdx;
	vmsa->r8 = regs->r8;
	vmsa->r9 = regs->r9;
	vmsa->exit_code = SVSM_EXIT_VMGEXIT;
}

static void check_untouched(struct svsm_abi_vmsa *before,
			    const struct svsm_abi_vmsa *after)
{
	before->rax = after->rax;
	before->rcx = after->rcx;
	before->rdx = after->rdx;
	before->r8 = after->r8;
	before->r9 = after->r9;
	/* A flush writes it, and the processor. */
	before->pcpu_id = after->pcpu_id;
	ck_assert_mem_eq(before, after, sizeof(*before));
}

enum svsm_vcpu_next guest_call_by(uint32_t apic_id, struct regs *regs)
{
	const struct svsm_vcpu *vcpu = find_vcpu(apic_id);
	struct svsm_abi_vmsa *vmsa = guest_vmsa(vcpu->vmsa.v);
	struct svsm_abi_vmsa before;
	enum svsm_vcpu_next next;

	load(vmsa, regs);
	*(uint8_t *)fake_peek_private(vcpu->ca.v) = 1;
	memcpy(&before, vmsa, sizeof(before));
	next = svsm_vcpu_serve(&svsm_guest, apic_id, guest_protocols,
			       guest_protocol_count);
	if (next != SVSM_VCPU_RUN)
		return next;
	ck_assert_uint_eq(*(uint8_t *)fake_peek_private(vcpu->ca.v), 0);
	check_untouched(&before, vmsa);
	*regs = (struct regs){
		vmsa->rax, vmsa->rcx, vmsa->rdx, vmsa->r8, vmsa->r9,
	};
	return next;
}

uint64_t guest_call(uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct regs regs = { rax, rcx, rdx, r8, 0x9999 };

	ck_assert_int_eq(guest_call_by(0, &regs), SVSM_VCPU_RUN);
	/* Core calls that answer in registers are called with guest_call_by. */
	ck_assert_uint_eq(regs.rcx, rcx);
	ck_assert_uint_eq(regs.rdx, rdx);
	ck_assert_uint_eq(regs.r8, r8);
	ck_assert_uint_eq(regs.r9, 0x9999);
	return regs.rax;
}

void guest_list(uint64_t gpa, unsigned n, unsigned next,
		const uint64_t *entries)
{
	struct svsm_abi_pvalidate header = {
		.count = (uint16_t)n, .next = (uint16_t)next,
	};

	ck_assert(fake_guest_write(gpa, &header, sizeof(header)));
	if (entries)
		ck_assert(fake_guest_write(gpa + sizeof(header), entries,
					   n * sizeof(*entries)));
}

void guest_list_pages(uint64_t gpa, unsigned n, uint64_t first, uint64_t flags)
{
	uint64_t entries[510];

	ck_assert(n <= 510);
	for (unsigned i = 0; i < n; i++)
		entries[i] = (first + i * PAGE) | flags;
	guest_list(gpa, n, 0, entries);
}

unsigned guest_list_next(uint64_t gpa)
{
	return ((struct svsm_abi_pvalidate *)fake_peek_private(gpa))->next;
}

uint64_t pvalidate_at(uint64_t list)
{
	return guest_call(CORE(SVSM_CORE_PVALIDATE), list, 0, 0);
}

uint64_t guest_pvalidate(uint64_t entry)
{
	guest_list(LIST, 1, 0, &entry);
	return pvalidate_at(LIST);
}

uint64_t guest_pvalidate_pages(uint64_t first, unsigned n, uint64_t flags)
{
	guest_list_pages(LIST, n, first, flags);
	return pvalidate_at(LIST);
}

void guest_expect_first(uint64_t first, unsigned n, unsigned done)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t gpa = first + i * PAGE;

		ck_assert_int_eq(guest_owner(gpa), i < done ?
				 SVSM_OWN_GUEST : SVSM_OWN_INVALID);
		ck_assert_uint_eq(fake_perms(gpa, 2), i < done ?
				  SVSM_PERM_ALL : 0);
	}
}

void guest_make_vmsa(uint64_t gpa)
{
	static struct svsm_abi_vmsa vmsa;

	svsm_vmsa_init_reset(&vmsa, 2, SVSM_SEV_SNP);
	ck_assert(fake_guest_write(gpa, &vmsa, sizeof(vmsa)));
}

uint64_t guest_create(uint32_t apic_id, uint64_t vmsa, uint64_t ca)
{
	guest_give(vmsa, 1);
	guest_give(ca, 1);
	guest_make_vmsa(vmsa);
	return guest_call(CORE(SVSM_CORE_CREATE_VCPU), vmsa, ca, apic_id);
}

static volatile bool deaf_stop, deaf_up;

static void answer_nobody(void *arg)
{
	(void)arg;
	svsm_tlb_join();
	deaf_up = true;
	while (!deaf_stop)
		sched_yield();
}

void guest_deaf_cpu_start(void)
{
	deaf_stop = deaf_up = false;
	fake_tsc_step = 1 << 20;
	fake_cpu_start(1, 1, answer_nobody, NULL);
	while (!deaf_up)
		sched_yield();
}

void guest_deaf_cpu_end(void)
{
	deaf_stop = true;
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
}

void guest_oracle(void)
{
	/* No call of these needs the host. */
	fake_oracle(0);
}
