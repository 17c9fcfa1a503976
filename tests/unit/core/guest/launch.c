/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See launch.h.
 */
#include <string.h>

#include <svsm/ghcb.h>
#include <svsm/guest.h>
#include <svsm/window.h>

#include "launch.h"

#define GHCB		0x2000ull	/* offsets in the region */
#define SECRETS		0x3000ull
#define CPUID		0x4000ull
#define STARTUP_VMSA	0xfffffffff000ull

static struct svsm_own_node runs[64];
struct svsm_params launch_params;
static struct svsm_ghcb ghcb;
struct svsm_refusal launch_why;

struct svsm_abi_secrets *launch_secrets(void)
{
	return fake_region(SECRETS);
}

/* Any bytes, and a leaf with INVLPGB and up to eight pages for it. */
static void make_cpuid(void)
{
	struct svsm_abi_cpuid_page *page = fake_region(CPUID);

	memset(page, 0x1d, PAGE);
	page->count = 3;
	page->entry[1].eax_in = SVSM_CPUID_SIZES;
	page->entry[1].ebx = 0xff;
	page->entry[1].edx = 0x00010007;
}

/* The guest cannot use it, so it is not told of it. */
void launch_cpuid_for_guest(struct svsm_abi_cpuid_page *page)
{
	memcpy(page, fake_region(CPUID), PAGE);
	page->entry[1].ebx = 0xf7;
	page->entry[1].edx = 0x00010000;
}

/* The keys that the guest must not get are the oracle's canary. */
static void make_secrets(void)
{
	memset(launch_secrets(), 0, sizeof(*launch_secrets()));
	launch_secrets()->version = 3;
	for (unsigned v = 0; v < 4; v++)
		memset(launch_secrets()->vmpck[v], (int)(0xa0 + v),
		       SVSM_VMPCK_BYTES);
	for (unsigned v = 0; v < 2; v++)
		for (unsigned i = 0; i < SVSM_VMPCK_BYTES; i += 16)
			memcpy(launch_secrets()->vmpck[v] + i, fake_canary, 16);
}

void launch_put_image(void)
{
	fake_make_svsm(IMAGE_START, IMAGE_LEN);
	for (unsigned at = 0; at < IMAGE_LEN; at += PAGE)
		memcpy(fake_peek_private(IMAGE_START + at), image + at, PAGE);
}

void launch_make_guest_with(uint64_t memory, size_t run_count)
{
	const struct svsm_guest_config config = {
		.region = { { REGION }, REGION_LEN }, .params = &launch_params,
		.vmsa = { { STARTUP_VMSA }, PAGE },
		.firmware = { { IMAGE_START }, IMAGE_LEN },
		.sev_features = SVSM_SEV_SNP, .vmpl = 2,
		.runs = runs, .run_count = run_count,
	};

	launch_params = (struct svsm_params){
		.cpus = 2, .apic_id = { 0, 1 }, .ranges = 1,
		.starts_shared = true,
	};
	launch_params.memory[0] = (struct svsm_range){ { 0 }, memory };
	ck_assert_int_eq(svsm_guest_init(&svsm_guest, &config), SVSM_OK);
}

void launch_make_guest(uint64_t memory)
{
	launch_make_guest_with(memory, SVSM_ARRAY_SIZE(runs));
}

static struct svsm_page_span span;
struct svsm_page_account launch_hog = SVSM_PAGE_ACCOUNT(&svsm_pages, "hog");

static void check_pool(void)
{
	if (!svsm_page_check(&svsm_pages))
		fake_violation("O4: page pool");
	if (svsm_plat_cpu()->window_busy)
		fake_violation("O4: window leaked");
}

void launch_setup(void)
{
	struct fake_config config = { FAKE_DEFAULTS };

	config.memory = FOUR_GIB;
	config.region = (struct svsm_range){ { REGION }, REGION_LEN };
	config.state = FAKE_SHARED;
	fake_setup_with(&config);
	svsm_window_init(fake_window_area(), fake_cbit_mask());
	fake_pool_reset(&svsm_pages);
	ck_assert_int_eq(svsm_page_fill(&svsm_pages, &span, fake_region(POOL),
					POOL_LEN), SVSM_OK);
	svsm_ghcb_init(&ghcb, fake_make_ghcb(GHCB), svsm_gpa(REGION + GHCB));
	fake_cpu_set_ghcb(&ghcb);
	make_secrets();
	make_cpuid();
	image_make();
	launch_put_image();
	launch_make_guest(0x40000000);
	fake_oracle_add(check_pool);
}

void launch_restart(void)
{
	fake_teardown();
	launch_setup();
}

enum svsm_status launch_image(uint64_t start, uint64_t len)
{
	const struct svsm_firmware fw = {
		.image = { { start }, len },
		.region = { { REGION }, REGION_LEN },
		.cpuid_page = fake_region(CPUID),
		.secrets_page = fake_region(SECRETS),
		.apic_id = 0,
	};

	return svsm_firmware_launch(&svsm_guest, &fw, &launch_why);
}

enum svsm_status launch_firmware(void)
{
	return launch_image(IMAGE_START, IMAGE_LEN);
}
