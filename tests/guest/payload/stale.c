/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A second vCPU writes to two pages without a pause while the first one gives
 * them away, one to become a VMSA, one as a deposit. Its translations are then
 * stale: unless somebody flushes them it changes what the SVSM has judged.
 *
 * What ought to end this guest is the other vCPU's next write.
 */
#include <svsm/abi/snp.h>
#include <svsm/abi/svsm.h>

#include "layout.h"
#include "svsm.h"
#include "takeover.h"
#include "vmsa.h"

unsigned payload_main(void);

enum failure { NOT_PREPARED = 1, NO_VCPU, NOT_STARTED, STILL_WRITTEN = 78 };

#define WRITER_VMSA	PAGE(17)
#define WRITER_CA	PAGE(18)
#define WRITER_STACK	PAGE(23)
#define DEPOSIT		PAGE(40)
#define LIST		PAGE(3)
#define ROUNDS		1000u
#define PATIENCE	(1ull << 28)
#define BUSY_TRIES	100000u

/* What the two tell each other. */
struct shared {
	uint64_t vmpl, rounds, stop, done;
};

#define SHARED	((volatile struct shared *)PAGE(0))

static void write_on(uint64_t unused)
{
	volatile struct svsm_abi_vmsa *vmsa =
		(volatile struct svsm_abi_vmsa *)TARGET;

	(void)unused;
	while (!SHARED->stop) {
		vmsa->vmpl = (uint8_t)SHARED->vmpl;
		*(volatile uint64_t *)DEPOSIT = SHARED->vmpl;
		SHARED->rounds++;
	}
	SHARED->done = 1;
	for (;;)
		__asm__ volatile("pause");
}

static bool wait_rounds(void)
{
	uint64_t from = SHARED->rounds;

	for (uint64_t i = 0; i < PATIENCE; i++) {
		if (SHARED->rounds - from >= ROUNDS)
			return true;
		__asm__ volatile("pause");
	}
	return false;
}

static enum failure start_writer(void)
{
	if (!takeover_prepare())
		return NOT_PREPARED;
	SHARED->stop = SHARED->done = SHARED->rounds = 0;
	SHARED->vmpl = GUEST_VMPL;
	vcpu_write(WRITER_VMSA, write_on, 0, WRITER_STACK);
	if (takeover_call(SVSM_CORE_CREATE_VCPU, WRITER_VMSA, WRITER_CA, 1) !=
		    SVSM_SUCCESS ||
	    !host_create_vcpu(&boot_host, 1, GUEST_VMPL, WRITER_VMSA,
			      SVSM_SEV_SNP))
		return NO_VCPU;
	return wait_rounds() ? 0 : NOT_STARTED;
}

/* Others may have to be stopped first. */
static uint64_t call(uint32_t fn, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	uint64_t result;
	unsigned tries = 0;

	do {
		result = takeover_call(fn, rcx, rdx, r8);
	} while (result == SVSM_ERR_BUSY && tries++ < BUSY_TRIES);
	return result;
}

static uint64_t deposit(void)
{
	volatile uint64_t *list = (volatile uint64_t *)LIST;

	list[0] = 1;
	list[1] = DEPOSIT;
	return call(SVSM_CORE_DEPOSIT_MEM, LIST, 0, 0);
}

unsigned payload_main(void)
{
	enum failure failure = start_writer();
	uint64_t create;
	unsigned ours;

	if (failure)
		return failure;
	create = call(SVSM_CORE_CREATE_VCPU, TARGET, TARGET_CA, 2);
	takeover_say("create", create);
	takeover_say("deposit", deposit());
	(void)wait_rounds();
	SHARED->vmpl = 0;
	(void)wait_rounds();
	SHARED->stop = 1;
	for (uint64_t i = 0; i < PATIENCE && !SHARED->done; i++)
		__asm__ volatile("pause");
	takeover_say("the writer met no fault", SHARED->done);
	ours = create == SVSM_SUCCESS ? takeover_try(2) : 0;
	return ours ? ours : SHARED->done ? STILL_WRITTEN : 0;
}
