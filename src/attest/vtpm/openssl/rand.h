/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/rand.h>
 */
#ifndef VTPM_OPENSSL_RAND_H
#define VTPM_OPENSSL_RAND_H

int RAND_bytes(unsigned char *buf, int num);

#endif
