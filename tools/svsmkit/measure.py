# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Launch digests without a launch: of IGVM files and of plain firmware."""

from svsmkit.binary import PAGE
from svsmkit.errors import UserError
from svsmkit.igvm import (DataType, IdBlock, PageData, PageFlags,
                          ParameterArea, ParameterInsert)
from svsmkit.launch import (PAT_RESET, POLICY_DEFAULT, VMSA_GPA, LaunchDigest,
                            PageType, Segment, features_problem,
                            policy_problem, vmsa_pack, vmsa_unpack)
from svsmkit.ovmf import RESET_VECTOR, Kind

MAX_VCPUS = 4096
# Bytes of a page-data header with its type and length.
PAGE_DATA_SIZE = 32


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
    """Pages that QEMU gathers before it adds them to the launch: page-data
    headers side by side in the file, alike, with consecutive addresses."""

    def __init__(self, digest):
        self.digest = digest
        self.pages = []

    def add(self, page):
        if self.pages and not self._continues(page):
            self.flush()
        self.pages.append(page)

    def _continues(self, page):
        last = self.pages[-1]
        return page.offset == last.offset + PAGE_DATA_SIZE \
            and page.gpa == last.gpa + PAGE \
            and self._attributes(page) == self._attributes(last)

    @staticmethod
    def _attributes(page):
        return page.mask, page.flags, page.data_type, page.data is None

    def flush(self):
        for page in self.pages:
            self.digest.add(page_type(page), page.gpa, page.data)
        self.pages = []


def image_pages(file):
    """The digest of a checked IGVM file's pages and its VMSA.

    In QEMU's order: parameters where they stand, page groups when the next one
    begins, and the VMSA last, wherever it stands in the file.
    """
    problem = policy_problem(POLICY_DEFAULT if file.policy is None
                             else file.policy)
    if problem:
        raise UserError(f"{file.reader.what}: {problem}")
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
    digest.add(PageType.VMSA, file.vmsa.gpa, file.vmsa.data)
    return digest


def image_digest(file):
    """The launch digest of a checked IGVM file whose only VMSA is its own."""
    digest = image_pages(file)
    for block in file.of(IdBlock):
        if block.digest != digest.value:
            raise UserError(f"{file.reader.what}: digest is {digest.hex()} "
                            f"but its ID block wants {block.digest.hex()}")
    return digest


def untrusted_digest(file, vcpus, vcpu_type):
    """The digest when further vCPUs have a VMSA at launch, too.

    KVM measures one for each vCPU that there is, and QEMU has the image's VMSA
    for the first alone: the others are at reset. They start guest firmware at
    VMPL0, and no SVSM can prevent it.
    """
    require_vcpus(vcpus)
    digest = image_pages(file)
    _, registers = vmsa_unpack(file.vmsa.data)
    add_vcpus(digest, [RESET_VECTOR] * (vcpus - 1), vcpu_type,
              registers["SEV_FEATURES"], file.vmsa.gpa)
    return digest


def require_vcpus(vcpus):
    if not 1 <= vcpus <= MAX_VCPUS:
        raise UserError(f"{vcpus} vCPUs: 1 to {MAX_VCPUS} can be measured")


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
    require_vcpus(vcpus)
    if not 0 <= sev_features < 1 << 64:
        raise UserError(f"features {sev_features:#x} are not a 64-bit value")
    if features_problem(sev_features):
        raise UserError(features_problem(sev_features))
    digest = LaunchDigest()
    digest.add_range(PageType.NORMAL, firmware.gpa, len(firmware.data),
                     firmware.data)
    add_metadata(digest, firmware)
    starts = [RESET_VECTOR] + [firmware.ap_reset for _ in range(vcpus - 1)]
    add_vcpus(digest, starts, vcpu_type, sev_features)
    return digest


def add_metadata(digest, firmware):
    """The pages that firmware asks for in its metadata."""
    types = {Kind.SECRETS: PageType.SECRETS, Kind.CPUID: PageType.CPUID}
    for section in firmware.sections:
        digest.add_range(types.get(section.kind, PageType.ZERO), section.gpa,
                         section.size)


def add_vcpus(digest, starts, vcpu_type, sev_features, gpa=VMSA_GPA):
    """A VMSA at reset for each start address, in vCPU order."""
    signature = vcpu_signature(vcpu_type)
    for rip in starts:
        digest.add(PageType.VMSA, gpa,
                   reset_vmsa(rip, signature, sev_features))
