# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Launch digests without a launch: of IGVM files and of plain firmware."""

from svsmkit.binary import PAGE
from svsmkit.errors import UserError
from svsmkit.igvm import (DataType, PageData, PageFlags, ParameterArea,
                          ParameterInsert)
from svsmkit.launch import (FEATURE_SNP_ACTIVE, LaunchDigest, PageType,
                            PAT_RESET, VMSA_GPA, Segment, vmsa_pack)
from svsmkit.ovmf import RESET_VECTOR, Kind

MAX_VCPUS = 4096


def page_type(page):
    """How QEMU hands a page-data header of an IGVM file to the launch."""
    if page.data_type == DataType.SECRETS:
        return PageType.SECRETS
    if page.data_type in (DataType.CPUID, DataType.CPUID_XF):
        return PageType.CPUID
    if page.flags & PageFlags.UNMEASURED:
        return PageType.UNMEASURED
    return PageType.ZERO if page.data is None else PageType.NORMAL


class PageGroup:
    """Pages that QEMU gathers before it adds them to the launch: a run of
    page-data headers with consecutive addresses and one type."""

    def __init__(self, digest):
        self.digest = digest
        self.pages = []

    def add(self, page):
        if self.pages and not self._continues(page):
            self.flush()
        self.pages.append(page)

    def _continues(self, page):
        last = self.pages[-1]
        return page.gpa == last.gpa + PAGE \
            and page_type(page) == page_type(last)

    def flush(self):
        for page in self.pages:
            self.digest.add(page_type(page), page.gpa, page.data)
        self.pages = []


def image_digest(file):
    """The launch digest of a checked IGVM file.

    In QEMU's order: parameters where they stand, page groups when the next one
    begins, and the VMSA last, wherever it stands in the file.
    """
    digest = LaunchDigest()
    group = PageGroup(digest)
    sizes = {area.index: area.size for area in file.of(ParameterArea)}
    for header in file.headers:
        if isinstance(header, PageData):
            group.add(header)
        elif isinstance(header, ParameterInsert):
            digest.add_range(PageType.UNMEASURED, header.gpa,
                             sizes[header.index])
    group.flush()
    digest.add(PageType.VMSA, VMSA_GPA, file.vmsa.data)
    return digest


# Family, model and stepping of QEMU's CPU models; CPUID 1 EAX in RDX at reset.
VCPU_TYPES = {
    "EPYC": (23, 1, 2), "EPYC-v1": (23, 1, 2), "EPYC-v2": (23, 1, 2),
    "EPYC-v3": (23, 1, 2), "EPYC-v4": (23, 1, 2), "EPYC-v5": (23, 1, 2),
    "EPYC-IBPB": (23, 1, 2),
    "EPYC-Rome": (23, 49, 0), "EPYC-Rome-v1": (23, 49, 0),
    "EPYC-Rome-v2": (23, 49, 0), "EPYC-Rome-v3": (23, 49, 0),
    "EPYC-Rome-v4": (23, 49, 0), "EPYC-Rome-v5": (23, 49, 0),
    "EPYC-Milan": (25, 1, 1), "EPYC-Milan-v1": (25, 1, 1),
    "EPYC-Milan-v2": (25, 1, 1), "EPYC-Milan-v3": (25, 1, 1),
    "EPYC-Genoa": (25, 17, 0), "EPYC-Genoa-v1": (25, 17, 0),
    "EPYC-Genoa-v2": (25, 17, 0),
    "EPYC-Turin": (26, 0, 0), "EPYC-Turin-v1": (26, 0, 0),
}


def vcpu_signature(name):
    """CPUID 1 EAX of a QEMU CPU model."""
    if name not in VCPU_TYPES:
        known = ", ".join(VCPU_TYPES)
        raise UserError(f"unknown vCPU type {name}; known: {known}")
    family, model, stepping = VCPU_TYPES[name]
    extended = max(family - 15, 0)
    return (extended << 20 | (model >> 4) << 16 | min(family, 15) << 8
            | (model & 15) << 4 | stepping)


def reset_vmsa(rip, signature, sev_features):
    """A vCPU at reset as QEMU and KVM make it, starting at `rip`."""
    data = Segment(0, 0x93, 0xffff, 0)
    segments = {name: data for name in ("ES", "SS", "DS", "FS", "GS")}
    segments["CS"] = Segment(0xf000, 0x9b, 0xffff, rip & 0xffff0000)
    segments["GDTR"] = segments["IDTR"] = Segment(0, 0, 0xffff, 0)
    segments["LDTR"] = Segment(0, 0x82, 0xffff, 0)
    segments["TR"] = Segment(0, 0x8b, 0xffff, 0)
    return vmsa_pack(segments, {
        "CR0": 0x10, "CR4": 0x40, "EFER": 0x1000, "RFLAGS": 2,
        "DR6": 0xffff0ff0, "DR7": 0x400, "RIP": rip & 0xffff,
        "RDX": signature, "G_PAT": PAT_RESET, "XCR0": 1,
        "MXCSR": 0x1f80, "X87_FCW": 0x37f, "SEV_FEATURES": sev_features,
    })


def firmware_digest(firmware, vcpus, vcpu_type, sev_features):
    """The launch digest of plain firmware, without an SVSM, under QEMU."""
    if not 1 <= vcpus <= MAX_VCPUS:
        raise UserError(f"{vcpus} vCPUs: 1 to {MAX_VCPUS} can be measured")
    if not sev_features & FEATURE_SNP_ACTIVE or sev_features >> 64:
        raise UserError(f"features {sev_features:#x}: a 64-bit value with "
                        "bit 0 (SNP active)")
    signature = vcpu_signature(vcpu_type)
    digest = LaunchDigest()
    digest.add_range(PageType.NORMAL, firmware.gpa, len(firmware.data),
                     firmware.data)
    types = {Kind.SECRETS: PageType.SECRETS, Kind.CPUID: PageType.CPUID}
    for section in firmware.sections:
        digest.add_range(types.get(section.kind, PageType.ZERO), section.gpa,
                         section.size)
    for vcpu in range(vcpus):
        rip = firmware.ap_reset if vcpu else RESET_VECTOR
        digest.add(PageType.VMSA, VMSA_GPA,
                   reset_vmsa(rip, signature, sev_features))
    return digest
