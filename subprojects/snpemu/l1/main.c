// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* L1 from its first C function to the first VMRUN. */
#include "config.h"
#include "cpu.h"
#include "host.h"
#include "loader.h"
#include "lie.h"
#include "meter.h"
#include "mm.h"
#include "nomem.h"
#include "order.h"
#include "pages.h"
#include "progress.h"
#include "run.h"
#include "script.h"
#include "smp.h"
#include "strike.h"
#include "tlbinsn.h"
#include "trap.h"
#include "vcpu.h"

#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_ENABLE	0x80000000u
#define PAM_FIRST	0x90u		/* PAM0 and PAM1-3, then PAM4-6 */
#define PAM_ALL_RAM	0x33333330u
#define PAM_REST	0x00333333u

_Noreturn void l1_main(void);

/*
 * 0xc0000-0xfffff become RAM. Before this, our ROM is there: the other cores
 * have to be up.
 */
static void open_low_rom_area(void)
{
	outl(PCI_ADDRESS, PCI_ENABLE | PAM_FIRST);
	outl(PCI_DATA, PAM_ALL_RAM);
	outl(PCI_ADDRESS, PCI_ENABLE | (PAM_FIRST + 4));
	outl(PCI_DATA, (inl(PCI_DATA) & 0xff000000u) | PAM_REST);
	outl(PCI_ADDRESS, 0);
}

void l1_main(void)
{
	trap_init();
	trap_load();
	mm_init();
	config_init();
	mm_set_guest_memory(config.memory);
	pages_init();
	nomem_init();
	host_init();
	run_init();
	meter_init();
	lie_init();
	tlbinsn_init();
	strike_init();
	script_init();
	smp_start(run_vcpu);
	order_init();
	progress_publish();
	mm_drop_identity();
	open_low_rom_area();
	log_line("machine: %u vCPUs, %lu MiB (%lu + %lu), C-bit %u",
		 config.smp, config.memory >> 20, guest_memory.low >> 20,
		 guest_memory.high >> 20, config.cbit);
	loader_run(vcpus[0]);
	host_image_loaded();
	run_vcpu(vcpus[0]);
}
