/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Group M of the hostile cases, what concerns storage: the power goes, or the
 * TPM's program dies, at any moment of a command that stores. The next life has
 * what was before the command or what is after it, and never less than what it
 * answered.
 */
#include <string.h>

#include "lives.h"
#include "unit.h"

#define T		(&tpm_alive)
#define INDEX		0x01500001u
#define KEY		0x81000001u
#define LOCKOUT		0x4000000au
#define NV_BYTES	8u

/* Beside being read and written with the index' empty password. */
#define COUNTER		0x10u
#define EXTENDED	0x40u
#define MAY_BE_LOCKED	0x2000u

static void setup(void)
{
	lives_begin();
}

static void teardown(void)
{
}

/* -------------------------------------------------- what can be asked of it */

static void on_index(uint32_t code)
{
	tpm_begin(T, TPM_SESSIONS, code);
	tpm_u32(T, INDEX);
	tpm_u32(T, INDEX);
	tpm_password(T);
}

static uint32_t define(uint32_t attributes)
{
	tpm_define_index(T, INDEX, TPM_NV_NO_LOCKOUT | attributes,
		attributes == EXTENDED ? 32 : NV_BYTES);
	return tpm_run(T);
}

static uint32_t write_number(uint64_t number)
{
	on_index(0x137);
	tpm_sized(T, &number, NV_BYTES);
	tpm_u16(T, 0);
	return tpm_run(T);
}

static uint32_t read_index(void)
{
	on_index(0x14e);
	tpm_u16(T, NV_BYTES);
	tpm_u16(T, 0);
	return tpm_run(T);
}

static uint32_t about(uint32_t code, uint32_t handle)
{
	tpm_begin(T, TPM_NO_SESSIONS, code);
	tpm_u32(T, handle);
	return tpm_run(T);
}

/* Which hierarchies have a password, and the like. */
static uint32_t permanent_properties(void)
{
	tpm_begin(T, TPM_NO_SESSIONS, 0x17a);
	tpm_u32(T, 6);
	tpm_u32(T, 0x200);
	tpm_u32(T, 1);
	return tpm_run(T);
}

static void add_response(void)
{
	ck_assert_uint_le(lives_note->number + T->rlen,
		sizeof(lives_note->bytes));
	memcpy(lives_note->bytes + lives_note->number, T->response, T->rlen);
	lives_note->number += T->rlen;
}

/* All that these commands change. */
static void observe(void)
{
	const unsigned char *pcr;

	lives_note->number = 0;
	(void)about(0x169, INDEX);
	add_response();
	(void)read_index();
	add_response();
	(void)about(0x173, KEY);
	add_response();
	WANT(permanent_properties(), 0);
	add_response();
	WANT(lives_read_pcr(&pcr), 0);
	add_response();
}

/* ------------------------------------------------ commands that store, M-20 */

static void prepare_nothing(void)
{
}

static uint32_t defines(void)
{
	return define(0);
}

static void prepare_index(void)
{
	WANT(define(0), 0);
	WANT(write_number(1), 0);
}

static uint32_t writes(void)
{
	return write_number(2);
}

static uint32_t undefines(void)
{
	tpm_begin(T, TPM_SESSIONS, 0x122);
	tpm_u32(T, TPM_OWNER);
	tpm_u32(T, INDEX);
	tpm_password(T);
	return tpm_run(T);
}

static void prepare_counter(void)
{
	WANT(define(COUNTER), 0);
	on_index(0x134);
	WANT(tpm_run(T), 0);
}

static uint32_t increments(void)
{
	on_index(0x134);
	return tpm_run(T);
}

static void prepare_extended(void)
{
	WANT(define(EXTENDED), 0);
}

static uint32_t extends(void)
{
	on_index(0x136);
	tpm_sized(T, "measured", 8);
	return tpm_run(T);
}

static void prepare_lock(void)
{
	WANT(define(MAY_BE_LOCKED), 0);
	WANT(write_number(1), 0);
}

static uint32_t locks(void)
{
	on_index(0x138);
	return tpm_run(T);
}

static void prepare_key(void)
{
	uint32_t handle;

	WANT(tpm_primary_ecc(T, TPM_P256, TPM_SIGN_DECRYPT, &handle), 0);
	WANT(handle, 0x80000000);
}

static uint32_t persists(void)
{
	tpm_begin(T, TPM_SESSIONS, 0x120);
	tpm_u32(T, TPM_OWNER);
	tpm_u32(T, 0x80000000);
	tpm_password(T);
	tpm_u32(T, KEY);
	return tpm_run(T);
}

static uint32_t changes_password(void)
{
	tpm_begin(T, TPM_SESSIONS, 0x129);
	tpm_u32(T, TPM_OWNER);
	tpm_password(T);
	tpm_sized(T, "secret", 6);
	return tpm_run(T);
}

static uint32_t clears(void)
{
	tpm_begin(T, TPM_SESSIONS, 0x126);
	tpm_u32(T, LOCKOUT);
	tpm_password(T);
	return tpm_run(T);
}

static const struct stores {
	const char *name;
	void (*prepare)(void);
	uint32_t (*command)(void);
	bool new_seed;		/* which the volatile state has to match */
} commands[] = {
	{ "NV_DefineSpace", prepare_nothing, defines, false },
	{ "NV_Write", prepare_index, writes, false },
	{ "NV_UndefineSpace", prepare_index, undefines, false },
	{ "NV_Increment", prepare_counter, increments, false },
	{ "NV_Extend", prepare_extended, extends, false },
	{ "NV_WriteLock", prepare_lock, locks, false },
	{ "EvictControl", prepare_key, persists, false },
	{ "HierarchyChangeAuth", prepare_nothing, changes_password, false },
	{ "Clear", prepare_index, clears, true },
};

static const struct stores *chosen;
static unsigned long cut;

static void prepares(void)
{
	WANT(lives_startup(0), 0);
	WANT(lives_extend(), 0);
	chosen->prepare();
}

static void carries_it_out(void)
{
	WANT(chosen->command(), 0);
}

static void is_cut_short(void)
{
	platform_cut_at = platform_puts + cut;
	carries_it_out();
}

static void starts_and_observes(void)
{
	WANT(lives_startup(0), 0);
	observe();
}

/* The TPM's program died, or the VM did. */
static int end_of_next_life(bool reset)
{
	if (!reset)
		return lives_end_of(observe);
	platform_storage_permanent();
	return lives_end_of(starts_and_observes);
}

static bool is_as(const struct lives_note *wanted)
{
	return lives_note->number == wanted->number &&
		memcmp(lives_note->bytes, wanted->bytes, wanted->number) == 0;
}

/* A seed that was stored without the state that goes with it: rather no TPM
 * than one whose PCRs are gone. */
static void check_cut(const struct lives_note *before,
	const struct lives_note *after, bool reset, bool was_cut)
{
	int status = end_of_next_life(reset);

	if (status == LIVES_NO_START) {
		ck_assert(chosen->new_seed && was_cut && !reset);
		return;
	}
	ck_assert_int_eq(status, 0);
	ck_assert_msg(is_as(after) || (was_cut && is_as(before)),
		"%s, cut %lu, reset %d", chosen->name, cut, reset);
}

/* Before each thing that it puts. */
static void cut_everywhere(const struct lives_note *before,
	const struct lives_note *after, bool reset)
{
	static struct platform_storage storage;
	int status = PLATFORM_CUT;

	storage = *platform_storage;
	for (cut = 1; status == PLATFORM_CUT; cut++) {
		*platform_storage = storage;
		status = lives_end_of(is_cut_short);
		ck_assert(status == PLATFORM_CUT || status == 0);
		check_cut(before, after, reset, status == PLATFORM_CUT);
	}
	*platform_storage = storage;
	ck_assert_msg(cut > 2, "%s stores nothing", chosen->name);
}

/* What is before and after the command, and all in between. */
static void check_command(bool reset)
{
	static struct platform_storage storage;
	struct lives_note before, after;

	lives_begin();
	live(prepares);
	storage = *platform_storage;
	ck_assert_int_eq(end_of_next_life(reset), 0);
	before = *lives_note;
	*platform_storage = storage;
	live(carries_it_out);
	ck_assert_int_eq(end_of_next_life(reset), 0);
	after = *lives_note;
	ck_assert_msg(!is_as(&before), "%s", chosen->name);
	*platform_storage = storage;
	cut_everywhere(&before, &after, reset);
}

START_TEST(M_20_a_command_is_wholly_done_or_not_at_all)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		chosen = &commands[i];
		check_command(false);
		check_command(true);
	}
}
END_TEST

/* -------------------------------------------------- a storm of writes, M-19 */

/* The note's number is the last that was answered. */
static void begins_the_storm(void)
{
	WANT(lives_startup(0), 0);
	WANT(define(0), 0);
	WANT(write_number(0), 0);
}

static unsigned long storm;

static void storms(void)
{
	for (unsigned long n = 0; n < storm; n++) {
		WANT(write_number(lives_note->number + 1ull), 0);
		lives_note->number++;
	}
	is_cut_short();
}

static uint32_t writes_the_next(void)
{
	return write_number(lives_note->number + 1ull);
}

static const struct stores next = {
	"NV_Write", prepare_nothing, writes_the_next, false
};

/* What was under way may have been done; what was answered has been. */
static void has_all_of_it(void)
{
	uint64_t number;

	WANT(read_index(), 0);
	memcpy(&number, T->response + T->rlen - 5 - NV_BYTES, NV_BYTES);
	WANT(number - lives_note->number <= 1, true);
	lives_note->number = (uint32_t)number;
}

START_TEST(M_19_a_storm_of_writes_loses_none)
{
	unsigned long wanted = unit_steps(10000, 10);
	unsigned lives = 0;

	chosen = &next;
	live(begins_the_storm);
	while (lives_note->number < wanted) {
		cut = 1 + lives % 2;
		storm = wanted / 100 + lives++ % 13;
		ck_assert_int_eq(lives_end_of(storms), PLATFORM_CUT);
		live(has_all_of_it);
	}
	ck_assert_uint_gt(lives, 50);
}
END_TEST

UNIT_MAIN("group M, storage", setup, teardown,
	M_19_a_storm_of_writes_loses_none,
	M_20_a_command_is_wholly_done_or_not_at_all)
