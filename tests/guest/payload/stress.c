/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest that calls at random from several vCPUs, valid and not, about the
 * same pages, while the others change its lists. Then all stop and the SVSM is
 * asked to tell its map of page owners; the machine tells its RMP, and kit
 * compares them. Ends with 0, or with the step at which something was wrong.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>
#include <svsm/abi/vmsa.h>

#include "../../boot/images/stress/stress.h"
#include "layout.h"
#include "svsm.h"

unsigned payload_main(void);

/* kit writes both behind the mark. */
static const struct {
	char mark[16];
	uint64_t seed;
	uint64_t seconds;
} settings __attribute__((used)) = { "stress settings", 1, 10 };

enum failure {
	NO_HOST = 1, NO_PAGES, NO_POOL, NO_VCPU, NOT_STARTED, NO_CALL,
	ODD_ANSWER, NOT_STOPPED, NO_DUMP,
};

#define CPUS		3u
/** A CPU that runs no vCPU of the guest; those that are created are its. */
#define SPARE_APIC	3u

/* Pages of the guest for its own use, and those that it plays with. */
#define OWN		0x02000000ull
#define OWN_PAGES	(16 * (CPUS + 1))
#define POOL		0x02400000ull
#define POOL_LARGE	2u	/* 2 MiB each, as such in the RMP */
#define POOL_SMALL	0x02800000ull
#define POOL_PAGES	512u	/* 4 KiB each, as such in the RMP */
#define SVSM_MEMORY	STRESS_REGION

/* What all vCPUs share: a page of zeros at the start. */
struct shared {
	uint64_t stop;
	uint64_t started[CPUS], done[CPUS];
	uint64_t failure;
	uint64_t calls[CPUS];
	uint64_t good[CPUS];	/* answered with success */
};

#define SHARED	((volatile struct shared *)OWN)

/* One vCPU; its 16 pages are OWN + 16 * (index + 1) on. */
struct cpu {
	struct host host;
	uint64_t base, ca, spare_ca, random;
	unsigned index;
	uint64_t answer;
};

enum own_page {
	PAGE_VMSA, PAGE_CA, PAGE_CA_2, PAGE_STACK, PAGE_STACK_2, PAGE_LIST,
	PAGE_OTHER_VMSA, PAGE_OTHER_CA, PAGE_SHARED,
};

static uint64_t own_page(unsigned index, enum own_page page)
{
	return OWN + (16 * (index + 1) + page) * 0x1000ull;
}

static uint64_t draw(struct cpu *cpu, uint64_t below)
{
	cpu->random ^= cpu->random << 13;
	cpu->random ^= cpu->random >> 7;
	cpu->random ^= cpu->random << 17;
	return cpu->random % below;
}

static void fail(enum failure failure)
{
	SHARED->failure = failure;
	SHARED->stop = 1;
}

/* -------------------------------------------------------------------- calls */

/* Every code that the core protocol has. */
static bool is_known(uint64_t rax)
{
	rax = (uint32_t)rax;
	return rax == SVSM_SUCCESS ||
		(rax >= SVSM_ERR_INCOMPLETE && rax <= SVSM_ERR_BUSY) ||
		(rax >= SVSM_ERR_PROTOCOL_BASE &&
		 rax <= SVSM_ERR_INSTRUCTION_OTHER) ||
		(rax >> 30 == 1 && (rax & 0x3fffffff) <= 512);
}

static bool call(struct cpu *cpu, uint32_t fn, uint64_t rcx, uint64_t rdx,
		 uint64_t r8)
{
	struct call c = { .ca = cpu->ca, .protocol = SVSM_PROTOCOL_CORE,
		.fn = fn, .rcx = rcx, .rdx = rdx, .r8 = r8 };

	if (!svsm_call(&c)) {
		fail(NO_CALL);
		return false;
	}
	if (!is_known(c.rax))
		fail(ODD_ANSWER);
	cpu->answer = (uint32_t)c.rax;
	SHARED->calls[cpu->index]++;
	SHARED->good[cpu->index] += cpu->answer == SVSM_SUCCESS;
	return cpu->answer == SVSM_SUCCESS;
}

static uint64_t small_page(struct cpu *cpu)
{
	if (draw(cpu, 4) == 0)
		return POOL + draw(cpu, POOL_LARGE * 512) * 0x1000;
	return POOL_SMALL + draw(cpu, POOL_PAGES) * 0x1000;
}

/* What nobody may name, as far as the SVSM is concerned. */
static uint64_t foreign_page(struct cpu *cpu)
{
	unsigned other = 1 + (unsigned)draw(cpu, CPUS - 1);

	switch (draw(cpu, 6)) {
	case 0:
		return SVSM_MEMORY + draw(cpu, 512) * 0x1000;
	case 1:
		return own_page(other, PAGE_VMSA);
	case 2:
		return 1ull << 51 | small_page(cpu);
	case 3:
		return 0xfffffffffffff000ull;
	case 4:
		return 0x80000000ull + draw(cpu, 512) * 0x1000;
	default:
		return STRESS_MEMORY_END + draw(cpu, 4) * 0x1000;
	}
}

static uint64_t entry(struct cpu *cpu)
{
	uint64_t flags = draw(cpu, 16) & ~SVSM_PVALIDATE_SIZE;

	switch (draw(cpu, 64)) {
	case 0:
	case 1:
	case 2:
		return foreign_page(cpu) | flags;
	case 3:
	case 4:
		return small_page(cpu) | draw(cpu, 0x1000);
	case 5:
		return (POOL + draw(cpu, POOL_LARGE + 1) * 0x200000) | flags |
			1;
	default:
		return small_page(cpu) | flags;
	}
}

/* Into the list of any vCPU: it may be in use just now. */
static void write_entries(struct cpu *cpu, unsigned whose)
{
	volatile uint64_t *list =
		(volatile uint64_t *)own_page(whose, PAGE_LIST);
	unsigned n = 1 + (unsigned)draw(cpu, 24);

	list[0] = n | draw(cpu, draw(cpu, 8) ? 1 : n + 2) << 16;
	for (unsigned i = 1; i <= n; i++)
		list[i] = entry(cpu);
}

static void play_list(struct cpu *cpu, uint32_t fn)
{
	uint64_t list = own_page(cpu->index, PAGE_LIST);

	write_entries(cpu, cpu->index);
	if (draw(cpu, 16) == 0)
		list += draw(cpu, 64);
	call(cpu, fn, list, 0, 0);
}

/* Pages of a size alone: what DEPOSIT_MEM takes. */
static void play_deposit(struct cpu *cpu)
{
	volatile uint64_t *list =
		(volatile uint64_t *)own_page(cpu->index, PAGE_LIST);
	unsigned n = 1 + (unsigned)draw(cpu, 4);

	list[0] = n;
	for (unsigned i = 1; i <= n; i++)
		list[i] = small_page(cpu);
	call(cpu, draw(cpu, 2) ? SVSM_CORE_DEPOSIT_MEM :
	     SVSM_CORE_WITHDRAW_MEM, (uint64_t)list, 0, 0);
}

/* -------------------------------------------------------------------- vCPUs */

static void segment(volatile struct svsm_abi_segment *s, uint16_t selector,
		    uint16_t attrib)
{
	s->selector = selector;
	s->attrib = attrib;
	s->limit = 0xffffffff;
}

static uint64_t read_efer(void)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
	return (uint64_t)high << 32 | low;
}

/* The state we have ourselves, at another function and stack. */
static void write_vmsa(uint64_t gpa, void (*fn)(uint64_t), uint64_t argument,
		       uint64_t stack)
{
	volatile struct svsm_abi_vmsa *v = (volatile struct svsm_abi_vmsa *)gpa;
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdt;
	uint64_t cr0, cr3, cr4;

	__asm__ volatile("mov %%cr0, %0; mov %%cr3, %1; mov %%cr4, %2; sgdt %3"
			 : "=r"(cr0), "=r"(cr3), "=r"(cr4), "=m"(gdt));
	segment(&v->cs, 24, 0xa9b);
	segment(&v->ss, 16, 0xc93);
	segment(&v->ds, 16, 0xc93);
	segment(&v->es, 16, 0xc93);
	segment(&v->fs, 16, 0xc93);
	segment(&v->gs, 16, 0xc93);
	segment(&v->tr, 0, 0x8b);
	segment(&v->ldtr, 0, 0x82);
	v->gdtr.base = gdt.base;
	v->gdtr.limit = gdt.limit;
	v->vmpl = STRESS_VMPL;
	v->efer = read_efer() | SVSM_EFER_SVME;
	v->cr0 = cr0;
	v->cr3 = cr3;
	v->cr4 = cr4;
	v->rflags = 2;
	v->dr6 = 0xffff0ff0;
	v->dr7 = 0x400;
	v->g_pat = 0x0007040600070406;
	v->xcr0 = 1;
	v->mxcsr = 0x1f80;
	v->x87_fcw = 0x40;
	v->sev_features = SVSM_SEV_SNP;
	v->rip = (uint64_t)fn;
	v->rdi = argument;
	v->rsp = stack - 8;	/* as after a call */
}

/* Its own or one that is not there. (Another vCPU for one that runs would be
 * accepted, and serve instead of it.) */
static uint64_t bad_apic(struct cpu *cpu)
{
	switch (draw(cpu, 3)) {
	case 0:
		return cpu->index;
	case 1:
		return 1ull << 32 | SPARE_APIC;
	default:
		return SPARE_APIC + 1 + draw(cpu, 100);
	}
}

/* For the spare CPU, which never runs it: only the SVSM hears of it. When its
 * content is refused the page is an ordinary one, and gets another. */
static void play_create(struct cpu *cpu)
{
	uint64_t vmsa = own_page(cpu->index, PAGE_OTHER_VMSA);
	uint64_t ca = own_page(cpu->index, PAGE_OTHER_CA);
	uint64_t apic_id = draw(cpu, 8) ? SPARE_APIC : bad_apic(cpu);

	if (draw(cpu, 8) == 0)
		vmsa = small_page(cpu);
	if (draw(cpu, 8) == 0)
		ca = foreign_page(cpu);
	if (draw(cpu, 8) == 0)
		vmsa += draw(cpu, 0x1000);
	call(cpu, SVSM_CORE_CREATE_VCPU, vmsa, ca,
	     apic_id);
	if (cpu->answer == SVSM_ERR_INVALID_PARAMETER &&
	    apic_id == SPARE_APIC &&
	    vmsa == own_page(cpu->index, PAGE_OTHER_VMSA))
		write_vmsa(vmsa, NULL, 0, 0);
}

/* Anybody's, but not those that run. */
static void play_delete(struct cpu *cpu)
{
	unsigned whose = (unsigned)draw(cpu, CPUS);
	uint64_t vmsa = own_page(whose, PAGE_OTHER_VMSA);

	if (draw(cpu, 8) == 0)
		vmsa = draw(cpu, 2) ? foreign_page(cpu) | 1 : small_page(cpu);
	call(cpu, SVSM_CORE_DELETE_VCPU, vmsa, 0, 0);
}

static void play_remap(struct cpu *cpu)
{
	uint64_t old = cpu->ca;

	if (draw(cpu, 4) == 0) {
		call(cpu, SVSM_CORE_REMAP_CA, foreign_page(cpu) + draw(cpu, 2),
		     0, 0);
		return;
	}
	if (call(cpu, SVSM_CORE_REMAP_CA, cpu->spare_ca, 0, 0)) {
		cpu->ca = cpu->spare_ca;
		cpu->spare_ca = old;
	}
}

/* A page of one's own goes to the host and comes back, in the right order. */
static void play_share(struct cpu *cpu)
{
	uint64_t gpa = own_page(cpu->index, PAGE_SHARED);
	volatile uint64_t *list =
		(volatile uint64_t *)own_page(cpu->index, PAGE_LIST);

	if (cpu->index != 0)	/* its list is nobody else's */
		return;
	list[0] = 1;
	list[1] = gpa;
	if (!call(cpu, SVSM_CORE_PVALIDATE, (uint64_t)list, 0, 0))
		return;
	if (!host_change(&cpu->host, gpa, 1, false, SVSM_PSC_OP_SHARED) ||
	    !host_change(&cpu->host, gpa, 1, false, SVSM_PSC_OP_PRIVATE))
		fail(NO_HOST);
	list[0] = 1;
	list[1] = gpa | SVSM_PVALIDATE_VALID;
	if (!call(cpu, SVSM_CORE_PVALIDATE, (uint64_t)list, 0, 0))
		fail(NO_PAGES);
}

static void play_anything(struct cpu *cpu)
{
	struct call c = { .ca = cpu->ca,
		.protocol = (uint32_t)draw(cpu, 4),
		.fn = (uint32_t)draw(cpu, 12) + 6,
		.rcx = draw(cpu, 2) ? draw(cpu, 0x10000) : cpu->random,
		.rdx = cpu->random, .r8 = cpu->random };

	if (!svsm_call(&c))
		fail(NO_CALL);
	SHARED->calls[cpu->index]++;
}

static void play(struct cpu *cpu)
{
	switch (draw(cpu, 16)) {
	case 0:
		play_create(cpu);
		break;
	case 1:
		play_delete(cpu);
		break;
	case 2:
		play_remap(cpu);
		break;
	case 3:
		play_share(cpu);
		break;
	case 4:
		play_anything(cpu);
		break;
	case 5:
		play_deposit(cpu);
		break;
	case 6:
	case 7:
		write_entries(cpu, 1 + (unsigned)draw(cpu, CPUS - 1));
		break;
	default:
		play_list(cpu, SVSM_CORE_PVALIDATE);
	}
}

/* ------------------------------------------------------------ start and end */

static struct cpu make_cpu(unsigned index)
{
	struct cpu cpu = {
		.host = { GHCB + index * 0x1000ull }, .index = index,
		.ca = index ? own_page(index, PAGE_CA) : CALLING_AREA,
		.spare_ca = own_page(index, PAGE_CA_2),
		.random = *(const volatile uint64_t *)&settings.seed *
			0x9e3779b97f4a7c15ull + index + 1,
	};

	return cpu;
}

static void run_other(uint64_t index)
{
	struct cpu cpu = make_cpu((unsigned)index);

	SHARED->started[index] = 1;
	if (!host_register(&cpu.host))
		fail(NO_HOST);
	while (!SHARED->stop)
		play(&cpu);
	SHARED->done[index] = 1;
	for (;;)
		__asm__ volatile("hlt");
}

static bool wait_for(volatile uint64_t *word)
{
	for (uint64_t i = 0; i < 1ull << 34; i++) {
		if (*word)
			return true;
		__asm__ volatile("pause");
	}
	return false;
}

static enum failure start_other(struct cpu *cpu, unsigned index)
{
	uint64_t vmsa = own_page(index, PAGE_VMSA);

	write_vmsa(vmsa, run_other, index, own_page(index, PAGE_LIST));
	write_vmsa(own_page(index, PAGE_OTHER_VMSA), NULL, 0, 0);
	if (!call(cpu, SVSM_CORE_CREATE_VCPU, vmsa, own_page(index, PAGE_CA),
		  index) ||
	    !host_create_vcpu(&cpu->host, index, STRESS_VMPL, vmsa,
			      SVSM_SEV_SNP))
		return NO_VCPU;
	return wait_for(&SHARED->started[index]) ? 0 : NOT_STARTED;
}

static enum failure start(struct cpu *cpu)
{
	enum failure failure = 0;

	if (!host_change(&cpu->host, OWN, OWN_PAGES, false,
			 SVSM_PSC_OP_PRIVATE) ||
	    !svsm_pvalidate(OWN, OWN_PAGES, SVSM_PVALIDATE_VALID, 0))
		return NO_PAGES;
	if (!host_change(&cpu->host, POOL, POOL_LARGE, true,
			 SVSM_PSC_OP_PRIVATE) ||
	    !host_change(&cpu->host, POOL_SMALL, POOL_PAGES, false,
			 SVSM_PSC_OP_PRIVATE))
		return NO_POOL;
	write_vmsa(own_page(0, PAGE_OTHER_VMSA), NULL, 0, 0);
	for (unsigned i = 1; i < CPUS && !failure; i++)
		failure = start_other(cpu, i);
	return failure;
}

/* Seconds of the machine's clock, 0 to 59. */
static unsigned clock(const struct cpu *cpu)
{
	uint8_t bcd;

	host_out8(&cpu->host, 0x70, 0);
	bcd = host_in8(&cpu->host, 0x71);
	return (bcd >> 4) * 10 + (bcd & 0xf);
}

static void run_first(struct cpu *cpu)
{
	uint64_t seconds = *(const volatile uint64_t *)&settings.seconds;
	unsigned last = clock(cpu);
	uint64_t passed = 0;

	for (uint64_t turn = 0; passed < seconds && !SHARED->stop; turn++) {
		unsigned now = turn % 8 ? last : clock(cpu);

		play(cpu);
		passed += (now + 60 - last) % 60;
		last = now;
	}
	SHARED->stop = 1;
}

static void tell(void)
{
	uint64_t calls = 0, good = 0;

	for (unsigned i = 0; i < CPUS; i++) {
		calls += SHARED->calls[i];
		good += SHARED->good[i];
	}
	say("stress: seed ");
	say_number(*(const volatile uint64_t *)&settings.seed);
	say(", ");
	say_number(calls);
	say(" calls, ");
	say_number(good);
	say(" with success\n");
}

static enum failure stop(struct cpu *cpu)
{
	struct call dump = { .ca = cpu->ca, .protocol = STRESS_PROTOCOL };

	for (unsigned i = 1; i < CPUS; i++)
		if (!wait_for(&SHARED->done[i]))
			return NOT_STOPPED;
	tell();
	if (!svsm_call(&dump) || dump.rax != SVSM_SUCCESS)
		return NO_DUMP;
	return (enum failure)SHARED->failure;
}

unsigned payload_main(void)
{
	struct cpu cpu = make_cpu(0);
	enum failure failure = NO_HOST;

	if (host_register(&cpu.host))
		failure = start(&cpu);
	if (failure)
		return failure;
	run_first(&cpu);
	return stop(&cpu);
}
