/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Why a CPU came back from ring 3.
 *
 * The host can inject what it likes. An exception that nothing caused ends
 * the cell like a real one: the host can always deny a service. A page that is
 * no longer valid is another thing: it was ours.
 */
#include <svsm/abi/snp.h>
#include <svsm/cpuid.h>
#include <svsm/platform.h>
#include <svsm/string.h>
#include <svsm/terminate.h>

#include "internal.h"

#define VECTOR_NMI	2u
#define VECTOR_HV	28u
#define VECTOR_VC	29u

enum cell_next cell_dies(struct svsm_cell *cell, enum svsm_cell_death death,
			 uint64_t detail)
{
	cell->death = death;
	cell->vector = gate_frame(cell->gate)->vector;
	cell->detail = detail;
	return CELL_DIES;
}

enum cell_next cell_count(struct svsm_cell *cell, uint64_t now)
{
	cell->last_call = now;
	cell->calls++;
	return now >= cell->slice_end || cell->calls >= CELL_CALLS ?
		CELL_SUSPEND : CELL_ENTER;
}

/* NMI, #HV: a chance to look at the clock. */
static enum cell_next interrupted(struct svsm_cell *cell)
{
	uint64_t now = svsm_plat_tsc();

	if (now < cell->slice_end)
		return CELL_ENTER;
	if (now > cell->last_call &&
	    now - cell->last_call > cell->config.patience)
		return cell_dies(cell, SVSM_CELL_TOO_LONG, 0);
	return CELL_SUSPEND;
}

/* C libraries look for AES-NI and the like. The host is not asked; what ring 3
 * then does is what the CPU can do. */
static bool is_cpuid(const struct svsm_cell *cell,
		     const struct cell_frame *frame)
{
	static const uint8_t cpuid[] = { 0x0f, 0xa2 };
	struct svsm_cell_bytes code = {
		(struct svsm_cell *)cell, frame->rip, sizeof(cpuid)
	};
	uint8_t found[sizeof(cpuid)];

	if (frame->vector != VECTOR_VC || frame->error != SVSM_EXIT_CPUID ||
	    !cell_bytes_check(&code, false))
		return false;
	svsm_cell_bytes_read(&code, 0, found, sizeof(found));
	return memcmp(found, cpuid, sizeof(cpuid)) == 0;
}

static enum cell_next
answer_cpuid(struct svsm_cell *cell, struct cell_frame *frame)
{
	struct svsm_cpuid_regs regs;

	svsm_plat_cell_cpuid((uint32_t)frame->rax, (uint32_t)frame->rcx,
			     &regs);
	frame->rax = regs.eax;
	frame->rbx = regs.ebx;
	frame->rcx = regs.ecx;
	frame->rdx = regs.edx;
	frame->rip += 2;
	return cell_count(cell, svsm_plat_tsc());
}

/* Nothing that ring 3 can do takes the validity from a page. */
static bool is_page_lost(const struct cell_frame *frame)
{
	return frame->vector == VECTOR_VC &&
	       frame->error == SVSM_EXIT_NOT_VALIDATED;
}

enum cell_next cell_event(struct svsm_cell *cell, size_t *reply)
{
	struct cell_frame *frame = gate_frame(cell->gate);

	switch (frame->vector) {
	case GATE_SYSCALL:
		return cell_syscall(cell, reply);
	case VECTOR_NMI:
	case VECTOR_HV:
		return interrupted(cell);
	}
	if (is_page_lost(frame))
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	if (is_cpuid(cell, frame))
		return answer_cpuid(cell, frame);
	return cell_dies(cell, SVSM_CELL_FAULTED, frame->error);
}
