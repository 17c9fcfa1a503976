/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Caches are checked unless they decline: what a test links.
 */
#include "slab_internal.h"

const struct svsm_slab_hooks *const svsm_slab_hooks_default =
	&svsm_slab_hooks_debug;
