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
#include "stress_cpu.h"
#include "vmsa.h"

unsigned payload_main(void);

/* kit writes both behind the mark. */
static const struct {
	char mark[16];
	uint64_t seed;
	uint64_t seconds;
} settings __attribute__((used)) = { "stress settings", 1, 10 };

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
	while (!SHARED->go)
		__asm__ volatile("pause");
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

	vcpu_write(vmsa, run_other, index, own_page(index, PAGE_LIST));
	write_spare_vmsa(index);
	if (!call(cpu, SVSM_CORE_CREATE_VCPU, vmsa, own_page(index, PAGE_CA),
		  index) ||
	    !host_create_vcpu(&cpu->host, index, STRESS_VMPL, vmsa,
			      guest_features()))
		return NO_VCPU;
	return wait_for(&SHARED->started[index]) ? 0 : NOT_STARTED;
}

/* Nobody plays before the last VMSA is one: until then it is a page like any
 * other, which a random list may take away while it is written. */
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
	write_spare_vmsa(0);
	for (unsigned i = 1; i < CPUS && !failure; i++)
		failure = start_other(cpu, i);
	SHARED->go = !failure;
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
	uint64_t calls = 0, good = 0, created = 0;

	for (unsigned i = 0; i < CPUS; i++) {
		calls += SHARED->calls[i];
		good += SHARED->good[i];
		created += SHARED->created[i];
	}
	say("stress: seed ");
	say_number(*(const volatile uint64_t *)&settings.seed);
	say(", ");
	say_number(calls);
	say(" calls, ");
	say_number(good);
	say(" with success, ");
	say_number(created);
	say(" vCPUs created\n");
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
