/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The random calls of the stress guest: lists of pages, calling areas, any.
 */
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>

#include "../../boot/images/stress/stress.h"
#include "stress_cpu.h"

uint64_t own_page(unsigned index, enum own_page page)
{
	return OWN + (16 * (index + 1) + page) * 0x1000ull;
}

uint64_t draw(struct cpu *cpu, uint64_t below)
{
	cpu->random ^= cpu->random << 13;
	cpu->random ^= cpu->random >> 7;
	cpu->random ^= cpu->random << 17;
	return cpu->random % below;
}

void fail(enum failure failure)
{
	SHARED->failure = failure;
	SHARED->stop = 1;
}

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

bool call(struct cpu *cpu, uint32_t fn, uint64_t rcx, uint64_t rdx,
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

bool validate(struct cpu *cpu, uint64_t gpa, uint64_t flags)
{
	volatile uint64_t *list =
		(volatile uint64_t *)own_page(cpu->index, PAGE_OWN_LIST);

	list[0] = 1;
	list[1] = gpa | flags;
	return call(cpu, SVSM_CORE_PVALIDATE, (uint64_t)list, 0, 0);
}

uint64_t small_page(struct cpu *cpu)
{
	if (draw(cpu, 4) == 0)
		return POOL + draw(cpu, POOL_LARGE * 512) * 0x1000;
	return POOL_SMALL + draw(cpu, POOL_PAGES) * 0x1000;
}

uint64_t foreign_page(struct cpu *cpu)
{
	unsigned other = 1 + (unsigned)draw(cpu, CPUS - 1);

	switch (draw(cpu, 6)) {
	case 0:
		return STRESS_REGION + draw(cpu, 512) * 0x1000;
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

	if (!validate(cpu, gpa, 0))
		return;
	if (!host_change(&cpu->host, gpa, 1, false, SVSM_PSC_OP_SHARED) ||
	    !host_change(&cpu->host, gpa, 1, false, SVSM_PSC_OP_PRIVATE))
		fail(NO_HOST);
	if (!validate(cpu, gpa, SVSM_PVALIDATE_VALID))
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

void play(struct cpu *cpu)
{
	switch (draw(cpu, 16)) {
	case 0:
	case 1:
		play_create(cpu);
		break;
	case 2:
		play_delete(cpu);
		break;
	case 3:
		play_remap(cpu);
		break;
	case 4:
		play_share(cpu);
		break;
	case 5:
		play_anything(cpu);
		break;
	case 6:
		play_deposit(cpu);
		break;
	case 7:
		play_vmsa_page(cpu);
		break;
	case 8:
	case 9:
		write_entries(cpu, 1 + (unsigned)draw(cpu, CPUS - 1));
		break;
	default:
		play_list(cpu, SVSM_CORE_PVALIDATE);
	}
}
