/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Curves against OpenSSL's: points, keys, ECDSA.
 */
#include "openssl.h"
#include "unit.h"

/** A curve on both sides. */
struct curve {
	EC_GROUP *ours, *theirs;
	const BIGNUM *order;
};

/** A point on both sides. */
struct point {
	EC_POINT *ours, *theirs;
};

static const int nids[] = {
	NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1
};
static const int lengths[] = { 32, 48, 64 };
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

/* What libtpms does: from the numbers of the standard. */
static EC_GROUP *group_of(const EC_GROUP *theirs)
{
	BIGNUM *number[3];
	BIGNUM *ours[3];
	EC_GROUP *g;

	for (int i = 0; i < 3; i++)
		number[i] = openssl.BN_new();
	openssl.EC_GROUP_get_curve(theirs, number[0], number[1], number[2],
		ctx);
	for (int i = 0; i < 3; i++) {
		ours[i] = ours_of(number[i]);
		openssl.BN_free(number[i]);
	}
	g = EC_GROUP_new_curve_GFp(ours[0], ours[1], ours[2], NULL);
	for (int i = 0; i < 3; i++)
		BN_clear_free(ours[i]);
	return g;
}

/* The provider's copy of a point that is not infinity; NULL: refused. */
static EC_POINT *point_of(const struct curve *c, const EC_POINT *theirs,
	unsigned long add)
{
	BIGNUM *x = openssl.BN_new();
	BIGNUM *y = openssl.BN_new();
	EC_POINT *p = EC_POINT_new(c->ours);
	BIGNUM *a;
	BIGNUM *b;

	openssl.EC_POINT_get_affine_coordinates(c->theirs, theirs, x, y, ctx);
	a = ours_of(x);
	b = ours_of(y);
	BN_add_word(b, add);
	if (!EC_POINT_set_affine_coordinates(c->ours, p, a, b, NULL)) {
		EC_POINT_free(p);
		p = NULL;
	}
	BN_clear_free(a);
	BN_clear_free(b);
	openssl.BN_free(x);
	openssl.BN_free(y);
	return p;
}

static void curve_init(struct curve *c, int nid)
{
	const EC_POINT *generator;
	BIGNUM *order;
	BIGNUM *one = BN_new();
	EC_POINT *p;

	c->theirs = openssl.EC_GROUP_new_by_curve_name(nid);
	c->order = openssl.EC_GROUP_get0_order(c->theirs);
	c->ours = group_of(c->theirs);
	ck_assert_ptr_nonnull(c->ours);
	generator = openssl.EC_GROUP_get0_generator(c->theirs);
	p = point_of(c, generator, 0);
	order = ours_of(c->order);
	BN_set_word(one, 1);
	CHECK(EC_GROUP_set_generator(c->ours, p, order, one) == 1);
	CHECK(EC_GROUP_set_generator(c->ours, p, one, one) == 0);
	CHECK(EC_GROUP_set_generator(c->ours, p, order, order) == 0);
	EC_POINT_free(p);
	CHECK(!point_of(c, generator, 1));
	BN_clear_free(order);
	BN_clear_free(one);
}

static void curve_fini(struct curve *c)
{
	EC_GROUP_free(c->ours);
	openssl.EC_GROUP_free(c->theirs);
}

static BIGNUM *random_number(unsigned len)
{
	unsigned char bytes[80];

	random_bytes(bytes, len);
	return openssl.BN_bin2bn(bytes, (int)len, NULL);
}

/* Zeros before or behind: halves of a scalar that are none. */
static BIGNUM *half_number(unsigned len)
{
	unsigned char bytes[80] = { 0 };

	random_bytes(bytes + (random_below(2) ? len / 2 : 0), len / 2);
	return openssl.BN_bin2bn(bytes, (int)len, NULL);
}

/* Longer than the order, short, zero, the order itself and next to it. */
static BIGNUM *random_scalar(const struct curve *c)
{
	unsigned len = ((unsigned)openssl.BN_num_bits(c->order) + 7) / 8;
	BIGNUM *k = random_number(random_below(4) ? len + 3 : 1);
	BIGNUM *one;

	switch (random_below(10)) {
	case 0:
		openssl.BN_set_word(k, 0);
		break;
	case 1:
		openssl.BN_copy(k, c->order);
		break;
	case 2:
		one = openssl.BN_new();
		openssl.BN_set_word(one, 1);
		openssl.BN_sub(k, c->order, one);
		openssl.BN_free(one);
		break;
	case 3:
	case 4:
		openssl.BN_free(k);
		k = half_number(len);
		break;
	default:
		break;
	}
	return k;
}

static struct point random_point(const struct curve *c)
{
	BIGNUM *k = random_number(31);
	struct point p = { .theirs = openssl.EC_POINT_new(c->theirs) };

	openssl.EC_POINT_mul(c->theirs, p.theirs, k, NULL, NULL, ctx);
	p.ours = point_of(c, p.theirs, 0);
	CHECK(p.ours != NULL);
	openssl.BN_free(k);
	return p;
}

/* Another, the same, the negative, the double. */
static struct point related_point(const struct curve *c, const struct point *p)
{
	struct point q;
	unsigned kind = random_below(5);

	if (kind > 2)
		return random_point(c);
	q.theirs = openssl.EC_POINT_new(c->theirs);
	openssl.EC_POINT_copy(q.theirs, p->theirs);
	if (kind == 1)
		openssl.EC_POINT_invert(c->theirs, q.theirs, ctx);
	if (kind == 2)
		openssl.EC_POINT_dbl(c->theirs, q.theirs, p->theirs, ctx);
	q.ours = point_of(c, q.theirs, 0);
	return q;
}

static void point_free(struct point *p)
{
	EC_POINT_clear_free(p->ours);
	openssl.EC_POINT_free(p->theirs);
}

static void check_point(const struct curve *c, const struct point *p)
{
	BIGNUM *x = BN_new();
	BIGNUM *y = BN_new();
	BIGNUM *u = openssl.BN_new();
	BIGNUM *v = openssl.BN_new();
	int finite = !openssl.EC_POINT_is_at_infinity(c->theirs, p->theirs);

	CHECK(EC_POINT_get_affine_coordinates(c->ours, p->ours, x, y, NULL) ==
		finite);
	if (finite) {
		openssl.EC_POINT_get_affine_coordinates(c->theirs, p->theirs, u,
			v, ctx);
		check_same(x, u);
		check_same(y, v);
	}
	BN_clear_free(x);
	BN_clear_free(y);
	openssl.BN_free(u);
	openssl.BN_free(v);
}

struct operands {
	struct point p, q, r;
	BIGNUM *k, *m;		/* theirs */
	BIGNUM *ok, *om;	/* ours */
};

static void compare_operations(const struct curve *c, struct operands *o)
{
	const EC_POINT *op[2] = { o->p.ours, o->q.ours };
	const EC_POINT *tp[2] = { o->p.theirs, o->q.theirs };
	const BIGNUM *os[2] = { o->ok, o->om };
	const BIGNUM *ts[2] = { o->k, o->m };
	EC_POINT *r = o->r.ours;
	EC_POINT *s = o->r.theirs;

	CHECK(EC_POINT_add(c->ours, r, op[0], op[1], NULL) == 1);
	openssl.EC_POINT_add(c->theirs, s, tp[0], tp[1], ctx);
	check_point(c, &o->r);
	CHECK(EC_POINT_mul(c->ours, r, os[0], NULL, NULL, NULL) == 1);
	openssl.EC_POINT_mul(c->theirs, s, ts[0], NULL, NULL, ctx);
	check_point(c, &o->r);
	CHECK(EC_POINT_mul(c->ours, r, NULL, op[0], os[0], NULL) == 1);
	openssl.EC_POINT_mul(c->theirs, s, NULL, tp[0], ts[0], ctx);
	check_point(c, &o->r);
	CHECK(EC_POINT_mul(c->ours, r, os[0], op[1], os[1], NULL) == 1);
	openssl.EC_POINT_mul(c->theirs, s, ts[0], tp[1], ts[1], ctx);
	check_point(c, &o->r);
	CHECK(EC_POINTs_mul(c->ours, r, NULL, 2, op, os, NULL) == 1);
	openssl.EC_POINTs_mul(c->theirs, s, NULL, 2, tp, ts, ctx);
	check_point(c, &o->r);
}

static void compare_random(const struct curve *c)
{
	struct operands o;

	o.p = random_point(c);
	o.q = related_point(c, &o.p);
	o.r.ours = EC_POINT_new(c->ours);
	o.r.theirs = openssl.EC_POINT_new(c->theirs);
	o.k = random_scalar(c);
	o.m = random_scalar(c);
	o.ok = ours_of(o.k);
	o.om = ours_of(o.m);
	compare_operations(c, &o);
	point_free(&o.p);
	point_free(&o.q);
	point_free(&o.r);
	BN_clear_free(o.ok);
	BN_clear_free(o.om);
	openssl.BN_free(o.k);
	openssl.BN_free(o.m);
}

START_TEST(points_are_those_of_openssl)
{
	unsigned long rounds = unit_steps(14, 50);
	struct curve c;

	for (size_t i = 0; i < 3; i++) {
		curve_init(&c, nids[i]);
		for (unsigned long n = 0; n < rounds; n++)
			compare_random(&c);
		curve_fini(&c);
	}
}
END_TEST

START_TEST(other_curves_are_refused)
{
	static const int others[] = {
		NID_X9_62_prime192v1, NID_secp224r1, NID_sm2, NID_secp256k1
	};

	for (size_t i = 0; i < 4; i++) {
		EC_GROUP *theirs =
			openssl.EC_GROUP_new_by_curve_name(others[i]);

		ck_assert_ptr_null(group_of(theirs));
		openssl.EC_GROUP_free(theirs);
	}
}
END_TEST

static BIGNUM *theirs_of(const BIGNUM *ours)
{
	unsigned char bytes[80];

	return openssl.BN_bin2bn(bytes, BN_bn2bin(ours, bytes), NULL);
}

/* The same key on both sides, made by libcrypto. */
static void make_keys(const struct curve *c, EC_KEY **ours, EC_KEY **theirs)
{
	const EC_POINT *q;
	EC_POINT *p;
	BIGNUM *d;

	*theirs = openssl.EC_KEY_new();
	openssl.EC_KEY_set_group(*theirs, c->theirs);
	ck_assert_int_eq(openssl.EC_KEY_generate_key(*theirs), 1);
	q = openssl.EC_KEY_get0_public_key(*theirs);
	p = point_of(c, q, 0);
	d = ours_of(openssl.EC_KEY_get0_private_key(*theirs));
	*ours = EC_KEY_new();
	EC_KEY_set_group(*ours, c->ours);
	EC_KEY_set_public_key(*ours, p);
	EC_KEY_set_private_key(*ours, d);
	EC_POINT_free(p);
	BN_clear_free(d);
}

/* Ours is good for them, and theirs for us, until a bit is changed. */
static void compare_signatures(EC_KEY *ours, EC_KEY *theirs, int len)
{
	unsigned char hash[64];
	const BIGNUM *r;
	const BIGNUM *s;
	ECDSA_SIG *mine;
	ECDSA_SIG *copy = openssl.ECDSA_SIG_new();

	random_bytes(hash, sizeof(hash));
	mine = ECDSA_do_sign(hash, len, ours);
	CHECK(mine != NULL);
	ECDSA_SIG_get0(mine, &r, &s);
	openssl.ECDSA_SIG_set0(copy, theirs_of(r), theirs_of(s));
	CHECK(openssl.ECDSA_do_verify(hash, len, copy, theirs) == 1);
	openssl.ECDSA_SIG_free(copy);
	copy = openssl.ECDSA_do_sign(hash, len, theirs);
	openssl.ECDSA_SIG_get0(copy, &r, &s);
	ECDSA_SIG_set0(mine, ours_of(r), ours_of(s));
	CHECK(ECDSA_do_verify(hash, len, mine, ours) == 1);
	hash[random_below((unsigned)len)] ^= 1;
	CHECK(ECDSA_do_verify(hash, len, mine, ours) == 0);
	openssl.ECDSA_SIG_free(copy);
	ECDSA_SIG_free(mine);
}

START_TEST(each_side_takes_the_others_signatures)
{
	struct curve c;
	EC_KEY *ours;
	EC_KEY *theirs;

	for (size_t i = 0; i < 3; i++) {
		curve_init(&c, nids[i]);
		for (int n = 0; n < 5; n++) {
			make_keys(&c, &ours, &theirs);
			compare_signatures(ours, theirs, lengths[i]);
			EC_KEY_free(ours);
			openssl.EC_KEY_free(theirs);
		}
		curve_fini(&c);
	}
}
END_TEST

/* RFC 6979, A.2.5: P-256, SHA-256, "sample". */
START_TEST(a_signature_is_that_of_rfc_6979)
{
	static const unsigned char d[] = {
		0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16,
		0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
		0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12,
		0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21
	};
	static const unsigned char want[] = {
		0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8, 0xfd,
		0x11, 0x40, 0xdd, 0x9c, 0xd4, 0x5e, 0x81, 0xd6,
		0x9d, 0x2c, 0x87, 0x7b, 0x56, 0xaa, 0xf9, 0x91,
		0xc3, 0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37, 0x16
	};
	unsigned char hash[32];
	unsigned char r[32];
	SHA256_CTX sha;
	struct curve c;
	const BIGNUM *number;
	ECDSA_SIG *s;
	EC_KEY *k = EC_KEY_new();
	BIGNUM *secret = BN_bin2bn(d, sizeof(d), NULL);

	curve_init(&c, NID_X9_62_prime256v1);
	EC_KEY_set_group(k, c.ours);
	EC_KEY_set_private_key(k, secret);
	SHA256_Init(&sha);
	SHA256_Update(&sha, "sample", 6);
	SHA256_Final(hash, &sha);
	s = ECDSA_do_sign(hash, sizeof(hash), k);
	ECDSA_SIG_get0(s, &number, NULL);
	ck_assert_int_eq(BN_bn2bin(number, r), sizeof(r));
	ck_assert_mem_eq(r, want, sizeof(r));
	ECDSA_SIG_free(s);
	BN_clear_free(secret);
	EC_KEY_free(k);
	curve_fini(&c);
}
END_TEST

START_TEST(new_secrets_are_between_zero_and_the_order)
{
	struct curve c;
	EC_KEY *k;
	BIGNUM *order;
	int full;

	for (size_t i = 0; i < 3; i++) {
		curve_init(&c, nids[i]);
		k = EC_KEY_new();
		EC_KEY_set_group(k, c.ours);
		order = ours_of(c.order);
		full = 0;
		for (int n = 0; n < 200; n++) {
			const BIGNUM *d;

			CHECK(EC_KEY_generate_key(k) == 1);
			d = EC_KEY_get0_private_key(k);
			CHECK(!BN_is_zero(d) && BN_cmp(d, order) < 0);
			full += BN_num_bits(d) >= BN_num_bits(order) - 1;
		}
		ck_assert_int_gt(full, 100);
		EC_KEY_free(k);
		BN_clear_free(order);
		curve_fini(&c);
	}
}
END_TEST

START_TEST(enough_was_compared)
{
	ck_assert_uint_ge(*checks_made, 2100);
}
END_TEST

UNIT_MAIN("vtpm curves", setup, teardown,
	points_are_those_of_openssl,
	other_curves_are_refused,
	each_side_takes_the_others_signatures,
	a_signature_is_that_of_rfc_6979,
	new_secrets_are_between_zero_and_the_order,
	enough_was_compared)
