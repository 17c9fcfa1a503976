// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* VMGEXIT: the GHCB page of a request, its checks, and its answer. */
#include "ghcb.h"
#include "lie.h"
#include "hostside.h"
#include "mm.h"

bool ghcb_has(const struct ghcb_request *r, enum ghcb_field field)
{
	unsigned bit = field / 8;

	return r->valid[bit / 8] >> bit % 8 & 1;
}

static uint64_t fetch(const struct ghcb_request *r, unsigned offset)
{
	return __atomic_load_n((uint64_t *)(r->page + offset),
			       __ATOMIC_RELAXED);
}

uint64_t ghcb_get(const struct ghcb_request *r, enum ghcb_field field)
{
	if (!ghcb_has(r, field))
		return 0;
	if (field == GHCB_CPL)
		return *(volatile uint8_t *)(r->page + field);
	return fetch(r, field);
}

static void store(uint8_t *page, enum ghcb_field field, uint64_t value)
{
	unsigned bit = field / 8;

	*(volatile uint64_t *)(page + field) = value;
	*(volatile uint8_t *)(page + GHCB_VALID_BITMAP + bit / 8) |=
		(uint8_t)(1u << bit % 8);
}

void ghcb_set(struct ghcb_request *r, enum ghcb_field field, uint64_t value)
{
	store(r->page, field, value);
}

void *ghcb_scratch(struct ghcb_request *r, uint64_t len)
{
	uint64_t scratch = ghcb_get(r, GHCB_SCRATCH);
	uint64_t offset = scratch - (r->gpa + GHCB_SHARED_BUFFER);

	if (offset <= GHCB_SHARED_SIZE && len <= GHCB_SHARED_SIZE - offset)
		return r->page + GHCB_SHARED_BUFFER + offset;
	ghcb_refuse(r, GHCB_ERROR_SCRATCH);
	return NULL;
}

void ghcb_refuse(struct ghcb_request *r, enum ghcb_error error)
{
	r->result1 = GHCB_INPUT_ERROR;
	r->result2 = error;
}

void ghcb_raise(struct ghcb_request *r, uint8_t vector, uint32_t error)
{
	r->result1 = GHCB_EXCEPTION;
	r->result2 = EVENT_VALID | EVENT_TYPE_EXCEPTION | vector;
	if (vector == VECTOR_GP)
		r->result2 |= EVENT_HAS_ERROR |
			      (uint64_t)error << EVENT_ERROR_SHIFT;
}

void ghcb_answer(uint64_t gpa, uint64_t info1, uint64_t info2)
{
	uint8_t *page = mm_host_view(gpa, PAGE_SIZE);

	if (!page)
		return;
	store(page, GHCB_EXIT_INFO1, info1);
	store(page, GHCB_EXIT_INFO2, info2);
}

_Noreturn void ghcb_terminate(struct vcpu *v, unsigned set, unsigned reason)
{
	machine_stop(STOP_TERMINATED,
		     "guest asked for termination, reason %u:%u "
		     "(vCPU %u VMPL%u RIP %lx)",
		     set, reason, v->index, v->vmpl,
		     (unsigned long)vcpu_vmsa(v)->s.rip);
}

/* The snapshot: what decides about the request is read here, once. */
static void begin(struct ghcb_request *r)
{
	memcpy(r->valid, r->page + GHCB_VALID_BITMAP, sizeof(r->valid));
	memset(r->page + GHCB_VALID_BITMAP, 0, sizeof(r->valid));
	r->code = fetch(r, GHCB_EXIT_CODE);
	r->info1 = fetch(r, GHCB_EXIT_INFO1);
	r->info2 = fetch(r, GHCB_EXIT_INFO2);
}

static bool well_formed(struct ghcb_request *r)
{
	uint16_t version = *(volatile uint16_t *)(r->page +
						  GHCB_PROTOCOL_VERSION);
	uint32_t usage = *(volatile uint32_t *)(r->page + GHCB_USAGE);

	if (usage) {
		ghcb_refuse(r, GHCB_ERROR_USAGE);
		return false;
	}
	if (version > 2) {	/* OVMF leaves 0 there */
		ghcb_refuse(r, GHCB_ERROR_INVALID_INPUT);
		return false;
	}
	if (!ghcb_has(r, GHCB_EXIT_CODE) || !ghcb_has(r, GHCB_EXIT_INFO1) ||
	    !ghcb_has(r, GHCB_EXIT_INFO2)) {
		ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
		return false;
	}
	return true;
}

static void dispatch(struct ghcb_request *r)
{
	const struct ghcb_event_info *event = ghcb_event_find(r->code);

	if (!event) {
		log_line("vCPU %u VMPL%u: unknown GHCB event %lx",
			 r->v->index, r->v->vmpl, (unsigned long)r->code);
		ghcb_refuse(r, GHCB_ERROR_INVALID_EVENT);
		return;
	}
	trace(TRACE_GHCB, "%s %lx %lx", event->name, (unsigned long)r->info1,
	      (unsigned long)r->info2);
	for (unsigned i = 0; i < 3 && event->needs[i]; i++) {
		if (!ghcb_has(r, event->needs[i])) {
			ghcb_refuse(r, GHCB_ERROR_MISSING_INPUT);
			return;
		}
	}
	event->handle(r);
}

/* A GHCB that the host could not even write an answer to ends the guest. */
static uint8_t *map(struct vcpu *v, uint64_t gpa)
{
	const char *why = NULL;
	uint8_t *page = mm_host_view(gpa, PAGE_SIZE);

	if (gpa != host_level(v)->ghcb_registered)
		why = "is not registered";
	else if (!page)
		why = "is not memory";
	else if (host_rmp_is_assigned(gpa))
		why = "is private";
	if (why)
		machine_stop(STOP_VIOLATION,
			     "GHCB page %lx %s (vCPU %u VMPL%u RIP %lx)",
			     (unsigned long)gpa, why, v->index, v->vmpl,
			     (unsigned long)vcpu_vmsa(v)->s.rip);
	return page;
}

void ghcb_request(struct vcpu *v, uint64_t gpa)
{
	struct ghcb_request r = { .v = v, .gpa = gpa, .page = map(v, gpa) };

	counter_add(v, COUNTER_VMGEXIT_GHCB, 1);
	begin(&r);
	if (well_formed(&r) && !lie_instead(&r) && !strike_answers(&r))
		dispatch(&r);
	lie_result(&r);
	if (r.result1)
		trace(TRACE_GHCB, "event %lx: result %lx %lx",
		      (unsigned long)r.code, (unsigned long)r.result1,
		      (unsigned long)r.result2);
	if (!r.no_answer) {
		store(r.page, GHCB_EXIT_INFO1, r.result1);
		store(r.page, GHCB_EXIT_INFO2, r.result2);
		lie_stored(&r);
	}
}

void host_vmgexit(struct vcpu *v)
{
	uint64_t value = v->level[v->vmpl].ghcb_msr;

	if (value & PAGE_MASK)
		ghcb_msr_request(v, value);
	else
		ghcb_request(v, value);
}
