/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Points: coordinates, sums and multiples.
 */
#include "provider.h"

EC_POINT *EC_POINT_new(const EC_GROUP *g)
{
	EC_POINT *p;

	if (!g)
		return NULL;
	p = vtpm_zalloc(sizeof(*p));
	p->infinite = true;
	p->len = g->len;
	return p;
}

void EC_POINT_clear_free(EC_POINT *p)
{
	vtpm_zfree(p, sizeof(*p));
}

void EC_POINT_free(EC_POINT *p)
{
	EC_POINT_clear_free(p);
}

static size_t point_bytes(const EC_GROUP *g)
{
	return 1 + 2 * g->len;
}

/* Multiplying by one checks the equation. */
static bool is_on_curve(const EC_GROUP *g, const unsigned char *point)
{
	static const unsigned char one = 1;
	unsigned char copy[EC_POINT_BYTES];

	memcpy(copy, point, point_bytes(g));
	return EC_IMPL->mul(copy, point_bytes(g), &one, 1, g->id);
}

int EC_POINT_set_affine_coordinates(const EC_GROUP *g, EC_POINT *p,
	const BIGNUM *x, const BIGNUM *y, BN_CTX *ctx)
{
	(void)ctx;
	if (!g || !p || !x || !y || x->neg || y->neg)
		return 0;
	p->infinite = true;
	p->len = g->len;
	p->b[0] = 4;
	if (!bn_put(x, p->b + 1, g->len) ||
	    !bn_put(y, p->b + 1 + g->len, g->len) || !is_on_curve(g, p->b))
		return 0;
	p->infinite = false;
	return 1;
}

int EC_POINT_get_affine_coordinates(const EC_GROUP *g, const EC_POINT *p,
	BIGNUM *x, BIGNUM *y, BN_CTX *ctx)
{
	(void)ctx;
	if (!g || !p || p->infinite)
		return 0;
	return (!x || bn_get(x, p->b + 1, g->len)) &&
		(!y || bn_get(y, p->b + 1 + g->len, g->len));
}

/** Modulo the order, as long as a field element; false: it is zero. */
bool ec_scalar(const EC_GROUP *g, const BIGNUM *k, unsigned char *out)
{
	size_t len;
	const unsigned char *n = EC_IMPL->order(g->id, &len);
	BIGNUM order = { 0 };
	BIGNUM rest = { 0 };
	unsigned char any = 0;
	bool done;
	size_t i;

	done = k && !k->neg && bn_get(&order, n, len) &&
		bn_reduce(&rest, k, &order) && bn_put(&rest, out, g->len);
	bn_forget(&order);
	bn_forget(&rest);
	for (i = 0; done && i < g->len; i++)
		any |= out[i];
	return any != 0;
}

/** A multiple of a point; of the generator where there is none. */
struct term {
	const EC_POINT *point;
	bool generator;
	const BIGNUM *by;
	bool counts;
	unsigned char scalar[EC_BYTES];
};

/* A missing factor, zero, and infinity all give no term. */
static void term_init(struct term *t, const EC_GROUP *g)
{
	bool point = t->generator || (t->point && !t->point->infinite);

	t->counts = point && t->by && ec_scalar(g, t->by, t->scalar);
}

static bool multiply(const EC_GROUP *g, const struct term *t,
	unsigned char *out)
{
	if (t->generator)
		return EC_IMPL->mulgen(out, t->scalar, g->len, g->id) ==
			point_bytes(g);
	memcpy(out, t->point->b, point_bytes(g));
	return EC_IMPL->mul(out, point_bytes(g), t->scalar, g->len, g->id);
}

/* out = b + a, of which b is a point; false also when that is infinity. */
static bool multiply_add(const EC_GROUP *g, const struct term *a,
	const struct term *b, unsigned char *out)
{
	unsigned char other[EC_POINT_BYTES];

	memcpy(out, b->point->b, point_bytes(g));
	if (!a->generator)
		memcpy(other, a->point->b, point_bytes(g));
	return EC_IMPL->muladd(out, a->generator ? NULL : other,
		point_bytes(g), b->scalar, g->len, a->scalar, g->len, g->id);
}

/* r = a + b. */
static int combine(const EC_GROUP *g, EC_POINT *r, struct term *a,
	struct term *b)
{
	unsigned char sum[EC_POINT_BYTES];
	bool finite = false;

	term_init(a, g);
	term_init(b, g);
	if (a->counts && b->counts)
		finite = multiply_add(g, a, b, sum);
	else if (a->counts || b->counts)
		finite = multiply(g, a->counts ? a : b, sum);
	r->infinite = !finite;
	r->len = g->len;
	if (finite)
		memcpy(r->b, sum, point_bytes(g));
	svsm_wipe(a->scalar, sizeof(a->scalar));
	svsm_wipe(b->scalar, sizeof(b->scalar));
	svsm_wipe(sum, sizeof(sum));
	return 1;
}

int EC_POINT_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n,
	const EC_POINT *q, const BIGNUM *m, BN_CTX *ctx)
{
	struct term a = { .generator = true, .by = n };
	struct term b = { .point = q, .by = m };

	(void)ctx;
	return g && r && combine(g, r, &a, &b);
}

/* Of two points without the generator: libtpms has no other use. */
int EC_POINTs_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, size_t num,
	const EC_POINT *p[], const BIGNUM *m[], BN_CTX *ctx)
{
	struct term a;
	struct term b;

	(void)ctx;
	if (!g || !r || n || num != 2)
		return 0;
	a = (struct term){ .point = p[0], .by = m[0] };
	b = (struct term){ .point = p[1], .by = m[1] };
	return combine(g, r, &a, &b);
}

int EC_POINT_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a,
	const EC_POINT *b, BN_CTX *ctx)
{
	uint64_t word = 1;
	const BIGNUM one = BN_WORD(&word);
	struct term first = { .point = a, .by = &one };
	struct term second = { .point = b, .by = &one };

	(void)ctx;
	return g && r && combine(g, r, &first, &second);
}
