/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Flushing other CPUs' TLBs by a counter. See tlb.h.
 *
 * Whoever leaves or comes back stores `tlb_away` and then loads the counter;
 * whoever flushes adds to the counter and then loads `tlb_away`. All four are
 * sequentially consistent, so one of the two sees the other.
 */
#include <stddef.h>

#include <svsm/assert.h>
#include <svsm/percpu.h>
#include <svsm/platform.h>
#include <svsm/tlb.h>
#include <svsm/wait.h>
#include <svsm/window.h>

#define WAIT_TICKS	(1ull << 31)
#define WAIT_STEPS_MIN	(1u << 20)
#define WAIT_STEPS_MAX	(1u << 26)

/* Asked for so far. In .data: exits happen before .bss is there. */
static uint64_t asked __attribute__((section(".data.tlb")));

static struct svsm_cpu *cpus[SVSM_WINDOW_CPUS];
static unsigned joined;

void svsm_tlb_poll(void)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();
	uint64_t now = __atomic_load_n(&asked, __ATOMIC_SEQ_CST);

	if (cpu->tlb_seen == now)
		return;
	svsm_plat_tlb_flush();
	__atomic_store_n(&cpu->tlb_seen, now, __ATOMIC_SEQ_CST);
}

bool svsm_tlb_leave(void)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();

	return __atomic_exchange_n(&cpu->tlb_away, true, __ATOMIC_SEQ_CST);
}

void svsm_tlb_return(bool before)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();

	if (before)
		return;
	(void)__atomic_exchange_n(&cpu->tlb_away, false, __ATOMIC_SEQ_CST);
	svsm_tlb_poll();
}

void svsm_tlb_join(void)
{
	struct svsm_cpu *cpu = svsm_plat_cpu();

	svsm_assert(cpu->index < SVSM_WINDOW_CPUS);
	__atomic_store_n(&cpus[cpu->index], cpu, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&joined, 1, __ATOMIC_SEQ_CST);
	svsm_tlb_poll();
}

static bool has_answered(const struct svsm_cpu *cpu, uint64_t number)
{
	return __atomic_load_n(&cpu->tlb_away, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&cpu->tlb_seen, __ATOMIC_SEQ_CST) >= number;
}

/* One budget for all CPUs. The pause in it answers those who ask us. */
static enum svsm_status wait_for_all(uint64_t number)
{
	struct svsm_wait wait = { .ticks = WAIT_TICKS,
		.steps_min = WAIT_STEPS_MIN, .steps_max = WAIT_STEPS_MAX };

	for (unsigned i = 0; i < SVSM_WINDOW_CPUS; i++) {
		const struct svsm_cpu *cpu =
			__atomic_load_n(&cpus[i], __ATOMIC_SEQ_CST);

		while (cpu && !has_answered(cpu, number))
			if (!svsm_wait_more(&wait))
				return SVSM_ETIME;
	}
	return SVSM_OK;
}

enum svsm_status svsm_tlb_flush_pages(void)
{
	uint64_t number;

	if (svsm_plat_tlb_broadcast())
		return SVSM_OK;
	number = __atomic_add_fetch(&asked, 1, __ATOMIC_SEQ_CST);
	svsm_tlb_poll();
	return wait_for_all(number);
}

/* With one CPU svsm_plat_pte_set() has done what there is to do. */
enum svsm_status svsm_tlb_flush(void)
{
	if (__atomic_load_n(&joined, __ATOMIC_SEQ_CST) < 2)
		return SVSM_OK;
	return svsm_tlb_flush_pages();
}
