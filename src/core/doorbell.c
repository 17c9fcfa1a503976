/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The #HV doorbell page: where the host leaves word under restricted
 * injection. The SVSM has no use for interrupts; it takes the word and drops
 * it (exception.c), so that the host's next #HV is not held back.
 */
#include <svsm/abi/snp.h>
#include <svsm/ghcb.h>
#include <svsm/page.h>
#include <svsm/share.h>

#include "arch/arch.h"
#include "boot.h"

static struct svsm_page_account doorbells =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "doorbells");

enum svsm_status doorbell_init(struct arch_cpu *cpu)
{
	enum svsm_status status;
	void *page;

	if (!(svsm_boot_sev_features() & SVSM_SEV_RESTRICTED_INJ))
		return SVSM_OK;
	status = svsm_share_alloc(&doorbells, 0, &page);
	if (status != SVSM_OK)
		return status;
	cpu->doorbell = page;
	return svsm_ghcb_hv_doorbell(cpu->cpu.ghcb, SVSM_DOORBELL_SET,
				     svsm_gpa((uintptr_t)page), NULL);
}
