/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Which of two ways SHA-256 goes.
 */
#ifndef VTPM_SHA256_H
#define VTPM_SHA256_H

/** How blocks are hashed; found out at the first one, a test may say it. */
enum vtpm_sha256 {
	VTPM_SHA256_UNKNOWN,
	VTPM_SHA256_PLAIN,
	VTPM_SHA256_INSTRUCTIONS,
};

extern enum vtpm_sha256 vtpm_sha256_way;

#endif
