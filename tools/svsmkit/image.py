# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""From an ELF file and guest firmware to an IGVM file.

The same input gives the same bytes. docs/image.md tells what is in the file
and why in that order.
"""

import os
import struct
from dataclasses import dataclass

from svsmkit import abi, igvm
from svsmkit.binary import PAGE, read_file, write_file
from svsmkit.elf import Elf
from svsmkit.errors import UserError
from svsmkit.launch import (FEATURE_DEBUG_SWAP, VMSA_GPA, features_problem,
                            policy_problem, svsm_vmsa)
from svsmkit.layout import (Access, Content, Plan, madt_size, page_tables,
                            tables_needed)
from svsmkit.ovmf import Firmware

MAX_CPUS = 1024
MAX_GUEST_VMPL = 3

# Leaves of the CPUID page that we ask the host to fill in. QEMU puts a table of
# its own there; other loaders answer what they are asked. (function, index)
CPUID_LEAVES = (
    [(0x8000001f, 0), (0, 0), (1, 0), (2, 0)]
    + [(4, index) for index in range(4)]
    + [(5, 0), (6, 0), (7, 0), (7, 1), (0xb, 0), (0xb, 1)]
    + [(0xd, 0), (0xd, 1), (0xd, 2)]
    + [(0x80000000 + leaf, 0) for leaf in range(9)]
    + [(0x8000000a, 0), (0x80000019, 0), (0x8000001a, 0)]
    + [(0x8000001d, index) for index in range(4)]
    + [(0x8000001e, 0)])

# Parameter areas, in the order of their indexes.
GENERAL, MEMORY_MAP, MADT = range(3)
GENERAL_VP_COUNT, GENERAL_ENVIRONMENT = 0, 4


@dataclass(frozen=True)
class Options:
    symbols: bool = True    # the table for backtraces: measured pages
    madt: bool = False      # ask for it: only QEMU 11 and later can answer
    debug_swap: bool = True     # the host swaps debug registers of all VMSAs
    vmsa_inside: bool = False   # its page is in the region, not where KVM has it


def build(elf_data, elf_name, firmware_data=None, firmware_name="firmware",
          options=Options()):
    """The bytes of the IGVM file."""
    elf = Elf(elf_data, elf_name)
    image = read_image(elf)
    firmware = None
    if firmware_data is not None:
        firmware = Firmware(firmware_data, firmware_name)
        firmware.require_svsm()
    elif image.needs_firmware:
        raise UserError(f"{elf_name} needs guest firmware (--firmware OVMF)")
    plan = make_plan(elf, image, options)
    if firmware:
        firmware.require_free(plan.start, plan.end, "the SVSM's region")
    fill_plan(plan, firmware)
    return igvm.write(headers(plan, image, elf.entry, firmware,
                              vmsa_features(image, options)))


def make(elf_path, firmware_path, out_path, options=Options()):
    """The same from file to file. `firmware_path` may be None."""
    firmware = None if firmware_path is None else read_file(firmware_path)
    data = build(read_file(elf_path), elf_path, firmware, firmware_path,
                 options)
    write_file(out_path, data)
    return data


def path_of(name):
    """A file, or the image that `kit image NAME` made in this directory."""
    made = name + ".igvm"
    return made if not os.path.exists(name) and os.path.exists(made) else name


def read_image(elf):
    """The SVSM's own words, checked."""
    symbol = elf.symbol(abi.IMAGE_SYMBOL)
    if symbol is None:
        raise UserError(f"{elf.reader.what}: no symbol {abi.IMAGE_SYMBOL}: "
                        "is this an SVSM?")
    image = abi.Image.unpack(
        elf.read(symbol.addr, abi.IMAGE_SIZE, abi.IMAGE_SYMBOL))
    problem = image_problem(image)
    if problem:
        raise UserError(f"{elf.reader.what}: svsm_image: {problem}")
    return image


def image_problem(image):
    """What is wrong with a struct svsm_image, or None."""
    both = image.features_required & image.features_forbidden
    checks = (
        (image.magic == abi.IMAGE_MAGIC, "wrong magic"),
        (image.version == abi.VERSION, f"version {image.version}"),
        (not image.flags & ~abi.KNOWN_FLAGS, f"flags {image.flags:#x}"),
        (not policy_problem(image.guest_policy),
         policy_problem(image.guest_policy)),
        (not features_problem(image.sev_features),
         features_problem(image.sev_features)),
        (not image.features_required & ~image.sev_features,
         "sev_features miss a required bit"),
        (not image.features_forbidden & image.sev_features,
         "sev_features have a forbidden bit"),
        (not both, f"features {both:#x} are required and forbidden"),
        (1 <= image.guest_vmpl <= MAX_GUEST_VMPL,
         f"guest_vmpl {image.guest_vmpl} is not 1 to {MAX_GUEST_VMPL}"),
        (1 <= image.max_cpus <= MAX_CPUS,
         f"max_cpus {image.max_cpus} is not 1 to {MAX_CPUS}"),
    )
    return next((text for good, text in checks if not good), None)


def vmsa_features(image, options):
    """SEV_FEATURES of our VMSA: the image's own, and debug swap if it may be."""
    swap = FEATURE_DEBUG_SWAP
    if not options.debug_swap:
        if image.features_required & swap:
            raise UserError("the SVSM requires debug swap")
        return image.sev_features & ~swap
    policy = image.features_required | image.features_allowed
    accepted = policy & ~image.features_forbidden & swap
    return image.sev_features | accepted


def make_plan(elf, image, options):
    """Place everything. Only page tables and launch page are still empty."""
    plan = Plan(elf, image.region_len)
    read, write = Access.READ, Access.WRITE
    plan.add("page tables", PAGE * tables_needed(plan.start, plan.end), write,
             Content.DATA)
    plan.add("launch", PAGE, read, Content.DATA)
    if options.symbols:
        functions = [symbol for symbol in elf.functions()
                     if plan.start <= symbol.addr < plan.end]
        table = abi.symbols_pack(functions, plan.start)
        plan.add("symbols", len(table), read, Content.DATA, table)
    plan.add("cpuid", PAGE, read, Content.CPUID, cpuid_page())
    plan.add("secrets", PAGE, write, Content.SECRETS)
    plan.add("general", PAGE, read, Content.PARAMETER)
    plan.add("memory map", PAGE, read, Content.PARAMETER)
    if options.madt:
        plan.add("madt", madt_size(image.max_cpus), read, Content.PARAMETER)
    if options.vmsa_inside:
        plan.add_vmsa()
    plan.add_heap()
    return plan


def vmsa_gpa(plan):
    """Where the first vCPU's VMSA is."""
    return next((area.start for area in plan.named("vmsa")), VMSA_GPA)


def fill_plan(plan, firmware):
    """What depends on where things are."""
    plan.fill("launch", abi.launch_pack(launch_fields(plan, firmware)))
    plan.fill("page tables", page_tables(plan))


def launch_fields(plan, firmware):
    fields = {
        "region_start": plan.start, "region_len": plan.size,
        "bss_start": plan.bss_start,
        "bss_len": plan.bss_end - plan.bss_start,
        "heap_start": plan["heap"].start,
        "page_table": plan["page tables"].start,
        "page_table_len": plan["page tables"].size,
        "cpuid_page": plan["cpuid"].start,
        "secrets_page": plan["secrets"].start,
        "general_page": plan["general"].start,
        "vmsa": vmsa_gpa(plan),
    }
    for area, name in (("memory map", "memory_map"), ("madt", "madt"),
                       ("symbols", "symbols")):
        for found in plan.named(area):
            fields[name] = found.start
            fields[name + "_len"] = found.size
    if firmware:
        fields["firmware"] = firmware.gpa
        fields["firmware_len"] = len(firmware.data)
    return fields


def cpuid_page():
    """A CPUID page that names leaves and has no values."""
    entries = b"".join(struct.pack("<II40x", *leaf) for leaf in CPUID_LEAVES)
    return struct.pack("<I12x", len(CPUID_LEAVES)) + entries


def headers(plan, image, entry, firmware, features):
    """The variable headers, in the order that loaders agree on: all that the
    host writes before all pages, the VMSA last."""
    yield igvm.Platform()
    yield igvm.GuestPolicy(image.guest_policy)
    yield igvm.RequiredMemory(plan.start, plan.size)
    yield from parameter_headers(plan)
    for area in plan.areas:
        yield from page_headers(area)
    if firmware:
        for at in range(0, len(firmware.data), PAGE):
            yield igvm.PageData(firmware.gpa + at,
                                firmware.data[at:at + PAGE])
    vmsa = svsm_vmsa(entry, plan["launch"].start, features)
    yield igvm.VpContext(vmsa, vmsa_gpa(plan))


def parameter_headers(plan):
    """Declare, use, insert."""
    areas = {GENERAL: plan["general"], MEMORY_MAP: plan["memory map"]}
    uses = [igvm.Parameter(igvm.Type.VP_COUNT, GENERAL, GENERAL_VP_COUNT),
            igvm.Parameter(igvm.Type.ENVIRONMENT, GENERAL,
                           GENERAL_ENVIRONMENT),
            igvm.Parameter(igvm.Type.MEMORY_MAP, MEMORY_MAP)]
    for area in plan.named("madt"):
        areas[MADT] = area
        uses.append(igvm.Parameter(igvm.Type.MADT, MADT))
    for index, area in areas.items():
        yield igvm.ParameterArea(index, area.size)
    yield from uses
    for index, area in areas.items():
        yield igvm.ParameterInsert(area.start, index)


def page_headers(area):
    """A header for each page of an area that is part of the launch."""
    kinds = {Content.DATA: igvm.DataType.NORMAL,
             Content.SECRETS: igvm.DataType.SECRETS,
             Content.CPUID: igvm.DataType.CPUID}
    if area.content not in kinds:
        return
    data = area.data + bytes(area.size - len(area.data))
    for at in range(0, area.size, PAGE):
        page = data[at:at + PAGE]
        yield igvm.PageData(
            area.start + at,
            None if area.content == Content.SECRETS else page,
            kinds[area.content])
