/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Big numbers for intermediate results: a stack of them with marks.
 */
#include "provider.h"

#define NUMBERS	32
#define MARKS	16

struct bignum_ctx {
	BIGNUM number[NUMBERS];
	unsigned used;
	unsigned depth;
	unsigned mark[MARKS];
};

BN_CTX *BN_CTX_new(void)
{
	return vtpm_zalloc(sizeof(BN_CTX));
}

void BN_CTX_free(BN_CTX *ctx)
{
	unsigned i;

	if (!ctx)
		return;
	for (i = 0; i < NUMBERS; i++)
		bn_forget(&ctx->number[i]);
	free(ctx);
}

void BN_CTX_start(BN_CTX *ctx)
{
	if (ctx->depth == MARKS)
		vtpm_plat_die("big numbers nested too deeply");
	ctx->mark[ctx->depth++] = ctx->used;
}

BIGNUM *BN_CTX_get(BN_CTX *ctx)
{
	BIGNUM *r;

	if (ctx->used == NUMBERS)
		vtpm_plat_die("too many intermediate numbers");
	r = &ctx->number[ctx->used++];
	r->top = 0;
	r->neg = false;
	return r;
}

void BN_CTX_end(BN_CTX *ctx)
{
	unsigned mark;

	if (ctx->depth == 0)
		vtpm_plat_die("big numbers: an end without a start");
	mark = ctx->mark[--ctx->depth];
	while (ctx->used > mark) {
		BIGNUM *r = &ctx->number[--ctx->used];

		if (r->room)
			svsm_wipe(r->word, r->room * BN_WORD_BYTES);
	}
}
