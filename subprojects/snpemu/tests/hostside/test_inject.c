// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: The svsmkit authors
/* Interrupt delivery: nothing lost, nothing doubled, EOIs in their order. */
#include "hostside.h"
#include "tests.h"

#define NO_EVENT	(-1)

static struct vcpu *v;
static struct host_level *level;

static void setup(void)
{
	v = fake_vcpu();
	level = host_level(v);
}

/* Enter once: what is injected? EVENTINJ is consumed. */
static int entered(void)
{
	uint64_t event;

	host_before_entry(v);
	event = v->vmcb->control.event_inj;
	v->vmcb->control.event_inj = 0;
	return event & EVENT_VALID ? (int)(event & 0xff) : NO_EVENT;
}

static bool window_open(void)
{
	return v->vmcb->control.int_ctl & INT_CTL_V_IRQ;
}

static void set_interruptible(bool on)
{
	vcpu_vmsa(v)->s.rflags = on ? RFLAGS_IF : 0;
}

START_TEST(a_vector_is_delivered_once)
{
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), 0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	irq_eoi(v, 2);
	ck_assert_uint_eq(fake_core_eois(0x41), 1);
	ck_assert(!fake_core_in_service(0x41));
}
END_TEST

START_TEST(a_closed_guest_gets_a_window_first)
{
	set_interruptible(false);
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert(window_open());
	set_interruptible(true);
	ck_assert_int_eq(entered(), 0x41);
	ck_assert(!window_open());
}
END_TEST

START_TEST(an_interrupt_shadow_holds_it_back)
{
	v->vmcb->control.int_state = 1;
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert(window_open());
	v->vmcb->control.int_state = 0;
	ck_assert_int_eq(entered(), 0x41);
}
END_TEST

START_TEST(a_reinjected_event_goes_first)
{
	v->vmcb->control.event_inj = EVENT_VALID | EVENT_TYPE_EXCEPTION | 14;
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), 14);
	ck_assert_int_eq(entered(), 0x41);
}
END_TEST

START_TEST(an_eoi_does_not_hit_a_higher_vector_that_waits)
{
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), 0x41);
	set_interruptible(false);
	fake_core_raise(0x51);
	irq_eoi(v, 2);
	ck_assert_uint_eq(fake_core_eois(0x41), 0);
	ck_assert_uint_eq(fake_core_eois(0x51), 0);
	set_interruptible(true);
	ck_assert_int_eq(entered(), 0x51);
	irq_eoi(v, 2);
	ck_assert_uint_eq(fake_core_eois(0x51), 1);
	ck_assert_uint_eq(fake_core_eois(0x41), 1);
}
END_TEST

START_TEST(a_lower_vector_waits_for_the_higher_ones_eoi)
{
	fake_core_raise(0x51);
	ck_assert_int_eq(entered(), 0x51);
	fake_core_raise(0x41);
	ck_assert(fake_core_requested(0x41));
	ck_assert_int_eq(entered(), NO_EVENT);
	irq_eoi(v, 2);
	ck_assert_int_eq(entered(), 0x41);
}
END_TEST

START_TEST(the_task_priority_blocks_and_releases)
{
	level->apic.tpr = 0x50;
	fake_core_raise(0x51);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert(window_open());
	ck_assert(!host_work_pending(v));
	level->apic.tpr = 0x40;
	ck_assert(host_work_pending(v));
	ck_assert_int_eq(entered(), 0x51);
}
END_TEST

START_TEST(a_vector_waits_for_the_level_it_is_for)
{
	v->vmpl = 0;
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert(host_work_pending(v));
	v->vmpl = 2;
	ck_assert_int_eq(entered(), 0x41);
}
END_TEST

START_TEST(a_line_of_the_8259_has_the_vector_of_its_delivery)
{
	set_interruptible(false);
	fake_pic_base = 0;
	fake_core_pic(0);
	ck_assert_int_eq(entered(), NO_EVENT);
	fake_pic_base = 0x30;
	set_interruptible(true);
	ck_assert_int_eq(entered(), 0x30);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert(!irqset_has(&level->in_service, 0x30));
}
END_TEST

START_TEST(a_line_of_the_8259_goes_whatever_the_priorities)
{
	fake_pic_base = 0x30;
	fake_core_raise(0x51);
	ck_assert_int_eq(entered(), 0x51);
	level->apic.tpr = 0xf0;
	fake_core_pic(9);
	fake_core_pic(1);
	ck_assert_int_eq(entered(), 0x31);
	ck_assert_int_eq(entered(), 0x39);
}
END_TEST

START_TEST(a_controller_that_starts_anew_forgets_its_lines)
{
	fake_pic_base = 0x30;
	set_interruptible(false);
	fake_core_pic(0);
	fake_core_pic(8);
	irq_forget_lines(0x00ff);
	set_interruptible(true);
	ck_assert_int_eq(entered(), 0x38);
	ck_assert_int_eq(entered(), NO_EVENT);
}
END_TEST

START_TEST(an_nmi_is_masked_until_it_is_complete)
{
	level->nmi_pending = 1;
	ck_assert_int_eq(entered(), VECTOR_NMI);
	level->nmi_pending = 1;
	ck_assert_int_eq(entered(), NO_EVENT);
	irq_nmi_complete(v);
	ck_assert_int_eq(entered(), VECTOR_NMI);
}
END_TEST

START_TEST(a_new_life_of_a_level_owes_nothing)
{
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), 0x41);
	set_interruptible(false);
	fake_core_raise(0x51);
	irq_level_reset(v, 2);
	ck_assert(!fake_core_in_service(0x41));
	ck_assert(!fake_core_in_service(0x51));
	set_interruptible(true);
	ck_assert_int_eq(entered(), NO_EVENT);
}
END_TEST

static void restrict_level(void)
{
	vcpu_vmsa(v)->sev_features = SEV_FEATURE_RESTRICTED_INJ;
	level->doorbell = FAKE_DOORBELL;
}

START_TEST(restricted_injection_rings_once)
{
	restrict_level();
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), VECTOR_HV);
	ck_assert_uint_eq(fake_doorbell[0], 0x8041);
	ck_assert_int_eq(entered(), NO_EVENT);
	fake_doorbell[0] = 0;
	ck_assert_int_eq(entered(), NO_EVENT);
	irq_eoi(v, 2);
	ck_assert_uint_eq(fake_core_eois(0x41), 1);
}
END_TEST

START_TEST(an_untaken_vector_blocks_the_next)
{
	restrict_level();
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), VECTOR_HV);
	fake_core_raise(0x51);
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert_uint_eq(fake_doorbell[0], 0x8041);
	fake_doorbell[0] = 0x8000;	/* taken, still draining */
	ck_assert_int_eq(entered(), NO_EVENT);
	ck_assert_uint_eq(fake_doorbell[0], 0x8051);
	irq_eoi(v, 2);
	irq_eoi(v, 2);
	ck_assert_uint_eq(fake_core_eois(0x41), 1);
	ck_assert_uint_eq(fake_core_eois(0x51), 1);
}
END_TEST

START_TEST(an_nmi_rings_beside_a_vector)
{
	restrict_level();
	level->nmi_pending = 1;
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), VECTOR_HV);
	ck_assert_uint_eq(fake_doorbell[0], 0x8141);
	ck_assert_uint_eq(level->nmi_pending, 0);
}
END_TEST

START_TEST(without_a_doorbell_page_nothing_is_lost)
{
	restrict_level();
	level->doorbell = GPA_NONE;
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	level->doorbell = FAKE_DOORBELL;
	ck_assert_int_eq(entered(), VECTOR_HV);
}
END_TEST

START_TEST(alternate_injection_leaves_it_to_the_level_above)
{
	vcpu_vmsa(v)->sev_features = SEV_FEATURE_ALTERNATE_INJ;
	ck_assert_uint_eq(irq_owner(v), 0);
	fake_core_raise(0x41);
	ck_assert_int_eq(entered(), NO_EVENT);
	v->vmpl = 0;
	vcpu_vmsa(v)->s.rflags = RFLAGS_IF;
	ck_assert_int_eq(entered(), 0x41);
}
END_TEST

TCase *inject_case(void)
{
	TCase *tc = tcase_create("inject");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_vector_is_delivered_once);
	tcase_add_test(tc, a_closed_guest_gets_a_window_first);
	tcase_add_test(tc, an_interrupt_shadow_holds_it_back);
	tcase_add_test(tc, a_reinjected_event_goes_first);
	tcase_add_test(tc, an_eoi_does_not_hit_a_higher_vector_that_waits);
	tcase_add_test(tc, a_lower_vector_waits_for_the_higher_ones_eoi);
	tcase_add_test(tc, the_task_priority_blocks_and_releases);
	tcase_add_test(tc, a_vector_waits_for_the_level_it_is_for);
	tcase_add_test(tc, a_line_of_the_8259_has_the_vector_of_its_delivery);
	tcase_add_test(tc, a_line_of_the_8259_goes_whatever_the_priorities);
	tcase_add_test(tc, a_controller_that_starts_anew_forgets_its_lines);
	tcase_add_test(tc, an_nmi_is_masked_until_it_is_complete);
	tcase_add_test(tc, a_new_life_of_a_level_owes_nothing);
	tcase_add_test(tc, restricted_injection_rings_once);
	tcase_add_test(tc, an_untaken_vector_blocks_the_next);
	tcase_add_test(tc, an_nmi_rings_beside_a_vector);
	tcase_add_test(tc, without_a_doorbell_page_nothing_is_lost);
	tcase_add_test(tc, alternate_injection_leaves_it_to_the_level_above);
	return tc;
}
