/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * What the files of this folder share.
 */
#ifndef SVSM_CORE_GUEST_INTERNAL_H
#define SVSM_CORE_GUEST_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <svsm/abi/svsm.h>
#include <svsm/addr.h>
#include <svsm/guest.h>
#include <svsm/platform.h>
#include <svsm/protocol.h>
#include <svsm/vcpu.h>

/**
 * Take the vCPU of this CPU for one call; pair: vcpu_end().
 *
 * @retval SVSM_ENOENT  There is none.
 * @retval SVSM_EBUSY   Somebody is deleting it: ask again.
 */
SVSM_CHECKED enum svsm_status
vcpu_begin(struct svsm_vcpus *vcpus, uint32_t apic_id, struct svsm_vcpu **out);
void vcpu_end(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu);

/**
 * As svsm_vcpu_register(), but claimed: nobody serves it yet. So a page is
 * registered before it is marked as VMSA, and no flush misses one that the
 * host can run. Its TLB is forgotten (svsm_vmsa_forget_tlb()) before.
 *
 * @param out  Pair: svsm_vcpu_release() or svsm_vcpu_remove().
 */
SVSM_CHECKED enum svsm_status
vcpu_reserve(struct svsm_vcpus *vcpus, const struct svsm_vcpu *vcpu,
	     struct svsm_vcpu **out);

/**
 * Keep the VMSA of a record what it is, to write it without a lock: nobody
 * claims it meanwhile.
 *
 * @param i    Number of the record.
 * @param out  Its VMSA; pair: vcpu_unpin().
 *
 * @retval SVSM_EBUSY   Somebody has claimed it: ask again.
 * @retval SVSM_ENOENT  There is none with this number.
 * @retval SVSM_EADDR   Nor with any higher one.
 */
SVSM_CHECKED enum svsm_status
vcpu_pin(struct svsm_vcpus *vcpus, size_t i, svsm_gpa_t *out);
void vcpu_unpin(struct svsm_vcpus *vcpus, size_t i);

/**
 * Is the page the calling area of a vCPU with this APIC ID? Others of the same
 * APIC ID may share it (all are of the guest's one VMPL), and it is a calling
 * area until the last of them has gone or has moved. Ownership lock held.
 */
bool vcpu_has_ca(struct svsm_vcpus *vcpus, uint32_t apic_id, svsm_gpa_t ca);

/** The protocol with this number, or NULL. */
const struct svsm_protocol *
protocol_find(const struct svsm_call *call, uint32_t id);

/** What to do with one page, small or large. */
struct page_request {
	struct svsm_range range;	/* of @size */
	enum svsm_page_size size;
	bool valid;			/* the map says: GUEST, else INVALID */
	bool ignore_unchanged;
	void *va;			/* the window that shows it */
};

/**
 * Pages that are neighbours and alike. When there is more than one, the map
 * needs room for two changes: a failure in the middle splits the range.
 */
struct page_run {
	struct page_request page;	/* the one at hand; its va is ours */
	uint64_t left;			/* pages from that one on */
	unsigned done;			/* pages that are finished */
	struct svsm_window *window;	/* moves along; va NULL: none yet */
	bool revoked;			/* lower VMPLs may hold translations of
					 * what they have not any more */
};

/**
 * INVALID or GUEST becomes GUEST: validated (never twice), cleared, granted.
 * On failure the guest has no access to the page at hand, or what it had
 * before; earlier pages are finished, later ones untouched. When it has set
 * @p run->revoked the caller flushes before one of them gets another use.
 *
 * Context: ownership lock held, map looked at. The caller unmaps the window.
 */
svsm_result_t
guest_run_validate(struct svsm_guest *guest, struct page_run *run);

/**
 * Pages that are all GUEST, or all INVALID, become INVALID: access revoked,
 * rescinded. @p run->revoked and failure: as above.
 *
 * Context: as above.
 */
svsm_result_t
guest_run_rescind(struct svsm_guest *guest, struct page_run *run);

/** PVALIDATE or RMPADJUST said something: the result that tells the guest. */
svsm_result_t page_refused(struct svsm_pvalidate_out out);

/**
 * PVALIDATE did not simply validate the page. Go on where that can be: it is
 * cleared and granted then.
 */
svsm_result_t
page_not_validated(const struct svsm_guest *guest, struct page_run *run,
		   struct svsm_pvalidate_out out);

/**
 * RMPADJUST did not simply grant the page, which is valid and clear. Go on
 * where that can be; else the page is rescinded again.
 */
svsm_result_t
page_not_granted(const struct svsm_guest *guest, struct page_run *run,
		 uint32_t code);

/** Clear a page that the guest has, if it has asked for just that. */
svsm_result_t
page_clear(const struct svsm_guest *guest, const struct page_request *page);

/**
 * No CPU uses a translation of a lower VMPL, or of ours, from before this
 * call. Costs nothing but itself: call it when something was taken away, once
 * for all of it.
 *
 * Without INVLPGB it waits until each lower VMSA that runs has left its
 * processor, as late as the host likes, and ends the VM when one of our own
 * CPUs does not answer (SVSM_REASON_TLB_SYNC).
 *
 * Context: no lock held, no vCPU claimed or reserved; one window free.
 */
void guest_flush(struct svsm_guest *guest);

/**
 * Our CPUs alone forget what they know of pages. A translation from before a
 * page was marked as a VMSA writes it even while it runs, so a store through
 * one would not wait.
 *
 * Context: any; locks may be held.
 */
void guest_flush_ours(void);

/** The instruction's code as the core protocol reports it. */
svsm_result_t instruction_result(uint32_t code);

/** Entries that are fetched with a list's header: short lists need no more. */
#define GUEST_LIST_FIRST	7u

/** A list of the core protocol; the guest cannot change what is in here. */
struct guest_list {
	struct svsm_umem umem;		/* from the header to its page's end */
	struct {
		struct svsm_abi_pvalidate header;
		uint64_t first[GUEST_LIST_FIRST];
	};
};

/** Open a list and fetch its header, once; the list does not leave its page. */
svsm_result_t
guest_list_header(const struct svsm_call *call, struct guest_list *list);

/** The same for a list that has something left to be done. */
svsm_result_t
guest_list_open(const struct svsm_call *call, struct guest_list *list);

/**
 * Entries of the list, each fetched once: ask for none of them again.
 *
 * @param from, n  Inside of the list.
 */
SVSM_CHECKED enum svsm_status
guest_list_fetch(const struct guest_list *list, unsigned from, unsigned n,
		 uint64_t *out);

/** Say how many entries are finished. */
svsm_result_t guest_list_close(const struct guest_list *list, uint16_t next);

/** svsm_core_protocol's calls. */
svsm_result_t core_call(struct svsm_call *call, uint32_t fn);
svsm_result_t core_pvalidate(struct svsm_call *call);
svsm_result_t core_create_vcpu(struct svsm_call *call);
svsm_result_t core_delete_vcpu(struct svsm_call *call);

#endif
