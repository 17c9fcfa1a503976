/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See refuse.h.
 */
#include <svsm/platform.h>

#include "refuse.h"

void (*refuse_before)(enum refuse_insn insn);

static uint64_t next;		/* bit 0: the instruction at hand */
static uint32_t next_code, later_code;
static bool done;

struct svsm_pvalidate_out
__real_svsm_plat_pvalidate(void *va, bool huge, bool valid);
struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid);
uint32_t __real_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs);
uint32_t __wrap_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs);

void refuse_setup(void)
{
	refuse(0, 0, 0);
	refuse_before = NULL;
	guest_setup();
}

void refuse_restart(enum fake_memory state)
{
	refuse(0, 0, 0);
	guest_restart_with(state, 256);
}

void refuse(uint64_t which, uint32_t first, uint32_t later)
{
	next = which;
	next_code = first;
	later_code = later;
	done = false;
}

bool refused(void)
{
	return done;
}

uint64_t refuse_result(uint32_t code)
{
	return code <= 15 ? 0x80001000ull + code : 0x80001011ull;
}

/* 0: it is executed. */
static uint32_t step(enum refuse_insn insn)
{
	uint32_t code = next_code;

	next >>= 1;
	if (!(next & 1)) {
		if (refuse_before)
			refuse_before(insn);
		return 0;
	}
	next_code = later_code;
	done = true;
	return code;
}

struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	uint32_t code = step(valid ? REFUSE_VALIDATE : REFUSE_RESCIND);

	if (code)
		return (struct svsm_pvalidate_out){ .code = code };
	return __real_svsm_plat_pvalidate(va, huge, valid);
}

uint32_t __wrap_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs)
{
	uint32_t code = step(REFUSE_RMPADJUST);

	return code ? code : __real_svsm_plat_rmpadjust(va, huge, attrs);
}
