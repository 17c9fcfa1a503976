// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* vCPUs that start in the host's order. */
#include "config.h"
#include "cpu.h"
#include "log.h"
#include "order.h"
#include "vcpu.h"

static unsigned list[VCPU_MAX], count, turn;
static uint64_t wanted[VCPU_MAX];	/* VMSA by index; 0: not asked for */
static struct spinlock lock;

void order_init(void)
{
	const char *text = config_text("order");
	uint64_t index;

	while (text && count < VCPU_MAX) {
		text = config_hex(text, &index);
		if (!text || index >= vcpu_count)
			return;
		list[count++] = (unsigned)index;
		text = *text == ',' ? text + 1 : NULL;
	}
}

static bool is_listed(unsigned index)
{
	for (unsigned i = turn; i < count; i++)
		if (list[i] == index)
			return true;
	return false;
}

/* Under the lock: the vCPU whose turn it is, if it was asked for. */
static void start_next(void)
{
	unsigned index;

	if (turn == count || !wanted[list[turn]])
		return;
	index = list[turn];
	log_line("order: vCPU %u starts", index);
	vcpu_start(vcpus[index], 0, wanted[index]);
}

bool order_defers(struct vcpu *target, uint64_t vmsa_gpa)
{
	bool defers;

	spin_lock(&lock);
	defers = is_listed(target->index);
	if (defers) {
		wanted[target->index] = vmsa_gpa;
		if (list[turn] == target->index)
			start_next();
	}
	spin_unlock(&lock);
	return defers;
}

void order_started(const struct vcpu *v)
{
	spin_lock(&lock);
	if (turn < count && list[turn] == v->index && wanted[v->index]) {
		turn++;
		start_next();
	}
	spin_unlock(&lock);
}
