# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The SNP launch digest, and the VMSA that ends it.

The firmware measures a launch page by page: each step hashes the digest so far
with a PAGE_INFO record. [SNP] SNP_LAUNCH_UPDATE
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum

from svsmkit.binary import PAGE

DIGEST_SIZE = 48
NO_CONTENT = bytes(DIGEST_SIZE)
PAGE_INFO_SIZE = 0x70
# Where VMSAs are for mainline KVM, above all memory of a machine.
VMSA_GPA = 0xfffffffff000

FEATURE_SNP_ACTIVE = 1 << 0
FEATURE_RESTRICTED = 1 << 3
FEATURE_ALTERNATE = 1 << 4
FEATURE_DEBUG_SWAP = 1 << 5
FEATURE_NAMES = [
    "SNP active", "vTOM", "reflect #VC", "restricted injection",
    "alternate injection", "debug swap", "prevent host IBS",
    "BTB isolation", "VMPL SSS", "secure TSC", "VMGEXIT parameter",
    "PMC virtualization", "IBS virtualization", "guest intercept control",
    "VMSA register protection", "SMT protection", "secure AVIC",
    None, None, None, None, "IBPB on entry",
]


POLICY_DEFAULT = 0x30000    # what QEMU asks for when a file does not say
POLICY_MUST_BE_ONE = 1 << 17
POLICY_RESERVED = ~0 << 26
# The version of the firmware's ABI that our images are made for.
FIRMWARE_ABI = (1, 58)


def features_problem(features):
    """Why no processor starts a VMSA with these SEV_FEATURES, or None."""
    if not features & FEATURE_SNP_ACTIVE:
        return f"SEV_FEATURES {features:#x} without SNP"
    if features & FEATURE_RESTRICTED and features & FEATURE_ALTERNATE:
        return f"SEV_FEATURES {features:#x} with two injection modes"
    return None


def policy_problem(policy):
    """Why SNP_LAUNCH_START refuses this guest policy, or None."""
    if not policy & POLICY_MUST_BE_ONE:
        return f"guest policy {policy:#x} without bit 17"
    if policy & POLICY_RESERVED:
        return f"guest policy {policy:#x} has reserved bits"
    if (policy >> 8 & 0xff, policy & 0xff) > FIRMWARE_ABI:
        return f"guest policy {policy:#x} asks for a newer firmware"
    return None


class PageType(IntEnum):
    NORMAL = 1
    VMSA = 2
    ZERO = 3
    UNMEASURED = 4
    SECRETS = 5
    CPUID = 6


class LaunchDigest:
    """The chain of PAGE_INFO records."""

    def __init__(self):
        self.value = bytes(DIGEST_SIZE)
        self.pages = 0

    def add(self, page_type, gpa, content=None):
        """Extend by one 4 KiB page. Only NORMAL and VMSA bind the content."""
        if gpa % PAGE:
            raise ValueError("a page begins at a multiple of 4096")
        contents = NO_CONTENT
        if page_type in (PageType.NORMAL, PageType.VMSA):
            if len(content) != PAGE:
                raise ValueError("a page has 4096 bytes")
            contents = hashlib.sha384(content).digest()
        # Length, type, not an IMI page, reserved, no VMPL permissions.
        record = self.value + contents + struct.pack(
            "<HBBBBBBQ", PAGE_INFO_SIZE, page_type, 0, 0, 0, 0, 0, gpa)
        self.value = hashlib.sha384(record).digest()
        self.pages += 1

    def add_range(self, page_type, gpa, size, data=None):
        """Extend by `size` bytes of pages of one type."""
        for at in range(0, size, PAGE):
            content = None if data is None else data[at:at + PAGE]
            self.add(page_type, gpa + at, content)

    def hex(self):
        return self.value.hex()


@dataclass(frozen=True)
class Segment:
    """A segment register. Attributes as in a VMSA: descriptor bits 40 to 47,
    then bits 52 to 55."""
    selector: int = 0
    attributes: int = 0
    limit: int = 0
    base: int = 0

    def pack(self):
        return struct.pack("<HHIQ", self.selector, self.attributes,
                           self.limit, self.base)


# [APM2] appendix B, VMSA layout: offsets of the fields we use.
VMSA_SEGMENTS = {
    "ES": 0x000, "CS": 0x010, "SS": 0x020, "DS": 0x030, "FS": 0x040,
    "GS": 0x050, "GDTR": 0x060, "LDTR": 0x070, "IDTR": 0x080, "TR": 0x090,
}
VMSA_REGISTERS = {     # name: (offset, bytes)
    "VMPL": (0x0ca, 1), "CPL": (0x0cb, 1), "EFER": (0x0d0, 8),
    "XSS": (0x140, 8), "CR4": (0x148, 8), "CR3": (0x150, 8),
    "CR0": (0x158, 8), "DR7": (0x160, 8), "DR6": (0x168, 8),
    "RFLAGS": (0x170, 8), "RIP": (0x178, 8), "RSP": (0x1d8, 8),
    "RAX": (0x1f8, 8), "CR2": (0x240, 8), "G_PAT": (0x268, 8),
    "RCX": (0x308, 8), "RDX": (0x310, 8), "RBX": (0x318, 8),
    "RBP": (0x328, 8), "RSI": (0x330, 8), "RDI": (0x338, 8),
    "R8": (0x340, 8), "R9": (0x348, 8), "R10": (0x350, 8),
    "R11": (0x358, 8), "R12": (0x360, 8), "R13": (0x368, 8),
    "R14": (0x370, 8), "R15": (0x378, 8), "SEV_FEATURES": (0x3b0, 8),
    "VIRTUAL_TOM": (0x3c8, 8), "XCR0": (0x3e8, 8), "MXCSR": (0x408, 4),
    "X87_FCW": (0x410, 2),
}
# The firmware measures a VMSA as if these two were zero.
VMSA_TSC_SCALE, VMSA_TSC_OFFSET = 0x2f0, 0x2f8

PAT_RESET = 0x0007040600070406
EFER_SVME = 1 << 12
CR0_PE, CR0_ET, CR0_NE = 1 << 0, 1 << 4, 1 << 5
CR4_MCE = 1 << 6


def vmsa_pack(segments, registers):
    """A VMSA page with these fields and zeros elsewhere."""
    page = bytearray(PAGE)
    for name, segment in segments.items():
        at = VMSA_SEGMENTS[name]
        page[at:at + 16] = segment.pack()
    for name, value in registers.items():
        at, size = VMSA_REGISTERS[name]
        page[at:at + size] = value.to_bytes(size, "little")
    return bytes(page)


def vmsa_unpack(page):
    """The inverse of vmsa_pack: all segments, all registers."""
    segments = {name: Segment(*struct.unpack_from("<HHIQ", page, at))
                for name, at in VMSA_SEGMENTS.items()}
    registers = {name: int.from_bytes(page[at:at + size], "little")
                 for name, (at, size) in VMSA_REGISTERS.items()}
    return segments, registers


def vmsa_rest(page):
    """Offset of the first non-zero byte that QEMU would refuse, or None."""
    rest = bytearray(page)
    for at in VMSA_SEGMENTS.values():
        rest[at:at + 16] = bytes(16)
    for name, (at, size) in VMSA_REGISTERS.items():
        if name not in ("VMPL", "CPL", "XSS", "CR2", "VIRTUAL_TOM"):
            rest[at:at + size] = bytes(size)
    return next((at for at, byte in enumerate(rest) if byte), None)


def svsm_vmsa(entry, launch_page, sev_features):
    """The first vCPU of an image: 32-bit protected mode, no paging.

    Only fields that QEMU takes over, with values that come back unchanged from
    KVM: it adds EFER.SVME, CR4.MCE and CR0.ET itself, so a VMSA without them
    would not have the digest that we compute.
    """
    code = Segment(0x08, 0xc9b, 0xffffffff, 0)
    data = Segment(0x10, 0xc93, 0xffffffff, 0)
    segments = {name: data for name in ("ES", "SS", "DS", "FS", "GS")}
    return vmsa_pack({"CS": code, **segments}, {
        "CR0": CR0_PE | CR0_ET | CR0_NE,
        "CR4": CR4_MCE,
        "EFER": EFER_SVME,
        "RFLAGS": 2,
        "RIP": entry,
        "RSI": launch_page,
        "G_PAT": PAT_RESET,
        "XCR0": 1,
        "SEV_FEATURES": sev_features,
    })
