// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* MMIO that a guest asks its host for: QEMU's devices, and no memory of L1. */
#include "devices.h"
#include "ghcb.h"
#include "hostside.h"
#include "mm.h"
#include "nomem.h"

static bool in_page(uint64_t gpa, uint64_t page)
{
	return (gpa & ~PAGE_MASK) == page;
}

static uint64_t load(volatile void *address, unsigned size)
{
	switch (size) {
	case 1:
		return *(volatile uint8_t *)address;
	case 2:
		return *(volatile uint16_t *)address;
	case 4:
		return *(volatile uint32_t *)address;
	default:
		return *(volatile uint64_t *)address;
	}
}

static void save(volatile void *address, unsigned size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)address = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)address = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)address = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)address = value;
	}
}

/* Shared memory counts: the host can reach it for the guest. */
static volatile void *find(uint64_t gpa, unsigned size)
{
	void *memory = mm_host_view(gpa, size);

	if (memory)
		return memory;
	if (gpa >> GUEST_PHYSICAL_BITS || mm_is_ram(gpa, size))
		return NULL;
	return mm_mmio(gpa);
}

bool mmio_read(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t *value)
{
	volatile void *address;

	*value = 0;
	if (in_page(gpa, APIC_PAGE)) {
		if (size == 4)
			*value = apic_mmio_read(v, gpa & PAGE_MASK);
		return true;
	}
	if (in_page(gpa, IOAPIC_PAGE) && size == 4) {
		*value = ioapic_read(gpa & PAGE_MASK);
		return true;
	}
	if (nomem_kind(gpa) == NOMEM_MMIO) {
		*value = ~0ull;
		return true;
	}
	address = find(gpa, size);
	if (!address)
		return false;
	*value = load(address, size);
	return true;
}

bool mmio_write(struct vcpu *v, uint64_t gpa, unsigned size, uint64_t value)
{
	volatile void *address;

	if (in_page(gpa, APIC_PAGE)) {
		if (size == 4)
			apic_mmio_write(v, gpa & PAGE_MASK, (uint32_t)value);
		return true;
	}
	if (in_page(gpa, IOAPIC_PAGE)) {
		if (size == 4)
			ioapic_write(gpa & PAGE_MASK, (uint32_t)value);
		return true;
	}
	if (nomem_kind(gpa) == NOMEM_MMIO)
		return true;
	address = find(gpa, size);
	if (!address)
		return false;
	save(address, size, value);
	return true;
}

/* The request's buffer, or NULL (the error is set then). */
static void *check(struct ghcb_request *r)
{
	uint64_t size = r->info2;

	counter_add(r->v, COUNTER_MMIO, 1);
	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    (r->info1 & PAGE_MASK) > PAGE_SIZE - size) {
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return NULL;
	}
	return ghcb_scratch(r, size);
}

void nae_mmio_read(struct ghcb_request *r)
{
	void *buffer = check(r);
	uint64_t value;

	if (!buffer)
		return;
	if (!mmio_read(r->v, r->info1, (unsigned)r->info2, &value)) {
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return;
	}
	trace(TRACE_IO, "read %lx.%lu = %lx", (unsigned long)r->info1,
	      (unsigned long)r->info2, (unsigned long)value);
	memcpy(buffer, &value, r->info2);
}

void nae_mmio_write(struct ghcb_request *r)
{
	void *buffer = check(r);
	uint64_t value = 0;

	if (!buffer)
		return;
	memcpy(&value, buffer, r->info2);
	trace(TRACE_IO, "write %lx.%lu = %lx", (unsigned long)r->info1,
	      (unsigned long)r->info2, (unsigned long)value);
	if (!mmio_write(r->v, r->info1, (unsigned)r->info2, value))
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
}
