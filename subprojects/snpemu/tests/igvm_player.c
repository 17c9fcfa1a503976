/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Plays IGVM files to a loader that takes notes. */
#include "igvm_player.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

struct file file;
struct player player;
const char *const refusal = "no memory there";

static uint8_t *areas[IGVM_MAX_AREAS];

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	size_t used = strlen(player.notes);
	va_list args;

	va_start(args, format);
	vsnprintf(player.notes + used, sizeof(player.notes) - used, format,
		  args);
	va_end(args);
}

/* Of each of the loader's functions. */
static const char *verdict(void)
{
	return ++player.calls == player.refused_call ? refusal : NULL;
}

static const char *on_area(void *ctx, uint32_t index, uint32_t bytes,
			   uint8_t **storage)
{
	(void)ctx;
	note("area%u:%x ", index, bytes);
	areas[index] = calloc(1, bytes);
	*storage = areas[index];
	return verdict();
}

static const char *on_map(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	memset(area, 'm', bytes);
	note("map:%x ", bytes);
	return verdict();
}

static const char *on_madt(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	memset(area, 'a', bytes);
	note("madt:%x ", bytes);
	return verdict();
}

static const char *on_device_tree(void *ctx, uint8_t *area, uint32_t bytes)
{
	(void)ctx;
	if (player.is_old)
		return igvm_unsupported;
	memset(area, 'd', bytes);
	note("tree:%x ", bytes);
	return verdict();
}

static uint32_t on_count(void *ctx)
{
	(void)ctx;
	return 3;
}

/* In notes of its own: most tests are about other things. */
static const char *on_memory(void *ctx, uint64_t gpa, uint64_t bytes)
{
	size_t used = strlen(player.memory);

	(void)ctx;
	snprintf(player.memory + used, sizeof(player.memory) - used,
		 "%lx+%lx ", (unsigned long)gpa, (unsigned long)bytes);
	return gpa && gpa == player.no_memory ? refusal : NULL;
}

static const char *on_required(void *ctx, uint64_t gpa, uint32_t bytes)
{
	(void)ctx;
	note("need:%lx+%x ", (unsigned long)gpa, bytes);
	return verdict();
}

static const char *on_page(void *ctx, const struct igvm_page *page)
{
	static const char letters[] = "?nvzusc";
	uint32_t sum = 0;

	(void)ctx;
	for (unsigned i = 0; page->data && i < 4096; i++)
		sum += ((const uint8_t *)page->data)[i];
	note("%c%lx", letters[page->type], (unsigned long)page->gpa);
	if (page->data)
		note("=%x", sum);
	note(" ");
	return verdict();
}

static const char *on_vmsa(void *ctx, uint64_t gpa, const void *vmsa)
{
	uint64_t rip;

	(void)ctx;
	memcpy(&rip, (const uint8_t *)vmsa + 0x178, sizeof(rip));
	note("vmsa%lx:%lx ", (unsigned long)gpa, (unsigned long)rip);
	return verdict();
}

static const char *on_policy(void *ctx, uint64_t policy)
{
	(void)ctx;
	note("policy%lx ", (unsigned long)policy);
	return verdict();
}

static const char *on_id_block(void *ctx, const struct igvm_id_block *block)
{
	(void)ctx;
	note("id:%x:%x:%u ", block->digest[0], block->family_id[15],
	     block->guest_svn);
	return verdict();
}

static const struct igvm_ops ops = {
	.area = on_area, .memory_map = on_map, .madt = on_madt,
	.device_tree = on_device_tree, .vp_count = on_count,
	.memory = on_memory, .required = on_required, .page = on_page,
	.vmsa = on_vmsa, .policy = on_policy, .id_block = on_id_block,
};

bool play(const struct igvm_file *igvm, struct igvm_error *error)
{
	bool good;

	player.notes[0] = '\0';
	player.memory[0] = '\0';
	player.calls = 0;
	memset(areas, 0, sizeof(areas));
	good = igvm_play(igvm, &ops, NULL, error);
	for (unsigned i = 0; i < IGVM_MAX_AREAS; i++)
		free(areas[i]);
	return good;
}

bool open_only(struct igvm_file *igvm, const uint8_t *bytes, uint32_t size,
	       struct igvm_error *error)
{
	static uint64_t scratch[64];

	return igvm_open(igvm, bytes, size, scratch, 64, error);
}

bool open_bytes(const uint8_t *bytes, uint32_t size, struct igvm_error *error)
{
	struct igvm_file igvm;

	return open_only(&igvm, bytes, size, error) && play(&igvm, error);
}

void expect_play(const char *text)
{
	struct igvm_error error = { 0 };

	file_finish(&file);
	ck_assert_msg(open_bytes(file.bytes, file.size, &error), "%lx: %s",
		      (unsigned long)error.offset, error.reason);
	ck_assert_str_eq(player.notes, text);
	file_free(&file);
}

void start_file(void)
{
	memset(&file, 0, sizeof(file));
	file_platform(&file, MASK, 2);
}

void finish_good(void)
{
	file_good(&file);
	file_finish(&file);
}
