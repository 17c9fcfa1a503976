/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * One exit through the GHCB page: what the requests of this folder share.
 */
#ifndef SNP_INTERNAL_H
#define SNP_INTERNAL_H

#include <svsm/ghcb.h>

/** A request in our memory; what is marked here is marked on the page. */
struct ghcb_request {
	uint64_t code, info1, info2;
	uint64_t rax, rcx, rdx;
	bool has_rax, has_rcx, has_rdx, has_scratch;
};

/** The answer in our memory; a register is there only when marked valid. */
struct ghcb_answer {
	uint64_t info2;
	uint64_t rax, rdx;
	bool has_rax, has_rdx;
	bool has_info;		/* both exit infos were marked valid */
};

/** Take the page for one request. Pair: ghcb_end(). SVSM_EBUSY if taken. */
SVSM_CHECKED enum svsm_status ghcb_begin(struct svsm_ghcb *ghcb);
void ghcb_end(struct svsm_ghcb *ghcb);

/**
 * Write the request, exit, copy the answer once.
 *
 * @param answer  Always written; all clear when there was none.
 *
 * @retval SVSM_OK     The host marked both exit infos and reports success.
 * @retval SVSM_EHOST  Anything else.
 */
SVSM_CHECKED enum svsm_status
ghcb_exit(struct svsm_ghcb *ghcb, const struct ghcb_request *request,
		struct ghcb_answer *answer);

/** begin, exit, end. */
SVSM_CHECKED enum svsm_status
ghcb_call(struct svsm_ghcb *ghcb, const struct ghcb_request *request,
		struct ghcb_answer *answer);

/**
 * Write to, read from the shared buffer of a page that we have taken.
 *
 * @retval SVSM_EINVAL  [off, off + len) is not inside the buffer; nothing was
 *                      touched.
 */
SVSM_CHECKED enum svsm_status
ghcb_buf_write(struct svsm_ghcb *ghcb, size_t off, const void *src,
		size_t len);
SVSM_CHECKED enum svsm_status
ghcb_buf_read(const struct svsm_ghcb *ghcb, size_t off, void *dst,
		size_t len);

#endif
