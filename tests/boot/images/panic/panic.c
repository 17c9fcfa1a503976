/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * S-05: a page of ours is lost; telling that faults as well; and a second CPU
 * ends the VM for a reason of its own meanwhile. What counts is the first
 * reason, and secrets are gone before anything is told.
 */
#include <svsm/ghcb.h>
#include <svsm/page.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/string.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "panic");

#define COM1 0x3f8

static struct svsm_page_account pages = SVSM_PAGE_ACCOUNT(&svsm_pages, "lost");
static uint8_t secret[2][64];
static uint32_t telling, other_ends;

/* What the second CPU does instead of serving. */
_Noreturn void svsm_run(void)
{
	while (!__atomic_load_n(&telling, __ATOMIC_ACQUIRE))
		svsm_plat_pause();
	__atomic_store_n(&other_ends, 1, __ATOMIC_RELEASE);
	svsm_terminate(SVSM_REASON_HEAP);
}

static bool is_wiped(void)
{
	for (size_t i = 0; i < sizeof(secret); i++)
		if (((const uint8_t *)secret)[i])
			return false;
	return true;
}

/* The log of a VM that ends: 16 bytes at most, then it writes code. */
static void fault(void *ctx, const char *line, size_t len)
{
	const char *word = is_wiped() ? "panic: wiped\n" : "panic: kept!\n";

	(void)ctx;
	(void)line;
	(void)len;
	if (svsm_ghcb_io_write(svsm_plat_cpu()->ghcb, COM1, word, 13) !=
	    SVSM_OK)
		svsm_terminate(SVSM_REASON_GHCB_PROTOCOL);
	__atomic_store_n(&telling, 1, __ATOMIC_RELEASE);
	while (svsm_smp_online() > 1 &&
	       !__atomic_load_n(&other_ends, __ATOMIC_ACQUIRE))
		svsm_plat_pause();
	*(volatile unsigned *)(uintptr_t)svsm_main = 1;
}

_Noreturn void svsm_main(void)
{
	void *page;

	memset(secret, 0x5e, sizeof(secret));
	svsm_terminate_wipe(secret[0], sizeof(secret[0]));
	svsm_terminate_wipe(secret[1], sizeof(secret[1]));
	if (svsm_smp_start() != SVSM_OK ||
	    svsm_page_alloc(&pages, 0, &page) != SVSM_OK ||
	    svsm_rmp_rescind(page, SVSM_PAGE_4K) != SVSM_OK)
		svsm_terminate(SVSM_REASON_NO_MEMORY);
	svsm_plat_tlb_flush();	/* the translation would live on */
	svsm_log_init(fault, NULL, SVSM_LOG_ERROR);
	svsm_info("read %u", *(volatile unsigned *)page);
	svsm_terminate(SVSM_REASON_DONE);
}
