// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Attacks of the host. */
#include "config.h"
#include "ghcb.h"
#include "hold.h"
#include "hostile.h"
#include "mm.h"
#include "pages.h"
#include "script.h"
#include "vcpu.h"

/* System pages in the PCI hole, where a guest has no memory. */
#define FRESH_FIRST	0xf0000000ull
#define FRESH_END	0xf1000000ull

static uint64_t fresh_page(void)
{
	static uint64_t next = FRESH_FIRST;
	uint64_t spa = __atomic_fetch_add(&next, PAGE_SIZE, __ATOMIC_RELAXED);

	if (spa >= FRESH_END)
		machine_stop(STOP_FAULT, "too many attacks");
	page_make_memory(spa, PIECE_OF_HOST);
	return spa;
}

static unsigned assign(struct vcpu *v, uint64_t spa, uint64_t as_gpa)
{
	struct rmp_operand op = {
		.gpa = as_gpa, .asid = GUEST_ASID, .assigned = true,
	};

	return page_rmpupdate(v, spa, &op);
}

uint64_t hostile_second_page(struct vcpu *v, uint64_t gpa)
{
	uint64_t spa = fresh_page();

	if (assign(v, spa, gpa & ~PAGE_MASK) != RMP_SUCCESS)
		machine_stop(STOP_FAULT, "no second page for %lx", gpa);
	return spa;
}

static unsigned remap(struct vcpu *v, uint64_t gpa, bool flush)
{
	uint64_t spa = fresh_page();
	unsigned code = assign(v, spa, gpa);

	if (code == RMP_SUCCESS)
		page_remap(v, gpa, spa, flush);
	return code;
}

static uint32_t flush(struct vcpu *v, uint64_t index)
{
	if (index >= vcpu_count)
		return 1;
	page_flush_vcpu(v, vcpus[index]);
	return 0;
}

static uint32_t look(uint64_t gpa)
{
	const uint32_t *view = mm_host_view(gpa, sizeof(*view));

	return view ? *view : ~0u;
}

/* The vCPU's index in bits 15:8, how in 7:0. */
static uint32_t hold(uint64_t who)
{
	uint64_t index = who >> 8 & 0xff, how = who & 0xff;

	if (index >= vcpu_count || how > HOLD_KEPT)
		return 1;
	hold_vcpu(vcpus[index], (enum hold)how);
	return 0;
}

static bool attack(struct vcpu *v, unsigned kind, uint64_t gpa,
		   uint32_t *result)
{
	switch (kind) {
	case HOSTILE_REMAP:
		*result = remap(v, gpa, true);
		return true;
	case HOSTILE_REMAP_STALE:
		*result = remap(v, gpa, false);
		return true;
	case HOSTILE_FLUSH:
		*result = flush(v, gpa / PAGE_SIZE);
		return true;
	case HOSTILE_TAKE:
	case HOSTILE_UPDATE:
		*result = host_rmp_release(v, gpa, false);
		page_flush(v, gpa);
		return true;
	case HOSTILE_MOVE:
		*result = assign(v, page_spa(gpa), gpa + PAGE_SIZE);
		page_flush(v, gpa);
		return true;
	case HOSTILE_LARGE:
		*result = host_rmp_assign(v, gpa & ~HUGE_MASK, true);
		page_flush(v, gpa);
		return true;
	case HOSTILE_LOOK:
		*result = look(gpa);
		return true;
	case HOSTILE_SMASH:
		*result = host_rmp_psmash(v, gpa);
		return true;
	case HOSTILE_HOLD:
		*result = hold(gpa / PAGE_SIZE);
		return true;
	case HOSTILE_TURN:
		script_turn(v, gpa / PAGE_SIZE == 2 ? 2 : 1);
		*result = 0;
		return true;
	case HOSTILE_BATCH:
		psc_set_batch((unsigned)(gpa / PAGE_SIZE));
		*result = 0;
		return true;
	}
	return false;
}

bool hostile_request(struct vcpu *v, uint64_t value, uint64_t *answer)
{
	unsigned kind = value & PAGE_MASK;
	uint32_t result;

	if (!config_has("hostile", "1") ||
	    !attack(v, kind, value & ~PAGE_MASK, &result))
		return false;
	*answer = (uint64_t)result << 32 | (kind + HOSTILE_ANSWER);
	return true;
}
