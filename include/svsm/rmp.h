/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE and RMPADJUST with every answer told apart.
 *
 * A page that we accept has to go through svsm_rmp_validate() exactly once;
 * who keeps count is own.h.
 */
#ifndef SVSM_RMP_H
#define SVSM_RMP_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/platform.h>
#include <svsm/status.h>

/** What a lower VMPL may do with a page: any of these, or'ed. */
enum svsm_perms {
	SVSM_PERM_NONE = 0,
	SVSM_PERM_READ = 1,
	SVSM_PERM_WRITE = 2,		/**< Not without READ. */
	SVSM_PERM_EXEC_USER = 4,
	SVSM_PERM_EXEC_SUPER = 8,
	SVSM_PERM_ALL = 15,
};

/**
 * PVALIDATE, with the raw code for those who answer the guest with it.
 *
 * @param va        Our private mapping of the page, aligned to @p size.
 * @param size      Size of the mapping and of the RMP entry.
 * @param validate  Validate, or rescind.
 * @param code      May be NULL. Always written: EAX, or SVSM_RMP_UNCHANGED
 *                  when the carry flag was set, or SVSM_RMP_INPUT when @p va
 *                  is misaligned and the processor was not asked.
 *
 * @return  As svsm_rmp_validate().
 */
SVSM_CHECKED enum svsm_status
svsm_rmp_pvalidate(void *va, enum svsm_page_size size, bool validate,
		uint32_t *code);

/**
 * What an answer of PVALIDATE or RMPADJUST (which leaves `unchanged` false)
 * means, for those who execute them themselves.
 *
 * @param code  As svsm_rmp_pvalidate() writes it.
 *
 * @return  As svsm_rmp_validate().
 */
SVSM_CHECKED enum svsm_status
svsm_rmp_judge(struct svsm_pvalidate_out out, uint32_t *code);

/**
 * Accept a page as private memory of this VM.
 *
 * The content afterwards is whatever the host put there: clear the page
 * before a lower VMPL can read it.
 *
 * @param va    Our mapping of the page, aligned to @p size.
 * @param size  Size of the mapping and of the RMP entry.
 *
 * @retval SVSM_OK      The page was invalid and is valid now.
 * @retval SVSM_EINVAL  Not aligned, or the processor refused; nothing changed.
 * @retval SVSM_ESIZE   The RMP entry has the other size; retry in 4 KiB steps.
 * @retval SVSM_ESTATE  It was valid before. Either you asked twice or the host
 *                      remapped it: unless you can tell which, terminate.
 * @retval SVSM_EPERM   We are not at VMPL0.
 * @retval SVSM_EBUSY   The entry is in use (a running VMSA); nothing changed.
 * @retval SVSM_EHOST   A code that the instruction does not have.
 *
 * Context: VMPL0, any CPU, range lock held. Does not exit to the host.
 * Trust:   none needed; the caller has decided that this page may be taken.
 * Spec:    [APM3] PVALIDATE.
 */
SVSM_CHECKED static inline enum svsm_status
svsm_rmp_validate(void *va, enum svsm_page_size size)
{
	return svsm_rmp_pvalidate(va, size, true, NULL);
}

/**
 * Give up a page: the next private access of anybody in this VM faults.
 *
 * Wipe the page and take lower VMPLs' permissions away first.
 *
 * @return  As svsm_rmp_validate(); SVSM_ESTATE: it was invalid already.
 */
SVSM_CHECKED static inline enum svsm_status
svsm_rmp_rescind(void *va, enum svsm_page_size size)
{
	return svsm_rmp_pvalidate(va, size, false, NULL);
}

/**
 * Set what one lower VMPL may do with a page. Clears the VMSA mark.
 *
 * Shrinking permissions takes effect everywhere only after a flush of the
 * guest's TLBs (docs/memory.md).
 *
 * @param va     Our private mapping of the page, aligned to @p size.
 * @param size   Size of the mapping and of the RMP entry.
 * @param vmpl   1..3.
 * @param perms  enum svsm_perms or'ed; replaces what it had.
 * @param code   May be NULL; the raw code, always written.
 *
 * @retval SVSM_OK      Set.
 * @retval SVSM_EINVAL  A bad argument or the processor refused it.
 * @retval SVSM_ESIZE   The RMP entry is 4 KiB, the request 2 MiB.
 * @retval SVSM_EPERM   The processor refused the level or the permissions.
 * @retval SVSM_EBUSY   The entry is in use (a running VMSA); nothing changed.
 * @retval SVSM_EHOST   A code that the instruction does not have.
 *
 * Context: VMPL0, any CPU. Raises #VC 0x404 when the page is not valid: then
 *          the host took it (SVSM_REASON_PAGE_LOST).
 * Trust:   @p perms and @p va are the caller's decision.
 * Spec:    [APM3] RMPADJUST.
 */
SVSM_CHECKED enum svsm_status
svsm_rmp_adjust(void *va, enum svsm_page_size size, unsigned vmpl,
		unsigned perms, uint32_t *code);

/**
 * Set what all lower VMPLs may do: @p perms for VMPLs 1..@p vmpl, none for the
 * rest. @p vmpl 0 revokes everything. As svsm_rmp_adjust(), level by level; on
 * failure the levels behind the failing one are as before, so a failed grant
 * is followed by a revoke.
 */
SVSM_CHECKED enum svsm_status
svsm_rmp_grant(void *va, enum svsm_page_size size, unsigned vmpl,
		unsigned perms, uint32_t *code);

/**
 * Mark a 4 KiB page as VMSA, with no access for any lower VMPL but read for
 * @p vmpl when @p readable.
 *
 * @param va        Our private mapping; not 2 MiB aligned by GPA (erratum:
 *                  the caller checks it).
 * @param vmpl      1..3, whose read permission @p readable speaks of; for a
 *                  VMSA of VMPL0 pass 1 and false.
 *
 * @return  As svsm_rmp_adjust().
 */
SVSM_CHECKED enum svsm_status
svsm_rmp_vmsa_set(void *va, unsigned vmpl, bool readable, uint32_t *code);

/** Take the mark and all lower VMPLs' permissions away. Pair of _set. */
SVSM_CHECKED enum svsm_status svsm_rmp_vmsa_clear(void *va, uint32_t *code);

#endif
