/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: The svsmkit authors */
/*
 * The reverse map table (RMP) and every rule that hangs on it.
 *
 * One entry per 4 KiB page of system memory says who owns the page, where its
 * owner sees it and what each VMPL may do with it. This file holds the table,
 * the instructions that change it, and the check that every memory access of
 * a guest goes through. It knows no page tables: the caller has walked them
 * and says which system page stands behind a guest page.
 *
 * No allocation, no I/O, no locks. The caller owns the entries and calls one
 * function at a time (L1 holds one lock around them).
 *
 * Three views of the same fact are kept apart:
 *   - *code*: what an instruction leaves in EAX (enum rmp_code),
 *   - *exit*: what happens instead of an answer (enum rmp_exit),
 *   - *rule*: why, for people (enum rmp_rule, rmp_rule_text()).
 */
#ifndef SNPEMU_MODEL_RMP_H
#define SNPEMU_MODEL_RMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RMP_PAGE_BYTES		0x1000ull
#define RMP_LARGE_BYTES		0x200000ull
#define RMP_LARGE_PAGES		512u
#define RMP_VMPLS		4u

/** Page sizes as the instructions encode them (ECX, operand byte 9). */
enum rmp_page_size {
	RMP_4K = 0,
	RMP_2M = 1,
};

/** Permission bits of one VMPL. Write without read is illegal in use. */
#define RMP_PERM_READ		0x01u
#define RMP_PERM_WRITE		0x02u
#define RMP_PERM_EXEC_USER	0x04u	/* CPL 3 */
#define RMP_PERM_EXEC_SUPER	0x08u	/* CPL 0..2 */
#define RMP_PERM_SSS		0x10u	/* supervisor shadow stack */
#define RMP_PERM_ALL		0x1fu

/**
 * One entry. Of a 2 MiB page only the first of its 512 entries is full; the
 * 511 others carry nothing but @ref assigned, as in hardware, so ask
 * rmp_entry_of() for the entry that rules a page.
 */
struct rmp_entry {
	uint64_t gpa;		/* where the owner sees it; page aligned */
	uint32_t asid;		/* 0: not a guest's page */
	uint8_t perms[RMP_VMPLS];
	uint8_t size;		/* enum rmp_page_size */
	bool assigned : 1;	/* clear: the page is the hypervisor's */
	bool immutable : 1;	/* only the firmware may change the entry */
	bool vmsa : 1;
	bool validated : 1;
	bool in_use : 1;	/* a VMSA between VMRUN and its #VMEXIT */
};

/** The table. System page n (address n * 4 KiB) has entry[n]. */
struct rmp {
	struct rmp_entry *entry;	/* kept for the life of the table */
	uint64_t pages;			/* pages beyond it are "default" ones */
};

/** Return codes of the instructions (EAX). */
enum rmp_code {
	RMP_SUCCESS = 0,
	RMP_FAIL_INPUT = 1,
	RMP_FAIL_PERMISSION = 2,
	RMP_FAIL_INUSE = 3,
	RMP_FAIL_OVERLAP = 4,
	RMP_FAIL_SIZEMISMATCH = 6,
	RMP_FAIL_NOT_ELIGIBLE = 7,	/* PSMASH only */
};

/** What an access or an instruction ends in, when not in an answer. */
enum rmp_exit {
	RMP_EXIT_NONE = 0,	/* allowed; for instructions: see code */
	RMP_EXIT_NPF,		/* #VMEXIT(NPF), EXITINFO1 in exitinfo1 */
	RMP_EXIT_VC,		/* #VC, error code 0x404, CR2 = linear addr. */
	RMP_EXIT_RETRY,		/* entry contended: execute again */
	RMP_EXIT_PF,		/* host: #PF with error bit 31 */
	RMP_EXIT_GP,		/* #GP(0) in the guest */
	RMP_EXIT_UD,		/* #UD in the guest */
};

/** Which rule refused. rmp_rule_text() has a sentence for each. */
enum rmp_rule {
	RMP_RULE_NONE = 0,
	RMP_RULE_NOT_SNP,		/* instruction outside an SNP guest */
	RMP_RULE_CPL,			/* instruction needs CPL 0 */
	RMP_RULE_VMPL0_ONLY,		/* PVALIDATE above VMPL0 */
	RMP_RULE_INPUT,			/* reserved bits, alignment, size */
	RMP_RULE_TARGET_VMPL,		/* RMPADJUST of own or higher level */
	RMP_RULE_NOT_COVERED,		/* no RMP entry */
	RMP_RULE_NOT_ASSIGNED,		/* private access, hypervisor page */
	RMP_RULE_ASID,			/* other guest's page */
	RMP_RULE_GPA,			/* entry names another guest page */
	RMP_RULE_IMMUTABLE,
	RMP_RULE_SIZE,			/* nested mapping against RMP entry */
	RMP_RULE_REQUEST_SIZE,		/* request against RMP entry */
	RMP_RULE_NOT_VALIDATED,
	RMP_RULE_VMPL_READ,
	RMP_RULE_VMPL_WRITE,
	RMP_RULE_VMPL_WRITE_ONLY,	/* write without read in the mask */
	RMP_RULE_VMPL_EXEC_USER,
	RMP_RULE_VMPL_EXEC_SUPER,
	RMP_RULE_VMPL_SSS,
	RMP_RULE_MASK,			/* RMPADJUST grants more than it has */
	RMP_RULE_SHARED_WRITE,		/* shared write to an assigned page */
	RMP_RULE_IN_USE,		/* VMSA of a running vCPU */
	RMP_RULE_OVERLAP,
	RMP_RULE_NOT_VMSA,		/* VMRUN of a page without the mark */
	RMP_RULE_NOT_LARGE,		/* PSMASH of what is no 2 MiB page */
	RMP_RULE_COUNT
};

/** EXITINFO1 of #VMEXIT(NPF). */
#define RMP_NPF_PRESENT		(1ull << 0)
#define RMP_NPF_WRITE		(1ull << 1)
#define RMP_NPF_USER		(1ull << 2)
#define RMP_NPF_FETCH		(1ull << 4)
#define RMP_NPF_RMP		(1ull << 31)
#define RMP_NPF_FINAL		(1ull << 32)	/* on the final GPA */
#define RMP_NPF_WALK		(1ull << 33)	/* in a page-table access */
#define RMP_NPF_ENCRYPTED	(1ull << 34)
#define RMP_NPF_SIZE		(1ull << 35)	/* PVALIDATE/RMPADJUST size */
#define RMP_NPF_VMPL		(1ull << 36)
#define RMP_NPF_SSS		(1ull << 37)

/** #VC error code of RMP_EXIT_VC. */
#define RMP_VC_NOT_VALIDATED	0x404u

/** Outcome of an instruction or an access; all zero means "go ahead". */
struct rmp_outcome {
	enum rmp_exit exit;
	enum rmp_rule rule;
	enum rmp_code code;	/* EAX; meaningful when exit is NONE */
	bool carry;		/* PVALIDATE: the bit had that value before */
	uint64_t exitinfo1;	/* RMP_EXIT_NPF: complete value */
};

/** Where the nested tables put a guest page, and by what size of mapping. */
struct rmp_place {
	uint64_t gpa;		/* without C-bit; any address in the page */
	uint64_t spa;		/* system address of the same byte */
	enum rmp_page_size npt_size;
};

/** Who executes: the guest's ASID (0: the host) and its level. */
struct rmp_guest {
	uint32_t asid;
	unsigned vmpl;		/* 0..3 */
	unsigned cpl;		/* 0..3 */
};

/* ------------------------------------------------------------------ table */

/**
 * Make all pages the hypervisor's.
 *
 * @param entries  Storage for @p pages entries; kept as long as @p rmp lives.
 */
void rmp_init(struct rmp *rmp, struct rmp_entry *entries, uint64_t pages);

/** Does the table have an entry for this system address? */
bool rmp_covers(const struct rmp *rmp, uint64_t spa);

/**
 * The entry that rules a system address: the first entry of a 2 MiB page, or
 * the page's own. NULL when the address is not covered.
 */
struct rmp_entry *rmp_entry_of(const struct rmp *rmp, uint64_t spa);

/** A sentence for a rule, for logs. Never NULL. */
const char *rmp_rule_text(enum rmp_rule rule);

/** The specification's name of a return code ("FAIL_INPUT"). Never NULL. */
const char *rmp_code_text(enum rmp_code code);

/** The state's name in the firmware's words ("Guest-Valid"). Never NULL. */
const char *rmp_state_text(const struct rmp_entry *entry);

/** What rmp_check_invariants() found. */
struct rmp_breach {
	uint64_t page;		/* system page number */
	const char *text;	/* the sentence that does not hold */
};

/**
 * Check what must hold in every reachable table: validated implies a guest's
 * assigned page; VMPL0 has all permissions on guest pages; a 2 MiB entry is
 * aligned and its 511 followers carry only ASSIGNED; VMSA pages are 4 KiB;
 * only VMSA pages are in use; hypervisor pages carry nothing.
 *
 * @retval true   All hold; @p breach is untouched.
 * @retval false  @p breach names the first page that does not fit.
 */
bool rmp_check_invariants(const struct rmp *rmp, struct rmp_breach *breach);

/**
 * How many system pages are validated for one guest page. More than one is
 * legal for the hardware and a disaster for the guest: whoever validates is
 * to prevent it. Linear in the size of the table; for tests.
 */
uint64_t rmp_count_validated(const struct rmp *rmp, uint32_t asid,
			     uint64_t gpa);

/* ------------------------------------------------------- host instructions */

/** Operand of RMPUPDATE. All zero: give the page back to the hypervisor. */
struct rmp_operand {
	uint64_t gpa;		/* page aligned; 2 MiB aligned for RMP_2M */
	uint32_t asid;
	enum rmp_page_size size;
	bool assigned;
	bool immutable;
};

/**
 * RMPUPDATE: give a page to a guest, to the firmware, or take it back.
 *
 * VALIDATED, the VMSA mark and the permissions survive only when ASID, GPA,
 * size and ASSIGNED stay what they were (then a valid guest page becomes
 * Pre-Swap by IMMUTABLE). Otherwise VMPL0 gets all permissions, the others
 * none.
 *
 * @param executor  ASID of who executes; not 0 is FAIL_PERMISSION.
 *
 * Codes in the order of the checks:
 * FAIL_INPUT       2 MiB operand and @p spa or its GPA not 2 MiB aligned;
 *                  unassigned operand with IMMUTABLE or an ASID; page not
 *                  covered.
 * FAIL_PERMISSION  the old entry is immutable, or a guest executes it.
 * FAIL_INUSE       the page is the VMSA of a running vCPU.
 * FAIL_OVERLAP     4 KiB operand inside a 2 MiB page; 2 MiB operand over an
 *                  assigned 4 KiB page.
 */
struct rmp_outcome rmp_rmpupdate(struct rmp *rmp, uint32_t executor,
				 uint64_t spa, const struct rmp_operand *op);

/**
 * PSMASH: split a 2 MiB page into 512 of 4 KiB that keep all its fields, with
 * consecutive guest addresses.
 *
 * Codes: FAIL_INPUT (not 2 MiB aligned, not covered), FAIL_PERMISSION (a guest
 * executes it), FAIL_INUSE, FAIL_NOT_ELIGIBLE (not an assigned 2 MiB page).
 */
struct rmp_outcome rmp_psmash(struct rmp *rmp, uint32_t executor, uint64_t spa);

/* ------------------------------------------------------ guest instructions */

/*
 * Each has two steps, because the guest's page walk stands between them:
 *
 *	out = rmp_pvalidate_check(&guest, rax, ecx, edx);
 *	if (out.exit != RMP_EXIT_NONE || out.code != RMP_SUCCESS)
 *		answer with it
 *	walk the guest's tables for rax: may be #PF, or an NPF of the walk
 *	out = rmp_pvalidate(rmp, &guest, &place, ecx, edx);
 *
 * @p guest.asid 0 means "not an SNP guest": #UD.
 */

/**
 * PVALIDATE before the page walk.
 *
 * #UD outside an SNP guest; #GP(0) when CPL is not 0 or VMPL not 0;
 * FAIL_INPUT for ECX > 1, or a 2 MiB request whose address is not 2 MiB
 * aligned. Of EDX bit 0 counts and the rest is ignored: Linux passes a bool
 * there, whose upper bits its compiler leaves as they were.
 */
struct rmp_outcome rmp_pvalidate_check(const struct rmp_guest *guest,
				       uint64_t va, uint32_t ecx, uint32_t edx);

/**
 * PVALIDATE on the page.
 *
 * In this order: NPF when not covered, unassigned, other ASID, other GPA or
 * immutable; NPF with RMP_NPF_SIZE when a 4 KiB request meets a 2 MiB entry or
 * nested mapping; FAIL_SIZEMISMATCH when a 2 MiB request meets a 4 KiB entry;
 * NPF with RMP_NPF_SIZE when only the nested mapping is 4 KiB; FAIL_INUSE on
 * the VMSA of a running vCPU; else SUCCESS, with carry when the bit already had
 * that value.
 */
struct rmp_outcome rmp_pvalidate(struct rmp *rmp, const struct rmp_guest *guest,
				 const struct rmp_place *place, uint32_t ecx,
				 uint32_t edx);

/** RDX of RMPADJUST and RMPQUERY. */
#define RMP_RDX_VMPL		0x00000000000000ffull
#define RMP_RDX_PERMS		0x000000000000ff00ull
#define RMP_RDX_PERMS_SHIFT	8
#define RMP_RDX_VMSA		0x0000000000010000ull

/**
 * RMPADJUST before the page walk.
 *
 * #UD outside an SNP guest, #GP(0) when CPL is not 0; FAIL_INPUT for RCX > 1,
 * target VMPL > 3, reserved bits of RDX, a 2 MiB request with a misaligned
 * address or with the VMSA attribute (VMPL0; elsewhere the attribute is
 * ignored); FAIL_PERMISSION when the target level is not below the executing
 * one.
 */
struct rmp_outcome rmp_rmpadjust_check(const struct rmp_guest *guest,
				       uint64_t va, uint64_t rcx, uint64_t rdx);

/**
 * RMPADJUST on the page.
 *
 * In this order: NPF as PVALIDATE; NPF with RMP_NPF_SIZE; #VC 0x404 when not
 * validated; FAIL_SIZEMISMATCH; FAIL_INUSE on the VMSA of a running vCPU;
 * FAIL_PERMISSION when the mask holds a permission that the executing level
 * lacks; else the mask is stored, and at VMPL0 the VMSA mark as well.
 */
struct rmp_outcome rmp_rmpadjust(struct rmp *rmp, const struct rmp_guest *guest,
				 const struct rmp_place *place, uint64_t rcx,
				 uint64_t rdx);

/** RMPUPDATE and PSMASH are the hypervisor's: in a guest #UD, #GP(0), or
 *  FAIL_PERMISSION. */
struct rmp_outcome rmp_host_insn_check(const struct rmp_guest *guest);

/** RMPQUERY before the page walk: #UD, #GP(0), FAIL_PERMISSION when the target
 *  level is above the executing one or does not exist. */
struct rmp_outcome rmp_rmpquery_check(const struct rmp_guest *guest,
				      uint64_t rdx);

/**
 * RMPQUERY on the page: NPF and #VC 0x404 as RMPADJUST, without size checks.
 *
 * @param rdx  In: target level. Out, on success: mask in 15:8, VMSA in 16, the
 *             level unchanged.
 * @param rcx  Out, on success: size of the entry.
 */
struct rmp_outcome rmp_rmpquery(const struct rmp *rmp,
				const struct rmp_guest *guest,
				const struct rmp_place *place, uint64_t *rdx,
				uint64_t *rcx);

/* ---------------------------------------------------------------- accesses */

enum rmp_who {
	RMP_WHO_HOST,		/* the hypervisor, or its devices */
	RMP_WHO_PLAIN_GUEST,	/* a guest without SNP */
	RMP_WHO_SNP_GUEST,
};

enum rmp_kind {
	RMP_READ,
	RMP_WRITE,
	RMP_FETCH,
	RMP_WALK,		/* read of a page-table entry */
	RMP_WALK_UPDATE,	/* A or D bit set by the walker: a write */
	RMP_SSS_READ,		/* supervisor shadow stack */
	RMP_SSS_WRITE,
};

struct rmp_access {
	enum rmp_who who;
	enum rmp_kind kind;
	bool private;		/* C-bit; fetches and walks always are */
	struct rmp_guest guest;
	struct rmp_place place;
};

/**
 * Is this access allowed? Call it after the guest's and the nested tables
 * have allowed it.
 *
 * Private accesses of an SNP guest: NPF when not covered, unassigned, other
 * ASID, other GPA, immutable, or of another size than the nested mapping;
 * then #VC when not validated; then NPF with RMP_NPF_VMPL when the level lacks
 * the permission; then RETRY for a write to the VMSA of a running vCPU.
 * Shared writes of any guest and writes of the host: refused unless the page
 * is the hypervisor's (for a 2 MiB mapping: all 512 are). Shared reads are
 * never refused.
 *
 * The kind decides what a mask must hold: a walk needs read, its A/D update
 * write and read, like a data write.
 */
struct rmp_outcome rmp_check(const struct rmp *rmp,
			     const struct rmp_access *access);

/**
 * The permission bits that @p kind needs at @p cpl: what a nested page table
 * built from this model may allow for one mask. Write without read gives
 * nothing.
 */
uint8_t rmp_perms_needed(enum rmp_kind kind, unsigned cpl);

/* ------------------------------------------------------------- VMSA, launch */

/**
 * VMRUN's check of a VMSA page; marks it in use when it holds.
 *
 * @retval exit NONE, code SUCCESS       In use now; pair: rmp_vmsa_leave().
 * @retval exit NONE, code FAIL_INUSE    It is executing: VMEXIT_BUSY.
 * @retval exit NONE, code FAIL_INPUT    VMEXIT_INVALID; the rule says why: not
 *         covered, not assigned, ASID, GPA, immutable, size, not validated,
 *         no VMSA mark.
 */
struct rmp_outcome rmp_vmsa_enter(struct rmp *rmp, uint32_t asid,
				  const struct rmp_place *place);

/** #VMEXIT: the page is no longer in use. */
void rmp_vmsa_leave(struct rmp *rmp, uint64_t spa);

/** Page types of a launch, as the firmware numbers them. */
enum rmp_page_type {
	RMP_TYPE_NORMAL = 1,
	RMP_TYPE_VMSA = 2,
	RMP_TYPE_ZERO = 3,
	RMP_TYPE_UNMEASURED = 4,
	RMP_TYPE_SECRETS = 5,
	RMP_TYPE_CPUID = 6,
};

/** Status of a firmware command (the values are the firmware's). */
enum psp_status {
	PSP_SUCCESS = 0x00,
	PSP_INVALID_PLATFORM_STATE = 0x01,
	PSP_INVALID_GUEST_STATE = 0x02,
	PSP_INVALID_CONFIG = 0x03,
	PSP_INVALID_LENGTH = 0x04,
	PSP_POLICY_FAILURE = 0x07,
	PSP_INACTIVE = 0x08,
	PSP_INVALID_ADDRESS = 0x09,
	PSP_BAD_SIGNATURE = 0x0a,
	PSP_BAD_MEASUREMENT = 0x0b,
	PSP_INVALID_GUEST = 0x10,
	PSP_INVALID_PARAM = 0x16,
	PSP_INVALID_PAGE_SIZE = 0x19,
	PSP_INVALID_PAGE_STATE = 0x1a,
	PSP_INVALID_MDATA_ENTRY = 0x1b,
	PSP_INVALID_PAGE_OWNER = 0x1c,
};

/** One page of LAUNCH_UPDATE. */
struct rmp_launch_page {
	uint64_t spa;
	uint32_t asid;
	enum rmp_page_size size;
	enum rmp_page_type type;
	uint8_t perms[RMP_VMPLS];	/* of VMPL1..3; [0] is not used */
};

/**
 * The page transition of LAUNCH_UPDATE: Pre-Guest becomes Guest-Valid.
 *
 * In this order: INVALID_PAGE_STATE unless Pre-Guest; INVALID_PAGE_SIZE unless
 * the entry has that size; INVALID_ADDRESS for a misaligned 2 MiB page;
 * INVALID_PARAM for an unknown type; INVALID_PAGE_SIZE for a 2 MiB VMSA,
 * SECRETS or CPUID page; INVALID_PAGE_OWNER for another ASID.
 */
enum psp_status rmp_launch_update(struct rmp *rmp,
				  const struct rmp_launch_page *page);

/**
 * PAGE_RECLAIM: a page of the firmware goes back to the hypervisor's reach
 * (Metadata, Firmware to Reclaim; Pre-Guest to Guest-Invalid; Pre-Swap to
 * Guest-Valid). A page that is mutable already is a success.
 */
enum psp_status rmp_page_reclaim(struct rmp *rmp, uint64_t spa);

#endif
