/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Assertions about ourselves. They stay in release builds.
 *
 * For our own mistakes only: nothing that guest or host sends may reach one.
 */
#ifndef SVSM_ASSERT_H
#define SVSM_ASSERT_H

/**
 * Terminate with SVSM_REASON_ASSERT unless @p cond holds.
 *
 * Names the file without its directory: an image must not depend on where it
 * was built.
 */
#define svsm_assert(cond)						\
	do {								\
		if (__builtin_expect(!(cond), 0))			\
			svsm_assert_failed(__FILE_NAME__, __LINE__);	\
	} while (0)

/** Log the place and a backtrace, then svsm_terminate(SVSM_REASON_ASSERT). */
_Noreturn void svsm_assert_failed(const char *file, unsigned line);

#endif
