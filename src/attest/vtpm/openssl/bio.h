/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * <openssl/bio.h>: referred to by the decoder of base64 blobs only.
 */
#ifndef VTPM_OPENSSL_BIO_H
#define VTPM_OPENSSL_BIO_H

typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;

BIO *BIO_new(const BIO_METHOD *method);
BIO *BIO_new_mem_buf(const void *buf, int len);
BIO *BIO_push(BIO *b, BIO *next);
int BIO_read(BIO *b, void *data, int len);
int BIO_free(BIO *b);
void BIO_free_all(BIO *b);
void BIO_set_flags(BIO *b, int flags);

#endif
