// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* MSR intercepts. */
#include "cpu.h"
#include "deliver.h"
#include "host.h"
#include "insn.h"
#include "mm.h"
#include "msrexit.h"
#include "vcpu.h"

#define MSRPM_BYTES		(2 * PAGE_SIZE)
#define MSRPM_RANGE		0x2000u
#define SEV_STATUS_ENABLED	3ull	/* SEV, SEV-ES */
#define SEV_STATUS_SHIFT	2	/* SEV_FEATURES bits follow */

static uint8_t *permission_map;

static void pass(uint32_t range, uint32_t index)
{
	uint32_t bit = (range * MSRPM_RANGE + index) * 2;

	permission_map[bit / 8] &= (uint8_t)~(3u << bit % 8);
}

void msrexit_init(void)
{
	static const uint32_t bases[] = { 0, 0xc0000000, 0xc0010000 };

	permission_map = mm_alloc(MSRPM_BYTES);
	memset(permission_map, 0xff, MSRPM_BYTES);
	for (uint32_t range = 0; range < 3; range++) {
		for (uint32_t index = 0; index < MSRPM_RANGE; index++) {
			if (host_msr_is_passed(bases[range] + index))
				pass(range, index);
		}
	}
}

uint64_t msrexit_permission_map(void)
{
	return mm_pa(permission_map);
}

static void skip(struct vcpu *v)
{
	struct insn insn;

	if (insn_fetch(v, &insn))
		insn_skip(v, insn_length(&insn));
}

static void answer(struct vcpu *v, uint64_t value)
{
	vcpu_vmsa(v)->s.rax = (uint32_t)value;
	vcpu_vmsa(v)->rdx = value >> 32;
	skip(v);
}

static void sev_status(struct vcpu *v, bool write)
{
	uint64_t features = vcpu_vmsa(v)->sev_features;

	if (write)
		deliver_exception(v, VECTOR_GP, true, 0);
	else
		answer(v, SEV_STATUS_ENABLED | features << SEV_STATUS_SHIFT);
}

static void ghcb(struct vcpu *v, bool write)
{
	const struct vmsa *r = vcpu_vmsa(v);

	if (!write) {
		answer(v, v->level[v->vmpl].ghcb_msr);
		return;
	}
	v->level[v->vmpl].ghcb_msr = (uint32_t)r->s.rax | r->rdx << 32;
	skip(v);
}

void msrexit_handle(struct vcpu *v, bool write)
{
	uint32_t msr = (uint32_t)vcpu_vmsa(v)->rcx;

	if (vcpu_vmsa(v)->s.cpl != 0)
		deliver_exception(v, VECTOR_GP, true, 0);
	else if (msr == MSR_SEV_STATUS)
		sev_status(v, write);
	else if (msr == MSR_GHCB)
		ghcb(v, write);
	else
		deliver_vc(v, EXIT_MSR);
}
