/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* fw_cfg's file directory, edited in place: pure, tested on the host. */
#ifndef SNPEMU_L1_FWCFG_DIR_H
#define SNPEMU_L1_FWCFG_DIR_H

#include <stdbool.h>
#include <stdint.h>

#define FWCFG_FILES_MAX		255u
#define FWCFG_HIDDEN_MAX	8u

struct fwcfg_file {
	uint32_t size;			/* big-endian, as the rest */
	uint16_t select;
	uint16_t reserved;
	char name[56];
};

struct fwcfg_directory {
	uint32_t count;
	struct fwcfg_file file[FWCFG_FILES_MAX];
};

_Static_assert(sizeof(struct fwcfg_file) == 64, "fw_cfg directory entry");

/* The count is in range and each name ends. */
bool fwcfg_directory_valid(const struct fwcfg_directory *dir);

uint32_t fwcfg_directory_size(const struct fwcfg_directory *dir);

const struct fwcfg_file *fwcfg_find(const struct fwcfg_directory *dir,
				    const char *name);

/* Change the size that the directory states; false when there is no such. */
bool fwcfg_resize(struct fwcfg_directory *dir, const char *name,
		  uint32_t size);

/* Remove the files below @prefix; their keys, at most 8, go to @hidden. */
unsigned fwcfg_hide(struct fwcfg_directory *dir, const char *prefix,
		    uint16_t *hidden);

#endif
