/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The life of a cell, see enum svsm_cell_state. Pure: the lock is held, the
 * time is an argument, the effects are cell.c's.
 */
#include <svsm/assert.h>

#include "internal.h"

static bool same(const struct svsm_cell_ticket *a,
		 const struct svsm_cell_ticket *b)
{
	return a->who == b->who && a->what == b->what;
}

/* CPUs' clocks differ, and the host can set them back: then none has passed. */
static bool is_past(const struct svsm_cell *cell, uint64_t now)
{
	return now > cell->since && now - cell->since > cell->config.patience;
}

static void become(struct svsm_cell *cell, enum svsm_cell_state state,
		   uint64_t now)
{
	cell->state = state;
	cell->since = now;
}

static enum svsm_status
take(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
     uint64_t now)
{
	cell->ticket = *ticket;
	become(cell, SVSM_CELL_TAKEN, now);
	return SVSM_OK;
}

/* Its caller goes on. Another one waits, unless that has given up: then the
 * reply is nobody's. */
static enum svsm_status
take_suspended(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
	       uint64_t now, enum cell_taken *what)
{
	*what = CELL_BEGUN;
	if (same(ticket, &cell->ticket))
		return take(cell, ticket, now);
	if (ticket->who != cell->ticket.who && !is_past(cell, now))
		return SVSM_EBUSY;
	cell->orphan = true;
	return take(cell, ticket, now);
}

enum svsm_status
life_take(struct svsm_cell *cell, const struct svsm_cell_ticket *ticket,
	  uint64_t now, enum cell_taken *what)
{
	switch (cell->state) {
	case SVSM_CELL_IDLE:
		*what = CELL_NEW;
		return take(cell, ticket, now);
	case SVSM_CELL_SUSPENDED:
		return take_suspended(cell, ticket, now, what);
	case SVSM_CELL_DEAD:
		if (cell->restarts >= cell->config.restarts)
			return SVSM_ESTATE;
		cell->restarts++;
		cell->dead = false;
		*what = CELL_REVIVE;
		return take(cell, ticket, now);
	case SVSM_CELL_RUNNING:
		if (cell->revoked || !is_past(cell, now))
			return SVSM_EBUSY;
		cell->revoked = true;
		*what = CELL_REVOKE;
		return SVSM_OK;
	case SVSM_CELL_TAKEN:
		return SVSM_EBUSY;
	case SVSM_CELL_EMPTY:
		break;
	}
	return SVSM_ESTATE;
}

void life_give(struct svsm_cell *cell, uint64_t now)
{
	svsm_assert(cell->state == SVSM_CELL_TAKEN);
	if (cell->dead)
		become(cell, SVSM_CELL_DEAD, now);
	else if (cell->begun)
		become(cell, SVSM_CELL_SUSPENDED, now);
	else
		become(cell, SVSM_CELL_IDLE, now);
}

void life_run(struct svsm_cell *cell, uint64_t now)
{
	svsm_assert(cell->state == SVSM_CELL_TAKEN);
	become(cell, SVSM_CELL_RUNNING, now);
}

/* Revoked after its last event: whatever that was, its memory is gone. */
void life_stop(struct svsm_cell *cell, enum cell_next next, uint64_t now)
{
	svsm_assert(cell->state == SVSM_CELL_RUNNING);
	cell->dead = next == CELL_DIES || cell->revoked;
	cell->begun = next == CELL_SUSPEND && !cell->dead;
	cell->revoked = false;
	become(cell, SVSM_CELL_TAKEN, now);
}
