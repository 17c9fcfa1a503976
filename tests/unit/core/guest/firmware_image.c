/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See firmware_image.h.
 */
#include <string.h>

#include <svsm/addr.h>

#include "firmware_image.h"

/* What OVMF 2026.08 lists (known answer: read from Debian's image). */
const struct svsm_abi_ovmf_section image_sections[] = {
	{ 0x800000, 0x9000, SVSM_OVMF_SEC_MEM },
	{ 0x80a000, 0x3000, SVSM_OVMF_SEC_MEM },
	{ 0x80d000, 0x1000, SVSM_OVMF_SECRETS },
	{ 0x80e000, 0x1000, SVSM_OVMF_CPUID },
	{ 0x80f000, 0x1000, SVSM_OVMF_CAA },
	{ 0x811000, 0x1f000, SVSM_OVMF_SEC_MEM },
	{ 0x810000, 0x1000, SVSM_OVMF_KERNEL_HASHES },
};
const unsigned image_section_count = SVSM_ARRAY_SIZE(image_sections);

static const struct svsm_abi_ovmf_section igvm_sections[] = {
	{ 0x812000, 0x1000, SVSM_OVMF_IGVM_AREA },
	{ 0, 8 * 24, SVSM_OVMF_IGVM_MEMORY_MAP },
	{ 8 * 24, 16, SVSM_OVMF_IGVM_VP_COUNT },
	{ 0x813000, 0x1000, SVSM_OVMF_IGVM_HOB_AREA },
};

uint8_t image[IMAGE_LEN];
unsigned image_sev_entry;

/* "dc886566-984a-4798-a75e-5585a7bf67cc" as it lies in memory: the first
 * three groups are numbers, the last two are bytes. */
static unsigned hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void guid(uint8_t out[16], const char *text)
{
	static const uint8_t order[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
	};

	for (unsigned i = 0; i < 16; i++) {
		while (*text == '-')
			text++;
		out[order[i]] = (uint8_t)(hex(text[0]) << 4 | hex(text[1]));
		text += 2;
	}
}

/* Put an entry with @n bytes of data before @end; returns its start. */
static unsigned
put_entry(unsigned end, const char *name, const void *data, unsigned n)
{
	struct svsm_abi_ovmf_entry entry;

	entry.len = (uint16_t)(sizeof(entry) + n);
	guid(entry.guid, name);
	memcpy(image + end - sizeof(entry), &entry, sizeof(entry));
	memcpy(image + end - entry.len, data, n);
	return end - entry.len;
}

static void put_metadata(unsigned at, uint32_t magic,
			 const struct svsm_abi_ovmf_section *sections,
			 unsigned n)
{
	struct svsm_abi_ovmf_metadata head = {
		.magic = magic, .version = 1, .count = n,
		.len = (uint32_t)(sizeof(head) + n * sizeof(*sections)),
	};

	memcpy(image + at, &head, sizeof(head));
	memcpy(image + at + sizeof(head), sections, n * sizeof(*sections));
}

static void put_table(void)
{
	const uint32_t sev = IMAGE_LEN - IMAGE_SEV;
	const uint32_t igvm = IMAGE_LEN - IMAGE_IGVM;
	const uint32_t reset = 0x80b004;
	unsigned at = IMAGE_FOOTER;
	struct svsm_abi_ovmf_entry footer;

	at = put_entry(at, "00f771de-1a7e-4fcb-890e-68c77e2fb44e", &reset, 4);
	at = put_entry(at, "dc886566-984a-4798-a75e-5585a7bf67cc", &sev, 4);
	image_sev_entry = at + 4;
	at = put_entry(at, "784fa70e-3176-4677-8a20-04b68699e374", &igvm, 4);
	put_entry(IMAGE_FOOTER + (unsigned)sizeof(footer),
		  "96b582de-1fb2-45f7-baea-a366c55a082d", "", 0);
	memcpy(&footer, image + IMAGE_FOOTER, sizeof(footer));
	footer.len = (uint16_t)(IMAGE_FOOTER + sizeof(footer) - at);
	memcpy(image + IMAGE_FOOTER, &footer, sizeof(footer));
}

void image_make(void)
{
	memset(image, 0x90, sizeof(image));
	put_metadata(IMAGE_SEV, SVSM_OVMF_SEV_MAGIC, image_sections,
		     image_section_count);
	put_metadata(IMAGE_IGVM, SVSM_OVMF_IGVM_MAGIC, igvm_sections,
		     SVSM_ARRAY_SIZE(igvm_sections));
	put_table();
}

struct svsm_abi_ovmf_section *image_section(unsigned i)
{
	return (struct svsm_abi_ovmf_section *)
		(image + IMAGE_SEV + sizeof(struct svsm_abi_ovmf_metadata)) + i;
}
