/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/* What the host side keeps for each vCPU. */
#ifndef SNPEMU_L1_HOST_STATE_H
#define SNPEMU_L1_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct host_state {
	uint32_t pending[8];		/* interrupt vectors, as bits */
};

#endif
