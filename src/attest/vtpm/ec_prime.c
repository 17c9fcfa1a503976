/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Multiples of points of P-384 and P-521. With BearSSL's code one of them is a
 * single step of 3 and 6 ms, longer than a guest's vCPU may stand still.
 *
 * Points are projective, coordinates Montgomery's. One formula adds any two
 * points, equal ones and infinity among them [RCB16, algorithm 4]: nothing is
 * asked about a secret, and it is doubled in the same way.
 */
#include "ec_prime.h"
#include "mont.h"

#define FIELD_WORDS	((EC_BYTES + 7u) / 8u)

/* Bits of the scalar at a time; a divisor of eight. */
#define WINDOW	4u

typedef uint64_t field_t[FIELD_WORDS];

/** x / z and y / z; infinity where z is zero. */
struct projective {
	field_t x, y, z;
};

struct curve {
	const br_ec_curve_def *def;
	size_t len;		/* bytes of a coordinate */
	struct mont p;
	field_t b;		/* y * y = x * x * x - 3 * x + b */
	field_t minus_two;	/* p - 2 */
};

const br_ec_curve_def *ec_prime_def(int curve)
{
	return curve == BR_EC_secp384r1 ? &br_secp384r1 : &br_secp521r1;
}

static void add(field_t r, const field_t a, const field_t b,
	const struct curve *c)
{
	mont_add(r, a, b, &c->p);
}

static void sub(field_t r, const field_t a, const field_t b,
	const struct curve *c)
{
	mont_subtract(r, a, b, &c->p);
}

static void mul(field_t r, const field_t a, const field_t b,
	const struct curve *c)
{
	mont_multiply(r, a, b, &c->p);
}

/* r = 3 * a, which is not r */
static void thrice(field_t r, const field_t a, const struct curve *c)
{
	add(r, a, a, c);
	add(r, r, a, c);
}

/* r = a1 * b2 + a2 * b1, where aa and bb are a1 * a2 and b1 * b2 */
static void crosswise(field_t r, const field_t a1, const field_t a2,
	const field_t aa, const field_t b1, const field_t b2,
	const field_t bb, const struct curve *c)
{
	field_t t;

	add(r, a1, b1, c);
	add(t, a2, b2, c);
	mul(r, r, t, c);
	sub(r, r, aa, c);
	sub(r, r, bb, c);
}

/* What of a sum is made of products of its terms' coordinates. */
struct terms {
	field_t xy, yz;		/* x1 * y2 + x2 * y1, and so on */
	field_t less, more;	/* yy -+ 3 * (xz - b * zz) */
	field_t u, v;		/* 3 * (xx - zz), 3 * (b * xz - 3 * zz - xx) */
};

static void multiply_terms(struct terms *s, const struct projective *p,
	const struct projective *q, const struct curve *c)
{
	field_t xx, yy, zz, xz, t, w;

	mul(xx, p->x, q->x, c);
	mul(yy, p->y, q->y, c);
	mul(zz, p->z, q->z, c);
	crosswise(s->xy, p->x, q->x, xx, p->y, q->y, yy, c);
	crosswise(s->yz, p->y, q->y, yy, p->z, q->z, zz, c);
	crosswise(xz, p->x, q->x, xx, p->z, q->z, zz, c);
	mul(t, c->b, zz, c);
	sub(t, xz, t, c);
	thrice(w, t, c);
	sub(s->less, yy, w, c);
	add(s->more, yy, w, c);
	sub(t, xx, zz, c);
	thrice(s->u, t, c);
	mul(t, c->b, xz, c);
	thrice(w, zz, c);
	sub(t, t, w, c);
	sub(t, t, xx, c);
	thrice(s->v, t, c);
}

/* r = p + q; r may be either. */
static void add_points(struct projective *r, const struct projective *p,
	const struct projective *q, const struct curve *c)
{
	struct terms s;
	field_t t;

	multiply_terms(&s, p, q, c);
	mul(r->x, s.xy, s.more, c);
	mul(t, s.yz, s.v, c);
	sub(r->x, r->x, t, c);
	mul(r->y, s.more, s.less, c);
	mul(t, s.u, s.v, c);
	add(r->y, r->y, t, c);
	mul(r->z, s.yz, s.less, c);
	mul(t, s.xy, s.u, c);
	add(r->z, r->z, t, c);
}

/* Big-endian bytes to words, of which there are n. */
static void decode(uint64_t *word, size_t n, const unsigned char *bytes,
	size_t len)
{
	size_t i;

	memset(word, 0, n * sizeof(*word));
	for (i = 0; i < len; i++)
		word[i / 8] |= (uint64_t)bytes[len - 1 - i] << 8 * (i % 8);
}

static void encode(unsigned char *bytes, size_t len, const uint64_t *word)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[len - 1 - i] = (unsigned char)(word[i / 8] >>
			8 * (i % 8));
}

/* A coordinate that is not less than p is none. */
static bool get_coordinate(field_t r, const unsigned char *bytes,
	const struct curve *c)
{
	decode(r, FIELD_WORDS, bytes, c->len);
	if (!mont_is_less(r, &c->p))
		return false;
	mont_enter(r, r, &c->p);
	return true;
}

/* r = x * x * x - 3 * x - y * y */
static void equation(field_t r, const struct projective *p,
	const struct curve *c)
{
	field_t t;

	mul(r, p->x, p->x, c);
	mul(r, r, p->x, c);
	thrice(t, p->x, c);
	sub(r, r, t, c);
	mul(t, p->y, p->y, c);
	sub(r, r, t, c);
}

static bool get_coordinates(struct projective *p, const unsigned char *bytes,
	const struct curve *c)
{
	memset(p, 0, sizeof(*p));
	memcpy(p->z, c->p.one, c->p.n * sizeof(*p->z));
	return bytes[0] == 4 && get_coordinate(p->x, bytes + 1, c) &&
		get_coordinate(p->y, bytes + 1 + c->len, c);
}

static bool is_zero(const field_t a, const struct curve *c)
{
	uint64_t any = 0;
	size_t i;

	for (i = 0; i < c->p.n; i++)
		any |= a[i];
	return any == 0;
}

static bool get_point(struct projective *p, const unsigned char *bytes,
	const struct curve *c)
{
	field_t rest;

	if (!get_coordinates(p, bytes, c))
		return false;
	equation(rest, p, c);
	add(rest, rest, c->b, c);
	return is_zero(rest, c);
}

/* r = 1 / a, or zero: to the power of p - 2, which is no secret. */
static void invert(field_t r, const field_t a, const struct curve *c)
{
	size_t bit = c->p.n * BN_WORD_BITS;

	memcpy(r, c->p.one, c->p.n * sizeof(*r));
	while (bit-- > 0) {
		mul(r, r, r, c);
		if (c->minus_two[bit / BN_WORD_BITS] >> bit % BN_WORD_BITS & 1)
			mul(r, r, a, c);
	}
}

static void put_coordinate(unsigned char *bytes, const field_t a,
	const field_t factor, const struct curve *c)
{
	field_t t;

	mul(t, a, factor, c);
	mont_leave(t, t, &c->p);
	encode(bytes, c->len, t);
}

/* false: it is infinity. */
static bool put_point(unsigned char *bytes, const struct projective *p,
	const struct curve *c)
{
	field_t inverse;

	vtpm_plat_yield();
	invert(inverse, p->z, c);
	bytes[0] = 4;
	put_coordinate(bytes + 1, p->x, inverse, c);
	put_coordinate(bytes + 1 + c->len, p->y, inverse, c);
	return !is_zero(p->z, c);
}

/* The generator tells b. */
static void curve_set(struct curve *c, int id)
{
	static const field_t zero;
	struct projective g;

	c->def = ec_prime_def(id);
	c->len = (c->def->generator_len - 1) / 2;
	decode(c->minus_two, FIELD_WORDS, ec_prime_bytes(id), c->len);
	mont_set(&c->p, c->minus_two, (c->len + 7) / 8);
	c->minus_two[0] -= 2;
	memset(c->b, 0, sizeof(c->b));
	(void)get_coordinates(&g, c->def->generator, c);
	equation(c->b, &g, c);
	sub(c->b, zero, c->b, c);
}

/** p * 0, p * 1, ... */
struct multiples {
	struct projective of[1u << WINDOW];
};

static void multiples_set(struct multiples *t, const struct projective *p,
	const struct curve *c)
{
	unsigned i;

	memset(&t->of[0], 0, sizeof(t->of[0]));
	memcpy(t->of[0].y, c->p.one, c->p.n * sizeof(*c->p.one));
	t->of[1] = *p;
	for (i = 2; i < 1u << WINDOW; i++)
		add_points(&t->of[i], &t->of[i - 1], p, c);
}

/* All of them are read, whichever is wanted. */
static void multiples_get(const struct multiples *t, unsigned which,
	struct projective *p)
{
	uint64_t *out = (uint64_t *)p;
	unsigned i;
	size_t j;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < 1u << WINDOW; i++) {
		const uint64_t *in = (const uint64_t *)&t->of[i];
		uint64_t mask = -(((uint64_t)(i ^ which) - 1) >> 63);

		for (j = 0; j < sizeof(*p) / sizeof(*out); j++)
			out[j] |= in[j] & mask;
	}
}

static void multiply(struct projective *r, const struct multiples *t,
	const unsigned char *x, size_t xlen, const struct curve *c)
{
	struct projective term;
	size_t bit;
	unsigned i;

	*r = t->of[0];
	for (bit = 0; bit < 8 * xlen; bit += WINDOW) {
		unsigned digit = x[bit / 8] >> (8 - WINDOW - bit % 8);

		vtpm_plat_yield();
		for (i = 0; i < WINDOW; i++)
			add_points(r, r, r, c);
		multiples_get(t, digit & ((1u << WINDOW) - 1), &term);
		add_points(r, r, &term, c);
	}
	wipe_words(&term, sizeof(term));
}

/* Too much for a stack; there is one at a time. */
uint32_t ec_prime_mul(unsigned char *point, size_t len, const unsigned char *x,
	size_t xlen, int id)
{
	static struct curve c;
	static struct multiples t;
	struct projective p;
	bool good;

	curve_set(&c, id);
	if (len != c.def->generator_len || !get_point(&p, point, &c))
		return 0;
	multiples_set(&t, &p, &c);
	multiply(&p, &t, x, xlen, &c);
	good = put_point(point, &p, &c);
	wipe_words(&t, sizeof(t));
	wipe_words(&p, sizeof(p));
	return good;
}

uint32_t ec_prime_add(unsigned char *a, const unsigned char *b, int id)
{
	static struct curve c;
	struct projective p, q;
	bool good;

	curve_set(&c, id);
	if (!get_point(&p, a, &c) || !get_point(&q, b, &c))
		return 0;
	add_points(&p, &p, &q, &c);
	good = put_point(a, &p, &c);
	wipe_words(&p, sizeof(p));
	wipe_words(&q, sizeof(q));
	return good;
}
