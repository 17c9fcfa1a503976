/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * snpemu's reader of IGVM files: check one, and play what it took.
 */
#include <igvm.h>

#include "fuzz.h"

#define WORDS 4096u
#define CHECKSUM 20u

struct loader {
	uint8_t *area[IGVM_MAX_AREAS];
	uint32_t bytes[IGVM_MAX_AREAS];
	unsigned long sum;
};

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	struct loader *loader = ctx;

	FUZZ_REQUIRE(index < IGVM_MAX_AREAS && !loader->area[index]);
	FUZZ_REQUIRE(bytes && bytes <= IGVM_MAX_AREA_BYTES);
	loader->area[index] = *storage = calloc(1, bytes);
	return *storage ? NULL : "no memory";
}

static const char *on_table(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	memset(area, 'm', bytes);
	return NULL;
}

static uint32_t on_count(void *ctx)
{
	(void)ctx;
	return 3;
}

static const char *on_memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	(void)ctx;
	FUZZ_REQUIRE(gpa % 4096 == 0 && bytes % 4096 == 0 && bytes &&
		     gpa + bytes <= IGVM_GPA_LIMIT);
	return NULL;
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	FUZZ_REQUIRE(gpa % 4096 == 0 && bytes % 4096 == 0 &&
		     gpa + bytes <= IGVM_GPA_LIMIT);
	return NULL;
}

/* The whole page is in the file. */
static const char *on_page(void *ctx, const struct igvm_page *page)
{
	struct loader *loader = ctx;

	FUZZ_REQUIRE(page->gpa % 4096 == 0 && page->gpa < IGVM_GPA_LIMIT);
	for (unsigned i = 0; page->data && i < 4096; i += 64)
		loader->sum += ((const uint8_t *)page->data)[i];
	if (page->data)
		loader->sum += ((const uint8_t *)page->data)[4095];
	return NULL;
}

static const char *on_vmsa(void *ctx, uint64_t gpa, const void *vmsa)
{
	struct loader *loader = ctx;

	(void)gpa;
	for (unsigned i = 0; i < 4096; i++)
		loader->sum += ((const uint8_t *)vmsa)[i];
	return NULL;
}

static const char *on_policy(void *ctx, uint64_t policy)
{
	(void)ctx;
	(void)policy;
	return NULL;
}

static const char *on_block(void *ctx, const struct igvm_id_block *block)
{
	((struct loader *)ctx)->sum += block->digest[47];
	return NULL;
}

static const struct igvm_ops ops = {
	on_area, on_table, on_table, on_table, on_count, on_memory,
	on_required, on_page, on_vmsa, on_policy, on_block,
};

/* With the right checksum, so that the rest is looked at. */
static void mend(uint8_t *file, size_t len)
{
	uint32_t at, size, crc;

	if (len < 24)
		return;
	memcpy(&at, file + 8, 4);
	memcpy(&size, file + 12, 4);
	at = at < len ? at : 24;
	size = size <= len - at ? size : 0;
	memset(file + CHECKSUM, 0, 4);
	crc = igvm_crc32(0, file, at < 32 ? 24 : 32);
	crc = igvm_crc32(crc, file + at, size);
	memcpy(file + CHECKSUM, &crc, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint64_t scratch[WORDS];
	struct fuzz_input in = { data, len };
	struct igvm_error error = { 0 };
	struct loader loader = { 0 };
	struct igvm_file file;
	bool as_it_is = fuzz_u8(&in) & 1;
	uint8_t *bytes;

	len = in.len;
	bytes = fuzz_rest(&in);
	if (!as_it_is)
		mend(bytes, len);
	if (igvm_open(&file, bytes, len, scratch, WORDS, &error)) {
		if (!igvm_play(&file, &ops, &loader, &error))
			FUZZ_REQUIRE(error.reason && error.offset <= len);
	} else {
		FUZZ_REQUIRE(error.reason && error.offset <= len);
	}
	for (unsigned i = 0; i < IGVM_MAX_AREAS; i++)
		free(loader.area[i]);
	free(bytes);
	return 0;
}
