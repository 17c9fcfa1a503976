// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Requests to the host, by GHCB page and by GHCB MSR. */
#include "rt.h"

#define MSR_GHCB	0xc0010130
#define MSR_REGISTER	0x012

static uint8_t pages[GHCB_PAGES][4096] ALIGNED_PAGE
	__attribute__((section(".fixed.ghcb")));

static unsigned mine(void)
{
	return level != 0 ? 2 : cpu_number();
}

uint64_t ghcb_gpa(void)
{
	return (uint64_t)pages[mine()];
}

volatile uint8_t *ghcb_page(void)
{
	return shared(ghcb_gpa());
}

uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static void wrmsr_here(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "a"((uint32_t)value),
			 "d"((uint32_t)(value >> 32)), "c"(msr) : "memory");
}

static void vmgexit(void)
{
	__asm__ volatile("rep; vmmcall" : : : "memory");
}

uint64_t msr_call(uint64_t value)
{
	wrmsr_here(MSR_GHCB, value);
	vmgexit();
	return rdmsr(MSR_GHCB);
}

/** The GHCB pages become shared; each CPU and level registers its own. */
static bool share_pages(void)
{
	for (unsigned i = 0; i < GHCB_PAGES; i++)
		if (!pvalidate((uint64_t)pages[i], 0, 0) ||
		    !psc_shared((uint64_t)pages[i]))
			return false;
	return true;
}

bool ghcb_register(void)
{
	uint64_t gpa = ghcb_gpa();

	return msr_call(gpa | MSR_REGISTER) == (gpa | (MSR_REGISTER + 1));
}

bool ghcb_init(void)
{
	return share_pages() && ghcb_register();
}

void ghcb_begin(void)
{
	volatile uint64_t *bitmap = (volatile uint64_t *)(ghcb_page() +
							  GHCB_BITMAP);

	bitmap[0] = 0;
	bitmap[1] = 0;
	*(volatile uint16_t *)(ghcb_page() + GHCB_VERSION) = 2;
	*(volatile uint32_t *)(ghcb_page() + GHCB_USAGE) = 0;
}

void ghcb_set(unsigned field, uint64_t value)
{
	volatile uint8_t *bitmap = ghcb_page() + GHCB_BITMAP;
	unsigned bit = field / 8;

	if (field == GHCB_CPL)
		ghcb_page()[field] = (uint8_t)value;
	else
		*(volatile uint64_t *)(ghcb_page() + field) = value;
	bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

uint64_t ghcb_get(unsigned field)
{
	return *(volatile uint64_t *)(ghcb_page() + field);
}

struct answer ghcb_go(uint64_t code, uint64_t info1, uint64_t info2)
{
	ghcb_set(GHCB_CODE, code);
	ghcb_set(GHCB_INFO1, info1);
	ghcb_set(GHCB_INFO2, info2);
	wrmsr_here(MSR_GHCB, ghcb_gpa());
	vmgexit();
	return (struct answer){ ghcb_get(GHCB_INFO1), ghcb_get(GHCB_INFO2) };
}

struct answer ghcb_event(uint64_t code, uint64_t info1, uint64_t info2)
{
	ghcb_begin();
	return ghcb_go(code, info1, info2);
}

void say_answer(const char *name, struct answer answer)
{
	say("%s: info1 %x info2 %x\n", name, answer.info1, answer.info2);
}

void wrmsr(uint32_t msr, uint64_t value)
{
	ghcb_begin();
	ghcb_set(GHCB_RCX, msr);
	ghcb_set(GHCB_RAX, (uint32_t)value);
	ghcb_set(GHCB_RDX, value >> 32);
	ghcb_go(NAE_MSR, 1, 0);
}

/* IOIO: data size in 6:4, 64-bit addresses in 9, port in 31:16. */
uint64_t ioio(uint16_t port, unsigned bytes, unsigned in)
{
	return (uint64_t)port << 16 | 1 << 9 | bytes << 4 | in;
}

void out_host(uint16_t port, uint32_t value, unsigned bytes)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, value);
	ghcb_go(NAE_IOIO, ioio(port, bytes, 0), 0);
}

uint32_t in_host(uint16_t port, unsigned bytes)
{
	ghcb_begin();
	ghcb_set(GHCB_RAX, 0);
	ghcb_go(NAE_IOIO, ioio(port, bytes, 1), 0);
	return (uint32_t)ghcb_get(GHCB_RAX);
}

uint32_t ghcb_mmio(uint64_t event, uint64_t gpa, uint32_t value)
{
	volatile uint32_t *buffer = (volatile uint32_t *)(ghcb_page() +
							  GHCB_BUFFER);

	*buffer = value;
	ghcb_begin();
	ghcb_set(GHCB_SCRATCH, ghcb_gpa() + GHCB_BUFFER);
	need(ghcb_go(event, gpa, 4).info1 == 0);
	return *buffer;
}

void outb_host(uint16_t port, uint8_t value)
{
	out_host(port, value, 1);
}

uint8_t inb_host(uint16_t port)
{
	return (uint8_t)in_host(port, 1);
}

uint32_t attack(enum attack kind, uint64_t gpa)
{
	uint64_t answer = msr_call(gpa | kind);

	if ((answer & 0xfff) != kind + 0x80) {
		say("the host refuses to attack\n");
		fail(1);
	}
	return (uint32_t)(answer >> 32);
}
