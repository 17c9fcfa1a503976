/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * TPM commands, byte by byte, and what comes back.
 */
#include "layout.h"
#include "tpm.h"

#define NO_SESSIONS	0x8001
#define SESSIONS	0x8002

#define STARTUP		0x144
#define NV_UNDEFINE	0x122
#define NV_DEFINE	0x12a
#define CREATE_PRIMARY	0x131
#define ECDH_KEYGEN	0x163
#define FLUSH_CONTEXT	0x165
#define GET_CAPABILITY	0x17a
#define GET_RANDOM	0x17b
#define HASH		0x17d
#define PCR_READ	0x17e
#define PCR_EXTEND	0x182

#define RH_OWNER	0x40000001
#define RH_NULL		0x40000007
#define RS_PW		0x40000009

/* ------------------------------------------------------------ the protocol */

uint64_t cmd_once(uint64_t ca, uint64_t gpa)
{
	struct call call = {
		.ca = ca, .protocol = SVSM_PROTOCOL_VTPM, .fn = SVSM_VTPM_CMD,
		.rcx = gpa,
	};

	return svsm_call(&call) ? call.rax : NO_CALL;
}

uint64_t cmd_as(uint64_t ca, uint64_t gpa)
{
	uint64_t result;

	do
		result = cmd_once(ca, gpa);
	while (result == INCOMPLETE || result == BUSY);
	return result;
}

uint64_t cmd(uint64_t gpa)
{
	return cmd_as(0, gpa);
}

static volatile uint8_t *byte_at(uint64_t gpa)
{
	return (volatile uint8_t *)gpa;
}

void fill(uint64_t gpa, uint8_t byte, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		*byte_at(gpa + i) = byte;
}

static void put_little(uint64_t gpa, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		*byte_at(gpa + i) = (uint8_t)(value >> 8 * i);
}

void put_head(uint64_t gpa, uint32_t command, uint8_t locality, uint32_t size)
{
	put_little(gpa, command);
	*byte_at(gpa + 4) = locality;
	put_little(gpa + 5, size);
}

/* ---------------------------------------------------------------- commands */

struct out {
	uint64_t start, at;
};

static void put(struct out *out, uint64_t value, unsigned bytes)
{
	while (bytes--)
		*byte_at(out->at++) = (uint8_t)(value >> 8 * bytes);
}

static struct out begin(uint64_t gpa, uint16_t tag, uint32_t code)
{
	struct out out = { gpa + sizeof(struct svsm_abi_vtpm_request), 0 };

	out.at = out.start;
	put(&out, tag, 2);
	put(&out, 0, 4);
	put(&out, code, 4);
	return out;
}

static void end(struct out *out)
{
	uint32_t size = (uint32_t)(out->at - out->start);

	put_head(out->start - sizeof(struct svsm_abi_vtpm_request),
		 SVSM_VTPM_SEND_COMMAND, 0, size);
	out->at = out->start + 2;
	put(out, size, 4);
}

/* An empty password. */
static void put_authorization(struct out *out)
{
	put(out, 9, 4);
	put(out, RS_PW, 4);
	put(out, 0, 5);
}

void put_short(uint64_t gpa, uint16_t tag, uint32_t inner, uint32_t code,
	       uint32_t outer)
{
	struct out out = begin(gpa, tag, code);

	out.at = out.start + 2;
	put(&out, inner, 4);
	put_head(gpa, SVSM_VTPM_SEND_COMMAND, 0, outer);
}

void put_startup(uint64_t gpa)
{
	struct out out = begin(gpa, NO_SESSIONS, STARTUP);

	put(&out, 0, 2);	/* TPM_SU_CLEAR */
	end(&out);
}

void put_random(uint64_t gpa, uint16_t bytes)
{
	struct out out = begin(gpa, NO_SESSIONS, GET_RANDOM);

	put(&out, bytes, 2);
	end(&out);
}

void put_commands_list(uint64_t gpa)
{
	struct out out = begin(gpa, NO_SESSIONS, GET_CAPABILITY);

	put(&out, 2, 4);	/* TPM_CAP_COMMANDS */
	put(&out, 0, 4);
	put(&out, 0xffffffff, 4);
	end(&out);
}

/* The digests are 1, 2, 3 and so on. */
static void put_digest(struct out *out, enum hash hash, unsigned len)
{
	put(out, hash, 2);
	for (unsigned i = 1; i <= len; i++)
		put(out, i, 1);
}

void put_extend(uint64_t gpa)
{
	struct out out = begin(gpa, SESSIONS, PCR_EXTEND);

	put(&out, 16, 4);
	put_authorization(&out);
	put(&out, 2, 4);
	put_digest(&out, SHA1, 20);
	put_digest(&out, SHA256, 32);
	end(&out);
}

void put_pcr_read(uint64_t gpa, enum hash hash)
{
	struct out out = begin(gpa, NO_SESSIONS, PCR_READ);

	put(&out, 1, 4);
	put(&out, hash, 2);
	put(&out, 0x03000001, 4);	/* three bytes, PCR 16 */
	end(&out);
}

void put_hash_of(uint64_t gpa, const uint8_t *bytes, unsigned n)
{
	struct out out = begin(gpa, NO_SESSIONS, HASH);

	put(&out, n, 2);
	for (unsigned i = 0; i < n; i++)
		put(&out, bytes[i], 1);
	put(&out, SHA256, 2);
	put(&out, RH_NULL, 4);
	end(&out);
}

void put_hash(uint64_t gpa, uint8_t byte)
{
	put_hash_of(gpa, &byte, 1);
}

/* Restricted, for decryption, with AES-128-CFB. */
static void put_template(struct out *out, uint16_t type)
{
	put(out, 26, 2);	/* bytes, with what the types add */
	put(out, type, 2);
	put(out, SHA256, 2);
	put(out, 0x00030072, 4);
	put(out, 0, 2);
	put(out, 0x000600800043, 6);
	put(out, 0x0010, 2);
}

static struct out begin_primary(uint64_t gpa)
{
	struct out out = begin(gpa, SESSIONS, CREATE_PRIMARY);

	put(&out, RH_NULL, 4);
	put_authorization(&out);
	put(&out, 0x000400000000, 6);
	return out;
}

/* No data from outside, no PCRs. */
static void end_primary(struct out *out)
{
	put(out, 0, 2);
	put(out, 0, 4);
	end(out);
}

void put_rsa_key(uint64_t gpa)
{
	struct out out = begin_primary(gpa);

	put_template(&out, 0x0001);
	put(&out, 2048, 2);
	put(&out, 0, 4);
	put(&out, 0, 2);
	end_primary(&out);
}

void put_ec_key(uint64_t gpa, enum curve curve)
{
	struct out out = begin_primary(gpa);

	put_template(&out, 0x0023);
	put(&out, curve, 2);
	put(&out, 0x0010, 2);
	put(&out, 0, 4);
	end_primary(&out);
}

void put_ecdh(uint64_t gpa, uint32_t key)
{
	struct out out = begin(gpa, NO_SESSIONS, ECDH_KEYGEN);

	put(&out, key, 4);
	end(&out);
}

/* Its empty password reads and writes it. */
void put_define(uint64_t gpa, uint32_t index)
{
	struct out out = begin(gpa, SESSIONS, NV_DEFINE);

	put(&out, RH_OWNER, 4);
	put_authorization(&out);
	put(&out, 0, 2);
	put(&out, 14, 2);
	put(&out, index, 4);
	put(&out, SHA256, 2);
	put(&out, 0x00040004, 4);
	put(&out, 0, 2);
	put(&out, 8, 2);
	end(&out);
}

void put_undefine(uint64_t gpa, uint32_t index)
{
	struct out out = begin(gpa, SESSIONS, NV_UNDEFINE);

	put(&out, RH_OWNER, 4);
	put(&out, index, 4);
	put_authorization(&out);
	end(&out);
}

void put_flush(uint64_t gpa, uint32_t handle)
{
	struct out out = begin(gpa, NO_SESSIONS, FLUSH_CONTEXT);

	put(&out, handle, 4);
	end(&out);
}

/* --------------------------------------------------------------- responses */

static uint64_t get(uint64_t gpa, unsigned at, unsigned bytes)
{
	uint64_t value = 0;

	gpa += sizeof(struct svsm_abi_vtpm_response) + at;
	while (bytes--)
		value = value << 8 | *byte_at(gpa++);
	return value;
}

uint16_t get16(uint64_t gpa, unsigned at)
{
	return (uint16_t)get(gpa, at, 2);
}

uint32_t get32(uint64_t gpa, unsigned at)
{
	return (uint32_t)get(gpa, at, 4);
}

uint64_t get64(uint64_t gpa, unsigned at)
{
	return get(gpa, at, 8);
}

void get_bytes(uint64_t gpa, unsigned at, uint8_t *to, unsigned n)
{
	while (n--)
		*to++ = (uint8_t)get(gpa, at++, 1);
}

uint32_t response_size(uint64_t gpa)
{
	uint32_t size = 0;

	for (unsigned i = 4; i--;)
		size = size << 8 | *byte_at(gpa + i);
	return size;
}

uint32_t response_code(struct verdict *v, uint64_t gpa)
{
	uint32_t size = response_size(gpa);
	unsigned stale = 0;

	expect(v, get32(gpa, 2), size);
	if (size > SVSM_VTPM_RESPONSE_MAX)
		return ~0u;
	for (unsigned i = size + 4; i < SVSM_VTPM_BUFFER; i++)
		stale += *byte_at(gpa + i) != 0;
	expect(v, stale, 0);
	return get32(gpa, 6);
}
