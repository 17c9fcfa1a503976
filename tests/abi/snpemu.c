/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The facts as snpemu has them.
 */
#include "facts.h"

#include "cpu.h"
#include "cpuid_policy.h"
#include "ghcb.h"
#include "igvm.h"
#include "psclist.h"
#include "rmp.h"
#include "vmcb.h"
#include "vmsa.h"

#define VMSA(field)	offsetof(struct vmsa, field)
#define CPUID(field)	offsetof(struct cpuid_entry, field)
#define MEMORY(field)	offsetof(struct igvm_memory_entry, field)

#define FACT(name, ours, theirs) { name, theirs },

static const struct abi_fact facts[] = {
#include "facts.def"
};

ABI_FACTS_DEFINE(abi_snpemu);
