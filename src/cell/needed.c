/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What libraries and the compiler expect to find, as a cell has it.
 */
#include <stdarg.h>

#include <svsm/assert.h>
#include <svsm/fmt.h>
#include <svsm/log.h>
#include <svsm/percpu.h>
#include <svsm/terminate.h>

#include "sys.h"

void __stack_chk_fail(void);

/* One CPU at a time, and for the libraries always the same. */
struct svsm_cpu cell_cpu = { .self = &cell_cpu };

void __stack_chk_fail(void)
{
	svsm_cell_fail(SVSM_CELL_FAIL_STACK);
}

void svsm_log(enum svsm_log_level level, const char *fmt, ...)
{
	char line[SVSM_CELL_LOG_MAX + 1];
	va_list args;
	size_t len;

	(void)level;
	va_start(args, fmt);
	len = svsm_vfmt(line, sizeof(line), fmt, args);
	va_end(args);
	svsm_cell_log(line, len);
}

_Noreturn void svsm_assert_failed(const char *file, unsigned line)
{
	svsm_error("assertion failed at %s:%u", file, line);
	svsm_cell_fail(SVSM_CELL_FAIL_ASSERT);
}

_Noreturn void svsm_terminate(enum svsm_reason reason)
{
	svsm_cell_fail(SVSM_CELL_FAIL_REASON + reason);
}
