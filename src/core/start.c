/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Starting the guest: who it is, what it owns, its firmware.
 */
#include <svsm/budget.h>
#include <svsm/firmware.h>
#include <svsm/guest.h>
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/machine.h>
#include <svsm/page.h>
#include <svsm/platform.h>
#include <svsm/percpu.h>
#include <svsm/run.h>
#include <svsm/terminate.h>

#include "boot.h"

/** 2^4 pages hold the runs of the ownership map. */
#define RUNS_ORDER	4u
_Static_assert(SVSM_GUEST_RUNS * sizeof(struct svsm_own_node) ==
	       SVSM_PAGE_BYTES << RUNS_ORDER, "storage of the ownership map");

/** Where the guest's deposits are mapped; windows and stacks are below. */
#define DEPOSIT_BASE	0x8080000000ul

static struct svsm_page_account owners =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "page owners");

/* The host told us our APIC ID and the list in two ways. */
static void check_self(const struct svsm_params *params)
{
	uint32_t id = svsm_plat_cpu()->apic_id;

	if (svsm_params_has_cpu(params, id))
		return;
	svsm_error("parameters refused: no CPU %u, where we run", id);
	svsm_terminate(SVSM_REASON_PARAMS);
}

/* The host saves debug registers for all VMSAs of the VM or for none. */
static uint64_t guest_features(void)
{
	return svsm_image.guest_sev_features |
	       (svsm_boot_sev_features() & SVSM_FEATURE_DEBUG_SWAP);
}

static void guest_init(void)
{
	struct svsm_guest_config config = {
		.region = svsm_machine_region(),
		.vmsa = svsm_machine_vmsa(),
		.firmware = svsm_machine_firmware(),
		.params = svsm_machine_params(),
		.sev_features = guest_features(),
		.vmpl = (uint8_t)svsm_image.guest_vmpl,
		.run_count = SVSM_GUEST_RUNS,
		.deposits = (void *)DEPOSIT_BASE,
	};
	enum svsm_status status;
	void *runs;

	check_self(config.params);
	status = svsm_page_alloc(&owners, RUNS_ORDER, &runs);
	if (status == SVSM_OK) {
		config.runs = runs;
		status = svsm_guest_init(&svsm_guest, &config);
	}
	if (status != SVSM_OK) {
		svsm_error("guest: %s", svsm_status_name(status));
		svsm_terminate(SVSM_REASON_PARAMS);
	}
}

static void launch_firmware(void)
{
	const struct svsm_abi_launch *launch = svsm_launch();
	struct svsm_firmware fw = {
		.image = svsm_machine_firmware(),
		.region = svsm_machine_region(),
		.cpuid_page = (const void *)launch->cpuid_page,
		.secrets_page = (const void *)launch->secrets_page,
		.apic_id = svsm_plat_cpu()->apic_id,
	};
	struct svsm_refusal why = { "?", 0 };
	enum svsm_status status;

	status = svsm_firmware_launch(&svsm_guest, &fw, &why);
	if (status == SVSM_OK)
		return;
	svsm_error("firmware not started: %s (%s, 0x%lx)",
		   svsm_status_name(status), why.what,
		   (unsigned long)why.where);
	svsm_terminate(SVSM_REASON_FIRMWARE);
}

void svsm_guest_boot(void)
{
	guest_init();
	launch_firmware();
	svsm_info("guest firmware at VMPL%u, %zu KiB free",
		  svsm_image.guest_vmpl,
		  svsm_page_count_free(&svsm_pages) * 4);
	svsm_budget_log();
}
