/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Log lines with a level, to whoever listens.
 *
 * Lines are formatted on the stack and handed to one sink. There is none until
 * svsm_log_init(): an image whose console is off keeps its words to itself.
 */
#ifndef SVSM_LOG_H
#define SVSM_LOG_H

#include <stddef.h>

enum svsm_log_level {
	SVSM_LOG_ERROR,
	SVSM_LOG_WARN,
	SVSM_LOG_INFO,
	SVSM_LOG_DEBUG,
};

/** Longest line with prefix, newline and NUL; the rest is cut. */
#define SVSM_LOG_LINE 160

/**
 * Takes one whole line that ends in '\n'; calls come one at a time.
 *
 * @param ctx   What svsm_log_init() was given.
 * @param line  Borrowed.
 * @param len   Characters in it.
 */
typedef void svsm_log_sink_fn(void *ctx, const char *line, size_t len);

/**
 * Choose the sink and the highest level that is shown.
 *
 * @param sink  NULL for silence.
 * @param ctx   Kept as long as @p sink is.
 */
void svsm_log_init(svsm_log_sink_fn *sink, void *ctx, enum svsm_log_level max);

/**
 * Write a line "svsm: text\n" (levels above INFO carry their name).
 *
 * Context: any CPU, any lock but the sink's own. A line that finds the sink
 * busy for too long, or that is written by the sink itself, is dropped, so
 * that logging never waits for ever.
 * Trust: never log secrets; the host may read the console. Control characters
 * in the text become '?'.
 */
void svsm_log(enum svsm_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define svsm_error(...)	svsm_log(SVSM_LOG_ERROR, __VA_ARGS__)
#define svsm_warn(...)	svsm_log(SVSM_LOG_WARN, __VA_ARGS__)
#define svsm_info(...)	svsm_log(SVSM_LOG_INFO, __VA_ARGS__)
#define svsm_debug(...)	svsm_log(SVSM_LOG_DEBUG, __VA_ARGS__)

#endif
