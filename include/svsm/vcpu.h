/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Guest vCPUs: which VMSA and calling area belong to which CPU, and the
 * sequence around one call.
 */
#ifndef SVSM_VCPU_H
#define SVSM_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <svsm/addr.h>
#include <svsm/lock.h>
#include <svsm/page.h>
#include <svsm/protocol.h>
#include <svsm/status.h>

/** vCPUs a guest can have registered at a time. */
#define SVSM_VCPUS	256u
/** Of one APIC ID: a guest that restarts a CPU registers the new VMSA before
 *  it deletes the old one. */
#define SVSM_VCPUS_PER_CPU	4u

/**
 * One registered VMSA.
 *
 *	FREE --register--> STOPPED --serve--> SERVING --> STOPPED
 *	STOPPED --claim--> CLAIMED --remove--> FREE, or --release--> STOPPED
 *	SERVING --claim by its own call--> SERVING --remove--> DELETED --> FREE
 *
 * STOPPED means only that no SVSM code works on it; the guest may be running.
 * While it is SERVING nobody else changes it, and `vmsa` and `ca` stay what
 * they are, so the SVSM's CPU reads and writes both pages without a lock.
 *
 * `claimed` is set from claim to release or remove, whatever the state. A flush
 * pins each record while it writes the VMSA (PCPU_ID): what is pinned cannot
 * be claimed, what is claimed cannot be pinned.
 */
struct svsm_vcpu {
	enum {
		SVSM_VCPU_FREE = 0,
		SVSM_VCPU_STOPPED,
		SVSM_VCPU_SERVING,
		SVSM_VCPU_CLAIMED,
		SVSM_VCPU_DELETED,	/* by the call it is serving */
	} state;
	uint32_t apic_id;
	svsm_gpa_t vmsa;
	svsm_gpa_t ca;
	svsm_gpa_t first_ca;	/* the one that it was registered with */
	uint64_t age;		/* of two for one APIC ID the younger runs */
	bool ours;		/* VMSA page is the SVSM's (startup vCPU) */
	bool claimed;		/* by whoever takes it away, or makes it */
	uint16_t pins;		/* who writes the VMSA without a lock */
};

/** The registry. Zero-initialised is empty. */
struct svsm_vcpus {
	struct svsm_lock lock;	/* inside the ownership lock */
	uint64_t age;
	size_t used;		/* records behind are free: nobody looks */
	struct svsm_vcpu vcpu[SVSM_VCPUS];
};

/** To whom VMSAs in pages of ours are charged. */
extern struct svsm_page_account svsm_guest_vmsas;

/** What the run loop does next. */
enum svsm_vcpu_next {
	SVSM_VCPU_RUN,		/* enter the guest */
	SVSM_VCPU_NONE,		/* no vCPU for this CPU: wait, ask again */
};

/**
 * Add a vCPU: from now on its CPU serves it. Page ownership is the caller's
 * business.
 *
 * @param vcpu  apic_id, vmsa, ca and ours are taken from it.
 *
 * @retval SVSM_EEXIST  One of the two pages is a VMSA or CA of another; a CA
 *                      may be that of another with the same APIC ID.
 * @retval SVSM_ENOMEM  Table full, or SVSM_VCPUS_PER_CPU for this APIC ID.
 */
SVSM_CHECKED enum svsm_status
svsm_vcpu_register(struct svsm_vcpus *vcpus, const struct svsm_vcpu *vcpu);

/**
 * Keep everybody else away from a vCPU, to delete it.
 *
 * @param caller  The vCPU whose call this is; it may name itself.
 * @param out     Pair: svsm_vcpu_release() or svsm_vcpu_remove(), soon: the
 *                vCPU's CPU spins meanwhile.
 *
 * @retval SVSM_ENOENT  No vCPU has this VMSA.
 * @retval SVSM_EBUSY   It is being served on another CPU.
 * @retval SVSM_EAGAIN  A flush is writing its VMSA: ask again.
 */
SVSM_CHECKED enum svsm_status
svsm_vcpu_claim(struct svsm_vcpus *vcpus, svsm_gpa_t vmsa,
		const struct svsm_vcpu *caller, struct svsm_vcpu **out);

/** It stays. */
void svsm_vcpu_release(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu);

/** It goes; a vCPU that is serving its own call when that call is over. */
void svsm_vcpu_remove(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu);

/** Give the vCPU that is being served another calling area. */
void svsm_vcpu_move_ca(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu,
		       svsm_gpa_t ca);

/** Is a vCPU registered for this APIC ID? For the run loop's waiting. */
bool svsm_vcpu_exists(struct svsm_vcpus *vcpus, uint32_t apic_id);

/** Number of registered vCPUs. */
size_t svsm_vcpu_count(struct svsm_vcpus *vcpus);

/**
 * The guest came back, or has not run yet: take its call, if there is one,
 * answer it, make it ready to run.
 *
 * In order: clear EFER.SVME in the VMSA; calling area's pending byte 0: done;
 * exit code not VMGEXIT: done; pending byte not 1: result INVALID_FORMAT;
 * snapshot of the registers; dispatch; write RAX and the answered registers;
 * clear pending; set SVME.
 *
 * The startup vCPU can also call through the calling area of the launch when it
 * has moved: a kernel that another one started (kexec, kdump) knows no other.
 * Exactly REMAP_CA is served there, when the registered area's pending byte is
 * 0, the page is still the guest's or a calling area of this CPU, and its own
 * pending byte is 1.
 *
 * @param apic_id  Of this CPU.
 *
 * @retval SVSM_VCPU_RUN   Enter the guest's VMPL now.
 * @retval SVSM_VCPU_NONE  This CPU has no vCPU (never had one, or it deleted
 *                         itself), or its VMSA runs elsewhere: do not enter,
 *                         ask again later.
 *
 * Context: the CPU with this APIC ID; no lock held.
 * Trust:   coming here proves nothing: the host may run VMPL0 at any time.
 */
SVSM_CHECKED enum svsm_vcpu_next
svsm_vcpu_serve(struct svsm_guest *guest, uint32_t apic_id,
		const struct svsm_protocol *const *protocols, size_t count);

#endif
