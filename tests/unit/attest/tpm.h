/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands to a TPM, and the few that tests make again and again. Needs no
 * C library, so that a program without one can use it, too.
 */
#ifndef UNIT_ATTEST_TPM_H
#define UNIT_ATTEST_TPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include <libtpms/tpm_error.h>

#define TPM_COMMAND_BYTES	4096
#define TPM_NV_BYTES		(1u << 18)

enum {
	TPM_NO_SESSIONS = 0x8001,
	TPM_SESSIONS = 0x8002,
	TPM_OWNER = 0x40000001,
	TPM_NULL_HIERARCHY = 0x40000007,
	TPM_ENDORSEMENT = 0x4000000b,
};

enum {
	TPM_SHA1 = 4,
	TPM_SHA256 = 0xb,
	TPM_SHA384 = 0xc,
	TPM_SHA512 = 0xd,
	TPM_RSASSA = 0x14,
	TPM_RSAPSS = 0x16,
	TPM_OAEP = 0x17,
	TPM_ECDSA = 0x18,
	TPM_P256 = 3,
	TPM_P384 = 4,
	TPM_P521 = 5,
};

/** libtpms, of one kind or the other. */
struct tpm_library {
	TPM_RESULT (*choose)(TPMLIB_TPMVersion version);
	TPM_RESULT (*callbacks)(struct libtpms_callbacks *callbacks);
	TPM_RESULT (*init)(void);
	TPM_RESULT (*process)(unsigned char **response, uint32_t *len,
		uint32_t *room, unsigned char *command, uint32_t size);
	void (*terminate)(void);
	TPM_RESULT (*get_state)(enum TPMLIB_StateType type,
		unsigned char **data, uint32_t *len);
	TPM_RESULT (*set_state)(enum TPMLIB_StateType type,
		const unsigned char *data, uint32_t len);
};

/** The libtpms that is linked. */
extern const struct tpm_library tpm_linked;

struct tpm {
	const struct tpm_library *library;
	unsigned char command[TPM_COMMAND_BYTES];
	uint32_t len;
	uint32_t mark;		/* where a length has to be filled in */
	unsigned char *response;
	uint32_t rlen, room;
};

/** What libtpms stored; one for all TPMs, which take turns. */
extern unsigned char tpm_nv[TPM_NV_BYTES];
extern uint32_t tpm_nv_len;

/** Register, choose TPM 2.0, initialise: the order that libtpms wants. */
TPM_RESULT tpm_start(struct tpm *t, const struct tpm_library *library);

/** Power off: end it and give its response back. */
void tpm_stop(struct tpm *t);

/** Begin a command; then its handles and parameters. */
void tpm_begin(struct tpm *t, unsigned tag, uint32_t code);
void tpm_u8(struct tpm *t, unsigned v);
void tpm_u16(struct tpm *t, unsigned v);
void tpm_u32(struct tpm *t, uint32_t v);
void tpm_bytes(struct tpm *t, const void *data, size_t len);

/** With a length of two bytes in front. */
void tpm_sized(struct tpm *t, const void *data, size_t len);

/** One authorisation, or several: empty passwords. */
void tpm_password(struct tpm *t);
void tpm_passwords(struct tpm *t, unsigned n);

/** Run the command; the TPM's response code. */
uint32_t tpm_run(struct tpm *t);

/** A number in the response. */
uint32_t tpm_get16(const struct tpm *t, uint32_t at);
uint32_t tpm_get32(const struct tpm *t, uint32_t at);

/** TPM2_Startup(CLEAR) and TPM2_SelfTest(full). */
uint32_t tpm_power_on(struct tpm *t);

/** A TPM of the linked libtpms that has nothing yet, with its power on; or the
 *  test fails. */
void tpm_new(struct tpm *t);

/** Templates: what a key is for. */
enum {
	TPM_STORAGE = 0x30472,
	TPM_SIGN_DECRYPT = 0x60472,
};

void tpm_template_ecc(struct tpm *t, unsigned curve, uint32_t attributes);
void tpm_template_rsa(struct tpm *t, unsigned bits, uint32_t attributes);

/** TPM2_CreatePrimary up to its template, and from there on; the response
 *  code, and in @p handle what was made. */
void tpm_primary_begin(struct tpm *t, uint32_t hierarchy);
uint32_t tpm_primary_end(struct tpm *t, uint32_t *handle);

/** Attributes of an index that its empty password reads and writes; with the
 *  first, wrong ones do not count for the lockout. */
enum {
	TPM_NV_NO_LOCKOUT = 0x02040004,
	TPM_NV_PLAIN = 0x00040004,
};

/** The command that defines an index of the owner's. */
void tpm_define_index(struct tpm *t, uint32_t index, uint32_t attributes,
	unsigned bytes);

/** The command that starts an HMAC session without salt and key; @p cipher of
 *  its parameters: 6 is AES, 10 XOR, 0x10 none. */
void tpm_session_begin(struct tpm *t, unsigned cipher);

/** A key of the owner's. */
uint32_t tpm_primary_ecc(struct tpm *t, unsigned curve, uint32_t attributes,
	uint32_t *handle);
uint32_t tpm_primary_rsa(struct tpm *t, unsigned bits, uint32_t attributes,
	uint32_t *handle);

/** A signature as the TPM gives it, and how long it is. */
struct tpm_signature {
	unsigned char bytes[600];
	size_t len;
};

uint32_t tpm_sign(struct tpm *t, uint32_t key, unsigned scheme, unsigned hash,
	struct tpm_signature *out);
uint32_t tpm_verify(struct tpm *t, uint32_t key, unsigned hash,
	const struct tpm_signature *signature);

/** Both, and a signature with a bit changed is none. */
bool tpm_signs(struct tpm *t, uint32_t key, unsigned scheme, unsigned hash);

uint32_t tpm_flush(struct tpm *t, uint32_t handle);

/** Bytes of a digest. */
size_t tpm_hash_bytes(unsigned hash);

#endif
