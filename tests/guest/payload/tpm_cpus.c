/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM and several vCPUs: M-21, buffers that change, a vCPU that goes.
 */
#include <svsm/abi/snp.h>

#include "../../boot/images/tpm/tpm.h"
#include "layout.h"
#include "tpm.h"

#define HASHES		100u
#define FLIPPED		200u
/** Times that DELETE_VCPU of a vCPU on its way to a halt is asked again. */
#define PATIENCE	(1u << 30)

enum task {
	TASK_NONE,
	TASK_HASH,	/* commands, each with a known answer */
	TASK_FLIP,	/* write into BUFFER until stopped */
	TASK_LEAVE,	/* begin a long command, then halt */
};

/** A page of zeros at the start. */
struct shared {
	uint64_t up[CPUS], task[CPUS];	/* a task becomes 0 when it is done */
	uint64_t stop;
	uint64_t wrong[CPUS];
	uint64_t left;				/* TASK_LEAVE: the result */
};

#define SHARED	((volatile struct shared *)PAGE(0))

static void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* ------------------------------------------------------------------- tasks */

static void hashes(uint64_t index)
{
	uint64_t ca = index ? CPU_CA(index) : 0, gpa = CPU_BUFFER(index);

	for (unsigned i = 0; i < HASHES; i++) {
		put_hash(gpa, (uint8_t)('A' + index));
		if (cmd_as(ca, gpa) != SVSM_SUCCESS ||
		    get32(gpa, 6) != 0 ||
		    get64(gpa, 12) != hash_of((unsigned)index))
			SHARED->wrong[index]++;
	}
}

/* Locality, size, the command's code and its parameter. */
static void flip_bytes(void)
{
	volatile uint8_t *buffer = (volatile uint8_t *)BUFFER;

	for (unsigned i = 0; !SHARED->stop; i++) {
		buffer[4] = i % 7 == 0;
		buffer[5 + i % 4] = (uint8_t)(i % 3 ? 0 : i);
		buffer[9 + 9] = i & 1 ? 0x7b : 0x7c;
		buffer[9 + 11] = (uint8_t)i;
	}
}

static void leave(uint64_t index)
{
	put_create_primary(CPU_BUFFER(index));
	SHARED->left = cmd_once(CPU_CA(index), CPU_BUFFER(index));
	SHARED->task[index] = TASK_NONE;
	for (;;)
		__asm__ volatile("hlt");
}

static void run_task(uint64_t index)
{
	switch (SHARED->task[index]) {
	case TASK_HASH:
		hashes(index);
		break;
	case TASK_FLIP:
		flip_bytes();
		break;
	case TASK_LEAVE:
		leave(index);
	}
}

static void run_vcpu(uint64_t index)
{
	SHARED->up[index] = 1;
	for (;;) {
		while (SHARED->task[index] == TASK_NONE)
			pause();
		run_task(index);
		SHARED->task[index] = TASK_NONE;
	}
}

/* --------------------------------------------------------------- the vCPUs */

static uint64_t core(uint32_t fn, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct call call = {
		.protocol = SVSM_PROTOCOL_CORE, .fn = fn, .rcx = rcx,
		.rdx = rdx, .r8 = r8,
	};

	return svsm_call(&call) ? call.rax : NO_CALL;
}

static bool start_vcpu(uint32_t index)
{
	uint64_t vmsa = CPU_VMSA(index);

	vcpu_write(vmsa, run_vcpu, index, CPU_STACK(index));
	if (core(SVSM_CORE_CREATE_VCPU, vmsa, CPU_CA(index), index) !=
	    SVSM_SUCCESS ||
	    !host_create_vcpu(&boot_host, index, GUEST_VMPL, vmsa,
			      SVSM_SEV_SNP))
		return false;
	for (uint64_t i = 0; !SHARED->up[index]; i++)
		if (i == 1ull << 34)
			return false;
	return true;
}

bool start_vcpus(void)
{
	for (uint32_t i = 1; i < CPUS; i++)
		if (!start_vcpu(i))
			return false;
	return true;
}

static void give_task(unsigned index, enum task task)
{
	SHARED->stop = 0;
	SHARED->task[index] = task;
}

static void wait_for(unsigned index)
{
	while (SHARED->task[index] != TASK_NONE)
		pause();
}

static void stop(unsigned index)
{
	SHARED->stop = 1;
	wait_for(index);
}

static void say_figure(const char *what, uint64_t value)
{
	say(what);
	say_number(value);
}

/* -------------------------------------------------------------------- M-21 */

void many_vcpus(struct verdict *v)
{
	for (unsigned i = 1; i < CPUS; i++)
		give_task(i, TASK_HASH);
	hashes(0);
	for (unsigned i = 1; i < CPUS; i++)
		wait_for(i);
	for (unsigned i = 0; i < CPUS; i++)
		expect(v, SHARED->wrong[i], 0);
	end_of(v, "M-21");
}

/* ------------------------------------------------------------------- flips */

void flips(struct verdict *v)
{
	unsigned taken = 0;

	give_task(1, TASK_FLIP);
	for (unsigned i = 0; i < FLIPPED; i++) {
		uint64_t result;

		put_random(BUFFER, 16);
		result = cmd(BUFFER);
		taken += result == SVSM_SUCCESS;
		if (result != SVSM_SUCCESS)
			expect(v, result, PARAM);
	}
	stop(1);
	say_figure("tpm: flipped, ", taken);
	say_figure(" taken of ", FLIPPED);
	say("\n");
	put_hash(BUFFER, 'B');
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
	expect(v, get64(BUFFER, 12), hash_of(1));
	end_of(v, "flips");
}

/* -------------------------------------------------------- a vCPU that goes */

static uint64_t delete_vcpu(unsigned index)
{
	uint64_t result;
	unsigned i = 0;

	do
		result = core(SVSM_CORE_DELETE_VCPU, CPU_VMSA(index), 0, 0);
	while (result == SVSM_ERR_VCPU_IN_USE && i++ < PATIENCE);
	return result;
}

/* Its command is carried to its end, its response is nobody's. */
void deleted_vcpu(struct verdict *v)
{
	unsigned busy = 0;

	give_task(3, TASK_LEAVE);
	wait_for(3);
	expect(v, SHARED->left, INCOMPLETE);
	expect(v, delete_vcpu(3), SVSM_SUCCESS);
	put_hash(BUFFER, 'C');
	while (cmd_once(0, BUFFER) == BUSY)
		busy++;
	expect_true(v, busy > 0, "busy at first");
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
	expect(v, get64(BUFFER, 12), hash_of(2));
	expect(v, response_size(CPU_BUFFER(3)), SVSM_VTPM_SEND_COMMAND);
	end_of(v, "deleted vCPU");
}
