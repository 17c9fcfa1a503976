/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What a cell asks for. Every register is the cell's word; see
 * enum svsm_cell_sys for what each answers.
 */
#include <svsm/log.h>
#include <svsm/platform.h>
#include <svsm/string.h>

#include "internal.h"

static enum cell_next answer(struct cell_frame *frame, enum svsm_status status)
{
	frame->rax = status;
	return CELL_ENTER;
}

void cell_deliver(struct svsm_cell *cell)
{
	struct cell_frame *frame = gate_frame(cell->gate);

	frame->rax = SVSM_OK;
	frame->rdx = cell->fn;
	frame->r8 = cell->len;
	frame->r9 = cell->slice_end;
}

void cell_resume(struct svsm_cell *cell)
{
	struct cell_frame *frame = gate_frame(cell->gate);

	if (frame->vector == GATE_SYSCALL)
		frame->r9 = cell->slice_end;
}

/* The first one says that the cell is ready; its request waits. */
static enum cell_next
sys_reply(struct svsm_cell *cell, struct cell_frame *frame, size_t *reply)
{
	if (frame->rdi > cell->buffer_len)
		return answer(frame, SVSM_EINVAL);
	if (cell->ready) {
		*reply = frame->rdi;
		return CELL_REPLIED;
	}
	cell->ready = true;
	cell_deliver(cell);
	return CELL_ENTER;
}

static enum cell_next
sys_yield(struct svsm_cell *cell, struct cell_frame *frame)
{
	frame->r9 = cell->slice_end;
	return answer(frame, SVSM_OK);
}

static enum cell_next sys_log(struct svsm_cell *cell, struct cell_frame *frame)
{
	struct svsm_cell_bytes from = { cell, frame->rdi, frame->rsi };
	char text[SVSM_CELL_LOG_MAX + 1];

	if (from.len > SVSM_CELL_LOG_MAX)
		return answer(frame, SVSM_EINVAL);
	if (!cell_bytes_check(&from, false))
		return answer(frame, SVSM_EADDR);
	if (cell->lines == SVSM_CELL_LOG_LINES)
		return answer(frame, SVSM_EBUSY);
	cell->lines++;
	svsm_cell_bytes_read(&from, 0, text, from.len);
	text[from.len] = '\0';
	svsm_info("%s: %s", cell->config.image->name, text);
	return answer(frame, SVSM_OK);
}

static enum cell_next
sys_entropy(struct svsm_cell *cell, struct cell_frame *frame)
{
	struct svsm_cell_bytes to = { cell, frame->rdi, frame->rsi };
	uint8_t random[SVSM_CELL_ENTROPY_MAX];
	enum svsm_status status;

	if (to.len > sizeof(random))
		return answer(frame, SVSM_EINVAL);
	if (!cell_bytes_check(&to, true))
		return answer(frame, SVSM_EADDR);
	status = cell->config.random(random, to.len);
	if (status == SVSM_OK)
		svsm_cell_bytes_write(&to, 0, random, to.len);
	svsm_wipe(random, sizeof(random));
	return answer(frame, status);
}

static enum cell_next
sys_time(struct svsm_cell *cell, struct cell_frame *frame, uint64_t now)
{
	if (now > cell->time)
		cell->time = now;
	frame->rdx = cell->time;
	return answer(frame, SVSM_OK);
}

static enum cell_next sys_get(struct svsm_cell *cell, struct cell_frame *frame)
{
	struct svsm_cell_bytes to = { cell, frame->rsi, frame->rdx };
	struct svsm_cell_store *store = cell->config.store;
	enum svsm_status status;
	size_t len = 0;

	if (!store)
		return answer(frame, SVSM_ENOSYS);
	if (!cell_bytes_check(&to, true))
		return answer(frame, SVSM_EADDR);
	if (frame->rdi > UINT32_MAX)
		return answer(frame, SVSM_EINVAL);
	status = store->get(store, (uint32_t)frame->rdi, &to, &len);
	frame->rdx = len;
	return answer(frame, status);
}

static enum cell_next sys_put(struct svsm_cell *cell, struct cell_frame *frame)
{
	struct svsm_cell_bytes from = { cell, frame->rsi, frame->rdx };
	struct svsm_cell_store *store = cell->config.store;

	if (!store)
		return answer(frame, SVSM_ENOSYS);
	if (!cell_bytes_check(&from, false))
		return answer(frame, SVSM_EADDR);
	if (frame->rdi > UINT32_MAX)
		return answer(frame, SVSM_EINVAL);
	return answer(frame, store->put(store, (uint32_t)frame->rdi, &from));
}

static enum cell_next
dispatch(struct svsm_cell *cell, struct cell_frame *frame, uint64_t now,
	 size_t *reply)
{
	switch (frame->rax) {
	case SVSM_CELL_REPLY:
		return sys_reply(cell, frame, reply);
	case SVSM_CELL_YIELD:
		return sys_yield(cell, frame);
	case SVSM_CELL_LOG:
		return sys_log(cell, frame);
	case SVSM_CELL_ENTROPY:
		return sys_entropy(cell, frame);
	case SVSM_CELL_TIME:
		return sys_time(cell, frame, now);
	case SVSM_CELL_GET:
		return sys_get(cell, frame);
	case SVSM_CELL_PUT:
		return sys_put(cell, frame);
	case SVSM_CELL_FAIL:
		return cell_dies(cell, SVSM_CELL_FAILED, frame->rdi);
	}
	return cell_dies(cell, SVSM_CELL_BAD_CALL, frame->rax);
}

enum cell_next cell_syscall(struct svsm_cell *cell, size_t *reply)
{
	uint64_t now = svsm_plat_tsc();
	enum cell_next after = cell_count(cell, now), next;

	next = dispatch(cell, gate_frame(cell->gate), now, reply);
	return next == CELL_ENTER ? after : next;
}
