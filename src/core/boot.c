/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * From the first C function to svsm_main(), on the boot CPU.
 *
 * At entry only what the file holds is there. Until accept_bss() code may use
 * the boot stack and .data (including the calls it makes), nothing else.
 */
#include <svsm/abi/igvm_params.h>
#include <svsm/abi/secrets.h>
#include <svsm/abi/snp.h>
#include <svsm/addr.h>
#include <svsm/backtrace.h>
#include <svsm/ghcb_msr.h>
#include <svsm/image.h>
#include <svsm/log.h>
#include <svsm/page.h>
#include <svsm/paging.h>
#include <svsm/platform.h>
#include <svsm/psc.h>
#include <svsm/rmp.h>
#include <svsm/secrets.h>
#include <svsm/string.h>
#include <svsm/terminate.h>
#include <svsm/tlb.h>

#include "arch/arch.h"
#include "boot.h"
#include "policy.h"

/** Leaf whose EDX is the x2APIC ID. */
#define CPUID_TOPOLOGY		0xbu

#define CPUID7_EBX_SMEP		(1u << 7)
#define CPUID7_EBX_SMAP		(1u << 20)
#define CPUID7_ECX_UMIP		(1u << 2)

/* What is needed before .bss is there. */
#define EARLY(name) __attribute__((section(".data." name)))

uint64_t arch_cbit EARLY("cbit");
static const struct svsm_abi_launch *launch EARLY("launch");
static uint64_t sev_features EARLY("sev_features");
static struct arch_cpu boot_cpu EARLY("boot_cpu");

static uint8_t ghcb_page[SVSM_PAGE_BYTES]
	__attribute__((section(".bss.page"), aligned(SVSM_PAGE_BYTES)));
static struct svsm_cpuid cpuid;
static struct svsm_page_span heap_span;

const struct svsm_abi_launch *svsm_launch(void)
{
	return launch;
}

const struct svsm_cpuid *svsm_boot_cpuid(void)
{
	return &cpuid;
}

uint64_t svsm_boot_sev_features(void)
{
	return sev_features;
}

static void require(bool ok, enum svsm_reason reason, const char *what)
{
	if (ok)
		return;
	svsm_error("%s", what);
	svsm_terminate(reason);
}

int svsm_boot_starts_shared(void)
{
	const struct svsm_abi_igvm_general *general = (const void *)
		launch->general_page;

	return !!(general->environment & SVSM_IGVM_ENV_SHARED);
}

/* Pages that the launch did not validate: ours from here on, and zero. */
static void accept(const struct svsm_range *range)
{
	enum svsm_status status;

	for (uint64_t off = 0; off < range->len; off += SVSM_PAGE_BYTES) {
		void *page = (void *)(range->start.v + off);

		status = svsm_rmp_validate(page, SVSM_PAGE_4K);
		if (status == SVSM_ESTATE)
			svsm_terminate(SVSM_REASON_DOUBLE_VALIDATE);
		if (status != SVSM_OK)
			svsm_terminate(SVSM_REASON_PAGE_LOST);
		svsm_plat_clear(page, SVSM_PAGE_BYTES);
	}
}

static void accept_bss(void)
{
	struct svsm_range bss = {
		svsm_gpa((uintptr_t)svsm_bss_start),
		(uintptr_t)svsm_bss_end - (uintptr_t)svsm_bss_start
	};

	if (svsm_boot_starts_shared() &&
	    svsm_psc_early(&bss, SVSM_PSC_OP_PRIVATE) != SVSM_OK)
		svsm_terminate(SVSM_REASON_PSC);
	accept(&bss);
}

static void accept_heap(void)
{
	struct svsm_range heap = {
		svsm_gpa(launch->heap_start),
		launch->region_start + launch->region_len - launch->heap_start
	};

	if (svsm_boot_starts_shared() &&
	    svsm_psc(&boot_cpu.ghcb, &heap, 1, SVSM_PSC_OP_PRIVATE,
		     SVSM_PAGE_4K) != SVSM_OK)
		svsm_terminate(SVSM_REASON_PSC);
	accept(&heap);
	require(svsm_page_fill(&svsm_pages, &heap_span, (void *)heap.start.v,
			       heap.len) ==
		SVSM_OK, SVSM_REASON_NO_MEMORY, "no room for the heap");
}

/* What the host has to be able to do for this image. */
static void require_host(void)
{
	uint64_t required = SVSM_HV_SNP;

	if (svsm_image.features_required & SVSM_FEATURE_RESTRICTED_INJECTION)
		required |= SVSM_HV_RESTRICTED_INJ;
	(void)svsm_ghcb_msr_features_require(required);
}

/* The first GHCB comes without the help of another one. */
static void ghcb_setup(void)
{
	struct svsm_range range = { svsm_gpa((uintptr_t)ghcb_page),
				    sizeof(ghcb_page) };

	if (svsm_rmp_rescind(ghcb_page, SVSM_PAGE_4K) != SVSM_OK)
		svsm_terminate(SVSM_REASON_PAGE_LOST);
	if (svsm_psc_early(&range, SVSM_PSC_OP_SHARED) != SVSM_OK)
		svsm_terminate(SVSM_REASON_PSC);
	if (svsm_paging_set_private(ghcb_page, false) != SVSM_OK)
		svsm_terminate(SVSM_REASON_ASSERT);
	memset(ghcb_page, 0, sizeof(ghcb_page));
	svsm_ghcb_init(&boot_cpu.ghcb, ghcb_page, range.start);
	require_host();
	svsm_ghcb_msr_register(range.start);
	boot_cpu.cpu.ghcb = &boot_cpu.ghcb;
}

static void check_cpuid(void)
{
	const char *what = "?";

	if (svsm_cpuid_init(&cpuid, (const void *)launch->cpuid_page, &what) !=
	    SVSM_OK) {
		svsm_error("CPUID page refused: %s", what);
		svsm_terminate(SVSM_REASON_CPUID);
	}
	arch_tlb_init(&cpuid);
}

/* No CPU with SNP lacks these; one that says so is not what it seems. */
static void protect(void)
{
	struct svsm_cpuid_regs leaf7;

	if (svsm_cpuid_find(&cpuid, 7, 0, &leaf7) != SVSM_OK)
		leaf7 = (struct svsm_cpuid_regs){ 0 };
	require(leaf7.ebx & CPUID7_EBX_SMEP && leaf7.ebx & CPUID7_EBX_SMAP &&
		leaf7.ecx & CPUID7_ECX_UMIP, SVSM_REASON_CPUID,
		"CPUID leaf 7: SMEP, SMAP or UMIP is missing");
	arch_cr4_set(CR4_SMEP | CR4_SMAP | CR4_UMIP);
}

static void check_platform(void)
{
	require(policy_check(&svsm_image, sev_features) == SVSM_OK,
		SVSM_REASON_FEATURES, "launched against the image's policy");
	/* Harmless at VMPL0: the page has no permissions for VMPL1 anyway. */
	require(svsm_rmp_adjust(svsm_boot_stack, SVSM_PAGE_4K, 1,
				SVSM_PERM_NONE, NULL) == SVSM_OK,
		SVSM_REASON_FEATURES, "not running at VMPL0");
}

static void check_secrets(void)
{
	struct svsm_abi_secrets *secrets = (void *)launch->secrets_page;

	require(svsm_secrets_check(secrets) == SVSM_OK, SVSM_REASON_SECRETS,
		"secrets page refused");
	svsm_terminate_wipe(secrets->vmpck, sizeof(secrets->vmpck));
}

static size_t list_stacks(struct svsm_stack *out, size_t max)
{
	const struct arch_cpu *cpu = arch_cpu_self();
	size_t n = 0;

	while (n < STACKS && n < max) {
		out[n] = cpu->stack[n];
		n++;
	}
	if (n < max)
		out[n++] = (struct svsm_stack){
			(uintptr_t)svsm_boot_stack,
			(uintptr_t)svsm_boot_stack_end
		};
	return n;
}

static void backtrace_setup(void)
{
	struct svsm_backtrace_source source = {
		.stacks = list_stacks,
		.symbols = (const void *)launch->symbols,
		.symbols_len = launch->symbols_len,
		.region_start = launch->region_start,
		.text_start = (uintptr_t)svsm_text_start,
		.text_end = (uintptr_t)svsm_text_end,
	};

	svsm_backtrace_init(&source);
}

/* The page cannot know which CPU asks. A lie ends where the ID is used: the
 * host knows no such vCPU, or it is not in the CPU list. */
static void find_self(void)
{
	svsm_ghcb_msr_cpuid(CPUID_TOPOLOGY, SVSM_CPUID_EDX,
			    &boot_cpu.cpu.apic_id);
}

/* On the stack that this CPU keeps. */
static void on_own_stack(void)
{
	find_self();
	check_platform();
	check_secrets();
	if (doorbell_init(&boot_cpu) != SVSM_OK) {
		svsm_error("no #HV doorbell page");
		svsm_terminate(SVSM_REASON_FEATURES);
	}
	svsm_info("%s: VMPL0, features 0x%lx, %zu KiB free", svsm_image.name,
		  (unsigned long)sev_features,
		  svsm_page_count_free(&svsm_pages) * 4);
	svsm_main();
}

static void memory_setup(void)
{
	accept_bss();
	svsm_paging_init((uint64_t *)launch->page_table, arch_cbit);
	backtrace_setup();
	ghcb_setup();
	if (svsm_image.flags & SVSM_IMAGE_CONSOLE)
		console_init();
	check_cpuid();
	protect();
	accept_heap();
	require(arch_space_init() == SVSM_OK, SVSM_REASON_NO_MEMORY,
		"no room for page tables");
}

_Noreturn void svsm_boot(const struct svsm_abi_launch *from, uint64_t cbit)
{
	launch = from;
	arch_cbit = cbit;
	arch_cpu_set_self(&boot_cpu);
	arch_idt_init();
	sev_features = svsm_plat_msr_read(SVSM_MSR_SEV_STATUS) >>
		       SVSM_SEV_STATUS_SHIFT;
	if (!(sev_features & SVSM_SEV_SNP))
		svsm_terminate(SVSM_REASON_FEATURES);
	svsm_ghcb_msr_negotiate();
	memory_setup();
	require(arch_stacks_map(&boot_cpu) == SVSM_OK, SVSM_REASON_NO_MEMORY,
		"no room for the stacks");
	arch_cpu_tables(&boot_cpu);
	arch_cpu_load(&boot_cpu);
	arch_idt_use_stacks();
	svsm_tlb_join();
	boot_cpu.online = true;
	svsm_arch_leave_stack(boot_cpu.stack[STACK_MAIN].end, on_own_stack);
}
