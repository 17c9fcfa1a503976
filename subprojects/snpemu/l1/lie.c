// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Lies of the host, by name. */
#include "config.h"
#include "ghcb.h"
#include "lie.h"
#include "log.h"
#include "mm.h"
#include "psclist.h"
#include "vcpu.h"

#define ONE_FRAME	0x1000ull
#define HV_SNP		(1ull << 12)
#define ANSWER_BIT_12	(1ull << 12)
#define LIST_REWRITTEN	0xffffffffffffffffull
#define ENDS_IGNORED	1000u

enum lie {
	TRUTH,
	FEATURES_WITHOUT_SNP, OTHER_FRAME, OTHER_CODE, RESERVED_BIT, EXCEPTION,
	NO_VALID_BITS, SWITCH_FAILS, NO_PROGRESS, INDEX_BEYOND, LIST_CHANGED,
	ODD_ERROR, NO_END, FIRMWARE_IS_MEMORY,
};

static const struct {
	const char *name;
	enum lie lie;
} names[] = {
	{ "A-02", FEATURES_WITHOUT_SNP }, { "A-03", OTHER_FRAME },
	{ "A-04", OTHER_CODE }, { "A-05", RESERVED_BIT },
	{ "A-06", EXCEPTION }, { "A-08", NO_VALID_BITS },
	{ "A-18", SWITCH_FAILS }, { "B-13", FIRMWARE_IS_MEMORY },
	{ "C-01", NO_PROGRESS },
	{ "C-02", INDEX_BEYOND }, { "C-03", LIST_CHANGED },
	{ "C-05", ODD_ERROR }, { "S-06", NO_END },
};

static unsigned chosen;		/* index into names + 1, 0: the truth */

void lie_init(void)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (config_has("lie", names[i].name))
			chosen = i + 1;
}

/* Is it the chosen one, and is it VMPL0 that asks? Then say so. */
static bool is_told(const struct vcpu *v, enum lie lie)
{
	static uint32_t said;

	if (!chosen || names[chosen - 1].lie != lie || v->vmpl != 0)
		return false;
	if (!__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		log_line("lie %s is told", names[chosen - 1].name);
	return true;
}

bool lie_memory_map(void)
{
	return is_told(vcpus[0], FIRMWARE_IS_MEMORY);
}

/* vCPUs that have asked for the end, which was ignored: a bit for each. */
static uint64_t ended;

/* They have nothing else to ask for. */
static void check_ended(const struct vcpu *v)
{
	if (__atomic_load_n(&ended, __ATOMIC_RELAXED) >> v->index & 1)
		machine_stop(STOP_VIOLATION,
			     "vCPU %u goes on behind its end", v->index);
}

/*
 * The VM is run on although it asks for its end: for a while, in which it has
 * to ask on, for one reason, deaf to interrupts.
 */
static bool ignores_end(struct vcpu *v, uint64_t request)
{
	static uint64_t first;
	static uint32_t asked;
	uint64_t none = 0;

	if (!is_told(v, NO_END))
		return false;
	__atomic_fetch_or(&ended, 1ull << v->index, __ATOMIC_RELAXED);
	(void)__atomic_compare_exchange_n(&first, &none, request, false,
					  __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	if (request != __atomic_load_n(&first, __ATOMIC_RELAXED) ||
	    vcpu_vmsa(v)->s.rflags & RFLAGS_IF)
		machine_stop(STOP_VIOLATION, "vCPU %u ends otherwise: %lx",
			     v->index, (unsigned long)request);
	return __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) <= ENDS_IGNORED;
}

bool lie_instead_msr(struct vcpu *v, uint64_t request, uint64_t *answer)
{
	if ((request & PAGE_MASK) == GHCB_MSR_TERMINATE)
		return ignores_end(v, request);
	check_ended(v);
	if ((request & PAGE_MASK) != GHCB_MSR_RUN_VMPL ||
	    !is_told(v, SWITCH_FAILS))
		return false;
	*answer = 1ull << 32 | GHCB_MSR_RUN_VMPL_RESPONSE;
	return true;
}

uint64_t lie_msr(struct vcpu *v, uint64_t request, uint64_t answer)
{
	switch (request & PAGE_MASK) {
	case GHCB_MSR_FEATURES:
		if (is_told(v, FEATURES_WITHOUT_SNP))
			return answer & ~HV_SNP;
		if (is_told(v, OTHER_CODE))
			return (answer & ~PAGE_MASK) | (GHCB_MSR_CPUID + 1);
		return answer;
	case GHCB_MSR_REGISTER:
		return is_told(v, OTHER_FRAME) ? answer + ONE_FRAME : answer;
	case GHCB_MSR_PSC:
		return is_told(v, RESERVED_BIT) ? answer | ANSWER_BIT_12 :
						  answer;
	default:
		return answer;
	}
}

bool lie_instead(struct ghcb_request *r)
{
	check_ended(r->v);
	return r->code == NAE_PAGE_STATE_CHANGE &&
	       is_told(r->v, NO_PROGRESS);
}

void lie_result(struct ghcb_request *r)
{
	if (r->code != NAE_PAGE_STATE_CHANGE)
		return;
	if (is_told(r->v, EXCEPTION))
		ghcb_raise(r, VECTOR_GP, 0);
	if (is_told(r->v, ODD_ERROR))
		r->result2 = 7ull << 32 | 9;
}

/* The list is in the page's own buffer. */
void lie_stored(struct ghcb_request *r)
{
	uint16_t *header = (uint16_t *)(r->page + GHCB_SHARED_BUFFER);
	uint64_t *entries = (uint64_t *)(r->page + GHCB_SHARED_BUFFER + 8);

	if (r->code != NAE_PAGE_STATE_CHANGE)
		return;
	if (is_told(r->v, NO_VALID_BITS))
		memset(r->page + GHCB_VALID_BITMAP, 0, sizeof(r->valid));
	if (is_told(r->v, INDEX_BEYOND))
		header[0] = (uint16_t)(header[1] + 2);
	if (is_told(r->v, LIST_CHANGED))
		for (unsigned i = 0; i < PSC_ENTRIES_MAX; i++)
			entries[i] = LIST_REWRITTEN;
}
