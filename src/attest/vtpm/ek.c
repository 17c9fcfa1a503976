/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Endorsement keys, made when somebody asks for one: see ek.h. A key follows
 * from its hierarchy's seed and the template, so it does not matter when.
 */
#include <stdbool.h>

#include <svsm/addr.h>
#include <svsm/string.h>

#include "command.h"
#include "ek.h"

#define NO_SESSIONS	0x8001u
#define SESSIONS	0x8002u

#define CREATE_PRIMARY	0x131u
#define EVICT_CONTROL	0x120u
#define FLUSH_CONTEXT	0x165u
#define READ_PUBLIC	0x173u
#define GET_CAPABILITY	0x17au

#define OWNER		0x40000001u
#define ENDORSEMENT	0x4000000bu
#define NO_PASSWORD	0x40000009u
#define CAP_HANDLES	1u
#define PERSISTENT	0x81000000u

/* Behind the header: a handle, another. */
#define FIRST_AT	10u
#define SECOND_AT	14u

/** Hash of the name, attributes, policy (the endorsement hierarchy's secret),
 *  AES-128 in CFB, no scheme. */
static const uint8_t common[] = {
	0x00, 0x0b, 0x00, 0x03, 0x00, 0xb2, 0x00, 0x20,
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
	0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
	0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
	0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
	0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10,
};

static const struct ek {
	uint32_t handle;
	uint16_t type;
	uint8_t rest[10];	/* parameters up to the unique field's zeros */
	uint8_t rest_len;
	uint8_t unique;		/* fields of zeros */
	uint16_t unique_len;	/* bytes of each */
} keys[] = {
	/* 2048 bits, 65537 */
	{ VTPM_EK_RSA, 0x0001, { 0x08, 0x00, 0, 0, 0, 0 }, 6, 1, 256 },
	/* P-256, no KDF */
	{ VTPM_EK_ECC, 0x0023, { 0x00, 0x03, 0x00, 0x10 }, 4, 2, 32 },
};

struct writer {
	uint8_t bytes[512];
	size_t len;
};

static void put16(struct writer *w, uint32_t v)
{
	w->bytes[w->len++] = (uint8_t)(v >> 8);
	w->bytes[w->len++] = (uint8_t)v;
}

static void put32(struct writer *w, uint32_t v)
{
	put16(w, v >> 16);
	put16(w, v);
}

static void put_bytes(struct writer *w, const void *bytes, size_t n)
{
	memcpy(w->bytes + w->len, bytes, n);
	w->len += n;
}

static void put_zeros(struct writer *w, size_t n)
{
	memset(w->bytes + w->len, 0, n);
	w->len += n;
}

static void set_size(struct writer *w, size_t at, size_t size)
{
	w->bytes[at] = (uint8_t)(size >> 8);
	w->bytes[at + 1] = (uint8_t)size;
}

static void begin(struct writer *w, unsigned tag, uint32_t code)
{
	w->len = 0;
	put16(w, tag);
	put32(w, 0);
	put32(w, code);
}

static void put_password(struct writer *w)
{
	put32(w, 9);
	put32(w, NO_PASSWORD);
	put_zeros(w, 5);
}

/* The response's code; its first handle, if it has one. */
static uint32_t run(struct writer *w, uint32_t *handle)
{
	static uint8_t response[VTPM_RESPONSE_BYTES];
	size_t n;

	set_size(w, 4, w->len);
	n = vtpm_command(w->bytes, w->len, response);
	if (handle && n >= FIRST_AT + sizeof(*handle))
		*handle = vtpm_get32(response + FIRST_AT);
	return vtpm_code(response);
}

static void put_template(struct writer *w, const struct ek *ek)
{
	size_t at = w->len;
	unsigned i;

	put16(w, 0);
	put16(w, ek->type);
	put_bytes(w, common, sizeof(common));
	put_bytes(w, ek->rest, ek->rest_len);
	for (i = 0; i < ek->unique; i++) {
		put16(w, ek->unique_len);
		put_zeros(w, ek->unique_len);
	}
	set_size(w, at, w->len - at - 2);
}

static uint32_t create(const struct ek *ek, uint32_t *handle)
{
	struct writer w;

	begin(&w, SESSIONS, CREATE_PRIMARY);
	put32(&w, ENDORSEMENT);
	put_password(&w);
	put16(&w, 4);		/* no secret of the caller's */
	put_zeros(&w, 4);
	put_template(&w, ek);
	put_zeros(&w, 2 + 4);	/* nothing from outside, no PCRs */
	return run(&w, handle);
}

static void make_persistent(const struct ek *ek, uint32_t handle)
{
	struct writer w;

	begin(&w, SESSIONS, EVICT_CONTROL);
	put32(&w, OWNER);
	put32(&w, handle);
	put_password(&w);
	put32(&w, ek->handle);
	(void)run(&w, NULL);
}

static uint32_t about(unsigned code, uint32_t handle)
{
	struct writer w;

	begin(&w, NO_SESSIONS, code);
	put32(&w, handle);
	return run(&w, NULL);
}

/* Where no slot is free the command is refused for that anyway. */
static void provide(const struct ek *ek)
{
	uint32_t handle = 0;

	if (about(READ_PUBLIC, ek->handle) == 0 || create(ek, &handle) != 0)
		return;
	make_persistent(ek, handle);
	(void)about(FLUSH_CONTEXT, handle);
}

/* Of any command: a parameter that looks like it makes a key too early. */
static bool is_about(const uint8_t *command, size_t len, uint32_t handle)
{
	uint32_t first, second;

	if (len < SECOND_AT)
		return false;
	first = vtpm_get32(command + FIRST_AT);
	if (first == handle)
		return true;
	if (len < SECOND_AT + 4)
		return false;
	second = vtpm_get32(command + SECOND_AT);
	if (vtpm_code(command) == GET_CAPABILITY)
		return first == CAP_HANDLES && second >= PERSISTENT &&
			second <= handle;
	return second == handle;
}

void vtpm_ek_provide(const uint8_t *command, size_t len)
{
	size_t i;

	for (i = 0; i < SVSM_ARRAY_SIZE(keys); i++) {
		if (is_about(command, len, keys[i].handle))
			provide(&keys[i]);
	}
}
