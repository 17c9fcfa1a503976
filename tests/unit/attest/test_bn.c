/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Big numbers against OpenSSL's, and the cases that libtpms relies on.
 */
#include "openssl.h"
#include "unit.h"
#include "vtpm/mont.h"

#define MAX_BYTES	1024

/** The same number on both sides. */
struct pair {
	BIGNUM *ours, *theirs;
};

static BN_CTX *ctx;

static void setup(void)
{
	openssl_load();
	ctx = openssl.BN_CTX_new();
}

static void teardown(void)
{
	openssl.BN_CTX_free(ctx);
}

static struct pair pair_of(const unsigned char *bytes, unsigned len)
{
	return (struct pair){
		BN_bin2bn(bytes, (int)len, NULL),
		openssl.BN_bin2bn(bytes, (int)len, NULL)
	};
}

static void pair_free(struct pair *p)
{
	BN_clear_free(p->ours);
	openssl.BN_free(p->theirs);
}

/* Of a random length, sometimes with long runs of zeros or ones. */
static struct pair random_pair(unsigned max)
{
	unsigned char bytes[MAX_BYTES];
	unsigned len = 1 + random_below(max);
	unsigned run = random_below(len);
	unsigned i;

	random_bytes(bytes, len);
	switch (random_below(8)) {
	case 0:
		for (i = run; i < len; i++)
			bytes[i] = 0xff;
		break;
	case 1:
		for (i = run; i < len; i++)
			bytes[i] = 0;
		break;
	default:
		break;
	}
	return pair_of(bytes, len);
}

static void same(const struct pair *p)
{
	check_same(p->ours, p->theirs);
}

static void compare_sums(const struct pair *a, const struct pair *b,
	struct pair *r)
{
	unsigned long w = random_below(3) ? random_below(1u << 24) : ~0ul;

	CHECK(BN_cmp(a->ours, b->ours) ==
		openssl.BN_cmp(a->theirs, b->theirs));
	CHECK(BN_sub(r->ours, a->ours, b->ours) &&
		openssl.BN_sub(r->theirs, a->theirs, b->theirs));
	same(r);
	CHECK(BN_cmp(r->ours, a->ours) ==
		openssl.BN_cmp(r->theirs, a->theirs));
	/* Also where the difference is negative. */
	CHECK(BN_add_word(r->ours, w) && openssl.BN_add_word(r->theirs, w));
	same(r);
}

static void compare_products(const struct pair *a, const struct pair *b,
	struct pair *r)
{
	CHECK(BN_mul(r->ours, a->ours, b->ours, NULL) &&
		openssl.BN_mul(r->theirs, a->theirs, b->theirs, ctx));
	same(r);
}

static void compare_quotients(const struct pair *a, const struct pair *b,
	struct pair *r)
{
	struct pair q = { BN_new(), openssl.BN_new() };

	CHECK(BN_div(NULL, r->ours, a->ours, b->ours, NULL) &&
		openssl.BN_div(NULL, r->theirs, a->theirs, b->theirs, ctx));
	same(r);
	if (random_below(4) == 0) {
		CHECK(BN_div(q.ours, r->ours, a->ours, b->ours, NULL) &&
			openssl.BN_div(q.theirs, r->theirs, a->theirs,
				b->theirs, ctx));
		same(&q);
		same(r);
	}
	pair_free(&q);
}

/* Of a number without an inverse both say so. */
static void compare_inverses(const struct pair *a, const struct pair *m,
	struct pair *r)
{
	BIGNUM *ours = BN_mod_inverse(r->ours, a->ours, m->ours, NULL);
	BIGNUM *theirs = openssl.BN_mod_inverse(r->theirs, a->theirs,
		m->theirs, ctx);

	CHECK(!ours == !theirs);
	if (ours && theirs)
		same(r);
}

static void compare_divisor(const struct pair *a, const struct pair *b,
	struct pair *r)
{
	CHECK(BN_gcd(r->ours, a->ours, b->ours, NULL) &&
		openssl.BN_gcd(r->theirs, a->theirs, b->theirs, ctx));
	same(r);
}

/* Numbers that share more than chance gives them, and zeros. */
static void compare_divisors(struct pair *r)
{
	struct pair a = random_pair(130);
	struct pair b = random_pair(130);
	struct pair zero = { BN_new(), openssl.BN_new() };
	struct pair product = { BN_new(), openssl.BN_new() };

	compare_divisor(&a, &b, r);
	compare_products(&a, &b, &product);
	compare_divisor(&product, &b, r);
	CHECK(BN_cmp(r->ours, b.ours) == 0);
	compare_divisor(&zero, &a, r);
	compare_divisor(&a, &zero, r);
	compare_divisor(&zero, &zero, r);
	compare_divisor(r, &a, r);
	pair_free(&a);
	pair_free(&b);
	pair_free(&zero);
	pair_free(&product);
}

static void compare_powers(const struct pair *a, const struct pair *e,
	const struct pair *m, struct pair *r)
{
	if (!openssl.BN_is_odd(m->theirs)) {
		CHECK(!BN_mod_exp(r->ours, a->ours, e->ours, m->ours, NULL));
		return;
	}
	openssl.BN_mod_exp(r->theirs, a->theirs, e->theirs, m->theirs, ctx);
	mont_way = MONT_PLAIN;
	CHECK(BN_mod_exp(r->ours, a->ours, e->ours, m->ours, NULL));
	same(r);
	mont_way = MONT_UNKNOWN;
	CHECK(BN_mod_exp(r->ours, a->ours, e->ours, m->ours, NULL));
	same(r);
}

static void compare_all(unsigned round)
{
	struct pair a = random_pair(round % 3 ? 520 : 1000);
	struct pair b = random_pair(384);
	struct pair m = random_pair(round % 4 ? 400 : 12);
	struct pair r = { BN_new(), openssl.BN_new() };

	compare_sums(&a, &b, &r);
	compare_products(&a, &b, &r);
	if (openssl.BN_is_zero(m.theirs)) {
		CHECK(!BN_div(r.ours, NULL, a.ours, m.ours, NULL));
	} else {
		compare_quotients(&a, &m, &r);
		if (round % 6 == 0)
			compare_inverses(&b, &m, &r);
		if (round % 40 == 0)
			compare_powers(&a, &b, &m, &r);
	}
	if (round % 100 == 0)
		compare_divisors(&r);
	pair_free(&a);
	pair_free(&b);
	pair_free(&m);
	pair_free(&r);
}

START_TEST(big_numbers_are_those_of_openssl)
{
	unsigned long rounds = unit_steps(7000, 5);
	unsigned long i;

	for (i = 0; i < rounds; i++)
		compare_all((unsigned)i);
}
END_TEST

static uint64_t word_near(uint64_t d)
{
	const uint64_t words[] = { 0, 1, d - 1, d, d + 1, -d, ~d, 1ull << 63,
		UINT64_MAX, UINT64_MAX - 1 };
	unsigned i = random_below(12);
	uint64_t word;

	if (i < sizeof(words) / sizeof(words[0]))
		return words[i];
	random_bytes(&word, sizeof(word));
	return word;
}

static struct pair pair_of_words(const uint64_t *words, unsigned n)
{
	return pair_of((const unsigned char *)words, n * 8);
}

/* Quotients whose guess is too large or too small are rare among others. */
START_TEST(a_divisor_of_one_word_may_be_any)
{
	unsigned long rounds = unit_steps(5000, 5);

	while (rounds--) {
		uint64_t d = word_near(1ull << random_below(64));
		uint64_t near = word_near(d);
		uint64_t words[6];
		struct pair a, b;
		unsigned i;

		if (d == 0)
			continue;
		for (i = 0; i < 6; i++)
			words[i] = __builtin_bswap64(word_near(
				i % 2 ? d : near));
		a = pair_of_words(words, 1 + random_below(6));
		d = __builtin_bswap64(d);
		b = pair_of_words(&d, 1);
		CHECK(BN_div(a.ours, b.ours, a.ours, b.ours, NULL) &&
			openssl.BN_div(a.theirs, b.theirs, a.theirs, b.theirs,
				ctx));
		same(&a);
		same(&b);
		pair_free(&a);
		pair_free(&b);
	}
}
END_TEST

START_TEST(a_number_that_is_missing_comes_last)
{
	BIGNUM *zero = BN_new();

	ck_assert_int_eq(BN_cmp(NULL, zero), 1);
	ck_assert_int_eq(BN_cmp(zero, NULL), -1);
	ck_assert_int_eq(BN_cmp(NULL, NULL), 0);
	BN_clear_free(zero);
}
END_TEST

START_TEST(results_may_be_where_operands_are)
{
	struct pair a = random_pair(300);
	struct pair b = random_pair(200);

	ck_assert_int_eq(BN_mul(a.ours, a.ours, b.ours, NULL), 1);
	ck_assert_int_eq(BN_sub(a.ours, a.ours, b.ours), 1);
	ck_assert_int_eq(BN_div(a.ours, b.ours, a.ours, b.ours, NULL), 1);
	openssl.BN_mul(a.theirs, a.theirs, b.theirs, ctx);
	openssl.BN_sub(a.theirs, a.theirs, b.theirs);
	openssl.BN_div(a.theirs, b.theirs, a.theirs, b.theirs, ctx);
	same(&a);
	same(&b);
	pair_free(&a);
	pair_free(&b);
}
END_TEST

START_TEST(a_number_that_is_too_long_is_refused)
{
	static const unsigned char bytes[3000] = { 1 };

	ck_assert_ptr_null(BN_bin2bn(bytes, sizeof(bytes), NULL));
	ck_assert_ptr_null(BN_bin2bn(bytes, -1, NULL));
}
END_TEST

START_TEST(intermediate_numbers_come_back_empty)
{
	BN_CTX *ours = BN_CTX_new();
	BIGNUM *a;

	BN_CTX_start(ours);
	a = BN_CTX_get(ours);
	BN_set_word(a, 5);
	BN_CTX_start(ours);
	ck_assert_ptr_ne(BN_CTX_get(ours), a);
	BN_CTX_end(ours);
	BN_CTX_end(ours);
	BN_CTX_start(ours);
	ck_assert_ptr_eq(BN_CTX_get(ours), a);
	ck_assert(BN_is_zero(a));
	BN_CTX_end(ours);
	BN_CTX_free(ours);
}
END_TEST

START_TEST(enough_was_compared)
{
	ck_assert_uint_ge(*checks_made, 90000);
}
END_TEST

UNIT_MAIN("vtpm big numbers", setup, teardown,
	big_numbers_are_those_of_openssl,
	a_divisor_of_one_word_may_be_any,
	a_number_that_is_missing_comes_last,
	results_may_be_where_operands_are,
	a_number_that_is_too_long_is_refused,
	intermediate_numbers_come_back_empty,
	enough_was_compared)
