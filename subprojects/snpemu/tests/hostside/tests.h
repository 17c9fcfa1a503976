/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* The test cases of the host side, and the fake core they run on. */
#ifndef SNPEMU_TESTS_HOSTSIDE_H
#define SNPEMU_TESTS_HOSTSIDE_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

TCase *clock_case(void);
TCase *far_case(void);
TCase *fdt_case(void);
TCase *fwcfg_case(void);
TCase *inject_case(void);
TCase *memsize_case(void);
TCase *requests_case(void);

/* A vCPU at VMPL2 of one core, ready to take interrupts. */
struct vcpu *fake_vcpu(void);

/* A device raises a vector; L1 takes it when the core's APIC offers it. */
void fake_core_raise(uint8_t vector);

/* The vectors that wait in the core's APIC, or are in service there. */
bool fake_core_requested(uint8_t vector);
bool fake_core_in_service(uint8_t vector);

/* How often that APIC got an EOI for the vector. */
unsigned fake_core_eois(uint8_t vector);

/* The 8259 pair gives a line; the guest's vector of line 0. */
void fake_core_pic(unsigned line);
extern uint8_t fake_pic_base;

/* The doorbell page, at this guest address. */
#define FAKE_DOORBELL	0x5000ull
extern uint16_t fake_doorbell[2048];

#endif
