/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * See player.h.
 */
#include <svsm/tlb.h>

#include "player.h"

struct player players[PLAYERS];

static void make_player(unsigned i)
{
	struct player *p = &players[i];

	*p = (struct player){ .apic_id = i + 1, .vmsa = 0x8000 + i * 0x3000 };
	p->ca = p->vmsa + PAGE;
	p->list = p->vmsa + 2 * PAGE;
	ck_assert_uint_eq(guest_create(p->apic_id, p->vmsa, p->ca),
			  SVSM_SUCCESS);
	guest_give(p->list, 1);
}

void players_setup_with(enum fake_memory state)
{
	guest_setup_with(state, 1024);
	for (unsigned i = 0; i < PLAYERS; i++)
		make_player(i);
	fake_oracle(0);
}

void players_setup(void)
{
	players_setup_with(FAKE_INVALID_4K);
}

void player_call(struct player *p)
{
	struct svsm_abi_vmsa *vmsa = guest_vmsa(p->vmsa);

	svsm_tlb_join();
	vmsa->rax = p->rax;
	vmsa->rcx = p->rcx;
	vmsa->rdx = p->rdx;
	vmsa->r8 = p->r8;
	vmsa->exit_code = SVSM_EXIT_VMGEXIT;
	*(uint8_t *)fake_peek_private(p->ca) = 1;
	p->next = svsm_vcpu_serve(&svsm_guest, p->apic_id, guest_protocols,
				  guest_protocol_count);
	p->result = vmsa->rax;
	p->calls++;
}

void player_will_pvalidate(struct player *p, uint64_t entry)
{
	p->rax = CORE(SVSM_CORE_PVALIDATE);
	p->rcx = p->list;
	guest_list(p->list, 1, 0, &entry);
}

void player_will_create(struct player *p, uint64_t vmsa, uint64_t ca)
{
	p->rax = CORE(SVSM_CORE_CREATE_VCPU);
	p->rcx = vmsa;
	p->rdx = ca;
	p->r8 = 5 + p->apic_id % 2;
}

void player_will_delete(struct player *p, uint64_t vmsa)
{
	p->rax = CORE(SVSM_CORE_DELETE_VCPU);
	p->rcx = vmsa;
}

void player_will_remap(struct player *p, uint64_t ca)
{
	p->rax = CORE(SVSM_CORE_REMAP_CA);
	p->rcx = ca;
}

void players_expect(uint64_t one, uint64_t other)
{
	uint64_t a = players[0].result;
	uint64_t b = players[1].result;

	if (!((a == one && b == other) || (a == other && b == one)))
		ck_abort_msg("results %#lx and %#lx", (unsigned long)a,
			     (unsigned long)b);
}
