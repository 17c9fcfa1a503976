/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * Prints the structs that the image tools read and write: struct, field,
 * offset, bytes. tests/unit/tools/test_abi.py compares them with its own.
 */
#include <stddef.h>
#include <stdio.h>

#include "svsm/abi/cpuid.h"
#include "svsm/abi/launch.h"
#include "svsm/abi/vmsa.h"

#define FIELD(type, field)						\
	printf(#type " " #field " %zu %zu\n",				\
	       offsetof(struct type, field),				\
	       sizeof(((struct type *)NULL)->field))
#define SIZE(type) printf(#type " - 0 %zu\n", sizeof(struct type))
#define VALUE(name)						\
	printf("value " #name " %llu 0\n", (unsigned long long)name)

static void print_image(void)
{
	VALUE(SVSM_IMAGE_MAGIC);
	VALUE(SVSM_IMAGE_FIRMWARE);
	VALUE(SVSM_IMAGE_CONSOLE);
	SIZE(svsm_image);
	FIELD(svsm_image, magic);
	FIELD(svsm_image, version);
	FIELD(svsm_image, flags);
	FIELD(svsm_image, region_len);
	FIELD(svsm_image, guest_policy);
	FIELD(svsm_image, sev_features);
	FIELD(svsm_image, features_required);
	FIELD(svsm_image, features_allowed);
	FIELD(svsm_image, features_forbidden);
	FIELD(svsm_image, guest_sev_features);
	FIELD(svsm_image, guest_vmpl);
	FIELD(svsm_image, max_cpus);
	FIELD(svsm_image, name);
}

static void print_launch(void)
{
	VALUE(SVSM_ABI_LAUNCH_MAGIC);
	SIZE(svsm_abi_launch);
	FIELD(svsm_abi_launch, magic);
	FIELD(svsm_abi_launch, version);
	FIELD(svsm_abi_launch, size);
	FIELD(svsm_abi_launch, region_start);
	FIELD(svsm_abi_launch, region_len);
	FIELD(svsm_abi_launch, bss_start);
	FIELD(svsm_abi_launch, bss_len);
	FIELD(svsm_abi_launch, heap_start);
	FIELD(svsm_abi_launch, page_table);
	FIELD(svsm_abi_launch, page_table_len);
	FIELD(svsm_abi_launch, cpuid_page);
	FIELD(svsm_abi_launch, secrets_page);
	FIELD(svsm_abi_launch, general_page);
	FIELD(svsm_abi_launch, memory_map);
	FIELD(svsm_abi_launch, memory_map_len);
	FIELD(svsm_abi_launch, madt);
	FIELD(svsm_abi_launch, madt_len);
	FIELD(svsm_abi_launch, firmware);
	FIELD(svsm_abi_launch, firmware_len);
	FIELD(svsm_abi_launch, symbols);
	FIELD(svsm_abi_launch, symbols_len);
	FIELD(svsm_abi_launch, vmsa);
}

static void print_symbols(void)
{
	SIZE(svsm_abi_symbols);
	FIELD(svsm_abi_symbols, count);
	FIELD(svsm_abi_symbols, names);
	SIZE(svsm_abi_symbol);
	FIELD(svsm_abi_symbol, addr);
	FIELD(svsm_abi_symbol, name);
}

static void print_pages(void)
{
	FIELD(svsm_abi_vmsa, cs);
	FIELD(svsm_abi_vmsa, tr);
	FIELD(svsm_abi_vmsa, efer);
	FIELD(svsm_abi_vmsa, cr0);
	FIELD(svsm_abi_vmsa, cr4);
	FIELD(svsm_abi_vmsa, rip);
	FIELD(svsm_abi_vmsa, rsi);
	FIELD(svsm_abi_vmsa, rdx);
	FIELD(svsm_abi_vmsa, g_pat);
	FIELD(svsm_abi_vmsa, sev_features);
	FIELD(svsm_abi_vmsa, xcr0);
	FIELD(svsm_abi_vmsa, mxcsr);
	FIELD(svsm_abi_vmsa, x87_fcw);
	FIELD(svsm_abi_cpuid_page, entry);
	SIZE(svsm_abi_cpuid_entry);
}

int main(void)
{
	print_image();
	print_launch();
	print_symbols();
	print_pages();
	return 0;
}
