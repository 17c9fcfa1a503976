/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The honest host: MSR protocol and GHCB requests, with strict checks of what
 * we ask, and hooks that let a test lie.
 */
#include <string.h>

#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>
#include <svsm/ghcb.h>
#include <svsm/tlb.h>

#include "internal.h"

bool (*fake_before_exit)(struct fake_exit *exit);
void (*fake_after_exit)(struct fake_exit *exit);
void (*fake_guest_run)(unsigned cpu, unsigned vmpl);
uint32_t (*fake_io)(uint16_t port, bool in, unsigned size, uint32_t value);
uint64_t (*fake_msr)(uint32_t msr, bool write, uint64_t value);
uint64_t (*fake_mmio)(uint64_t gpa, bool write, unsigned size, uint64_t value);

void fake_host_reset(void)
{
	fake_host_aps_reset();
	fake_before_exit = NULL;
	fake_after_exit = NULL;
	fake_after_fetch = NULL;
	fake_guest_run = NULL;
	fake_io = NULL;
	fake_msr = NULL;
	fake_mmio = NULL;
}

struct fake_counters fake_counters(void)
{
	return fake.count;
}

/* ---------------------------------------------------- what the host can do */

static bool assign_page(uint64_t gpa, bool private)
{
	const struct rmp_entry *entry = fake_rmp(gpa);
	struct rmp_operand op = { .gpa = private ? gpa : 0,
		.asid = private ? FAKE_ASID : 0, .assigned = private };

	if (entry->size == RMP_2M && !fake_split(gpa))
		return false;
	return rmp_rmpupdate(&fake.rmp, 0, fake_spa(gpa), &op).code ==
		RMP_SUCCESS;
}

bool fake_host_assign(uint64_t gpa, uint64_t len, bool private)
{
	bool ok = len <= fake.bytes && gpa <= fake.bytes - len;

	for (uint64_t at = gpa; ok && at < gpa + len; at += SVSM_PAGE_BYTES)
		ok = assign_page(at, private);
	if (ok)
		fake_mapping_refresh(gpa, len);
	return ok;
}

void fake_host_steal(uint64_t gpa)
{
	fake_lock();
	if (!fake_host_assign(gpa, SVSM_PAGE_BYTES, false))
		fake_violation("%#lx cannot be stolen", (unsigned long)gpa);
	fake_unlock();
}

/* Away and back: assigned as before, and not validated any more. */
void fake_host_invalidate(uint64_t gpa)
{
	fake_lock();
	if (!fake_host_assign(gpa, SVSM_PAGE_BYTES, false) ||
			!fake_host_assign(gpa, SVSM_PAGE_BYTES, true))
		fake_violation("%#lx cannot be taken", (unsigned long)gpa);
	fake_unlock();
}

void fake_host_remap(uint64_t gpa, uint64_t spa)
{
	struct rmp_operand op = { .gpa = gpa, .asid = FAKE_ASID,
		.assigned = true };

	fake_lock();
	rmp_rmpupdate(&fake.rmp, 0, spa, &op);
	fake.frame[gpa / SVSM_PAGE_BYTES] = (uint32_t)(spa / SVSM_PAGE_BYTES);
	fake_mapping_refresh(gpa, SVSM_PAGE_BYTES);
	fake_unlock();
}

/* ----------------------------------------------------------- MSR protocol */

uint64_t svsm_plat_msr_read(uint32_t msr)
{
	fake_seam(1);
	switch (msr) {
	case SVSM_MSR_GHCB:
		return fake_self()->ghcb_msr;
	case SVSM_MSR_SEV_STATUS:
		return fake.config.sev_status;
	default:
		fake_violation("RDMSR %#x raises #VC", msr);
	}
}

void svsm_plat_msr_write(uint32_t msr, uint64_t value)
{
	if (msr != SVSM_MSR_GHCB)
		fake_violation("WRMSR %#x raises #VC", msr);
	fake_seam(1);
	fake_self()->ghcb_msr = value;
}

static uint64_t register_ghcb(uint64_t gpa)
{
	if (gpa >= fake.bytes || fake_rmp(gpa)->assigned)
		fake_violation("GHCB %#lx is not shared", (unsigned long)gpa);
	fake_self()->registered = gpa;
	return gpa;
}

static uint64_t msr_psc(uint64_t request)
{
	uint64_t gpa = request & 0x000ffffffffff000ull;

	return fake_host_psc_one(gpa, request >> 52 & 0xf) << 32 |
		SVSM_GHCB_MSR_PSC_RESP;
}

static uint64_t msr_answer(uint64_t request)
{
	switch (request & SVSM_GHCB_MSR_CODE_MASK) {
	case SVSM_GHCB_MSR_SEV_INFO_REQ:
		return 2ull << 48 | 1ull << 32 |
			(uint64_t)fake.config.cbit << 24 |
			SVSM_GHCB_MSR_SEV_INFO_RESP;
	case SVSM_GHCB_MSR_CPUID_REQ:
		return 0x12345678ull << 32 | (request & 0xc0000000ull) |
			SVSM_GHCB_MSR_CPUID_RESP;
	case SVSM_GHCB_MSR_REGISTER_REQ:
		return register_ghcb(request & ~SVSM_GHCB_MSR_CODE_MASK) |
			SVSM_GHCB_MSR_REGISTER_RESP;
	case SVSM_GHCB_MSR_PSC_REQ:
		return msr_psc(request);
	case SVSM_GHCB_MSR_RUN_VMPL_REQ:
		return (uint64_t)!fake_host_run_vmpl(request >> 32 & 0xff)
			<< 32 | SVSM_GHCB_MSR_RUN_VMPL_RESP;
	case SVSM_GHCB_MSR_FEATURES_REQ:
		return fake.config.hv_features << 12 |
			SVSM_GHCB_MSR_FEATURES_RESP;
	default:
		fake_violation("GHCB MSR request %#lx",
				(unsigned long)request);
	}
}

/* ------------------------------------------------------------ GHCB answers */

static void set_valid(struct svsm_abi_ghcb *ghcb, size_t bit)
{
	ghcb->valid_bitmap[bit / 64] |= 1ull << (bit % 64);
}

static bool is_valid(const struct svsm_abi_ghcb *ghcb, size_t bit)
{
	return ghcb->valid_bitmap[bit / 64] & 1ull << (bit % 64);
}

void fake_ghcb_answer(struct svsm_abi_ghcb *ghcb, uint64_t info1,
		uint64_t info2)
{
	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	ghcb->sw_exitinfo1 = info1;
	ghcb->sw_exitinfo2 = info2;
	set_valid(ghcb, SVSM_GHCB_BIT(sw_exitinfo1));
	set_valid(ghcb, SVSM_GHCB_BIT(sw_exitinfo2));
}

void fake_ghcb_set_rax(struct svsm_abi_ghcb *ghcb, uint64_t value)
{
	ghcb->rax = value;
	set_valid(ghcb, SVSM_GHCB_BIT(rax));
}

void fake_ghcb_set_rdx(struct svsm_abi_ghcb *ghcb, uint64_t value)
{
	ghcb->rdx = value;
	set_valid(ghcb, SVSM_GHCB_BIT(rdx));
}

void fake_need(const struct fake_exit *exit, size_t bit, const char *name)
{
	if (!is_valid(exit->ghcb, bit))
		fake_violation("request %#lx without %s",
				(unsigned long)exit->code, name);
}

/* The scratch area, which has to lie in the GHCB's own buffer. */
static uint8_t *scratch(const struct fake_exit *exit, size_t len)
{
	uint64_t start = (fake_self()->ghcb_msr & ~SVSM_PAGE_MASK) + 0x800;
	uint64_t at = exit->ghcb->sw_scratch;

	NEED(exit, sw_scratch);
	if (at < start || at - start > SVSM_GHCB_BUF_BYTES - len)
		fake_violation("scratch area %#lx + %zu", (unsigned long)at,
				len);
	return exit->ghcb->buffer + (at - start);
}

static unsigned io_size(uint64_t info1)
{
	unsigned size = info1 >> SVSM_IOIO_SIZE_SHIFT & 7;

	if (size != 1 && size != 2 && size != 4)
		fake_violation("IOIO with info1 %#lx", (unsigned long)info1);
	return size;
}

static uint32_t io(uint16_t port, bool in, unsigned size, uint32_t value)
{
	return fake_io ? fake_io(port, in, size, value) : 0;
}

static void do_io_string(struct fake_exit *exit, uint16_t port, unsigned size)
{
	uint8_t *data = scratch(exit, exit->info2 * size);

	if ((exit->info1 & SVSM_IOIO_IN) || size != 1)
		fake_violation("string I/O other than OUTSB");
	for (uint64_t i = 0; i < exit->info2; i++)
		io(port, false, 1, data[i]);
	fake_ghcb_answer(exit->ghcb, 0, 0);
}

static void do_io(struct fake_exit *exit)
{
	bool in = exit->info1 & SVSM_IOIO_IN;
	unsigned size = io_size(exit->info1);
	uint16_t port = (uint16_t)(exit->info1 >> SVSM_IOIO_PORT_SHIFT);
	uint32_t value;

	if (exit->info1 & SVSM_IOIO_STRING) {
		do_io_string(exit, port, size);
		return;
	}
	if (!in)
		NEED(exit, rax);
	value = io(port, in, size, (uint32_t)exit->ghcb->rax);
	fake_ghcb_answer(exit->ghcb, 0, 0);
	if (in)
		fake_ghcb_set_rax(exit->ghcb, value);
}

static void do_msr(struct fake_exit *exit)
{
	bool write = exit->info1;
	uint64_t value;

	NEED(exit, rcx);
	if (write) {
		NEED(exit, rax);
		NEED(exit, rdx);
	}
	value = exit->ghcb->rdx << 32 | (uint32_t)exit->ghcb->rax;
	value = fake_msr ? fake_msr((uint32_t)exit->ghcb->rcx, write, value) :
		0;
	fake_ghcb_answer(exit->ghcb, 0, 0);
	if (!write) {
		fake_ghcb_set_rax(exit->ghcb, (uint32_t)value);
		fake_ghcb_set_rdx(exit->ghcb, value >> 32);
	}
}

static void do_mmio(struct fake_exit *exit, bool write)
{
	uint64_t value = 0;
	uint8_t *data = scratch(exit, exit->info2);

	if (exit->info2 > 8 || (exit->info2 & (exit->info2 - 1)))
		fake_violation("MMIO of %lu bytes",
				(unsigned long)exit->info2);
	if (write)
		memcpy(&value, data, exit->info2);
	value = fake_mmio ? fake_mmio(exit->info1, write,
			(unsigned)exit->info2, value) : 0;
	if (!write)
		memcpy(data, &value, exit->info2);
	fake_ghcb_answer(exit->ghcb, 0, 0);
}

static void do_run_vmpl(struct fake_exit *exit)
{
	if (fake_host_run_vmpl((unsigned)exit->info1))
		fake_ghcb_answer(exit->ghcb, 0, 0);
	else
		fake_ghcb_answer(exit->ghcb, SVSM_GHCB_RESULT_INPUT, 5);
}

static void do_doorbell(struct fake_exit *exit)
{
	if (exit->info1 > SVSM_DOORBELL_CLEAR)
		fake_violation("doorbell operation %lu",
				(unsigned long)exit->info1);
	fake_ghcb_answer(exit->ghcb, 0, exit->info1 == SVSM_DOORBELL_SET ?
			exit->info2 : UINT64_MAX);
}

static void ghcb_request(struct fake_exit *exit)
{
	switch (exit->code) {
	case SVSM_EXIT_IOIO:
		do_io(exit);
		break;
	case SVSM_EXIT_MSR:
		do_msr(exit);
		break;
	case SVSM_NAE_MMIO_READ:
	case SVSM_NAE_MMIO_WRITE:
		do_mmio(exit, exit->code == SVSM_NAE_MMIO_WRITE);
		break;
	case SVSM_NAE_PSC:
		scratch(exit, sizeof(struct svsm_abi_psc_header));
		fake_host_psc(exit);
		break;
	case SVSM_NAE_AP_CREATION:
		fake_host_ap_creation(exit);
		break;
	case SVSM_NAE_RUN_VMPL:
		do_run_vmpl(exit);
		break;
	case SVSM_NAE_HV_FEATURES:
		fake_ghcb_answer(exit->ghcb, 0, fake.config.hv_features);
		break;
	case SVSM_NAE_HV_DOORBELL:
		do_doorbell(exit);
		break;
	case SVSM_NAE_GUEST_REQUEST:
		/* No PSP: the firmware's "invalid platform state". */
		fake_ghcb_answer(exit->ghcb, 0, 1);
		break;
	case SVSM_EXIT_WBINVD:
	case SVSM_NAE_HV_IPI:
		fake_ghcb_answer(exit->ghcb, 0, 0);
		break;
	default:
		fake_ghcb_answer(exit->ghcb, SVSM_GHCB_RESULT_INPUT, 6);
	}
}

/* ----------------------------------------------------------------- VMGEXIT */

static void check_ghcb(struct fake_exit *exit, uint64_t gpa)
{
	if (gpa != fake_self()->registered)
		fake_violation("VMGEXIT with GHCB %#lx, registered is %#lx",
				(unsigned long)gpa,
				(unsigned long)fake_self()->registered);
	if (fake_rmp(gpa)->assigned)
		fake_violation("VMGEXIT with a private GHCB");
	exit->ghcb = fake_peek_shared(gpa);
	exit->code = exit->ghcb->sw_exitcode;
	exit->info1 = exit->ghcb->sw_exitinfo1;
	exit->info2 = exit->ghcb->sw_exitinfo2;
	NEED(exit, sw_exitcode);
	NEED(exit, sw_exitinfo1);
	NEED(exit, sw_exitinfo2);
	if (exit->ghcb->version != SVSM_GHCB_VERSION || exit->ghcb->usage)
		fake_violation("GHCB version %u, usage %u",
				exit->ghcb->version, exit->ghcb->usage);
}

/* The next answer's bytes have not been fetched yet. */
static void forget_fetches(uint64_t gpa)
{
	memset(fake.fetches[VIEW_SHARED] + gpa, 0, SVSM_PAGE_BYTES);
	fake.fetched_page[VIEW_SHARED][gpa / SVSM_PAGE_BYTES] = 0;
}

static struct fake_exit begin(struct cpu *cpu)
{
	struct fake_exit exit = {
		.nr = ++fake.count.exits,
		.cpu = cpu->svsm.index,
		.msr = cpu->ghcb_msr,
		.code = cpu->ghcb_msr & SVSM_GHCB_MSR_CODE_MASK,
	};

	if (cpu->interrupts)
		fake_violation("VMGEXIT with interrupts on");
	if (exit.code == SVSM_GHCB_MSR_GPA) {
		check_ghcb(&exit, exit.msr);
		forget_fetches(exit.msr);
	} else {
		exit.msr_protocol = true;
		fake.count.msr_exits++;
	}
	return exit;
}

void svsm_plat_vmgexit(void)
{
	struct cpu *cpu = fake_self();
	bool before = svsm_tlb_leave();
	struct fake_exit exit;

	fake_seam(1);
	fake_lock();
	exit = begin(cpu);
	if (!fake_before_exit || !fake_before_exit(&exit)) {
		if (exit.msr_protocol)
			exit.msr = msr_answer(exit.msr);
		else
			ghcb_request(&exit);
	}
	if (fake_after_exit)
		fake_after_exit(&exit);
	if (exit.msr_protocol)
		cpu->ghcb_msr = exit.msr;
	fake_unlock();
	svsm_tlb_return(before);
}

void *fake_make_ghcb(uint64_t region_off)
{
	static uint64_t ptes[FAKE_MAX_CPUS];
	uint64_t gpa = fake.config.region.start.v + region_off;
	uint64_t *pte = &ptes[fake_self()->svsm.index];

	*pte = 0;
	fake_make_shared(gpa, SVSM_PAGE_BYTES);
	svsm_plat_pte_set(pte, gpa | 3, (void *)(uintptr_t)gpa);
	memset(fake_peek_shared(gpa), 0, SVSM_PAGE_BYTES);
	register_ghcb(gpa);
	return (void *)(uintptr_t)gpa;
}
