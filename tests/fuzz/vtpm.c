/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest's commands to its TPM: libtpms as an image has it, from its first
 * start on. A command is given byte by byte, or as a code, handles and a
 * password before bytes that are given; each ends where memory ends, because
 * libtpms.a has no sanitizer in it.
 */
#include <sys/mman.h>

#include <libtpms/tpm_types.h>

#include <libtpms/tpm_library.h>

#include "fuzz.h"
#include "shared/storage.h"
#include "vtpm/platform.h"
#include "vtpm/tpm.h"

#define PAGE		4096u
#define LONGEST		(PAGE + 104u)
#define COMMANDS	12u
#define CANARY		0xa5
#define FIRST_CODE	0x11fu
#define CODES		0x79u
#define GET_CAPABILITY	0x17au
#define GET_TEST_RESULT	0x17cu

/* The fuzzer counts these as it counts code: which command got which answer.
 * Of libtpms itself it sees nothing. */
__attribute__((used, section("__libfuzzer_extra_counters")))
static uint8_t seen[1u << 13];

static uint64_t random_state;
static uint8_t *end_of_memory;

void *__real_realloc(void *block, size_t size);
const char *__asan_default_options(void);

/* An assertion's jump leaves behind what its command had allocated. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

void vtpm_plat_entropy(void *buf, size_t len)
{
	uint8_t *byte = buf;

	while (len--) {
		random_state = random_state * 6364136223846793005 + 1;
		*byte++ = (uint8_t)(random_state >> 56);
	}
}

void *vtpm_plat_realloc(void *block, size_t size)
{
	return __real_realloc(block, size);
}

void vtpm_plat_yield(void)
{
}

_Noreturn void vtpm_plat_die(const char *why)
{
	fprintf(stderr, "the TPM ended: %s\n", why);
	abort();
}

static void make_memory(void)
{
	uint8_t *base = mmap(NULL, (size_t)3 * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	FUZZ_REQUIRE(base != MAP_FAILED);
	end_of_memory = base + (size_t)2 * PAGE;
	FUZZ_REQUIRE(mprotect(end_of_memory, PAGE, PROT_NONE) == 0);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
		(uint32_t)bytes[2] << 8 | bytes[3];
}

static void put32(uint8_t *bytes, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void count(uint32_t code, uint32_t answer)
{
	uint32_t at = (code * 131 + answer * 7) % sizeof(seen);

	if (seen[at] < 255)
		seen[at]++;
}

/* A whole answer, and nothing behind it. */
static void check_answer(const uint8_t *response, size_t n, uint32_t code)
{
	static uint8_t canary[VTPM_RESPONSE_BYTES];

	memset(canary, CANARY, sizeof(canary));
	FUZZ_REQUIRE(n >= VTPM_HEADER_BYTES && n <= SVSM_VTPM_RESPONSE_MAX);
	FUZZ_REQUIRE(get32(response + 2) == n);
	FUZZ_REQUIRE(!memcmp(response + n, canary, sizeof(canary) - n));
	count(code, get32(response + 6));
}

static void run(const uint8_t *bytes, size_t len, bool keep)
{
	uint8_t response[VTPM_RESPONSE_BYTES];
	uint8_t *command = end_of_memory - len;
	uint32_t code = len >= VTPM_HEADER_BYTES ? get32(bytes + 6) : 0;
	size_t n;

	if (len)
		memcpy(command, bytes, len);
	memset(response, CANARY, sizeof(response));
	n = keep ? vtpm_serve(command, len, response) :
		vtpm_command(command, len, response);
	check_answer(response, n, code);
}

/* Tag, size and code, and then, as the input wants it, handles and an empty
 * password; bytes in use. */
static size_t make_head(struct fuzz_input *in, uint8_t *command)
{
	static const uint8_t password[] = {
		0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0
	};
	static const uint32_t handles[] = {
		0x40000001, 0x40000007, 0x4000000b, 0x4000000a, 0x80000000,
		0x80000001, 0x80000002, 0x02000000, 0x03000000, 0x01500000,
		0x4000000c, 10, 0x81000001, 0x40000009, 0x02000001, 0
	};
	uint8_t how = fuzz_u8(in);
	size_t len = VTPM_HEADER_BYTES;

	put32(command + 6, FIRST_CODE + fuzz_u8(in) % CODES);
	for (unsigned i = 0; i < (how & 3u); i++, len += 4)
		put32(command + len, handles[fuzz_u8(in) % 16]);
	command[0] = 0x80;
	command[1] = how & 4 ? 2 : 1;
	if (how & 4) {
		memcpy(command + len, password, sizeof(password));
		len += sizeof(password);
	}
	return len;
}

static void one(struct fuzz_input *in)
{
	uint8_t command[LONGEST] = { 0 };
	uint8_t kind = fuzz_u8(in);
	size_t len = kind & 1 ? make_head(in, command) : 0;
	size_t rest = fuzz_u16(in) % (LONGEST - len + 1);

	fuzz_take(in, command + len, rest);
	len += rest;
	if (kind & 1)
		put32(command + 2, (uint32_t)len);
	run(command, len, kind & 2);
}

/* Made once; then each input starts with it, without power. */
static void power_on(void)
{
	static const uint8_t startup[] = {
		0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0
	};
	static struct storage_slot made;

	if (!end_of_memory)
		make_memory();
	random_state = 1;
	for (unsigned i = SVSM_VTPM_VOLATILE; i < SVSM_VTPM_SLOTS; i++)
		storage[i].len = 0;
	storage[SVSM_VTPM_PERMANENT] = made;
	FUZZ_REQUIRE(vtpm_start());
	made = storage[SVSM_VTPM_PERMANENT];
	FUZZ_REQUIRE(made.len != 0);
	run(startup, sizeof(startup), false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };

	power_on();
	for (unsigned i = 0; i < COMMANDS && in.len; i++)
		one(&in);
	TPMLIB_Terminate();
	return 0;
}
