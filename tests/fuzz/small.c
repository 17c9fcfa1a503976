/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The fake machine's defaults (linked with --wrap) with less memory, since one
 * is started for each input.
 */
#include "fake.h"

void __wrap_fake_setup(void);

void __wrap_fake_setup(void)
{
	struct fake_config config = { FAKE_DEFAULTS };

	config.memory = 2 * SVSM_HUGE_BYTES;
	config.region.len = SVSM_HUGE_BYTES;
	config.window_bytes = SVSM_HUGE_BYTES;
	fake_setup_with(&config);
}
