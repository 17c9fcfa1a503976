/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * PVALIDATE and RMPADJUST: arguments checked, every answer told apart.
 */
#include <svsm/abi/snp.h>
#include <svsm/platform.h>
#include <svsm/rmp.h>

static bool is_aligned(const void *va, enum svsm_page_size size)
{
	return svsm_is_aligned((uintptr_t)va, svsm_page_bytes(size));
}

/*@ assigns \nothing;
  ensures \result == SVSM_OK <==> code == 0;
  ensures \result == SVSM_EINVAL <==> code == 1;
  ensures \result == SVSM_EPERM <==> code == 2;
  ensures \result == SVSM_EBUSY <==> code == 3;
  ensures \result == SVSM_ESIZE <==> code == 6;
  ensures \result == SVSM_EHOST <==> code > 6 || code == 4 || code == 5; */
static enum svsm_status from_code(uint32_t code)
{
	switch (code) {
	case SVSM_RMP_SUCCESS:
		return SVSM_OK;
	case SVSM_RMP_INPUT:
		return SVSM_EINVAL;
	case SVSM_RMP_PERMISSION:
		return SVSM_EPERM;
	case SVSM_RMP_INUSE:
		return SVSM_EBUSY;
	case SVSM_RMP_SIZE:
		return SVSM_ESIZE;
	default:
		return SVSM_EHOST;
	}
}

/*@ requires code == \null || \valid(code);
  assigns *code;
  ensures code != \null ==> *code == raw;
  ensures \result == SVSM_OK <==> raw == 0;
  ensures \result == SVSM_ESTATE <==> raw == 0x10; */
static enum svsm_status report(uint32_t raw, uint32_t *code)
{
	if (code)
		*code = raw;
	return raw == SVSM_RMP_UNCHANGED ? SVSM_ESTATE : from_code(raw);
}

/* 0x10 is ours; an instruction that ends with it has none of its codes. */
/*@ assigns \nothing;
  ensures \result != 0x10;
  ensures raw != 0x10 ==> \result == raw; */
static uint32_t foreign_code(uint32_t raw)
{
	return raw == SVSM_RMP_UNCHANGED ? UINT32_MAX : raw;
}

enum svsm_status
svsm_rmp_judge(struct svsm_pvalidate_out out, uint32_t *code)
{
	if (out.code == SVSM_RMP_SUCCESS && out.unchanged)
		return report(SVSM_RMP_UNCHANGED, code);
	return report(foreign_code(out.code), code);
}

enum svsm_status
svsm_rmp_pvalidate(void *va, enum svsm_page_size size, bool validate,
		uint32_t *code)
{
	if (!is_aligned(va, size))
		return report(SVSM_RMP_INPUT, code);
	return svsm_rmp_judge(svsm_plat_pvalidate(va, size == SVSM_PAGE_2M,
						  validate), code);
}

static enum svsm_status adjust(void *va, enum svsm_page_size size,
		uint64_t attrs, uint32_t *code)
{
	if (!is_aligned(va, size))
		return report(SVSM_RMP_INPUT, code);
	return report(foreign_code(svsm_plat_rmpadjust(va,
			size == SVSM_PAGE_2M, attrs)), code);
}

/* RMPADJUST takes any bits; writing without reading is illegal. */
/*@ assigns \nothing;
  ensures \result ==> perms < 0x10;
  ensures \result ==> (perms & 2) == 0 || (perms & 1) != 0;
  ensures !\result ==> perms >= 0x10 ||
    ((perms & 2) != 0 && (perms & 1) == 0); */
static bool are_perms(unsigned perms)
{
	return perms <= SVSM_PERM_ALL &&
		(!(perms & SVSM_PERM_WRITE) || (perms & SVSM_PERM_READ));
}

enum svsm_status
svsm_rmp_adjust(void *va, enum svsm_page_size size, unsigned vmpl,
		unsigned perms, uint32_t *code)
{
	if (vmpl < 1 || vmpl >= SVSM_VMPLS || !are_perms(perms))
		return report(SVSM_RMP_INPUT, code);
	return adjust(va, size, vmpl | perms << SVSM_RMPADJUST_PERMS_SHIFT,
			code);
}

enum svsm_status
svsm_rmp_grant(void *va, enum svsm_page_size size, unsigned vmpl,
		unsigned perms, uint32_t *code)
{
	uint64_t attrs = perms << SVSM_RMPADJUST_PERMS_SHIFT;
	uint32_t raw = SVSM_RMP_SUCCESS;

	if (vmpl >= SVSM_VMPLS || !are_perms(perms) || !is_aligned(va, size))
		return report(SVSM_RMP_INPUT, code);
	for (uint64_t level = 1; level < SVSM_VMPLS && !raw; level++)
		raw = svsm_plat_rmpadjust(va, size == SVSM_PAGE_2M,
				level | (level <= vmpl ? attrs : 0));
	return report(foreign_code(raw), code);
}

/* The mark is rewritten by every RMPADJUST: set it with the last one. */
enum svsm_status
svsm_rmp_vmsa_set(void *va, unsigned vmpl, bool readable, uint32_t *code)
{
	enum svsm_status status;
	uint64_t attrs = vmpl | SVSM_RMPADJUST_VMSA;

	if (vmpl < 1 || vmpl >= SVSM_VMPLS)
		return report(SVSM_RMP_INPUT, code);
	status = svsm_rmp_grant(va, SVSM_PAGE_4K, 0, SVSM_PERM_NONE, code);
	if (status != SVSM_OK)
		return status;
	if (readable)
		attrs |= SVSM_PERM_READ << SVSM_RMPADJUST_PERMS_SHIFT;
	return adjust(va, SVSM_PAGE_4K, attrs, code);
}

enum svsm_status svsm_rmp_vmsa_clear(void *va, uint32_t *code)
{
	return svsm_rmp_grant(va, SVSM_PAGE_4K, 0, SVSM_PERM_NONE, code);
}
