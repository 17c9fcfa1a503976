/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Caches are not checked unless they ask for it: what an image links.
 */
#include "slab_internal.h"

const struct svsm_slab_hooks *const svsm_slab_hooks_default =
	&svsm_slab_hooks_none;
