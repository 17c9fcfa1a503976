/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The run loop.
 */
#include <stdbool.h>

#include <svsm/ghcb_msr.h>
#include <svsm/guest.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/run.h>
#include <svsm/terminate.h>
#include <svsm/vcpu.h>

/* What is served; set once, `count` last. */
static struct {
	const struct svsm_protocol *const *protocols;
	size_t count;
} served;

/*
 * The host may refuse while its view of a vCPU lags behind ours: registered
 * with us but not yet with the host, or the other way round. Waiting helps
 * then. The startup vCPU is known to both: it runs or the VM ends.
 */
static void enter(bool startup)
{
	if (startup)
		svsm_vmpl_run(svsm_guest.vmpl);
	else if (svsm_ghcb_msr_run_vmpl(svsm_guest.vmpl) != SVSM_OK)
		svsm_plat_halt();
}

/* A halt ends for any reason or none, so everything is asked again. */
_Noreturn void svsm_run(void)
{
	const struct svsm_cpu *cpu = svsm_plat_cpu();
	bool startup = cpu->index == 0;
	size_t count;

	while (!(count = __atomic_load_n(&served.count, __ATOMIC_ACQUIRE)))
		svsm_plat_pause();
	for (;;) {
		if (svsm_vcpu_serve(&svsm_guest, cpu->apic_id, served.protocols,
				    count) == SVSM_VCPU_RUN) {
			enter(startup);
			startup = false;
		} else {
			svsm_plat_halt();
		}
	}
}

_Noreturn void svsm_serve(const struct svsm_protocol *const *protocols,
			  size_t count)
{
	served.protocols = protocols;
	__atomic_store_n(&served.count, count, __ATOMIC_RELEASE);
	svsm_run();
}
