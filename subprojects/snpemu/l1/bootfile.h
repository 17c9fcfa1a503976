/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* Files that snpemu-run hands to L1 through QEMU's fw_cfg device. */
#ifndef SNPEMU_L1_BOOTFILE_H
#define SNPEMU_L1_BOOTFILE_H

#include <stdbool.h>
#include <stdint.h>

struct bootfile {
	uint16_t key;
	uint32_t size;
};

/* Before the guest runs: these move the device's own position. */
bool bootfile_find(const char *name, struct bootfile *file);

/* All of it, to a physically contiguous buffer; false on a device error. */
bool bootfile_read(const struct bootfile *file, void *buffer);

#endif
