/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A cell that does what it is told, and it is told the worst.
 */
#include <cpuid.h>

#include <svsm/cell_program.h>
#include <svsm/malloc.h>
#include <svsm/string.h>

#include "hostile.h"

SVSM_CELL(.name = "hostile", .heap_pages = 32);

void *malloc(size_t size);
void free(void *block);
uint64_t raw_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c);

static uint64_t data = 0x1234;
static uint64_t bss[1024];

/* A call, past the library. */
uint64_t raw_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t rax = number, rdx = c;

	__asm__ volatile("syscall"
			 : "+a"(rax), "+d"(rdx)
			 : "D"(a), "S"(b)
			 : "rcx", "r8", "r9", "r11", "memory");
	return rax;
}

#define RUN(text) __asm__ volatile(text : : : "rax", "rcx", "rdx", "memory")

static void instruction(uint32_t which)
{
	switch (which) {
#define X(name, text, vector) case HOSTILE_##name: RUN(text); break;
	HOSTILE_INSNS(X)
#undef X
	}
}

static __attribute__((noinline)) uint64_t deep(volatile uint64_t *below)
{
	volatile uint64_t frame[64];

	frame[0] = *below + 1;
	return frame[0] ? deep(frame) + frame[0] : 0;
}

static __attribute__((noinline)) void smash(volatile size_t n)
{
	volatile char array[16], *at = array;

	/* Nobody is to see that it passes the end. */
	__asm__ volatile("" : "+r"(at));
	for (size_t i = 0; i < n; i++)
		at[i] = 0x55;
}

/* Addresses of eight bytes that are wrong for every call that takes some. */
static bool bad_arguments(void)
{
	static const uint64_t bad[] = {
		0, 4, SVSM_CELL_BASE - 8, SVSM_CELL_END, 0x7e000000,
		0x8040001000, 0x7ffffffffffc, 0x800000000000, UINT64_MAX - 6,
	};
	bool good = true;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bad); i++) {
		good &= raw_call(SVSM_CELL_LOG, bad[i], 8, 0) == SVSM_EADDR;
		good &= raw_call(SVSM_CELL_ENTROPY, bad[i], 8, 0) ==
			SVSM_EADDR;
		good &= raw_call(SVSM_CELL_GET, 0, bad[i], 8) == SVSM_EADDR;
		good &= raw_call(SVSM_CELL_PUT, 0, bad[i], 8) == SVSM_EADDR;
	}
	good &= raw_call(SVSM_CELL_ENTROPY, (uintptr_t)bad, 8, 0) ==
		SVSM_EADDR;
	good &= raw_call(SVSM_CELL_ENTROPY, (uintptr_t)&data, 257, 0) ==
		SVSM_EINVAL;
	good &= raw_call(SVSM_CELL_REPLY, UINT64_MAX, 0, 0) == SVSM_EINVAL;
	good &= raw_call(SVSM_CELL_PUT, 0, (uintptr_t)&data, UINT64_MAX) ==
		SVSM_EADDR;
	return good && raw_call(SVSM_CELL_PUT, UINT64_MAX, (uintptr_t)&data,
				8) == SVSM_EINVAL;
}

static void vmgexit(void)
{
	for (unsigned i = 0; i < 3; i++)
		__asm__ volatile("rep; vmmcall" : : : "rax", "memory");
}

/* AC and DF are the cell's and come back. NT and TF do not, nor do they trap
 * in the SVSM: TF is set for the SYSCALL alone. */
static uint64_t flags(void)
{
	uint64_t rax = SVSM_CELL_TIME, after;

	__asm__ volatile("pushf\n\t"
			 "orl $0x44500, (%%rsp)\n\t"	/* AC, NT, DF, TF */
			 "popf\n\t"
			 "syscall\n\t"
			 "pushf\n\t"
			 "pop %1\n\t"
			 "push $2\n\t"
			 "popf"
			 : "+a"(rax), "=&r"(after)
			 : : "rcx", "rdx", "r8", "r9", "r11", "memory");
	return rax == SVSM_OK && (after & 0x44500) == 0x40400;
}

static uint64_t segments(void)
{
	uint64_t rax = SVSM_CELL_TIME;

	/* The stack protector's %fs is needed again: the next entry sets it. */
	__asm__ volatile("mov $0x33, %%ecx\n\t"
			 "mov %%ecx, %%ds\n\t"
			 "mov %%ecx, %%es\n\t"
			 "mov %%ecx, %%fs\n\t"
			 "mov %%ecx, %%gs\n\t"
			 "syscall"
			 : "+a"(rax)
			 : : "rcx", "rdx", "r8", "r9", "r11", "memory");
	return rax == SVSM_OK;
}

static bool call_with_stack(uint64_t rsp)
{
	uint64_t rax = SVSM_CELL_TIME;

	__asm__ volatile("mov %%rsp, %%r12\n\t"
			 "mov %1, %%rsp\n\t"
			 "syscall\n\t"
			 "mov %%r12, %%rsp"
			 : "+a"(rax)
			 : "r"(rsp)
			 : "rcx", "rdx", "r8", "r9", "r11", "r12", "memory");
	return rax == SVSM_OK;
}

static uint64_t no_stack(void)
{
	return call_with_stack(0x7e000800) && call_with_stack(0) &&
	       call_with_stack(1ull << 63);
}

/* The SVSM computes with its own MXCSR; ours is there again afterwards. */
static uint64_t floats(void)
{
	static const uint32_t all_on = 0x0040;	/* and denormals are zero */
	static const uint16_t x87_on = 0x340;
	uint32_t after = 0;

	__asm__ volatile("ldmxcsr %0; fldcw %1; fld1; fld1" : :
			 "m"(all_on), "m"(x87_on));
	(void)raw_call(SVSM_CELL_LOG, (uintptr_t)"floats", 6, 0);
	__asm__ volatile("stmxcsr %0; fninit" : "=m"(after));
	__asm__ volatile("ldmxcsr %0" : : "m"((const uint32_t){ 0x1f80 }));
	return after == all_on;
}

static uint64_t heap(void)
{
	static void *all;
	void **block;
	unsigned n = 0;

	if (svsm_malloc_init(svsm_cell_heap, svsm_cell_heap_len) != SVSM_OK)
		return 0;
	while ((block = malloc(1000))) {
		memset(block, 0xff, 1000);
		*block = all;
		all = block;
		n++;
	}
	return n > 50 && all;
}

static uint64_t store(void)
{
	uint64_t got[2] = { 0 };
	size_t len = 0;

	return svsm_cell_put(1, &data, 8) == SVSM_OK &&
	       svsm_cell_get(1, got, 16, &len) == SVSM_OK && len == 8 &&
	       got[0] == data && got[1] == 0;
}

static uint64_t cpuid(void)
{
	unsigned eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return ebx == 0x68747541 && edx == 0x69746e65 && ecx == 0x444d4163;
}

/* 128 bytes below RSP, XMM0 and callee-saved registers, over three yields. */
static uint64_t kept(void)
{
	uint64_t good;

	__asm__ volatile("mov $0x77, %%rbx\n\t"
			 "movq %%rbx, %%xmm15\n\t"
			 "mov %%rbx, -128(%%rsp)\n\t"
			 "mov $3, %%r12\n"
			 "1:\n\t"
			 "mov $1, %%eax\n\t"
			 "syscall\n\t"
			 "dec %%r12\n\t"
			 "jnz 1b\n\t"
			 "movq %%xmm15, %%rax\n\t"
			 "xor -128(%%rsp), %%rax\n\t"
			 "add %%rbx, %%rax\n\t"
			 "mov %%fs:0x28, %%rcx\n\t"
			 "test %%rcx, %%rcx\n\t"
			 "cmovz %%rcx, %%rax\n\t"
			 "mov %%rax, %0"
			 : "=r"(good)
			 : : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r11",
			     "r12", "xmm15", "memory");
	return good == 0x77;
}

/* General and SSE registers and the red zone, whatever strikes meanwhile. */
static uint64_t stays(uint64_t end)
{
	uint64_t differs;

	__asm__ volatile("mov $0x77, %%ebx\n\t"
			 "movq %%rbx, %%xmm14\n\t"
			 "mov %%rbx, -128(%%rsp)\n\t"
			 "mov %%rbx, %%r8\n\t"
			 "mov %%rbx, %%r11\n\t"
			 "mov %%rbx, %%r15\n"
			 "1:\n\t"
			 "rdtsc\n\t"
			 "shl $32, %%rdx\n\t"
			 "or %%rdx, %%rax\n\t"
			 "cmp %%rsi, %%rax\n\t"
			 "jb 1b\n\t"
			 "movq %%xmm14, %%rax\n\t"
			 "xor -128(%%rsp), %%rax\n\t"
			 "xor %%rbx, %%r8\n\t"
			 "xor %%rbx, %%r11\n\t"
			 "xor %%rbx, %%r15\n\t"
			 "xor $0x77, %%rbx\n\t"
			 "or %%r8, %%rax\n\t"
			 "or %%r11, %%rax\n\t"
			 "or %%r15, %%rax\n\t"
			 "or %%rbx, %%rax"
			 : "=&a"(differs)
			 : "S"(end)
			 : "rbx", "rdx", "r8", "r11", "r15", "xmm14",
			   "memory", "cc");
	return differs == 0;
}

static uint64_t works(volatile uint64_t *buffer)
{
	uint64_t good;

	buffer[1] = 1;
	good = stays(__builtin_ia32_rdtsc() + buffer[0]);
	buffer[1] = 0;
	return good;
}

static uint64_t fresh(void)
{
	uint64_t good = data == 0x1234;

	for (size_t i = 0; i < SVSM_ARRAY_SIZE(bss); i++) {
		good &= bss[i] == 0;
		bss[i] = ~0ull;
	}
	data = 0;
	return good;
}

static void access(uint32_t how, uint64_t address)
{
	__asm__ volatile("" : "+r"(address));	/* any, NULL too */
	if (how == HOSTILE_READ)
		(void)*(volatile uint64_t *)address;
	if (how == HOSTILE_WRITE)
		*(volatile uint64_t *)address = 0;
	if (how == HOSTILE_EXECUTE)
		((void (*)(void))address)();
}

static void forever(void)
{
	for (;;)
		(void)raw_call(SVSM_CELL_YIELD, 0, 0, 0);
}

static void cpuids(void)
{
	for (;;)
		(void)cpuid();
}

static void loop(void)
{
	for (;;)
		__asm__ volatile("");
}

static uint64_t survive(uint32_t which)
{
	switch (which) {
	case HOSTILE_ECHO:
		return 1;
	case HOSTILE_BAD_ARGUMENTS:
		return bad_arguments();
	case HOSTILE_VMGEXIT:
		vmgexit();
		return 1;
	case HOSTILE_FLAGS:
		return flags();
	case HOSTILE_SEGMENTS:
		return segments();
	case HOSTILE_NO_STACK:
		return no_stack();
	case HOSTILE_FLOAT:
		return floats();
	case HOSTILE_HEAP:
		return heap();
	case HOSTILE_STORE:
		return store();
	case HOSTILE_CPUID:
		return cpuid();
	case HOSTILE_KEPT:
		return kept();
	case HOSTILE_FRESH:
		return fresh();
	case HOSTILE_STACK:
		return call_with_stack(*(uint64_t *)svsm_cell_buffer);
	case HOSTILE_LONG:
		return works(svsm_cell_buffer);
	}
	return 0;
}

static void die(uint32_t which, uint64_t address)
{
	uint64_t bottom = 0;

	if (which < HOSTILE_INSN_COUNT)
		instruction(which);
	else if (which < HOSTILE_DEEP)
		access(which, address);
	else if (which == HOSTILE_DEEP)
		(void)deep(&bottom);
	else if (which == HOSTILE_SMASH)
		smash(64);
	else if (which == HOSTILE_UNKNOWN_CALL)
		(void)raw_call(1ull << 32, 0, 0, 0);
	else if (which == HOSTILE_FOREVER)
		forever();
	else if (which == HOSTILE_CPUIDS)
		cpuids();
	else if (which == HOSTILE_LOOP)
		loop();
}

void svsm_cell_main(void)
{
	struct svsm_cell_request request;
	uint64_t *buffer = svsm_cell_buffer;

	svsm_cell_reply(0, &request);
	while (request.fn != HOSTILE_RETURN) {
		if (request.fn < HOSTILE_ECHO)
			die(request.fn, buffer[0]);
		buffer[0] = survive(request.fn);
		svsm_cell_reply(sizeof(buffer[0]), &request);
	}
}
