/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * B-01, D-05: a page of ours that is no longer valid ends the VM at the first
 * access.
 */
#include <svsm/page.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>
#include <svsm/svsm.h>

SVSM_IMAGE(.name = "lost");

static struct svsm_page_account pages = SVSM_PAGE_ACCOUNT(&svsm_pages, "lost");

_Noreturn void svsm_main(void)
{
	void *page;

	if (svsm_page_alloc(&pages, 0, &page) != SVSM_OK ||
	    svsm_rmp_rescind(page, SVSM_PAGE_4K) != SVSM_OK)
		svsm_terminate(SVSM_REASON_NO_MEMORY);
	svsm_plat_tlb_flush();	/* the translation would live on */
	svsm_info("read %u", *(volatile unsigned *)page);
	svsm_terminate(SVSM_REASON_DONE);
}
