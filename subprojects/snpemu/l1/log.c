// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Log lines and traces, on the debug console that snpemu-run listens to. */
#include "cpu.h"
#include "log.h"
#include "vcpu.h"

#define DEBUG_CONSOLE	0x5e9
#define LINE_BYTES	512

uint32_t trace_mask;

static struct spinlock console_lock;

/* A core that stops the machine may have been interrupted while printing. */
static bool console_enter(void)
{
	for (unsigned i = 0; i < 10000000; i++) {
		if (!__atomic_exchange_n(&console_lock.held, 1,
					 __ATOMIC_ACQUIRE))
			return true;
		cpu_relax();
	}
	return false;
}

static void console_write(const char *text)
{
	bool locked = console_enter();

	for (; *text; text++)
		outb(DEBUG_CONSOLE, (uint8_t)*text);
	if (locked)
		spin_unlock(&console_lock);
}

static void print_line(const char *prefix, const char *format, va_list args)
{
	char line[LINE_BYTES];
	unsigned used = 0;

	while (*prefix)
		line[used++] = *prefix++;
	log_format(line + used, LINE_BYTES - 1 - used, format, args);
	while (line[used])
		used++;
	line[used++] = '\n';
	line[used] = 0;
	console_write(line);
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("snpemu: ", format, args);
	va_end(args);
}

void trace_line(const char *format, ...)
{
	struct vcpu *v = vcpu_self();
	char prefix[] = "snpemu: [v00 p0] ";
	va_list args;

	if (v) {
		prefix[10] = (char)('0' + v->index / 10);
		prefix[11] = (char)('0' + v->index % 10);
		prefix[14] = (char)('0' + v->vmpl);
	}
	va_start(args, format);
	print_line(prefix, format, args);
	va_end(args);
}
