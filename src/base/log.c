/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Log lines: formatted on the stack, one sink, bounded wait for it.
 */
#include <stdarg.h>

#include <svsm/fmt.h>
#include <svsm/lock.h>
#include <svsm/log.h>
#include <svsm/string.h>

/* Looks at the sink's lock: a slow console takes milliseconds per line. */
#define SINK_TURNS 1000000

static struct {
	struct svsm_lock lock;
	svsm_log_sink_fn *sink;
	void *ctx;
	enum svsm_log_level max;
} state;

void svsm_log_init(svsm_log_sink_fn *sink, void *ctx, enum svsm_log_level max)
{
	svsm_lock_acquire(&state.lock);
	state.sink = sink;
	state.ctx = ctx;
	state.max = max;
	svsm_lock_release(&state.lock);
}

/* Begin a line; returns the length of its prefix. */
static size_t prefix(char *line, enum svsm_log_level level)
{
	static const char text[][14] = {
		"svsm: error: ", "svsm: warn: ", "svsm: ", "svsm: debug: ",
	};
	const char *from = text[level <= SVSM_LOG_DEBUG ? level :
				SVSM_LOG_DEBUG];
	size_t len = 0;

	for (; from[len]; len++)
		line[len] = from[len];
	return len;
}

/* What guest or host sent may be part of a line: one line stays one line. */
static void make_printable(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
}

/* The sink was looked up under its lock, so it cannot go away under us. */
static void deliver(const char *line, size_t len)
{
	if (svsm_lock_acquire_within(&state.lock, SINK_TURNS) != SVSM_OK)
		return;
	if (state.sink)
		state.sink(state.ctx, line, len);
	svsm_lock_release(&state.lock);
}

void svsm_log(enum svsm_log_level level, const char *fmt, ...)
{
	char line[SVSM_LOG_LINE];
	va_list args;
	size_t len;

	if (!state.sink || level > state.max)
		return;
	len = prefix(line, level);
	va_start(args, fmt);
	len += svsm_vfmt(line + len, sizeof(line) - 1 - len, fmt, args);
	va_end(args);
	make_printable(line, len);
	line[len++] = '\n';
	line[len] = '\0';
	deliver(line, len);
}
