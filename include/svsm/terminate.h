/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The end: wipe what is secret, tell the host why, never come back.
 */
#ifndef SVSM_TERMINATE_H
#define SVSM_TERMINATE_H

/** Reason set of our termination requests (GHCB MSR 15:12). */
#define SVSM_REASON_SET 15u

/**
 * Why we stopped; the reason code (GHCB MSR 23:16) of set SVSM_REASON_SET.
 *
 * The numbers are what people find in host logs: never reuse one.
 */
enum svsm_reason {
	SVSM_REASON_GENERAL = 0,
	SVSM_REASON_ASSERT = 1,		/**< svsm_assert() failed: our bug. */
	SVSM_REASON_FEATURES = 2,	/**< A feature is missing or forbidden. */
	SVSM_REASON_GHCB_REGISTER = 3,	/**< GHCB page not registered. */
	SVSM_REASON_GHCB_PROTOCOL = 4,	/**< An answer that is none. */
	SVSM_REASON_NO_PROGRESS = 5,	/**< The host does nothing, again. */
	SVSM_REASON_PAGE_LOST = 6,	/**< A page of ours became invalid. */
	SVSM_REASON_DOUBLE_VALIDATE = 7,/**< A page of ours was valid before. */
	SVSM_REASON_RMP = 8,		/**< PVALIDATE, RMPADJUST refused. */
	SVSM_REASON_PSC = 9,		/**< Page state change contradicts. */
	SVSM_REASON_VMPL_SWITCH = 10,	/**< The guest VMPL does not run. */
	SVSM_REASON_VC_MISMATCH = 11,	/**< #VC without its instruction. */
	SVSM_REASON_VC_NESTED = 12,	/**< #VC inside #VC. */
	SVSM_REASON_BAD_EXCEPTION = 13,	/**< A vector we never cause. */
	SVSM_REASON_FAULT = 14,		/**< #PF, #GP outside the recovery table. */
	SVSM_REASON_STACK = 15,		/**< Guard page hit. */
	SVSM_REASON_MCE = 16,		/**< Machine check. */
	SVSM_REASON_TLB_SYNC = 17,	/**< A CPU did not answer a TLB flush. */
	SVSM_REASON_CPUID = 18,		/**< CPUID page unusable. */
	SVSM_REASON_SECRETS = 19,	/**< Secrets page unusable. */
	SVSM_REASON_PARAMS = 20,	/**< IGVM parameters unusable. */
	SVSM_REASON_FIRMWARE = 21,	/**< Guest firmware unusable. */
	SVSM_REASON_MEMORY = 22,	/**< Not enough memory to start. */
	SVSM_REASON_SMP = 23,		/**< A CPU did not start. */
	SVSM_REASON_HEAP = 24,		/**< Heap corrupted. */
	SVSM_REASON_ENTROPY = 25,	/**< No randomness. */
	SVSM_REASON_DONE = 26,		/**< The SVSM had nothing left to do. */
};

/**
 * Wipe the VMPCKs and canaries, ask the host for termination, and go on asking
 * for ever: what the host does instead does not matter. The first CPU's reason
 * wins.
 *
 * Context: anywhere, any lock held, any stack. Allocates nothing.
 */
_Noreturn void svsm_terminate(enum svsm_reason reason);

#endif
