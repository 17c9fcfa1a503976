/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One exit through the GHCB page.
 *
 * The page is the host's as much as ours: the request is complete in our
 * memory before it is written, the answer is copied once and judged there.
 */
#include <svsm/abi/snp.h>
#include <svsm/platform.h>
#include <svsm/string.h>

#include "internal.h"

void svsm_ghcb_init(struct svsm_ghcb *ghcb, void *page, svsm_gpa_t gpa)
{
	*ghcb = (struct svsm_ghcb){ .page = page, .gpa = gpa };
}

/* A handler that strikes in mid-request must leave the page alone. */
enum svsm_status ghcb_begin(struct svsm_ghcb *ghcb)
{
	if (ghcb->busy)
		return SVSM_EBUSY;
	ghcb->busy = true;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return SVSM_OK;
}

void ghcb_end(struct svsm_ghcb *ghcb)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	ghcb->busy = false;
}

/*@ requires bit < 128 && \valid(valid + (0 .. 1));
  assigns valid[bit / 64];
  ensures on ==> (valid[bit / 64] & (1 << (bit % 64))) != 0;
  ensures !on ==> valid[bit / 64] == \old(valid[bit / 64]);
  ensures \forall integer k; 0 <= k < 64 && k != bit % 64 ==>
    ((valid[bit / 64] & (1 << k)) != 0 <==>
     (\old(valid[bit / 64]) & (1 << k)) != 0); */
static void mark(uint64_t valid[2], size_t bit, bool on)
{
	valid[bit / 64] |= (uint64_t)on << (bit % 64);
}

/*@ requires bit < 128 && \valid_read(valid + (0 .. 1));
  assigns \nothing;
  ensures \result <==> (valid[bit / 64] & (1 << (bit % 64))) != 0; */
static bool marked(const uint64_t valid[2], size_t bit)
{
	return valid[bit / 64] >> (bit % 64) & 1;
}

static void mark_request(uint64_t valid[2], const struct ghcb_request *request)
{
	mark(valid, SVSM_GHCB_BIT(sw_exitcode), true);
	mark(valid, SVSM_GHCB_BIT(sw_exitinfo1), true);
	mark(valid, SVSM_GHCB_BIT(sw_exitinfo2), true);
	mark(valid, SVSM_GHCB_BIT(sw_scratch), request->has_scratch);
	mark(valid, SVSM_GHCB_BIT(rax), request->has_rax);
	mark(valid, SVSM_GHCB_BIT(rcx), request->has_rcx);
	mark(valid, SVSM_GHCB_BIT(rdx), request->has_rdx);
}

static bool write_request(struct svsm_ghcb *ghcb,
		const struct ghcb_request *request)
{
	struct svsm_abi_ghcb *page = ghcb->page;
	uint64_t valid[2] = { 0 };
	uint64_t exit[4] = { request->code, request->info1, request->info2,
		ghcb->gpa.v + offsetof(struct svsm_abi_ghcb, buffer) };
	uint64_t regs[2] = { request->rcx, request->rdx };
	struct __attribute__((packed)) {
		uint16_t version;
		uint32_t usage;
	} tail = { SVSM_GHCB_VERSION, SVSM_GHCB_USAGE };

	mark_request(valid, request);
	return svsm_plat_copy(&page->sw_exitcode, exit, sizeof(exit)) &&
		svsm_plat_copy(&page->rax, &request->rax, 8) &&
		svsm_plat_copy(&page->rcx, regs, sizeof(regs)) &&
		svsm_plat_copy(&page->valid_bitmap, valid, sizeof(valid)) &&
		svsm_plat_copy(&page->version, &tail, sizeof(tail));
}

/* False: no answer. Each byte of the page is fetched once. */
static bool read_answer(const struct svsm_ghcb *ghcb, uint32_t *result,
		struct ghcb_answer *answer)
{
	const struct svsm_abi_ghcb *page = ghcb->page;
	uint64_t valid[2];
	uint64_t info[2];

	if (!svsm_plat_copy(valid, &page->valid_bitmap, sizeof(valid)) ||
			!svsm_plat_copy(info, &page->sw_exitinfo1,
			    sizeof(info)) ||
			!svsm_plat_copy(&answer->rax, &page->rax, 8) ||
			!svsm_plat_copy(&answer->rdx, &page->rdx, 8))
		return false;
	answer->has_rax = marked(valid, SVSM_GHCB_BIT(rax));
	answer->has_rdx = marked(valid, SVSM_GHCB_BIT(rdx));
	answer->has_info = marked(valid, SVSM_GHCB_BIT(sw_exitinfo1)) &&
		marked(valid, SVSM_GHCB_BIT(sw_exitinfo2));
	answer->info2 = info[1];
	*result = (uint32_t)info[0];
	return answer->has_info;
}

static void vmgexit(struct svsm_ghcb *ghcb)
{
	svsm_plat_msr_write(SVSM_MSR_GHCB, ghcb->gpa.v);
	svsm_plat_vmgexit();
	ghcb->exits++;
}

enum svsm_status
ghcb_exit(struct svsm_ghcb *ghcb, const struct ghcb_request *request,
		struct ghcb_answer *answer)
{
	uint64_t irq = svsm_plat_irq_save();
	uint32_t result = 0;
	bool answered = false;

	memset(answer, 0, sizeof(*answer));
	if (write_request(ghcb, request)) {
		vmgexit(ghcb);
		answered = read_answer(ghcb, &result, answer);
	}
	svsm_plat_irq_restore(irq);
	/* 1 asks us to raise an exception: never at VMPL0. */
	if (!answered || result != SVSM_GHCB_RESULT_OK)
		return SVSM_EHOST;
	return SVSM_OK;
}

enum svsm_status
ghcb_call(struct svsm_ghcb *ghcb, const struct ghcb_request *request,
		struct ghcb_answer *answer)
{
	enum svsm_status status = ghcb_begin(ghcb);

	if (status != SVSM_OK)
		return status;
	status = ghcb_exit(ghcb, request, answer);
	ghcb_end(ghcb);
	return status;
}

/*@ assigns \nothing;
  ensures \result <==> off + len <= SVSM_GHCB_BUF_BYTES; */
static bool in_buffer(size_t off, size_t len)
{
	return off <= SVSM_GHCB_BUF_BYTES && len <= SVSM_GHCB_BUF_BYTES - off;
}

enum svsm_status
ghcb_buf_write(struct svsm_ghcb *ghcb, size_t off, const void *src,
		size_t len)
{
	if (!in_buffer(off, len))
		return SVSM_EINVAL;
	return svsm_plat_copy(ghcb->page->buffer + off, src, len) ?
		SVSM_OK : SVSM_EFAULT;
}

enum svsm_status
ghcb_buf_read(const struct svsm_ghcb *ghcb, size_t off, void *dst,
		size_t len)
{
	if (!in_buffer(off, len))
		return SVSM_EINVAL;
	return svsm_plat_copy(dst, ghcb->page->buffer + off, len) ?
		SVSM_OK : SVSM_EFAULT;
}
