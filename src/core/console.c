/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The log on the host's first serial port, which the host can read and forge.
 */
#include <stdbool.h>

#include <svsm/ghcb.h>
#include <svsm/log.h>
#include <svsm/percpu.h>

#include "boot.h"

#define COM1			0x3f8
#define UART_DATA		(COM1 + 0)
#define UART_INTERRUPTS		(COM1 + 1)
#define UART_DIVISOR_LOW	(COM1 + 0)
#define UART_DIVISOR_HIGH	(COM1 + 1)
#define UART_FIFO		(COM1 + 2)
#define UART_LINE		(COM1 + 3)
#define UART_MODEM		(COM1 + 4)
#define UART_STATUS		(COM1 + 5)

#define LINE_8N1		0x03
#define LINE_DIVISOR		0x80
#define FIFO_ENABLE_CLEAR	0x07
#define MODEM_DTR_RTS		0x03
#define STATUS_EMPTY		0x20

/** Bytes that the transmit FIFO takes when it is empty. */
#define FIFO_BYTES		16u
/** Looks at the status before bytes are written regardless. */
#define STATUS_TRIES		1000u

static void wait_until_empty(struct svsm_ghcb *ghcb)
{
	uint32_t status = 0;

	for (unsigned i = 0; i < STATUS_TRIES; i++) {
		if (svsm_ghcb_io_in(ghcb, UART_STATUS, 1, &status) != SVSM_OK ||
		    status & STATUS_EMPTY)
			return;
	}
}

/* A line that the host does not take is lost; that is its right. */
static void write_line(void *ctx, const char *line, size_t len)
{
	struct svsm_ghcb *ghcb = svsm_plat_cpu()->ghcb;
	size_t n;

	(void)ctx;
	for (; ghcb && len; line += n, len -= n) {
		n = len < FIFO_BYTES ? len : FIFO_BYTES;
		wait_until_empty(ghcb);
		if (svsm_ghcb_io_write(ghcb, UART_DATA, line, n) != SVSM_OK)
			return;
	}
}

void console_init(void)
{
	static const struct {
		uint16_t port;
		uint8_t value;
	} setup[] = {
		{ UART_INTERRUPTS, 0 },
		{ UART_LINE, LINE_DIVISOR },
		{ UART_DIVISOR_LOW, 1 },	/* 115200 baud */
		{ UART_DIVISOR_HIGH, 0 },
		{ UART_LINE, LINE_8N1 },
		{ UART_FIFO, FIFO_ENABLE_CLEAR },
		{ UART_MODEM, MODEM_DTR_RTS },
	};
	struct svsm_ghcb *ghcb = svsm_plat_cpu()->ghcb;

	for (size_t i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		if (svsm_ghcb_io_out(ghcb, setup[i].port, 1, setup[i].value) !=
		    SVSM_OK)
			return;
	svsm_log_init(write_line, NULL, SVSM_LOG_INFO);
}
