/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Commands to a TPM: see tpm.h.
 */
#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>
#include <libtpms/tpm_nvfilename.h>
#include <svsm/string.h>

#include "tpm.h"
#include "vtpm/alloc.h"

#define RESPONSE_HEADER	10

unsigned char tpm_nv[TPM_NV_BYTES];
uint32_t tpm_nv_len;

static TPM_RESULT nothing(void)
{
	return TPM_SUCCESS;
}

static TPM_RESULT load(unsigned char **data, uint32_t *len, uint32_t tpm,
	const char *name)
{
	(void)tpm;
	if (strcmp(name, TPM_PERMANENT_ALL_NAME) != 0 || tpm_nv_len == 0)
		return TPM_RETRY;
	*data = malloc(tpm_nv_len);
	if (!*data)
		return TPM_FAIL;
	memcpy(*data, tpm_nv, tpm_nv_len);
	*len = tpm_nv_len;
	return TPM_SUCCESS;
}

static TPM_RESULT store(const unsigned char *data, uint32_t len, uint32_t tpm,
	const char *name)
{
	(void)tpm;
	if (strcmp(name, TPM_PERMANENT_ALL_NAME) != 0 || len > sizeof(tpm_nv))
		return TPM_FAIL;
	memcpy(tpm_nv, data, len);
	tpm_nv_len = len;
	return TPM_SUCCESS;
}

static TPM_RESULT forget(uint32_t tpm, const char *name, TPM_BOOL must)
{
	(void)tpm;
	(void)name;
	(void)must;
	return TPM_SUCCESS;
}

static TPM_RESULT none(TPM_MODIFIER_INDICATOR *value, uint32_t tpm)
{
	(void)tpm;
	*value = 0;
	return TPM_SUCCESS;
}

static TPM_RESULT absent(TPM_BOOL *value, uint32_t tpm)
{
	(void)tpm;
	*value = 0;
	return TPM_SUCCESS;
}

TPM_RESULT tpm_start(struct tpm *t, const struct tpm_library *library)
{
	struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = nothing,
		.tpm_nvram_loaddata = load,
		.tpm_nvram_storedata = store,
		.tpm_nvram_deletename = forget,
		.tpm_io_init = nothing,
		.tpm_io_getlocality = none,
		.tpm_io_getphysicalpresence = absent,
	};
	TPM_RESULT result;

	memset(t, 0, sizeof(*t));
	t->library = library;
	result = library->callbacks(&callbacks);
	if (result == TPM_SUCCESS)
		result = library->choose(TPMLIB_TPM_VERSION_2);
	if (result == TPM_SUCCESS)
		result = library->init();
	return result;
}

void tpm_stop(struct tpm *t)
{
	t->library->terminate();
	free(t->response);
	t->response = NULL;
}

void tpm_u8(struct tpm *t, unsigned v)
{
	t->command[t->len++] = (unsigned char)v;
}

void tpm_u16(struct tpm *t, unsigned v)
{
	tpm_u8(t, v >> 8);
	tpm_u8(t, v);
}

void tpm_u32(struct tpm *t, uint32_t v)
{
	tpm_u16(t, v >> 16);
	tpm_u16(t, v);
}

void tpm_bytes(struct tpm *t, const void *data, size_t len)
{
	memcpy(t->command + t->len, data, len);
	t->len += (uint32_t)len;
}

void tpm_sized(struct tpm *t, const void *data, size_t len)
{
	tpm_u16(t, (unsigned)len);
	tpm_bytes(t, data, len);
}

void tpm_begin(struct tpm *t, unsigned tag, uint32_t code)
{
	t->len = 0;
	tpm_u16(t, tag);
	tpm_u32(t, 0);
	tpm_u32(t, code);
}

void tpm_passwords(struct tpm *t, unsigned n)
{
	tpm_u32(t, 9 * n);
	while (n--) {
		tpm_u32(t, 0x40000009);
		tpm_u16(t, 0);
		tpm_u8(t, 0);
		tpm_u16(t, 0);
	}
}

void tpm_password(struct tpm *t)
{
	tpm_passwords(t, 1);
}

uint32_t tpm_get16(const struct tpm *t, uint32_t at)
{
	return (uint32_t)t->response[at] << 8 | t->response[at + 1];
}

uint32_t tpm_get32(const struct tpm *t, uint32_t at)
{
	return tpm_get16(t, at) << 16 | tpm_get16(t, at + 2);
}

uint32_t tpm_run(struct tpm *t)
{
	uint32_t len = t->len;

	t->len = 2;
	tpm_u32(t, len);
	t->len = len;
	if (t->library->process(&t->response, &t->rlen, &t->room, t->command,
		    len) != TPM_SUCCESS || t->rlen < RESPONSE_HEADER)
		return UINT32_MAX;
	return tpm_get32(t, 6);
}

uint32_t tpm_power_on(struct tpm *t)
{
	uint32_t code;

	tpm_begin(t, TPM_NO_SESSIONS, 0x144);
	tpm_u16(t, 0);
	code = tpm_run(t);
	if (code)
		return code;
	tpm_begin(t, TPM_NO_SESSIONS, 0x143);
	tpm_u8(t, 1);
	return tpm_run(t);
}

/* Type, hash of the name, attributes, no policy; a storage key's cipher. */
static void template_begin(struct tpm *t, unsigned type, uint32_t attributes)
{
	t->mark = t->len;
	tpm_u16(t, 0);
	tpm_u16(t, type);
	tpm_u16(t, TPM_SHA256);
	tpm_u32(t, attributes);
	tpm_u16(t, 0);
	if ((attributes & 0x30000) == 0x30000) {
		tpm_u16(t, 6);
		tpm_u16(t, 128);
		tpm_u16(t, 0x43);
	} else {
		tpm_u16(t, 0x10);
	}
	tpm_u16(t, 0x10);
}

static void template_end(struct tpm *t)
{
	uint32_t len = t->len;

	t->len = t->mark;
	tpm_u16(t, len - t->mark - 2);
	t->len = len;
}

void tpm_template_ecc(struct tpm *t, unsigned curve, uint32_t attributes)
{
	template_begin(t, 0x23, attributes);
	tpm_u16(t, curve);
	tpm_u16(t, 0x10);
	tpm_u32(t, 0);
	template_end(t);
}

void tpm_template_rsa(struct tpm *t, unsigned bits, uint32_t attributes)
{
	template_begin(t, 1, attributes);
	tpm_u16(t, bits);
	tpm_u32(t, 0);
	tpm_u16(t, 0);
	template_end(t);
}

void tpm_primary_begin(struct tpm *t, uint32_t hierarchy)
{
	tpm_begin(t, TPM_SESSIONS, 0x131);
	tpm_u32(t, hierarchy);
	tpm_password(t);
	tpm_u16(t, 4);
	tpm_u32(t, 0);
}

uint32_t tpm_primary_end(struct tpm *t, uint32_t *handle)
{
	uint32_t code;

	tpm_u16(t, 0);
	tpm_u32(t, 0);
	code = tpm_run(t);
	if (code == 0)
		*handle = tpm_get32(t, RESPONSE_HEADER);
	return code;
}

uint32_t tpm_primary_ecc(struct tpm *t, unsigned curve, uint32_t attributes,
	uint32_t *handle)
{
	tpm_primary_begin(t, TPM_OWNER);
	tpm_template_ecc(t, curve, attributes);
	return tpm_primary_end(t, handle);
}

uint32_t tpm_primary_rsa(struct tpm *t, unsigned bits, uint32_t attributes,
	uint32_t *handle)
{
	tpm_primary_begin(t, TPM_OWNER);
	tpm_template_rsa(t, bits, attributes);
	return tpm_primary_end(t, handle);
}

size_t tpm_hash_bytes(unsigned hash)
{
	return hash == TPM_SHA1 ? 20 : 32 + 16 * (hash - TPM_SHA256);
}

static const unsigned char digest[64] = { 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

uint32_t tpm_sign(struct tpm *t, uint32_t key, unsigned scheme, unsigned hash,
	struct tpm_signature *out)
{
	uint32_t code;

	tpm_begin(t, TPM_SESSIONS, 0x15d);
	tpm_u32(t, key);
	tpm_password(t);
	tpm_sized(t, digest, tpm_hash_bytes(hash));
	tpm_u16(t, scheme);
	tpm_u16(t, hash);
	tpm_u16(t, 0x8024);
	tpm_u32(t, TPM_NULL_HIERARCHY);
	tpm_u16(t, 0);
	code = tpm_run(t);
	if (code)
		return code;
	out->len = tpm_get32(t, RESPONSE_HEADER);
	if (out->len > sizeof(out->bytes))
		return UINT32_MAX;
	memcpy(out->bytes, t->response + RESPONSE_HEADER + 4, out->len);
	return 0;
}

uint32_t tpm_verify(struct tpm *t, uint32_t key, unsigned hash,
	const struct tpm_signature *signature)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x177);
	tpm_u32(t, key);
	tpm_sized(t, digest, tpm_hash_bytes(hash));
	tpm_bytes(t, signature->bytes, signature->len);
	return tpm_run(t);
}

bool tpm_signs(struct tpm *t, uint32_t key, unsigned scheme, unsigned hash)
{
	struct tpm_signature s;

	if (tpm_sign(t, key, scheme, hash, &s) != 0 ||
	    tpm_verify(t, key, hash, &s) != 0)
		return false;
	s.bytes[s.len - 3] ^= 1;
	return tpm_verify(t, key, hash, &s) == 0x2db;
}

void tpm_define_index(struct tpm *t, uint32_t index, uint32_t attributes,
	unsigned bytes)
{
	tpm_begin(t, TPM_SESSIONS, 0x12a);
	tpm_u32(t, TPM_OWNER);
	tpm_password(t);
	tpm_u16(t, 0);
	tpm_u16(t, 14);
	tpm_u32(t, index);
	tpm_u16(t, TPM_SHA256);
	tpm_u32(t, attributes);
	tpm_u16(t, 0);
	tpm_u16(t, bytes);
}

void tpm_session_begin(struct tpm *t, unsigned cipher)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x176);
	tpm_u32(t, TPM_NULL_HIERARCHY);
	tpm_u32(t, TPM_NULL_HIERARCHY);
	tpm_u16(t, 16);
	for (unsigned i = 0; i < 16; i++)
		tpm_u8(t, i);
	tpm_u16(t, 0);
	tpm_u8(t, 0);
	tpm_u16(t, cipher);
	if (cipher == 6) {
		tpm_u16(t, 128);
		tpm_u16(t, 0x43);
	} else if (cipher == 10) {
		tpm_u16(t, TPM_SHA256);
	}
	tpm_u16(t, TPM_SHA256);
}

uint32_t tpm_flush(struct tpm *t, uint32_t handle)
{
	tpm_begin(t, TPM_NO_SESSIONS, 0x165);
	tpm_u32(t, handle);
	return tpm_run(t);
}
