/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Two vCPUs at once: I-16, I-17, J-06, J-07, J-11, J-15, K-03, H-07. Rounds
 * are bounded; the oracle runs after each. Linked with --wrap for the two
 * instructions, which take their time here, so that the other vCPU would get
 * between any two of them, and which see to it that the lock is held.
 */
#include <string.h>
#include <time.h>

#include "fixture.h"

#define ROUNDS		60u
#define VALIDATE	SVSM_PVALIDATE_VALID
#define IGNORE		SVSM_PVALIDATE_IGNORE_CF
/** How long an instruction takes. */
#define PAUSE_NS	30000l
/** What they fight for. */
#define PRIZE		0x21000ull
#define OTHER		0x22000ull

struct svsm_pvalidate_out
__real_svsm_plat_pvalidate(void *va, bool huge, bool valid);
struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid);
uint32_t __real_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs);
uint32_t __wrap_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs);

static void take_time(void)
{
	const struct svsm_lock *lock = &svsm_guest.own.lock;

	if (__atomic_load_n(&lock->next, __ATOMIC_SEQ_CST) ==
	    __atomic_load_n(&lock->owner, __ATOMIC_SEQ_CST))
		fake_violation("instruction without the ownership lock");
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
}

struct svsm_pvalidate_out
__wrap_svsm_plat_pvalidate(void *va, bool huge, bool valid)
{
	take_time();
	return __real_svsm_plat_pvalidate(va, huge, valid);
}

uint32_t __wrap_svsm_plat_rmpadjust(void *va, bool huge, uint64_t attrs)
{
	take_time();
	return __real_svsm_plat_rmpadjust(va, huge, attrs);
}

/** A vCPU of the guest with pages of its own, and its next call. */
struct player {
	uint32_t apic_id;
	uint64_t vmsa, ca, list;
	uint64_t rax, rcx, rdx, r8;	/* in */
	uint64_t result;
	enum svsm_vcpu_next next;
	unsigned calls;
};

static struct player players[4];
static unsigned ready;

static void make_player(unsigned i)
{
	struct player *p = &players[i];

	*p = (struct player){ .apic_id = i + 1, .vmsa = 0x8000 + i * 0x3000 };
	p->ca = p->vmsa + PAGE;
	p->list = p->vmsa + 2 * PAGE;
	ck_assert_uint_eq(guest_create(p->apic_id, p->vmsa, p->ca),
			  SVSM_SUCCESS);
	guest_give(p->list, 1);
}

static void setup(void)
{
	guest_setup();
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(players); i++)
		make_player(i);
	fake_oracle(0);
}

/* The guest's side of a call, without Check: it knows one thread only. */
static void call(struct player *p)
{
	struct svsm_abi_vmsa *vmsa = guest_vmsa(p->vmsa);

	vmsa->rax = p->rax;
	vmsa->rcx = p->rcx;
	vmsa->rdx = p->rdx;
	vmsa->r8 = p->r8;
	vmsa->exit_code = SVSM_EXIT_VMGEXIT;
	*(uint8_t *)fake_peek_private(p->ca) = 1;
	p->next = svsm_vcpu_serve(&svsm_guest, p->apic_id, guest_protocols,
				  guest_protocol_count);
	p->result = vmsa->rax;
	p->calls++;
}

static void line_up(void)
{
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 2)
		svsm_plat_pause();
}

static void play(void *arg)
{
	line_up();
	call(arg);
}

/* Both call at the same time. */
static void race(void)
{
	ready = 0;
	fake_cpu_start(1, 1, play, &players[0]);
	fake_cpu_start(2, 2, play, &players[1]);
	ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
	ck_assert_int_eq(fake_cpu_join(2), FAKE_NO_TERMINATION);
}

static void will_pvalidate(struct player *p, uint64_t entry)
{
	p->rax = CORE(SVSM_CORE_PVALIDATE);
	p->rcx = p->list;
	guest_list(p->list, 1, 0, &entry);
}

static void will_create(struct player *p, uint64_t vmsa, uint64_t ca)
{
	p->rax = CORE(SVSM_CORE_CREATE_VCPU);
	p->rcx = vmsa;
	p->rdx = ca;
	p->r8 = 5 + p->apic_id % 2;
}

/* One has this result, the other that. */
static void expect(uint64_t one, uint64_t other)
{
	uint64_t a = players[0].result;
	uint64_t b = players[1].result;

	if (!((a == one && b == other) || (a == other && b == one)))
		ck_abort_msg("results %#lx and %#lx", (unsigned long)a,
			     (unsigned long)b);
}

static uint64_t delete(uint64_t vmsa)
{
	return guest_call(CORE(SVSM_CORE_DELETE_VCPU), vmsa, 0, 0);
}

START_TEST(I_16_two_validate_the_same_page)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		will_pvalidate(&players[0], PRIZE | VALIDATE);
		will_pvalidate(&players[1], PRIZE | VALIDATE);
		race();
		expect(SVSM_SUCCESS, SVSM_ERR_UNCHANGED);
		guest_oracle();
		ck_assert_uint_eq(guest_pvalidate(PRIZE), SVSM_SUCCESS);
	}
}
END_TEST

START_TEST(I_17_rescinding_against_creation)
{
	unsigned created = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		guest_give(PRIZE, 2);
		guest_make_vmsa(PRIZE);
		will_pvalidate(&players[0], PRIZE);
		will_create(&players[1], PRIZE, OTHER);
		race();
		expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
		guest_oracle();
		if (players[1].result == SVSM_SUCCESS) {
			ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
			created++;
		}
	}
	ck_assert_uint_le(created, ROUNDS);
}
END_TEST

/* The page is cleared and then no VMSA, or it is a VMSA and stays as it is. */
START_TEST(I_17_clearing_against_creation)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		guest_give(PRIZE, 2);
		guest_make_vmsa(PRIZE);
		will_pvalidate(&players[0], PRIZE | VALIDATE | IGNORE);
		will_create(&players[1], PRIZE, OTHER);
		race();
		if (players[1].result == SVSM_SUCCESS) {
			ck_assert_uint_eq(players[0].result,
					  SVSM_ERR_INVALID_ADDRESS);
			ck_assert_uint_eq(guest_vmsa(PRIZE)->vmpl, 2);
			ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
		} else {
			ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
			ck_assert_uint_eq(players[1].result,
					  SVSM_ERR_INVALID_PARAMETER);
		}
		guest_oracle();
	}
}
END_TEST

START_TEST(J_07_two_create_from_the_same_page)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		guest_give(PRIZE, 3);
		guest_make_vmsa(PRIZE);
		will_create(&players[0], PRIZE, OTHER);
		will_create(&players[1], PRIZE, OTHER + PAGE);
		race();
		expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
		guest_oracle();
		ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
	}
}
END_TEST

START_TEST(J_11_two_delete_the_same_vcpu)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
		for (unsigned p = 0; p < 2; p++) {
			players[p].rax = CORE(SVSM_CORE_DELETE_VCPU);
			players[p].rcx = PRIZE;
		}
		race();
		expect(SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER);
		guest_oracle();
	}
}
END_TEST

START_TEST(K_03_remapping_against_rescinding)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		guest_give(PRIZE, 1);
		players[0].rax = CORE(SVSM_CORE_REMAP_CA);
		players[0].rcx = PRIZE;
		will_pvalidate(&players[1], PRIZE);
		race();
		expect(SVSM_SUCCESS, SVSM_ERR_INVALID_ADDRESS);
		guest_oracle();
		if (players[0].result != SVSM_SUCCESS)
			continue;
		/* Back, with a call from the new place. */
		players[0].rcx = players[0].ca;
		players[0].ca = PRIZE;
		fake_cpu_start(1, 1, (void (*)(void *))call, &players[0]);
		ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
		ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
		players[0].ca = players[0].rcx;
	}
}
END_TEST

/* ---------------------------------------------------- other kinds of rivals */

static bool stop;

/* A vCPU that stays in the guest and writes what is about to be judged. */
static void edit(void *arg)
{
	uint64_t features = 0;
	uint8_t vmpl = 0;

	(void)arg;
	line_up();
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		fake_guest_write(PRIZE + 0xca, &vmpl, sizeof(vmpl));
		fake_guest_write(PRIZE + 0x3b0, &features, sizeof(features));
		vmpl ^= 2;
		features ^= SVSM_SEV_SNP;
	}
}

START_TEST(J_06_a_vcpu_edits_the_vmsa_all_the_time)
{
	unsigned created = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		guest_give(PRIZE, 2);
		guest_make_vmsa(PRIZE);
		will_create(&players[0], PRIZE, OTHER);
		ready = 0;
		stop = false;
		fake_cpu_start(1, 1, play, &players[0]);
		fake_cpu_start(2, 2, edit, NULL);
		ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
		/* It is still trying. */
		if (players[0].result == SVSM_SUCCESS) {
			ck_assert_uint_eq(guest_vmsa(PRIZE)->vmpl, 2);
			ck_assert_uint_eq(guest_vmsa(PRIZE)->sev_features,
					  SVSM_SEV_SNP);
			created++;
		} else {
			ck_assert_uint_eq(players[0].result,
					  SVSM_ERR_INVALID_PARAMETER);
		}
		__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
		ck_assert_int_eq(fake_cpu_join(2), FAKE_NO_TERMINATION);
		guest_oracle();
		if (players[0].result == SVSM_SUCCESS)
			ck_assert_uint_eq(delete(PRIZE), SVSM_SUCCESS);
	}
	ck_assert_uint_le(created, ROUNDS);
}
END_TEST

static void call_until_gone(void *arg)
{
	struct player *p = arg;

	line_up();
	do {
		p->rax = CORE(SVSM_CORE_QUERY_PROTOCOL);
		p->rcx = 1;
		call(p);
		for (unsigned i = 0; i < 20; i++)	/* in the guest */
			svsm_plat_pause();
	} while (p->next == SVSM_VCPU_RUN);
}

static void delete_until_done(void *arg)
{
	struct player *p = arg;

	line_up();
	do {
		p->rax = CORE(SVSM_CORE_DELETE_VCPU);
		p->rcx = PRIZE;
		call(p);
	} while (p->result == SVSM_ERR_VCPU_IN_USE);
}

/* A vCPU in the middle of calls is deleted between two of them. */
START_TEST(J_15_deleting_a_vcpu_that_calls_all_the_time)
{
	struct player victim = { .apic_id = 6, .vmsa = PRIZE, .ca = OTHER };

	for (unsigned i = 0; i < ROUNDS / 3; i++) {
		ck_assert_uint_eq(guest_create(6, PRIZE, OTHER), SVSM_SUCCESS);
		ready = 0;
		fake_cpu_start(1, 1, delete_until_done, &players[0]);
		fake_cpu_start(6, 6, call_until_gone, &victim);
		ck_assert_int_eq(fake_cpu_join(1), FAKE_NO_TERMINATION);
		ck_assert_int_eq(fake_cpu_join(6), FAKE_NO_TERMINATION);
		ck_assert_uint_eq(players[0].result, SVSM_SUCCESS);
		ck_assert_int_eq(victim.next, SVSM_VCPU_NONE);
		guest_oracle();
	}
}
END_TEST

static bool time_is_up(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 +
	       (now.tv_nsec - start->tv_nsec) / 1000000 > 1500;
}

static void flood(void *arg)
{
	struct player *p = arg;
	struct timespec start;
	uint64_t page = PRIZE + p->apic_id * 0x10000;
	bool valid = false;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!time_is_up(&start)) {
		uint64_t entry = page | (valid ? 0 : VALIDATE);
		struct svsm_abi_pvalidate header = { .count = 1 };

		fake_guest_write(p->list, &header, sizeof(header));
		fake_guest_write(p->list + 8, &entry, sizeof(entry));
		p->rax = CORE(SVSM_CORE_PVALIDATE);
		p->rcx = p->list;
		call(p);
		if (p->result == SVSM_SUCCESS)
			valid = !valid;
	}
}

START_TEST(H_07_a_flood_from_all_vcpus_starves_nobody)
{
	unsigned total = 0;

	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(players); i++)
		fake_cpu_start(i + 1, i + 1, flood, &players[i]);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(players); i++)
		ck_assert_int_eq(fake_cpu_join(i + 1), FAKE_NO_TERMINATION);
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(players); i++)
		total += players[i].calls;
	for (unsigned i = 0; i < SVSM_ARRAY_SIZE(players); i++)
		ck_assert_uint_ge(players[i].calls * 100, total);
	ck_assert_uint_ge(total, 100);
	guest_oracle();
}
END_TEST

UNIT_MAIN("races", setup, guest_teardown, I_16_two_validate_the_same_page,
	  I_17_rescinding_against_creation, I_17_clearing_against_creation,
	  J_07_two_create_from_the_same_page, J_11_two_delete_the_same_vcpu,
	  K_03_remapping_against_rescinding,
	  J_06_a_vcpu_edits_the_vmsa_all_the_time,
	  J_15_deleting_a_vcpu_that_calls_all_the_time,
	  H_07_a_flood_from_all_vcpus_starves_nobody)
