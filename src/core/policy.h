/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Checking the platform policy.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdint.h>

#include <svsm/image.h>
#include <svsm/status.h>

/**
 * Does this launch fit the image's policy? Logs each bit that does not.
 *
 * @param features  SEV_FEATURES as SEV_STATUS shows them.
 *
 * @retval SVSM_OK     Yes.
 * @retval SVSM_EPERM  A required bit is off, a forbidden one is on, or one
 *                     that the policy does not name.
 */
SVSM_CHECKED enum svsm_status
policy_check(const struct svsm_image *image, uint64_t features);

#endif
