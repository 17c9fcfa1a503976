/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * A guest whose TPM finds no memory at its n-th allocation, for one n after the
 * other: it dies there and then, in order, the SVSM goes on, and the next start
 * has what was answered before. Ends with the number of phases in which
 * something was wrong.
 */
#include <svsm/abi/ghcb.h>

#include "../../boot/images/starved/starved.h"
#include "layout.h"
#include "tpm.h"

unsigned payload_main(void);

#define INDEX		0x01500001u
#define TRANSIENT	0x80000000u
#define TRANSIENTS	3u
#define PCR_BYTES	32u

/* Allocations of work that fail. */
#define FIRST		500u

/* More than a start makes; more rounds than FIRST allocations take. */
#define START_MAX	200u
#define ROUNDS_MAX	100u

/* kit writes it behind the mark: of FIRST, every which. */
static const struct {
	char mark[16];
	uint64_t every;
} settings __attribute__((used)) = { "sample settings", 11 };

/* ---------------------------------------------------------------- the SVSM */

static void fail_at(struct verdict *v, uint64_t n)
{
	struct call call = {
		.protocol = STARVED_PROTOCOL, .fn = STARVED_FAIL, .rcx = n,
	};

	expect_true(v, svsm_call(&call), "the SVSM takes the call");
	expect(v, call.rax, SVSM_SUCCESS);
}

/* It is well, the TPM died so many times, and at this allocation. */
static void look(struct verdict *v, uint64_t died, uint64_t n)
{
	struct call call = {
		.protocol = STARVED_PROTOCOL, .fn = STARVED_LOOK,
	};
	struct call core = {
		.protocol = SVSM_PROTOCOL_CORE, .fn = SVSM_CORE_QUERY_PROTOCOL,
		.rcx = 2ull << 32 | 1,
	};

	expect_true(v, svsm_call(&call), "the SVSM takes the call");
	expect(v, call.rax, SVSM_SUCCESS);
	expect(v, call.rcx, n);
	expect(v, call.rdx, died);
	expect_true(v, svsm_call(&core), "the SVSM takes a core call");
	expect(v, core.rcx, 1ull << 32 | 1);
}

/* ----------------------------------------------------------------- the TPM */

/* Did the command in BUFFER get its answer? If not the TPM died of it, and the
 * command is there as it was. */
static bool answered(struct verdict *v)
{
	uint64_t result = cmd(BUFFER);

	if (result == SVSM_ERR_INVALID_REQUEST) {
		expect(v, response_size(BUFFER), SVSM_VTPM_SEND_COMMAND);
		return false;
	}
	expect(v, result, SVSM_SUCCESS);
	expect(v, response_code(v, BUFFER), 0);
	return true;
}

static void read_pcr(struct verdict *v, uint8_t value[PCR_BYTES])
{
	put_pcr_read(BUFFER, SHA256);
	expect_code(v, BUFFER, 0);
	get_bytes(BUFFER, 30, value, PCR_BYTES);
}

static void expect_pcr(struct verdict *v, const uint8_t wanted[PCR_BYTES])
{
	uint8_t value[PCR_BYTES];
	unsigned others = 0;

	read_pcr(v, value);
	for (unsigned i = 0; i < PCR_BYTES; i++)
		others += value[i] != wanted[i];
	expect(v, others, 0);
}

/* What put_extend() makes of it. */
static void extended(struct verdict *v, uint8_t value[PCR_BYTES])
{
	uint8_t both[2 * PCR_BYTES];

	for (unsigned i = 0; i < PCR_BYTES; i++) {
		both[i] = value[i];
		both[PCR_BYTES + i] = (uint8_t)(i + 1);
	}
	put_hash_of(BUFFER, both, sizeof(both));
	expect_code(v, BUFFER, 0);
	get_bytes(BUFFER, 12, value, PCR_BYTES);
}

/* A curve, its points, the permanent state twice. */
static bool round_of_work(struct verdict *v)
{
	put_ec_key(BUFFER, P256);
	if (!answered(v))
		return false;
	put_ecdh(BUFFER, TRANSIENT);
	if (!answered(v))
		return false;
	put_flush(BUFFER, TRANSIENT);
	if (!answered(v))
		return false;
	put_define(BUFFER, INDEX);
	if (!answered(v))
		return false;
	put_undefine(BUFFER, INDEX);
	return answered(v);
}

/* Whatever a life left behind that died in the middle of its work. */
static void tidy(struct verdict *v)
{
	for (uint32_t i = 0; i < TRANSIENTS; i++) {
		put_flush(BUFFER, TRANSIENT + i);
		expect(v, cmd(BUFFER), SVSM_SUCCESS);
	}
	put_undefine(BUFFER, INDEX);
	expect(v, cmd(BUFFER), SVSM_SUCCESS);
}

/* ------------------------------------------------------------------ phases */

static void say_deaths(const char *of, unsigned deaths)
{
	say("tpm: ");
	say(of);
	say(": deaths ");
	say_number(deaths);
	say("\n");
}

/* The first start, which makes a TPM, and its TPM2_Startup. */
static void first_start(struct verdict *v)
{
	unsigned n;

	for (n = 1; n < START_MAX; n++) {
		fail_at(v, n);
		put_startup(BUFFER);
		if (answered(v))
			break;
		look(v, 1, n);
	}
	fail_at(v, 0);
	say_deaths("first start", n - 1);
	expect_true(v, n > 1, "it allocates");
	end_of(v, "first start without memory");
}

static void kill(struct verdict *v)
{
	fail_at(v, 1);
	put_ec_key(BUFFER, P256);
	expect_true(v, !answered(v), "it dies");
	look(v, 1, 1);
}

/* A start of a TPM that has died, which takes up what is kept. */
static void next_starts(struct verdict *v)
{
	uint8_t pcr[PCR_BYTES];
	unsigned n;

	read_pcr(v, pcr);
	for (n = 1; n < START_MAX; n++) {
		kill(v);
		fail_at(v, n);
		put_pcr_read(BUFFER, SHA256);
		if (answered(v))
			break;
		look(v, 1, n);
		expect_pcr(v, pcr);
	}
	fail_at(v, 0);
	say_deaths("next starts", n - 1);
	expect_true(v, n > 1, "it allocates");
	expect_pcr(v, pcr);
	end_of(v, "next starts without memory");
}

/* Measures before it dies of its n-th allocation. */
static void life(struct verdict *v, uint64_t n)
{
	uint8_t pcr[PCR_BYTES];
	unsigned rounds = 0;
	bool measured;

	read_pcr(v, pcr);
	fail_at(v, n);
	put_extend(BUFFER);
	measured = answered(v);
	while (measured && rounds++ < ROUNDS_MAX && round_of_work(v))
		;
	look(v, 1, n);
	if (measured)
		extended(v, pcr);
	expect_pcr(v, pcr);
	tidy(v);
}

static void lives(struct verdict *v)
{
	uint64_t every = *(const volatile uint64_t *)&settings.every;
	unsigned deaths = 0;

	for (uint64_t n = every; n <= FIRST; n += every) {
		life(v, n);
		deaths++;
	}
	say_deaths("work", deaths);
	end_of(v, "work without memory");
}

unsigned payload_main(void)
{
	struct verdict verdict = { 0 };

	if (!host_register(&boot_host) ||
	    !host_change(&boot_host, PAGES, PAGE_COUNT, false,
			 SVSM_PSC_OP_PRIVATE) ||
	    !svsm_pvalidate(PAGES, PAGE_COUNT, SVSM_PVALIDATE_VALID, 0))
		return 99;
	first_start(&verdict);
	next_starts(&verdict);
	lives(&verdict);
	return verdict.failed;
}
