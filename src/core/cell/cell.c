/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting a cell, and a call of it: take, run, give. See cell.h.
 */
#include <svsm/entropy.h>
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/string.h>

#include "internal.h"

static void set_defaults(struct svsm_cell_config *config)
{
	if (!config->slice)
		config->slice = SVSM_CELL_SLICE;
	if (!config->random)
		config->random = svsm_entropy;
	if (!config->patience)
		config->patience = SVSM_CELL_PATIENCE;
	if (!config->slices)
		config->slices = SVSM_CELL_SLICES;
}

/* Pages of a cell that could not be made complete are not given back: this
 * happens only when memory is out at boot. */
enum svsm_status
svsm_cell_start(struct svsm_cell *cell, const struct svsm_cell_config *config)
{
	struct cell_layout layout;
	enum svsm_status status;

	if (cell->root || cell->state != SVSM_CELL_EMPTY)
		return SVSM_ESTATE;
	status = cell_layout(config->image, &layout);
	if (status != SVSM_OK)
		return status;
	cell->config = *config;
	set_defaults(&cell->config);
	status = svsm_page_account_open(&cell->account, &svsm_pages,
					config->image->name, layout.pages,
					layout.pages);
	if (status == SVSM_OK)
		status = cell_space_make(cell, &layout);
	if (status == SVSM_OK)
		status = cell_space_fill(cell);
	if (status == SVSM_OK)
		cell->state = SVSM_CELL_IDLE;
	return status;
}

static const char *death_name(enum svsm_cell_death death)
{
	static const char *const name[] = {
		[SVSM_CELL_ALIVE] = "alive",
		[SVSM_CELL_FAULTED] = "exception",
		[SVSM_CELL_FAILED] = "failed by itself",
		[SVSM_CELL_BAD_CALL] = "no such call",
		[SVSM_CELL_TOO_LONG] = "no call for too long",
		[SVSM_CELL_TOO_MANY] = "a request without end",
		[SVSM_CELL_UNREADY] = "cannot be started again",
	};

	return name[death];
}

static void log_death(const struct svsm_cell *cell)
{
	const struct cell_frame *frame = gate_frame(cell->gate);
	const char *name = cell->config.image->name;

	svsm_error("cell %s died: %s (vector %lu, 0x%lx)", name,
		   death_name(cell->death), (unsigned long)cell->vector,
		   (unsigned long)cell->detail);
	svsm_error("cell %s: rip 0x%lx rsp 0x%lx cr2 0x%lx, %u of %u restarts",
		   name, (unsigned long)frame->rip, (unsigned long)frame->rsp,
		   (unsigned long)*gate_word(cell->gate, GATE_CR2),
		   cell->restarts, cell->config.restarts);
}

/* No CPU is in it, and nobody else can take it before it is given back. */
static void bury(struct svsm_cell *cell)
{
	log_death(cell);
	cell_space_wipe(cell);
	svsm_plat_clear(cell->buffer, cell->buffer_len);
	cell->ready = false;
	cell->begun = false;
	cell->orphan = false;
}

static enum svsm_status revive(struct svsm_cell *cell)
{
	enum svsm_status status = cell_space_fill(cell);

	if (status == SVSM_OK)
		return status;
	(void)cell_dies(cell, SVSM_CELL_UNREADY, status);
	bury(cell);
	cell->dead = true;
	svsm_cell_give(cell);
	return status;
}

/*
 * Another CPU runs it. Where the processor does not broadcast, that CPU goes
 * on with what it has in its TLB, as long as it likes (docs/cells.md): there
 * is nothing by which we could make it come to us.
 */
static void revoke(struct svsm_cell *cell)
{
	cell_space_revoke(cell);
	if (!svsm_plat_tlb_broadcast())
		svsm_warn("a cell loops, and without INVLPGB goes on");
}

enum svsm_status
svsm_cell_take(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
	       bool *begun)
{
	enum svsm_status status;
	enum cell_taken what;

	svsm_lock_acquire(&cell->lock);
	status = life_take(cell, ticket, svsm_plat_tsc(), &what);
	if (status == SVSM_OK && what == CELL_REVOKE) {
		revoke(cell);
		status = SVSM_EBUSY;
	}
	svsm_lock_release(&cell->lock);
	if (status != SVSM_OK)
		return status;
	if (what == CELL_REVIVE)
		status = revive(cell);
	if (status == SVSM_OK)
		*begun = what == CELL_BEGUN;
	return status;
}

/* A new request, or the one that is in it. */
static void prepare(struct svsm_cell *cell, uint32_t fn, size_t len)
{
	uint64_t now = svsm_plat_tsc();

	cell->slice_end = now + cell->config.slice;
	cell->last_call = now;
	cell->calls = 0;
	cell->lines = 0;
	if (cell->begun) {
		cell_resume(cell);
		return;
	}
	cell->begun = true;
	cell->fn = fn;
	cell->len = len;
	cell->slices = 0;
	if (cell->ready)
		cell_deliver(cell);
}

static enum cell_next work(struct svsm_cell *cell, size_t *reply)
{
	enum cell_next next;

	if (cell->slices++ >= cell->config.slices)
		return cell_dies(cell, SVSM_CELL_TOO_MANY, cell->slices);
	do {
		svsm_plat_cell_enter(cell->gate);
		next = cell_event(cell, reply);
	} while (next == CELL_ENTER);
	return next;
}

static void set_running(struct svsm_cell *cell)
{
	svsm_lock_acquire(&cell->lock);
	life_run(cell, svsm_plat_tsc());
	svsm_lock_release(&cell->lock);
}

/* Is it alive? */
static bool stop(struct svsm_cell *cell, enum cell_next next)
{
	svsm_lock_acquire(&cell->lock);
	if (cell->revoked)
		(void)cell_dies(cell, SVSM_CELL_TOO_LONG, 0);
	life_stop(cell, next, svsm_plat_tsc());
	svsm_lock_release(&cell->lock);
	if (cell->dead)
		bury(cell);
	return !cell->dead;
}

enum svsm_status
svsm_cell_run(struct svsm_cell *cell, uint32_t fn, size_t len, size_t *reply)
{
	bool orphan = cell->orphan;
	size_t bytes = 0;

	if (!cell->begun && len > cell->buffer_len)
		return SVSM_EINVAL;
	prepare(cell, fn, len);
	set_running(cell);
	if (!stop(cell, work(cell, &bytes)))
		return orphan ? SVSM_EAGAIN : SVSM_ESTATE;
	if (cell->begun)
		return SVSM_EAGAIN;
	cell->orphan = false;
	if (orphan)
		return SVSM_EAGAIN;
	*reply = bytes;
	return SVSM_OK;
}

/* A request that is not in the middle leaves nothing behind. */
void svsm_cell_give(struct svsm_cell *cell)
{
	if (!cell->begun && !cell->dead)
		svsm_plat_clear(cell->buffer, cell->buffer_len);
	svsm_lock_acquire(&cell->lock);
	life_give(cell, svsm_plat_tsc());
	svsm_lock_release(&cell->lock);
}
