/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The registry of guest vCPUs. See vcpu.h.
 */
#include <svsm/assert.h>
#include <svsm/vcpu.h>

#include "internal.h"

struct svsm_page_account svsm_guest_vmsas =
	SVSM_PAGE_ACCOUNT(&svsm_pages, "guest VMSAs");

static bool is_of(const struct svsm_vcpu *vcpu, uint32_t apic_id)
{
	return vcpu->state != SVSM_VCPU_FREE && vcpu->apic_id == apic_id;
}

/* Two vCPUs share no page, but a calling area if they are of one CPU. */
static bool collide(const struct svsm_vcpu *a, const struct svsm_vcpu *b)
{
	if (a->state == SVSM_VCPU_FREE)
		return false;
	return a->vmsa.v == b->vmsa.v || a->vmsa.v == b->ca.v ||
	       a->ca.v == b->vmsa.v ||
	       (a->ca.v == b->ca.v && a->apic_id != b->apic_id);
}

/* A free record for @vcpu, if it may be registered. */
static enum svsm_status
find_place(struct svsm_vcpus *vcpus, const struct svsm_vcpu *vcpu,
	   struct svsm_vcpu **out)
{
	struct svsm_vcpu *place = NULL;
	unsigned same_cpu = 0;

	for (size_t i = 0; i < vcpus->used; i++) {
		struct svsm_vcpu *other = &vcpus->vcpu[i];

		if (collide(other, vcpu))
			return SVSM_EEXIST;
		if (is_of(other, vcpu->apic_id))
			same_cpu++;
		if (!place && other->state == SVSM_VCPU_FREE)
			place = other;
	}
	if (!place && vcpus->used < SVSM_VCPUS)
		place = &vcpus->vcpu[vcpus->used];
	if (!place || same_cpu >= SVSM_VCPUS_PER_CPU)
		return SVSM_ENOMEM;
	*out = place;
	return SVSM_OK;
}

enum svsm_status
vcpu_reserve(struct svsm_vcpus *vcpus, const struct svsm_vcpu *vcpu,
	     struct svsm_vcpu **out)
{
	enum svsm_status status;
	struct svsm_vcpu *place;

	svsm_lock_acquire(&vcpus->lock);
	status = find_place(vcpus, vcpu, &place);
	if (status == SVSM_OK) {
		*place = *vcpu;
		place->age = ++vcpus->age;
		place->state = SVSM_VCPU_CLAIMED;
		place->claimed = true;
		place->pins = 0;
		place->first_ca = vcpu->ca;
		if (place == &vcpus->vcpu[vcpus->used])
			vcpus->used++;
		*out = place;
	}
	svsm_lock_release(&vcpus->lock);
	return status;
}

enum svsm_status
svsm_vcpu_register(struct svsm_vcpus *vcpus, const struct svsm_vcpu *vcpu)
{
	struct svsm_vcpu *place;
	enum svsm_status status = vcpu_reserve(vcpus, vcpu, &place);

	if (status == SVSM_OK)
		svsm_vcpu_release(vcpus, place);
	return status;
}

static struct svsm_vcpu *find_vmsa(struct svsm_vcpus *vcpus, svsm_gpa_t vmsa)
{
	for (size_t i = 0; i < vcpus->used; i++) {
		struct svsm_vcpu *vcpu = &vcpus->vcpu[i];

		if (vcpu->state != SVSM_VCPU_FREE &&
		    vcpu->state != SVSM_VCPU_DELETED &&
		    vcpu->vmsa.v == vmsa.v)
			return vcpu;
	}
	return NULL;
}

static void claim(struct svsm_vcpu *vcpu)
{
	if (vcpu->state == SVSM_VCPU_STOPPED)
		vcpu->state = SVSM_VCPU_CLAIMED;
	vcpu->claimed = true;
}

enum svsm_status
svsm_vcpu_claim(struct svsm_vcpus *vcpus, svsm_gpa_t vmsa,
		const struct svsm_vcpu *caller, struct svsm_vcpu **out)
{
	enum svsm_status status = SVSM_OK;
	struct svsm_vcpu *vcpu;

	svsm_lock_acquire(&vcpus->lock);
	vcpu = find_vmsa(vcpus, vmsa);
	if (!vcpu)
		status = SVSM_ENOENT;
	else if (vcpu->state != SVSM_VCPU_STOPPED && vcpu != caller)
		status = SVSM_EBUSY;
	else if (vcpu->pins)
		status = SVSM_EAGAIN;
	else
		claim(vcpu);
	svsm_lock_release(&vcpus->lock);
	if (status == SVSM_OK)
		*out = vcpu;
	return status;
}

void svsm_vcpu_release(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu)
{
	svsm_lock_acquire(&vcpus->lock);
	if (vcpu->state == SVSM_VCPU_CLAIMED)
		vcpu->state = SVSM_VCPU_STOPPED;
	vcpu->claimed = false;
	svsm_lock_release(&vcpus->lock);
}

void svsm_vcpu_remove(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu)
{
	svsm_lock_acquire(&vcpus->lock);
	vcpu->state = vcpu->state == SVSM_VCPU_SERVING ?
		SVSM_VCPU_DELETED : SVSM_VCPU_FREE;
	vcpu->claimed = false;
	svsm_lock_release(&vcpus->lock);
}

static enum svsm_status pin(struct svsm_vcpu *vcpu, svsm_gpa_t *out)
{
	if (vcpu->state == SVSM_VCPU_FREE || vcpu->state == SVSM_VCPU_DELETED)
		return SVSM_ENOENT;
	if (vcpu->claimed)
		return SVSM_EBUSY;
	svsm_assert(vcpu->pins < UINT16_MAX);
	vcpu->pins++;
	*out = vcpu->vmsa;
	return SVSM_OK;
}

enum svsm_status
vcpu_pin(struct svsm_vcpus *vcpus, size_t i, svsm_gpa_t *out)
{
	enum svsm_status status = SVSM_EADDR;

	svsm_lock_acquire(&vcpus->lock);
	if (i < vcpus->used)
		status = pin(&vcpus->vcpu[i], out);
	svsm_lock_release(&vcpus->lock);
	return status;
}

void vcpu_unpin(struct svsm_vcpus *vcpus, size_t i)
{
	svsm_lock_acquire(&vcpus->lock);
	vcpus->vcpu[i].pins--;
	svsm_lock_release(&vcpus->lock);
}

bool vcpu_has_ca(struct svsm_vcpus *vcpus, uint32_t apic_id, svsm_gpa_t ca)
{
	bool has = false;

	svsm_lock_acquire(&vcpus->lock);
	for (size_t i = 0; i < vcpus->used && !has; i++) {
		const struct svsm_vcpu *vcpu = &vcpus->vcpu[i];

		has = is_of(vcpu, apic_id) && vcpu->ca.v == ca.v &&
		      vcpu->state != SVSM_VCPU_DELETED;
	}
	svsm_lock_release(&vcpus->lock);
	return has;
}

void svsm_vcpu_move_ca(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu,
		       svsm_gpa_t ca)
{
	svsm_lock_acquire(&vcpus->lock);
	svsm_assert(vcpu->state == SVSM_VCPU_SERVING);
	vcpu->ca = ca;
	svsm_lock_release(&vcpus->lock);
}

/* The one of this APIC ID that was registered last; lock held. */
static struct svsm_vcpu *youngest(struct svsm_vcpus *vcpus, uint32_t apic_id)
{
	struct svsm_vcpu *found = NULL;

	for (size_t i = 0; i < vcpus->used; i++) {
		struct svsm_vcpu *vcpu = &vcpus->vcpu[i];

		if (is_of(vcpu, apic_id) && (!found || vcpu->age > found->age))
			found = vcpu;
	}
	return found;
}

bool svsm_vcpu_exists(struct svsm_vcpus *vcpus, uint32_t apic_id)
{
	bool exists;

	svsm_lock_acquire(&vcpus->lock);
	exists = youngest(vcpus, apic_id) != NULL;
	svsm_lock_release(&vcpus->lock);
	return exists;
}

size_t svsm_vcpu_count(struct svsm_vcpus *vcpus)
{
	size_t n = 0;

	svsm_lock_acquire(&vcpus->lock);
	for (size_t i = 0; i < vcpus->used; i++)
		n += vcpus->vcpu[i].state != SVSM_VCPU_FREE;
	svsm_lock_release(&vcpus->lock);
	return n;
}

enum svsm_status
vcpu_begin(struct svsm_vcpus *vcpus, uint32_t apic_id, struct svsm_vcpu **out)
{
	enum svsm_status status = SVSM_OK;
	struct svsm_vcpu *vcpu;

	svsm_lock_acquire(&vcpus->lock);
	vcpu = youngest(vcpus, apic_id);
	if (!vcpu)
		status = SVSM_ENOENT;
	else if (vcpu->state != SVSM_VCPU_STOPPED)
		status = SVSM_EBUSY;
	else
		vcpu->state = SVSM_VCPU_SERVING;
	svsm_lock_release(&vcpus->lock);
	if (status == SVSM_OK)
		*out = vcpu;
	return status;
}

void vcpu_end(struct svsm_vcpus *vcpus, struct svsm_vcpu *vcpu)
{
	svsm_lock_acquire(&vcpus->lock);
	vcpu->state = vcpu->state == SVSM_VCPU_DELETED ?
		SVSM_VCPU_FREE : SVSM_VCPU_STOPPED;
	svsm_lock_release(&vcpus->lock);
}
