/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The one set of results that our functions return.
 */
#ifndef SVSM_STATUS_H
#define SVSM_STATUS_H

/** The result must be looked at. */
#define SVSM_CHECKED __attribute__((warn_unused_result))

/**
 * What became of a call. 0 is success; whatever else, out-parameters are
 * untouched unless the function's own text says otherwise.
 *
 * What the guest is answered is another type, svsm_result_t (abi/svsm.h).
 */
enum svsm_status {
	SVSM_OK = 0,
	SVSM_EINVAL,	/**< An argument is wrong in itself (alignment, ...). */
	SVSM_EADDR,	/**< Address wraps, is no memory or not the caller's. */
	SVSM_EFAULT,	/**< The access faulted half-way. */
	SVSM_ENOMEM,	/**< No memory, or a bounded table is full. */
	SVSM_ENOENT,	/**< There is no such thing. */
	SVSM_EEXIST,	/**< There is one already. */
	SVSM_EBUSY,	/**< In use by somebody; ask again. */
	SVSM_ESTATE,	/**< Not possible in the present state. */
	SVSM_ESIZE,	/**< The page sizes differ; retry in 4 KiB steps. */
	SVSM_EPERM,	/**< Not permitted. */
	SVSM_ENOSYS,	/**< Not supported. */
	SVSM_EFORMAT,	/**< Untrusted input is malformed. */
	SVSM_EAGAIN,	/**< Bound reached with work left; call again. */
	SVSM_ETIME,	/**< Bounded wait ended without the event. */
	SVSM_EHOST,	/**< The host refused, or its answer is no answer. */
	SVSM_EFOREIGN,	/**< No memory of this allocator. */
	SVSM_EINTERIOR,	/**< Inside of a live block, not its first address. */
	SVSM_EDOUBLE,	/**< Given back already, or never handed out. */
	SVSM_EORDER,	/**< A live block, but of another size. */
	SVSM_EOWNER,	/**< A live block, but somebody else's. */
	SVSM_ECORRUPT,	/**< Our own records contradict themselves. */
	SVSM_STATUS_COUNT
};

/**
 * Name of a status for log lines, without the prefix: "EINVAL".
 *
 * @param status  Any value; unknown ones give "?".
 * @return        A constant string, never NULL.
 */
const char *svsm_status_name(enum svsm_status status);

#endif
