/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Text into a buffer of fixed size.
 */
#ifndef SVSM_FMT_H
#define SVSM_FMT_H

#include <stdarg.h>
#include <stddef.h>

/**
 * Format into a buffer; the text is always NUL-terminated and cut to fit.
 *
 * A subset of printf: %d %i %u %x %X %c %s %p %%, lengths h hh l ll z j t, the
 * flags '0' and '-', width and precision (also '*'). A conversion outside the
 * subset is copied to the output as it stands and ends the formatting; there
 * is no %n.
 *
 * @param buf   Borrowed.
 * @param size  Its size in bytes; 0 writes nothing.
 * @param fmt   The format, a constant of ours.
 * @return      Characters written, without the NUL: always < size, or 0.
 */
size_t svsm_fmt(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

size_t svsm_vfmt(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
