/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The GHCB: page layout, one request in progress, and its answer.
 *
 * The page is shared with a guest that may change it at any time. A request
 * therefore copies the valid bitmap and the exit fields when it starts, and a
 * handler reads each further field once.
 */
#ifndef SNPEMU_L1_GHCB_H
#define SNPEMU_L1_GHCB_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Offsets of the save fields; a field's valid bit is its offset / 8. */
enum ghcb_field {
	GHCB_CPL = 0x0cb,
	GHCB_XSS = 0x140,
	GHCB_RAX = 0x1f8,
	GHCB_RCX = 0x308,
	GHCB_RDX = 0x310,
	GHCB_RBX = 0x318,
	GHCB_EXIT_CODE = 0x390,
	GHCB_EXIT_INFO1 = 0x398,
	GHCB_EXIT_INFO2 = 0x3a0,
	GHCB_SCRATCH = 0x3a8,
	GHCB_XCR0 = 0x3e8,
};

#define GHCB_VALID_BITMAP	0x3f0
#define GHCB_SHARED_BUFFER	0x800
#define GHCB_SHARED_SIZE	2032u
#define GHCB_PROTOCOL_VERSION	0xffa
#define GHCB_USAGE		0xffc

/* SW_EXITINFO1 of an answer. */
enum ghcb_result { GHCB_OK = 0, GHCB_EXCEPTION = 1, GHCB_INPUT_ERROR = 2 };

/* SW_EXITINFO2 when it is GHCB_INPUT_ERROR. */
enum ghcb_error {
	GHCB_ERROR_NOT_REGISTERED = 1,
	GHCB_ERROR_USAGE = 2,
	GHCB_ERROR_SCRATCH = 3,
	GHCB_ERROR_MISSING_INPUT = 4,
	GHCB_ERROR_INVALID_INPUT = 5,
	GHCB_ERROR_INVALID_EVENT = 6,
};

enum ghcb_event {
	NAE_MMIO_READ = 0x80000001,
	NAE_MMIO_WRITE = 0x80000002,
	NAE_NMI_COMPLETE = 0x80000003,
	NAE_AP_RESET_HOLD = 0x80000004,
	NAE_AP_JUMP_TABLE = 0x80000005,
	NAE_PAGE_STATE_CHANGE = 0x80000010,
	NAE_GUEST_REQUEST = 0x80000011,
	NAE_EXTENDED_GUEST_REQUEST = 0x80000012,
	NAE_AP_CREATION = 0x80000013,
	NAE_HV_DOORBELL = 0x80000014,
	NAE_HV_IPI = 0x80000015,
	NAE_APIC_ID_LIST = 0x80000017,
	NAE_RUN_VMPL = 0x80000018,
	NAE_HV_FEATURES = 0x8000fffd,
	NAE_TERMINATE = 0x8000fffe,
	NAE_UNSUPPORTED = 0x8000ffff,
};

/* Requests and answers of the MSR protocol. */
enum ghcb_msr_code {
	GHCB_MSR_INFO_RESPONSE = 0x001,
	GHCB_MSR_INFO = 0x002,
	GHCB_MSR_CPUID = 0x004,
	GHCB_MSR_RESET_HOLD = 0x006,
	GHCB_MSR_PREFERRED = 0x010,
	GHCB_MSR_REGISTER = 0x012,
	GHCB_MSR_PSC = 0x014,
	GHCB_MSR_RUN_VMPL = 0x016,
	GHCB_MSR_RUN_VMPL_RESPONSE = 0x017,
	GHCB_MSR_FEATURES = 0x080,
	GHCB_MSR_TERMINATE = 0x100,
};

/*
 * Hypervisor features: SNP, AP creation, restricted injection, APIC ID list,
 * multiple VMPLs.
 */
#define HV_FEATURES	0x37ull

struct ghcb_request {
	struct vcpu *v;
	uint64_t gpa;
	uint8_t *page;
	uint8_t valid[16];
	uint64_t code, info1, info2;
	uint64_t result1, result2;
	bool no_answer;		/* somebody else answers, or nobody */
};

bool ghcb_has(const struct ghcb_request *r, enum ghcb_field field);

/* Zero when the field is not valid: the table of events checks those. */
uint64_t ghcb_get(const struct ghcb_request *r, enum ghcb_field field);

void ghcb_set(struct ghcb_request *r, enum ghcb_field field, uint64_t value);

/* SW_SCRATCH's buffer of @len bytes, or NULL (the error is set then). */
void *ghcb_scratch(struct ghcb_request *r, uint64_t len);

/* The request is answered by an error code, or by an exception. */
void ghcb_refuse(struct ghcb_request *r, enum ghcb_error error);
void ghcb_raise(struct ghcb_request *r, uint8_t vector, uint32_t error);

/* Write the exit info of an answer into the page at @gpa. */
void ghcb_answer(uint64_t gpa, uint64_t info1, uint64_t info2);

/* ghcb.c: the page protocol. msrproto.c: the MSR protocol. */
void ghcb_request(struct vcpu *v, uint64_t gpa);
void ghcb_msr_request(struct vcpu *v, uint64_t value);

_Noreturn void ghcb_terminate(struct vcpu *v, unsigned set, unsigned reason);

/* nae.c: the events' handlers. */
typedef void (*ghcb_handler)(struct ghcb_request *r);

struct ghcb_event_info {
	uint64_t code;
	const char *name;
	ghcb_handler handle;
	enum ghcb_field needs[3];	/* fields that must be valid */
};

const struct ghcb_event_info *ghcb_event_find(uint64_t code);

/* io.c, mmio.c, psc.c: handlers with more to them. */
void nae_ioio(struct ghcb_request *r);
void nae_mmio_read(struct ghcb_request *r);
void nae_mmio_write(struct ghcb_request *r);
void nae_page_state_change(struct ghcb_request *r);

/* Resume the guest after so many entries of a list; 0: all of them. */
void psc_set_batch(unsigned entries);

/* One page by the MSR protocol: its 32-bit error. */
uint32_t psc_msr(struct vcpu *v, uint64_t value);

#endif
