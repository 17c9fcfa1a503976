/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Two vCPUs at once, interrupted by each other at chosen steps: I-16, I-17,
 * J-06, J-07, J-11, J-15, K-03, O5. Every schedule with up to three turns, then
 * random ones. Linked with --wrap: the two instructions see to it that the
 * lock is held.
 */
#include <stdio.h>

#include "player.h"
#include "refuse.h"

/** Schedules of I-17 in each of its two forms, and of each other case. */
#define MANY		(unit_long() ? 100000u : 3000u)
#define SOME		(unit_long() ? 20000u : 1000u)
/** The whole oracle after each so many; what is fought for, every time. */
#define ORACLE_EVERY	512u

static void check_lock(enum refuse_insn insn)
{
	const struct svsm_lock *lock = &svsm_guest.own.lock;

	(void)insn;
	if (lock->next == lock->owner)
		fake_violation("instruction without the ownership lock");
}

static void setup(void)
{
	refuse_before = check_lock;
	players_setup();
}

/* ------------------------------------------------------------- exploration */

static struct fake_part part[3];
static struct fake_explore explore;
/** How often each of the two possible ends came. */
static unsigned ends[2];

static void play(void *arg)
{
	player_call(arg);
}

static void set_part(unsigned i, void (*fn)(void *arg), struct player *player)
{
	part[i] = (struct fake_part){ .index = i + 1, .apic_id = i + 1,
		.fn = fn, .arg = player };
	if (player)
		part[i].apic_id = player->apic_id;
}

/* What every schedule must leave behind. */
static void check_end(void)
{
	for (unsigned i = 0; i < explore.schedule.parts; i++)
		ck_assert_int_eq(part[i].reason, FAKE_NO_TERMINATION);
	if (explore.count % ORACLE_EVERY == 0)
		guest_oracle();
}

/* The first to come decides, so both ends must occur. */
static void run_from(unsigned first, uint64_t at_least, unsigned most_turns,
		     void (*before)(void), void (*after)(void))
{
	if (first)
		set_part(0, play, &players[1]);
	explore.schedule = (struct fake_schedule){ .part = part, .parts = 2 };
	explore.before = before;
	explore.after = after;
	explore.most_turns = most_turns;
	explore.limit = at_least;
	explore.at_least = at_least;
	explore.seed = first + 1;
	fake_explore(&explore);
}

/* Both orders; the number of schedules goes into the log. */
static void run(const char *what, uint64_t at_least, unsigned most_turns,
		void (*before)(void), void (*after)(void))
{
	uint64_t sum = 0;

	ends[0] = ends[1] = 0;
	for (unsigned first = 0; first < 2; first++) {
		set_part(first, play, &players[0]);
		set_part(!first, play, &players[1]);
		run_from(first, at_least / 2, most_turns, before, after);
		sum += explore.count;
	}
	guest_oracle();
	ck_assert_uint_gt(ends[0], 0);
	ck_assert_uint_gt(ends[1], 0);
	printf("# %s: %lu schedules, ends %u and %u\n", what,
	       (unsigned long)sum, ends[0], ends[1]);
}

static void count_end(unsigned end)
{
	ends[end]++;
	check_end();
}

static uint64_t delete(uint64_t vmsa)
{
	return guest_call(CORE(SVSM_CORE_DELETE_VCPU), vmsa, 0, 0);
}

/* -------------------------------------------------------------- I-16, I-17 */

static void before_two_validate(void)
{
	fake_make_invalid(PRIZE, PAGE);
	player_will_pvalidate(&players[0], PRIZE | VALIDATE);
	player_will_pvalidate(&players[1], PRIZE | VALIDATE);
}

static void after_two_validate(void)
{
	static const uint8_t zeros[PAGE];

	players_expect(SVSM_SUCCESS, SVSM_ERR_UNCHANGED);
	ck_assert_mem_eq(fake_peek_private(PRIZE), zeros, PAGE);
	ck_assert_int_eq(guest_owner(PRIZE), SVSM_OWN_GUEST);
	count_end(players[1].result == SVSM_SUCCESS);
	ck_assert_uint_eq(guest_pvalidate(PRIZE), SVSM_SUCCESS);
}

START_TEST(I_16_two_validate_the_same_page)
{
	run("I-16", SOME, 2, before_two_validate, after_two_validate);
}
END_TEST

/* Either page is a VMSA that the guest cannot write, or it is what the other
 * call made of it; never something between. */
static void check_prize(enum svsm_owner owner)
{
	bool vmsa = owner == SVSM_OWN_VMSA;

	ck_assert_int_eq(guest_owner(PRIZE), owner);
	ck_assert_int_eq(fake_rmp(PRIZE)->vmsa, vmsa);
	ck_assert_int_eq(guest_owner(OTHER), vmsa ? SVSM_OWN_CAA :
			 SVSM_OWN_GUEST);
	if (vmsa) {
		ck_assert_uint_eq(fake_perms(PRIZE, 2) & RMP_PERM_WRITE, 0);
		ck_assert_uint_eq(guest_vmsa(PRIZE)->vmpl, 2);
		ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
	}
}

static void before_rescind_and_create(void)
{
	guest_give(PRIZE, 2);
	guest_make_vmsa(PRIZE);
	player_will_pvalidate(&players[0], PRIZE);
	player_will_create(&players[1], PRIZE, OTHER);
}

static void after_rescind_and_create(void)
{
	bool created = players[1].result == SVSM_SUCCESS;

	players_expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
	check_prize(created ? SVSM_OWN_VMSA : SVSM_OWN_INVALID);
	count_end(created);
}

START_TEST(I_17_rescinding_against_creation)
{
	run("I-17", MANY, 3, before_rescind_and_create,
	    after_rescind_and_create);
}
END_TEST

static void before_clear_and_create(void)
{
	guest_give(PRIZE, 2);
	guest_make_vmsa(PRIZE);
	player_will_pvalidate(&players[0], PRIZE | VALIDATE | IGNORE);
	player_will_create(&players[1], PRIZE, OTHER);
}

/* Cleared it is no VMSA that could be entered. */
static void after_clear_and_create(void)
{
	bool created = players[1].result == SVSM_SUCCESS;

	ck_assert_uint_eq(players[0].result, created ?
			  SVSM_ERR_INVALID_ADDRESS : SVSM_SUCCESS);
	if (!created)
		ck_assert_uint_eq(players[1].result,
				  SVSM_ERR_INVALID_PARAMETER);
	check_prize(created ? SVSM_OWN_VMSA : SVSM_OWN_GUEST);
	count_end(created);
}

START_TEST(I_17_clearing_against_creation)
{
	run("I-17", MANY, 3, before_clear_and_create, after_clear_and_create);
}
END_TEST

/* ------------------------------------------------------------- J-07 to K-03 */

static void before_two_create(void)
{
	guest_give(PRIZE, 3);
	guest_make_vmsa(PRIZE);
	player_will_create(&players[0], PRIZE, OTHER);
	player_will_create(&players[1], PRIZE, OTHER + PAGE);
}

static void after_two_create(void)
{
	players_expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
	count_end(players[1].result == SVSM_SUCCESS);
	ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
}

START_TEST(J_07_two_create_from_the_same_page)
{
	run("J-07", SOME, 2, before_two_create, after_two_create);
}
END_TEST

/* The calling area's last user goes while its next one is on the way: then it
 * is the guest's, and the next one has to ask again. */
static void before_share_and_delete(void)
{
	ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
	guest_give(OTHER + PAGE, 1);
	guest_make_vmsa(OTHER + PAGE);
	player_will_create(&players[0], OTHER + PAGE, OTHER);
	player_will_delete(&players[1], PRIZE);
}

static void after_share_and_delete(void)
{
	bool created = players[0].result == SVSM_SUCCESS;
	bool deleted = players[1].result == SVSM_SUCCESS;

	ck_assert(created || players[0].result == SVSM_ERR_BUSY);
	ck_assert(deleted || players[1].result == SVSM_ERR_BUSY);
	ck_assert_int_eq(guest_owner(OTHER), created || !deleted ?
			 SVSM_OWN_CAA : SVSM_OWN_GUEST);
	ck_assert_int_eq(guest_owner(OTHER + PAGE), created ? SVSM_OWN_VMSA :
			 SVSM_OWN_GUEST);
	ck_assert_int_eq(fake_rmp(OTHER + PAGE)->vmsa, created);
	count_end(created);
	if (created)
		ck_assert_uint_eq(delete(OTHER + PAGE), SVSM_SUCCESS);
	if (!deleted)
		ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
	ck_assert_int_eq(guest_owner(OTHER), SVSM_OWN_GUEST);
}

START_TEST(J_02_sharing_against_deletion)
{
	run("J-02", MANY, 3, before_share_and_delete, after_share_and_delete);
}
END_TEST

static void before_two_delete(void)
{
	ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
	player_will_delete(&players[0], PRIZE);
	player_will_delete(&players[1], PRIZE);
}

static void after_two_delete(void)
{
	players_expect(SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER);
	ck_assert_int_eq(guest_owner(PRIZE), SVSM_OWN_GUEST);
	count_end(players[1].result == SVSM_SUCCESS);
}

START_TEST(J_11_two_delete_the_same_vcpu)
{
	run("J-11", SOME, 2, before_two_delete, after_two_delete);
}
END_TEST

/* A vCPU in the middle of calls is deleted between two of them, or the caller
 * is told that it is in use. */
static struct player victim = { .apic_id = 6, .vmsa = PRIZE, .ca = OTHER };

static void call_twice(void *arg)
{
	struct player *p = arg;

	p->calls = 0;
	do {
		p->rax = CORE(SVSM_CORE_QUERY_PROTOCOL);
		p->rcx = 1;
		player_call(p);
	} while (p->next == SVSM_VCPU_RUN && p->calls < 2);
}

static void before_call_and_delete(void)
{
	ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
	player_will_delete(&players[0], PRIZE);
	set_part(0, play, &players[0]);
	set_part(1, call_twice, &victim);
}

static void after_call_and_delete(void)
{
	bool deleted = players[0].result == SVSM_SUCCESS;

	if (!deleted)
		ck_assert_uint_eq(players[0].result, SVSM_ERR_VCPU_IN_USE);
	ck_assert_int_eq(guest_owner(PRIZE), deleted ? SVSM_OWN_GUEST :
			 SVSM_OWN_VMSA);
	count_end(deleted);
	if (!deleted)
		ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
}

START_TEST(J_15_deleting_a_vcpu_that_calls)
{
	run("J-15", SOME, 2, before_call_and_delete, after_call_and_delete);
}
END_TEST

static void before_remap_and_rescind(void)
{
	guest_give(PRIZE, 1);
	player_will_remap(&players[0], PRIZE);
	player_will_pvalidate(&players[1], PRIZE);
}

static void after_remap_and_rescind(void)
{
	bool remapped = players[0].result == SVSM_SUCCESS;

	players_expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
	ck_assert_int_eq(guest_owner(PRIZE), remapped ? SVSM_OWN_CAA :
			 SVSM_OWN_INVALID);
	count_end(remapped);
	if (remapped) {
		/* Back, with a call from the new place. */
		uint64_t old = players[0].ca;

		players[0].ca = PRIZE;
		player_will_remap(&players[0], old);
		player_call(&players[0]);
		ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
		players[0].ca = old;
	}
}

START_TEST(K_03_remapping_against_rescinding)
{
	run("K-03", SOME, 2, before_remap_and_rescind,
	    after_remap_and_rescind);
}
END_TEST

/* ------------------------------------------------------- a guest that edits */

/* A vCPU that stays in the guest and makes a bad VMSA good and bad again,
 * while it can: a write each, and a turn may come at any of them. */
static unsigned edits;

static void edit(void *arg)
{
	uint64_t features = 0;
	uint8_t vmpl = 0;

	(void)arg;
	for (edits = 0; edits < 12; edits++) {
		fake_step();
		if (!fake_guest_write(PRIZE + 0xca, &vmpl, sizeof(vmpl)))
			break;
		fake_step();
		fake_guest_write(PRIZE + 0x3b0, &features, sizeof(features));
		vmpl ^= 2;
		features ^= SVSM_SEV_SNP;
	}
}

static void before_create_and_edit(void)
{
	guest_give(PRIZE, 2);
	guest_make_vmsa(PRIZE);
	player_will_create(&players[0], PRIZE, OTHER);
	set_part(0, play, &players[0]);
	set_part(1, edit, NULL);
}

static void after_create_and_edit(void)
{
	bool created = players[0].result == SVSM_SUCCESS;

	if (created) {
		ck_assert_uint_eq(guest_vmsa(PRIZE)->vmpl, 2);
		ck_assert_uint_eq(guest_vmsa(PRIZE)->sev_features,
				  SVSM_SEV_SNP);
	} else {
		ck_assert_uint_eq(players[0].result,
				  SVSM_ERR_INVALID_PARAMETER);
	}
	check_prize(created ? SVSM_OWN_VMSA : SVSM_OWN_GUEST);
	count_end(created);
}

START_TEST(J_06_a_vcpu_edits_the_vmsa_all_the_time)
{
	run("J-06", 2 * SOME, 2, before_create_and_edit,
	    after_create_and_edit);
}
END_TEST

/* ------------------------------------------------------ how long one waits */

/** Pages of work that a call may wait each time it needs the lock: those of one
 *  large page, which is 512 to each of five instructions. */
#define SLICE		(6 * 512u)
#define LARGE_PAGES	4u
#define LARGE_FIRST	0x00800000ull
#define NO_WORK		64u

static uint64_t longest;

static void list_large(uint64_t flags)
{
	uint64_t entry[LARGE_PAGES];

	for (unsigned i = 0; i < LARGE_PAGES; i++)
		entry[i] = (LARGE_FIRST + i * HUGE) | flags |
			SVSM_PAGE_2M;
	guest_list(players[0].list, LARGE_PAGES, 0, entry);
	players[0].rax = CORE(SVSM_CORE_PVALIDATE);
	players[0].rcx = players[0].list;
}

static void before_wait(void)
{
	list_large(VALIDATE);
	/* Takes the lock once, and is refused there. */
	player_will_create(&players[1], players[0].ca, PRIZE);
}

static void after_wait(void)
{
	uint64_t waited = part[1].work_ended - part[1].work_began;

	ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
	ck_assert_uint_eq(players[1].result, SVSM_ERR_INVALID_ADDRESS);
	if (waited > longest)
		longest = waited;
	check_end();
	list_large(0);
	player_call(&players[0]);
	ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
}

/* The short call begins at each step of the long one; it is not interrupted. */
START_TEST(O5_a_short_call_does_not_wait_for_a_long_one)
{
	guest_teardown();
	players_setup_with(FAKE_INVALID_2M);
	set_part(0, play, &players[0]);
	set_part(1, play, &players[1]);
	longest = 0;
	explore.schedule = (struct fake_schedule){ .part = part, .parts = 2 };
	explore.before = before_wait;
	explore.after = after_wait;
	explore.most_turns = 1;
	explore.limit = 200;
	explore.at_least = 1;
	fake_explore(&explore);
	printf("# O5: a call waits for %lu pages of work at most\n",
	       (unsigned long)longest);
	ck_assert_uint_gt(longest, NO_WORK);
	ck_assert_uint_le(longest, SLICE);
}
END_TEST

UNIT_MAIN("schedules", setup, guest_teardown,
	  I_16_two_validate_the_same_page, I_17_rescinding_against_creation,
	  I_17_clearing_against_creation, J_07_two_create_from_the_same_page,
	  J_02_sharing_against_deletion,
	  J_11_two_delete_the_same_vcpu, J_15_deleting_a_vcpu_that_calls,
	  K_03_remapping_against_rescinding,
	  J_06_a_vcpu_edits_the_vmsa_all_the_time,
	  O5_a_short_call_does_not_wait_for_a_long_one)
