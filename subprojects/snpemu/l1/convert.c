// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/*
 * Implicit conversion: KVM leaves the guest when an access is not of the kind
 * that the page is, and QEMU makes the page so. A page that becomes private is
 * not validated; one that becomes shared has lost what it held, and that can
 * be done by a read at any VMPL. With convert=0 the host does nothing unasked.
 */
#include "config.h"
#include "convert.h"
#include "mm.h"
#include "pages.h"
#include "vcpu.h"

static bool is_assigned(uint64_t gpa, bool *large)
{
	const struct rmp_entry *entry;
	bool assigned;

	spin_lock(&rmp_lock);
	entry = rmp_entry_of(&rmp, page_spa(gpa));
	assigned = entry && entry->assigned;
	*large = assigned && entry->size == RMP_2M;
	spin_unlock(&rmp_lock);
	return assigned;
}

bool convert_page(struct vcpu *v, uint64_t gpa, bool private)
{
	bool large;

	gpa &= ~PAGE_MASK;
	if (!mm_is_memory(gpa) || is_assigned(gpa, &large) == private ||
	    !config_has("convert", "1"))
		return false;
	if (large && host_rmp_psmash(v, gpa))
		return false;
	if (private ? host_rmp_assign(v, gpa, false) :
		      host_rmp_release(v, gpa, false))
		return false;
	counter_add(v, COUNTER_CONVERTED, 1);
	trace(TRACE_RMP, "page %lx is made %s unasked", gpa,
	      private ? "private" : "shared");
	return true;
}

bool convert_denied(struct vcpu *v, uint64_t gpa,
		    const struct rmp_outcome *out)
{
	if (out->rule == RMP_RULE_NOT_ASSIGNED)
		return convert_page(v, gpa, true);
	if (out->rule == RMP_RULE_SHARED_WRITE)
		return convert_page(v, gpa, false);
	return false;
}
