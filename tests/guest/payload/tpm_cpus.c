/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The TPM and several vCPUs: M-18, buffers that change, a vCPU that goes, M-21.
 */
#include <svsm/abi/snp.h>

#include "../../boot/images/tpm/tpm.h"
#include "layout.h"
#include "tpm.h"
#include "vmsa.h"

#define HASHES		4u
/** Ticks for which core calls are counted beside a loop. */
#define SPIN		1000000000ull
#define FLIPPED		200u
#define DELETED		3u	/* a vCPU */
/** Times that DELETE_VCPU of a vCPU on its way to a halt is asked again. */
#define PATIENCE	(1u << 30)

enum task {
	TASK_NONE,
	TASK_CORE,	/* core calls, and how long they take, until stopped */
	TASK_HASH,	/* commands, each with a known answer, then halt */
	TASK_FLIP,	/* write into BUFFER until stopped */
	TASK_LEAVE,	/* begin a long command, then halt */
};

/** A page of zeros at the start. */
struct shared {
	uint64_t up[CPUS], task[CPUS];	/* a task becomes 0 when it is done */
	uint64_t stop;
	uint64_t calls, ticks, longest;		/* TASK_CORE */
	uint64_t wrong[CPUS];
	uint64_t left;				/* TASK_LEAVE: the result */
};

#define SHARED	((volatile struct shared *)PAGE(0))

static uint64_t ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* ------------------------------------------------------------------- tasks */

static void core_calls(uint64_t index)
{
	while (!SHARED->stop) {
		struct call call = {
			.ca = CPU_CA(index), .protocol = SVSM_PROTOCOL_CORE,
			.fn = SVSM_CORE_QUERY_PROTOCOL, .rcx = 2ull << 32 | 1,
		};
		uint64_t before = ticks(), took;

		if (!svsm_call(&call) || call.rcx != (1ull << 32 | 1))
			SHARED->wrong[index]++;
		took = ticks() - before;
		SHARED->calls++;
		SHARED->ticks += took;
		if (took > SHARED->longest)
			SHARED->longest = took;
	}
}

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

static void halt(uint64_t index)
{
	SHARED->task[index] = TASK_NONE;
	for (;;)
		__asm__ volatile("hlt");
}

static void leave(uint64_t index)
{
	put_ec_key(CPU_BUFFER(index), P384);
	SHARED->left = cmd_once(CPU_CA(index), CPU_BUFFER(index));
	halt(index);
}

static void run_task(uint64_t index)
{
	switch (SHARED->task[index]) {
	case TASK_CORE:
		core_calls(index);
		break;
	case TASK_HASH:
		hashes(index);
		halt(index);
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
			      guest_features()))
		return false;
	for (uint64_t i = 0; !SHARED->up[index]; i++)
		if (i == 1ull << 34)
			return false;
	return true;
}

bool start_vcpus(void)
{
	for (uint32_t i = 1; i < FIRST_CPUS; i++)
		if (!start_vcpu(i))
			return false;
	return true;
}

static void give_task(unsigned index, enum task task)
{
	SHARED->stop = 0;
	SHARED->calls = SHARED->ticks = SHARED->longest = 0;
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

/* -------------------------------------------------------------------- M-18 */

/** What calls took, in ticks. */
struct stretch {
	uint64_t calls, ticks, longest;
	uint64_t incomplete, slow;
};

static uint64_t slice_ticks(struct verdict *v)
{
	struct call call = {
		.protocol = TPM_IMAGE_PROTOCOL, .fn = TPM_IMAGE_SLICE,
	};

	expect_true(v, svsm_call(&call), "the SVSM takes the call");
	return call.rcx;
}

/* One key, slice by slice: how long does each call keep this vCPU? */
static uint64_t create_key(struct stretch *s, uint64_t slice)
{
	uint64_t result;

	put_rsa_key(BUFFER);
	do {
		uint64_t before = ticks(), took;

		result = cmd_once(0, BUFFER);
		took = ticks() - before;
		s->calls++;
		s->ticks += took;
		s->incomplete += result == INCOMPLETE;
		s->slow += took > 2 * slice;
		if (took > s->longest)
			s->longest = took;
	} while (result == INCOMPLETE);
	return result;
}

static struct stretch key_stretch(struct verdict *v, uint64_t slice)
{
	struct stretch s = { 0 };

	expect(v, create_key(&s, slice), SVSM_SUCCESS);
	expect(v, response_code(v, BUFFER), 0);
	put_flush(BUFFER, get32(BUFFER, 10));
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
	expect(v, response_code(v, BUFFER), 0);
	return s;
}

static void spin(uint64_t n)
{
	uint64_t before = ticks();

	while (ticks() - before < n)
		;
}

static struct stretch core_stretch(void)
{
	stop(1);
	return (struct stretch){
		SHARED->calls, SHARED->ticks, SHARED->longest, 0, 0,
	};
}

static void say_stretch(const char *what, const struct stretch *s)
{
	say("tpm: ");
	say(what);
	say_figure(": ", s->calls);
	say_figure(" calls, ticks: mean ", s->ticks / (s->calls + !s->calls));
	say_figure(", longest ", s->longest);
	if (s->incomplete)
		say_figure("; incomplete ", s->incomplete);
	if (s->slow)
		say_figure("; above two slices ", s->slow);
	say("\n");
}

/*
 * The machine's one thread executes the vCPUs in turn, so another one's call
 * takes a turn of this one: as long as when this one spins, and no longer. A
 * single call can take any time; most do not.
 */
static void expect_core(struct verdict *v, const struct stretch *beside_loop,
			const struct stretch *beside_key)
{
	expect_true(v, beside_loop->calls && beside_key->calls &&
		    beside_key->ticks / beside_key->calls <=
		    6 * (beside_loop->ticks / beside_loop->calls),
		    "core calls go on");
	expect(v, SHARED->wrong[1], 0);
	say_stretch("core calls beside a loop", beside_loop);
	say_stretch("core calls beside a key", beside_key);
}

void long_commands(struct verdict *v)
{
	uint64_t slice = slice_ticks(v);
	struct stretch alone, beside, core_alone, core_beside;

	alone = key_stretch(v, slice);
	give_task(1, TASK_CORE);
	spin(SPIN);
	core_alone = core_stretch();
	give_task(1, TASK_CORE);
	beside = key_stretch(v, slice);
	core_beside = core_stretch();
	say_stretch("key", &alone);
	say_stretch("key beside core calls", &beside);
	expect_core(v, &core_alone, &core_beside);
	/* Hundreds; and on a busy machine many take longer than they work. */
	expect_true(v, alone.incomplete > 20 && beside.incomplete > 20,
		    "keys take slices");
	expect_true(v, alone.slow * 4 <= alone.calls * 3, "slices end in time");
	end_of(v, "M-18");
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

	give_task(DELETED, TASK_LEAVE);
	wait_for(DELETED);
	expect(v, SHARED->left, INCOMPLETE);
	expect(v, delete_vcpu(DELETED), SVSM_SUCCESS);
	put_hash(BUFFER, 'C');
	while (cmd_once(0, BUFFER) == BUSY)
		busy++;
	expect_true(v, busy > 0, "busy at first");
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
	expect(v, get64(BUFFER, 12), hash_of(2));
	expect(v, response_size(CPU_BUFFER(DELETED)), SVSM_VTPM_SEND_COMMAND);
	end_of(v, "deleted vCPU");
}

/* -------------------------------------------------------------------- M-21 */

/* The one that was deleted comes again. */
static void start_the_others(struct verdict *v)
{
	SHARED->up[DELETED] = 0;
	expect_true(v, start_vcpu(DELETED), "the deleted vCPU runs again");
	for (uint32_t i = FIRST_CPUS; i < CPUS; i++)
		expect_true(v, start_vcpu(i), "a vCPU runs");
}

void many_vcpus(struct verdict *v)
{
	start_the_others(v);
	if (v->bad) {
		end_of(v, "M-21");
		return;
	}
	for (unsigned i = 1; i < CPUS; i++)
		give_task(i, TASK_HASH);
	hashes(0);
	for (unsigned i = 1; i < CPUS; i++)
		wait_for(i);
	for (unsigned i = 0; i < CPUS; i++)
		expect(v, SHARED->wrong[i], 0);
	end_of(v, "M-21");
}
