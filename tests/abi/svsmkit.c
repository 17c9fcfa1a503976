/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The facts as include/svsm/abi has them.
 */
#include "facts.h"

#include "svsm/abi/cpuid.h"
#include "svsm/abi/ghcb.h"
#include "svsm/abi/igvm_params.h"
#include "svsm/abi/snp.h"
#include "svsm/abi/vmsa.h"

#define VMSA(field)	offsetof(struct svsm_abi_vmsa, field)
#define GHCB(field)	offsetof(struct svsm_abi_ghcb, field)
#define CPUID(field)	offsetof(struct svsm_abi_cpuid_entry, field)
#define MEMORY(field)	offsetof(struct svsm_abi_igvm_memory, field)

#define FACT(name, ours, theirs) { name, ours },

static const struct abi_fact facts[] = {
#include "facts.def"
};

ABI_FACTS_DEFINE(abi_svsmkit);
