/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Bounded waits on a clock that lies.
 */
#include <svsm/platform.h>
#include <svsm/wait.h>

static void look_at_clock(struct svsm_wait *wait)
{
	uint64_t now = svsm_plat_tsc();

	if (wait->steps && now > wait->last)
		wait->elapsed += now - wait->last;
	wait->last = now;
}

bool svsm_wait_more(struct svsm_wait *wait)
{
	if (wait->steps >= wait->steps_max)
		return false;
	look_at_clock(wait);
	if (wait->steps >= wait->steps_min && wait->elapsed >= wait->ticks)
		return false;
	wait->steps++;
	svsm_plat_pause();
	return true;
}
