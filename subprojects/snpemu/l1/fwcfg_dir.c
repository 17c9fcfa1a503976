// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* fw_cfg's file directory, edited in place. */
#include "fwcfg_dir.h"

#include <stddef.h>

static uint32_t file_count(const struct fwcfg_directory *dir)
{
	return __builtin_bswap32(dir->count);
}

bool fwcfg_directory_valid(const struct fwcfg_directory *dir)
{
	uint32_t count = file_count(dir);

	if (count > FWCFG_FILES_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (dir->file[i].name[sizeof(dir->file[i].name) - 1])
			return false;
	return true;
}

uint32_t fwcfg_directory_size(const struct fwcfg_directory *dir)
{
	return 4 + file_count(dir) * (uint32_t)sizeof(dir->file[0]);
}

static bool begins(const char *text, const char *prefix)
{
	while (*prefix)
		if (*text++ != *prefix++)
			return false;
	return true;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct fwcfg_file *fwcfg_find(const struct fwcfg_directory *dir,
				    const char *name)
{
	for (uint32_t i = 0; i < file_count(dir); i++)
		if (same(dir->file[i].name, name))
			return &dir->file[i];
	return NULL;
}

bool fwcfg_resize(struct fwcfg_directory *dir, const char *name, uint32_t size)
{
	struct fwcfg_file *file =
		(struct fwcfg_file *)fwcfg_find(dir, name);

	if (!file)
		return false;
	file->size = __builtin_bswap32(size);
	return true;
}

unsigned fwcfg_hide(struct fwcfg_directory *dir, const char *prefix,
		    uint16_t *hidden)
{
	uint32_t kept = 0;
	unsigned count = 0;

	for (uint32_t i = 0; i < file_count(dir); i++) {
		struct fwcfg_file file = dir->file[i];

		if (!begins(file.name, prefix))
			dir->file[kept++] = file;
		else if (count < FWCFG_HIDDEN_MAX)
			hidden[count++] = __builtin_bswap16(file.select);
	}
	dir->count = __builtin_bswap32(kept);
	return count;
}
