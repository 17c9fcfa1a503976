/* SPDX-FileCopyrightText: The svsmkit authors
 * SPDX-License-Identifier: MIT
 *
 * The host's CPU list: the ACPI MADT. See svsm_params_cpus().
 *
 * The checksum is not looked at: it protects against accidents, and who wrote
 * the table can make it right.
 */
#include <svsm/abi/acpi.h>
#include <svsm/string.h>

#include "params_internal.h"

/** "All CPUs" in the two forms of APIC IDs. */
#define BROADCAST_LAPIC		0xffu
#define BROADCAST_X2APIC	0xffffffffu

bool madt_is_there(const struct svsm_params_source *source)
{
	uint32_t signature;

	if (!source->madt || source->madt_len < sizeof(signature))
		return false;
	memcpy(&signature, source->madt, sizeof(signature));
	return signature != 0;
}

static enum svsm_status
read_header(const struct svsm_params_source *source, uint32_t *len,
	    struct svsm_refusal *why)
{
	struct svsm_abi_acpi_madt madt;

	if (source->madt_len < sizeof(madt))
		return params_refuse(why, "MADT: no room for a table", 0);
	memcpy(&madt, source->madt, sizeof(madt));
	if (madt.header.signature != SVSM_ACPI_MADT_SIGNATURE)
		return params_refuse(why, "MADT: wrong signature", 0);
	if (madt.header.len < sizeof(madt) ||
	    madt.header.len > source->madt_len)
		return params_refuse(why, "MADT: bad length",
				     madt.header.len);
	*len = madt.header.len;
	return SVSM_OK;
}

static enum svsm_status
add_cpu(const struct svsm_params_source *source, uint32_t apic_id, uint64_t at,
	struct svsm_params *out, struct svsm_refusal *why)
{
	if (svsm_params_has_cpu(out, apic_id))
		return params_refuse(why, "MADT: APIC ID twice", at);
	if (out->cpus == source->max_cpus)
		out->cpus_capped = true;
	else
		out->apic_id[out->cpus++] = apic_id;
	return SVSM_OK;
}

static enum svsm_status
take_lapic(const struct svsm_params_source *source, const char *sub,
	   uint64_t at, struct svsm_params *out, struct svsm_refusal *why)
{
	struct svsm_abi_acpi_lapic lapic;

	memcpy(&lapic, sub, sizeof(lapic));
	if (!(lapic.flags & SVSM_ACPI_CPU_ENABLED))
		return SVSM_OK;
	if (lapic.apic_id == BROADCAST_LAPIC)
		return params_refuse(why, "MADT: reserved APIC ID", at);
	return add_cpu(source, lapic.apic_id, at, out, why);
}

static enum svsm_status
take_x2apic(const struct svsm_params_source *source, const char *sub,
	    uint64_t at, struct svsm_params *out, struct svsm_refusal *why)
{
	struct svsm_abi_acpi_x2apic x2apic;

	memcpy(&x2apic, sub, sizeof(x2apic));
	if (!(x2apic.flags & SVSM_ACPI_CPU_ENABLED))
		return SVSM_OK;
	if (x2apic.apic_id == BROADCAST_X2APIC)
		return params_refuse(why, "MADT: reserved APIC ID", at);
	return add_cpu(source, x2apic.apic_id, at, out, why);
}

/* One structure, which is @len bytes at @at and inside the table. */
static enum svsm_status
take_sub(const struct svsm_params_source *source, uint8_t type, uint8_t len,
	 uint64_t at, struct svsm_params *out, struct svsm_refusal *why)
{
	const char *sub = (const char *)source->madt + at;

	if (type == SVSM_ACPI_LAPIC) {
		if (len != sizeof(struct svsm_abi_acpi_lapic))
			return params_refuse(why, "MADT: bad APIC entry", at);
		return take_lapic(source, sub, at, out, why);
	}
	if (type == SVSM_ACPI_X2APIC) {
		if (len != sizeof(struct svsm_abi_acpi_x2apic))
			return params_refuse(why, "MADT: bad x2APIC entry", at);
		return take_x2apic(source, sub, at, out, why);
	}
	return SVSM_OK;
}

enum svsm_status
madt_read(const struct svsm_params_source *source, struct svsm_params *out,
	  struct svsm_refusal *why)
{
	uint64_t at = sizeof(struct svsm_abi_acpi_madt);
	enum svsm_status status;
	uint32_t end = 0;

	status = read_header(source, &end, why);
	out->cpus = 0;
	out->cpus_capped = false;
	while (status == SVSM_OK && at < end) {
		struct svsm_abi_acpi_sub sub;

		if (end - at < sizeof(sub))
			return params_refuse(why, "MADT: cut off", at);
		memcpy(&sub, (const char *)source->madt + at, sizeof(sub));
		if (sub.len < sizeof(sub) || sub.len > end - at)
			return params_refuse(why, "MADT: bad entry length", at);
		status = take_sub(source, sub.type, sub.len, at, out, why);
		at += sub.len;
	}
	if (status == SVSM_OK && out->cpus == 0)
		return params_refuse(why, "MADT: no CPU", end);
	return status;
}
