// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * The launch as QEMU, KVM and the firmware do it: the model plays the IGVM
 * file back, here are the pages.
 */
#include "bootfile.h"
#include "config.h"
#include "cpuid_policy.h"
#include "digest.h"
#include "far.h"
#include "fdt.h"
#include "host.h"
#include "igvm.h"
#include "launch.h"
#include "level.h"
#include "lie.h"
#include "loader.h"
#include "loadmem.h"
#include "madt.h"
#include "mm.h"
#include "pages.h"
#include "vcpu.h"

#define FOUR_GIB	0x100000000ull
#define TSC_FACTOR	200u
#define RANDOM_TRIES	100

struct loading {
	struct igvm_file file;
	struct launch launch;
};

/* Of each vCPU that is launched with a VMSA; 0: without. */
static uint64_t vmsa_spas[VCPU_MAX];

static const char *area(void *ctx, uint32_t index, uint32_t bytes,
			uint8_t **storage)
{
	(void)ctx;
	(void)index;
	*storage = mm_alloc(bytes);
	return NULL;
}

static const char *memory_map(void *ctx, uint8_t *to, uint32_t bytes)
{
	const struct igvm_memory_entry map[] = {
		{ .start_page = 0, .pages = guest_memory.low / PAGE_SIZE },
		{ .start_page = FOUR_GIB / PAGE_SIZE,
		  .pages = guest_memory.high / PAGE_SIZE },
	};
	const struct igvm_memory_entry firmware = {
		.start_page = FOUR_GIB / PAGE_SIZE - 1, .pages = 1,
	};
	uint32_t used = (guest_memory.high ? 2 : 1) * sizeof(*map);

	if (bytes < used + 2 * sizeof(*map))	/* one ends it */
		return "the memory map does not fit its area";
	(void)ctx;
	memset(to, 0, bytes);
	memcpy(to, map, used);
	if (!guest_memory.high && lie_memory_map())
		memcpy(to + used, &firmware, sizeof(firmware));
	return NULL;
}

static const char *madt(void *ctx, uint8_t *to, uint32_t bytes)
{
	(void)ctx;
	return madt_write(to, bytes) ? NULL : "the MADT does not fit its area";
}

static const char *device_tree(void *ctx, uint8_t *to, uint32_t bytes)
{
	(void)ctx;
	if (config_has("lacks", "device-tree"))
		return igvm_unsupported;
	return fdt_write(to, bytes) ? NULL :
		"the device tree does not fit its area";
}

static uint32_t vp_count(void *ctx)
{
	(void)ctx;
	return config.smp;
}

struct loader_range loader_required[LOADER_RANGES];
unsigned loader_required_count;

static const char *memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	(void)ctx;
	return loadmem_prepare(gpa, bytes);
}

static const char *required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	if (loader_required_count == LOADER_RANGES)
		return "more required memory ranges than the host keeps";
	loader_required[loader_required_count].gpa = gpa;
	loader_required[loader_required_count++].bytes = bytes;
	return NULL;
}

/* RDRAND may fail for a moment; the time stamp is better than nothing. */
static uint64_t random_word(void)
{
	uint64_t value;
	uint8_t ok = 0;

	for (unsigned i = 0; !ok && i < RANDOM_TRIES; i++)
		__asm__ volatile("rdrand %0; setc %1"
				 : "=r"(value), "=qm"(ok) : : "cc");
	return ok ? value : rdtsc() * 0x9e3779b97f4a7c15ull;
}

static void write_secrets(uint8_t *page)
{
	struct launch_secrets secrets = {
		.fms = cpuid(1, 0).eax, .tsc_factor = TSC_FACTOR,
	};

	for (unsigned vmpl = 0; vmpl < RMP_VMPLS; vmpl++) {
		for (unsigned i = 0; i < 32; i += 8) {
			uint64_t word = random_word();

			memcpy(&secrets.vmpck[vmpl][i], &word, 8);
		}
	}
	launch_secrets_page(&secrets, page);
}

static struct cpuid_values machine_cpuid(void *ctx, uint32_t leaf,
					 uint32_t subleaf)
{
	struct cpuid_result r = host_cpuid_machine(leaf, subleaf);

	(void)ctx;
	return (struct cpuid_values){ r.eax, r.ebx, r.ecx, r.edx };
}

static const char *write_cpuid(struct loading *l, uint8_t *page)
{
	struct cpuid_finding finding;

	memset(page, 0, PAGE_SIZE);
	host_cpuid_fill(page, l->file.sev_features);
	if (cpuid_policy_check((struct cpuid_page *)page, machine_cpuid, NULL,
			       &finding) == PSP_SUCCESS)
		return NULL;
	log_line("note: CPUID leaf %x/%x of the host's page: %s", finding.leaf,
		 finding.subleaf, finding.what);
	return "the firmware rejects the host's CPUID page";
}

static const char *fill_page(struct loading *l, enum rmp_page_type type,
			     uint8_t *frame, const uint8_t *content)
{
	if (type == RMP_TYPE_SECRETS)
		write_secrets(frame);
	else if (type == RMP_TYPE_CPUID)
		return write_cpuid(l, frame);
	else
		memcpy(frame, content, PAGE_SIZE);
	return NULL;
}

/* From a page of the host's to one of the guest's that is validated. */
static const char *give_page(enum rmp_page_type type, uint64_t gpa,
			     uint64_t spa)
{
	struct rmp_operand op = {
		.gpa = gpa, .asid = GUEST_ASID, .assigned = true,
		.immutable = true,
	};
	struct rmp_launch_page launched = {
		.spa = spa, .asid = GUEST_ASID, .type = type,
	};
	enum psp_status status;

	if (rmp_rmpupdate(&rmp, 0, spa, &op).code != RMP_SUCCESS)
		return "a page is there twice";
	status = rmp_launch_update(&rmp, &launched);
	return status == PSP_SUCCESS ? NULL : psp_status_text(status);
}

static const char *page(void *ctx, enum rmp_page_type type, uint64_t gpa,
			const uint8_t content[RMP_PAGE_BYTES])
{
	const char *reason = give_page(type, gpa, page_spa(gpa));

	if (reason)
		return reason;
	return fill_page(ctx, type, page_private_frame(page_spa(gpa)), content);
}

static unsigned vmsas(void *ctx)
{
	(void)ctx;
	return config_has("launch-vmsas", "1") ? config.smp : 1;
}

static uint32_t signature(void *ctx)
{
	(void)ctx;
	return cpuid(1, 0).eax;
}

/*
 * Mainline KVM's page for it is no memory of the machine. This host maps it
 * all the same, since the RMP allows that.
 */
static const char *vmsa_memory(uint64_t gpa)
{
	if (gpa != IGVM_VMSA_GPA && config_has("lacks", "vmsa-gpa"))
		return "KVM wants the VMSA at 0xFFFFFFFFF000";
	if (gpa != IGVM_VMSA_GPA)
		return loadmem_prepare(gpa, PAGE_SIZE);
	if (!far_add(gpa, PAGE_SIZE))
		return "no room for the VMSA";
	page_make_memory(gpa, PIECE_OF_HOST);
	return NULL;
}

/* All have the same guest address; the host maps the first one's page. */
static const char *vmsa(void *ctx, unsigned vcpu, uint64_t gpa,
			const uint8_t content[RMP_PAGE_BYTES])
{
	const char *reason = vcpu ? NULL : vmsa_memory(gpa);
	uint64_t spa = vcpu ? far_page() : page_spa(gpa);

	(void)ctx;
	if (!reason && spa == FAR_NOWHERE)
		reason = "no room for another VMSA";
	if (!reason)
		reason = give_page(RMP_TYPE_VMSA, gpa, spa);
	if (reason)
		return reason;
	memcpy(page_private_frame(spa), content, PAGE_SIZE);
	vmsa_spas[vcpu] = spa;
	return NULL;
}

static const struct launch_ops ops = {
	.area = area, .memory_map = memory_map, .madt = madt,
	.device_tree = device_tree, .vp_count = vp_count,
	.memory = memory, .required = required, .page = page, .vmsas = vmsas,
	.signature = signature, .vmsa = vmsa,
};

static void refuse(const struct igvm_error *error)
{
	machine_stop(STOP_REFUSED, "image refused at offset 0x%lx: %s",
		     error->offset, error->reason);
}

static const void *read_image(uint64_t *size)
{
	struct bootfile file;
	void *image;

	if (!bootfile_find(IMAGE_FILE, &file))
		machine_stop(STOP_REFUSED, "fw_cfg has no " IMAGE_FILE);
	image = mm_alloc(file.size);
	if (!bootfile_read(&file, image))
		machine_stop(STOP_REFUSED, "the image is unreadable");
	*size = file.size;
	return image;
}

static void open_image(struct igvm_file *file)
{
	struct igvm_error error;
	uint64_t size, words;
	const void *image = read_image(&size);

	words = size / 8 + 1;
	if (!igvm_open(file, image, size, mm_alloc(words * 8), words, &error))
		refuse(&error);
	if (file->sev_features & SEV_FEATURE_DEBUG_SWAP &&
	    config_has("lacks", "debug-swap"))
		machine_stop(STOP_REFUSED,
			     "the host has no debug swap, which the image's "
			     "VMSA asks for");
}

static void tell(const struct loading *l)
{
	const uint64_t *pages = l->launch.pages;
	char text[2 * SHA384_BYTES + 1];

	digest_text(&l->launch.ld, text);
	log_line("launch digest %s", text);
	log_line("launch pages: %lu normal, %lu zero, %lu unmeasured, "
		 "%lu secrets, %lu cpuid", pages[RMP_TYPE_NORMAL],
		 pages[RMP_TYPE_ZERO], pages[RMP_TYPE_UNMEASURED],
		 pages[RMP_TYPE_SECRETS], pages[RMP_TYPE_CPUID]);
}

void loader_run(struct vcpu *bsp)
{
	struct loading *l = mm_alloc(sizeof(*l));
	struct igvm_error error;

	open_image(&l->file);
	if (!launch_igvm(&l->launch, &l->file, &ops, l, &error))
		refuse(&error);
	tell(l);
	level_set_launch_vmsa(bsp, l->file.vmsa_gpa, vmsa_spas[0]);
	for (unsigned i = 1; i < vcpu_count && vmsa_spas[i]; i++)
		level_start_launch_vmsa(vcpus[i], l->file.vmsa_gpa,
					vmsa_spas[i]);
}
