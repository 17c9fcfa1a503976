/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What snpemu's model makes of IGVM files, for comparison with kit measure.
 *
 * Reads files from standard input, each behind its length as a 32-bit word,
 * and answers each with a line: "digest HEX" or "refused OFFSET REASON".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "igvm.h"
#include "launch.h"

#define MAX_FILE	(64u << 20)
#define MAX_PAGES	(1u << 16)

static uint8_t *areas[IGVM_MAX_AREAS];

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	free(areas[index]);
	areas[index] = calloc(1, bytes);
	*storage = areas[index];
	return areas[index] ? NULL : "out of memory";
}

/* The host writes nothing: parameters are not measured. */
static const char *on_table(void *ctx, uint8_t *area, uint32_t bytes)
{
	return NULL;
}

static uint32_t on_vp_count(void *ctx)
{
	return 1;
}

static const char *on_memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	return NULL;
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	return NULL;
}

static const char *on_page(void *ctx, enum rmp_page_type type, uint64_t gpa,
			   const uint8_t content[RMP_PAGE_BYTES])
{
	return NULL;
}

static unsigned on_vmsas(void *ctx)
{
	return 1;
}

static uint32_t on_signature(void *ctx)
{
	return 0;
}

static const char *on_vmsa(void *ctx, unsigned vcpu, uint64_t gpa,
			   const uint8_t vmsa[RMP_PAGE_BYTES])
{
	return NULL;
}

static const struct launch_ops ops = {
	.area = on_area,
	.memory_map = on_table,
	.madt = on_table,
	.device_tree = on_table,
	.vp_count = on_vp_count,
	.memory = on_memory,
	.required = on_required,
	.page = on_page,
	.vmsas = on_vmsas,
	.signature = on_signature,
	.vmsa = on_vmsa,
};

static void answer(const uint8_t *data, uint32_t size)
{
	static uint64_t scratch[MAX_PAGES];
	static struct launch launch;
	char text[2 * SHA384_BYTES + 1];
	struct igvm_error error;
	struct igvm_file file;

	memset(&launch, 0, sizeof(launch));
	if (igvm_open(&file, data, size, scratch, MAX_PAGES, &error) &&
	    launch_igvm(&launch, &file, &ops, NULL, &error)) {
		digest_text(&launch.ld, text);
		printf("digest %s\n", text);
	} else {
		printf("refused %" PRIu64 " %s\n", error.offset, error.reason);
	}
}

/* The copy has exactly the file's size, so that a sanitizer sees overruns. */
static int answer_one(uint32_t size)
{
	uint8_t *data = malloc(size ? size : 1);

	if (!data || fread(data, 1, size, stdin) != size) {
		free(data);
		return -1;
	}
	answer(data, size);
	fflush(stdout);
	free(data);
	return 0;
}

int main(void)
{
	uint32_t size;

	while (fread(&size, sizeof(size), 1, stdin) == 1)
		if (size > MAX_FILE || answer_one(size) != 0)
			return 1;
	for (unsigned i = 0; i < IGVM_MAX_AREAS; i++)
		free(areas[i]);
	return 0;
}
