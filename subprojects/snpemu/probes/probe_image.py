#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""Make the IGVM file of one probe out of the program that holds them all.

Only as much of the format as probes need: one platform, one VMSA, pages. The
probe's name goes into the VMSA as a hash in EAX.

launch_digest() computes what the machine must print for such a file; it shares
nothing with the machine's own code.
"""

import hashlib
import struct
import sys
import zlib

PAGE = 4096
MASK = 1            # SNP's bit; a header's mask may have others, too
VMSA_GPA = 0xFFFFFFFFF000
SECRETS_GPA, CPUID_GPA, PARAM_GPA = 0x9000, 0xA000, 0xB000
TREE_GPA = 0xC000
NORMAL, SECRETS, CPUID = 0, 1, 2
FEATURE_SNP, FEATURE_RESTRICTED, FEATURE_ALTERNATE = 1, 8, 16


def fnv1a(name):
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def elf_pages(elf):
    """Entry point and {gpa: page or None} of all loadable segments."""
    entry, table = struct.unpack_from("<QQ", elf, 0x18)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    pages = {}
    for i in range(count):
        kind, _, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from(
            "<IIQQQQQQ", elf, table + i * size)
        if kind != 1:
            continue
        data = elf[offset:offset + filesz]
        for at in range(0, memsz, PAGE):
            page = data[at:at + PAGE].ljust(PAGE, b"\0")
            pages[vaddr + at] = page if any(page) else None
    return entry, pages


def symbol(elf, name):
    """The address of a symbol, by the first table of symbols."""
    at, = struct.unpack_from("<Q", elf, 0x28)
    size, count = struct.unpack_from("<HH", elf, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", elf, at + i * size)
                for i in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in sections:
        if kind != 2:
            continue
        for this in range(offset, offset + length, entry):
            word, _, _, _, value = struct.unpack_from("<IBBHQ", elf, this)
            start = sections[link][4] + word
            if elf[start:elf.index(0, start)] == name.encode():
                return value
    raise SystemExit(f"there is no symbol {name}")


def segment(selector, attributes, base=0, limit=0xFFFFFFFF):
    return struct.pack("<HHIQ", selector, attributes, limit, base)


def vmsa(entry, name, features):
    page = bytearray(PAGE)
    for offset in range(0, 0x60, 0x10):
        page[offset:offset + 16] = segment(0x10, 0xC93)
    page[0x10:0x20] = segment(0x18, 0xC9B)
    page[0x60:0x70] = segment(0, 0, limit=0xFFFF)
    page[0x70:0x80] = segment(0, 0x82, limit=0xFFFF)
    page[0x80:0x90] = segment(0, 0, limit=0xFFFF)
    page[0x90:0xA0] = segment(0, 0x8B, limit=0xFFFF)
    for offset, value in {
            0x0D0: 0x1000,              # EFER.SVME
            0x158: 0x31,                # CR0: PE, ET, NE
            0x160: 0x400, 0x168: 0xFFFF0FF0,
            0x170: 2, 0x178: entry,
            0x1F8: fnv1a(name),
            0x318: int(name.startswith("legacy_")),     # RBX
            0x268: 0x0007040600070406,
            0x3B0: features, 0x3E8: 1}.items():
        struct.pack_into("<Q", page, offset, value)
    struct.pack_into("<I", page, 0x408, 0x1F80)
    struct.pack_into("<H", page, 0x410, 0x37F)
    return bytes(page)


def reset_vmsa(features):
    """Of a vCPU that KVM launches beside the first: QEMU's EPYC-Milan."""
    page = bytearray(PAGE)
    for offset in range(0, 0x60, 0x10):
        page[offset:offset + 16] = segment(0, 0x93, limit=0xFFFF)
    page[0x10:0x20] = segment(0xF000, 0x9B, base=0xFFFF0000, limit=0xFFFF)
    page[0x60:0x70] = page[0x80:0x90] = segment(0, 0, limit=0xFFFF)
    page[0x70:0x80] = segment(0, 0x82, limit=0xFFFF)
    page[0x90:0xA0] = segment(0, 0x8B, limit=0xFFFF)
    for offset, value in {
            0x0D0: 0x1000, 0x148: 0x40, 0x158: 0x10, 0x160: 0x400,
            0x168: 0xFFFF0FF0, 0x170: 2, 0x178: 0xFFF0,
            0x268: 0x0007040600070406, 0x310: 0xA00F11,
            0x3B0: features, 0x3E8: 1}.items():
        struct.pack_into("<Q", page, offset, value)
    struct.pack_into("<I", page, 0x408, 0x1F80)
    struct.pack_into("<H", page, 0x410, 0x37F)
    return bytes(page)


# Page types of the launch, by (data type, has data).
LAUNCH_TYPES = {(NORMAL, True): 1, (NORMAL, False): 3, (SECRETS, False): 5,
                (CPUID, False): 6}
LAUNCH_VMSA, LAUNCH_UNMEASURED = 2, 4


def extend(digest, kind, gpa, page):
    """LD(n+1) for one page; only NORMAL and VMSA content is bound."""
    content = (hashlib.sha384(page).digest() if kind in (1, LAUNCH_VMSA)
               else bytes(48))
    info = digest + content + struct.pack("<HBBIQ", 0x70, kind, 0, 0, gpa)
    return hashlib.sha384(info).digest()


def launch_digest(elf, name, features=FEATURE_SNP, tree=0,
                  vmsa_gpa=VMSA_GPA, extra=None, vmsas=1):
    """Parameters first, then the pages by address, the VMSA last."""
    entry, pages = elf_pages(elf)
    digest = extend(bytes(48), LAUNCH_UNMEASURED, PARAM_GPA, None)
    if tree:
        digest = extend(digest, LAUNCH_UNMEASURED, TREE_GPA, None)
    digest = extend(digest, LAUNCH_TYPES[SECRETS, False], SECRETS_GPA, None)
    digest = extend(digest, LAUNCH_TYPES[CPUID, False], CPUID_GPA, None)
    for gpa, page in extra_pages(extra) + sorted(pages.items()):
        kind = LAUNCH_TYPES[NORMAL, page is not None]
        digest = extend(digest, kind, gpa, page)
    digest = extend(digest, LAUNCH_VMSA, vmsa_gpa, vmsa(entry, name, features))
    for _ in range(vmsas - 1):
        digest = extend(digest, LAUNCH_VMSA, vmsa_gpa, reset_vmsa(features))
    return digest.hex()


class Igvm:
    def __init__(self, mask):
        self.mask = mask
        self.headers = []       # (type, content, index of its data or None)
        self.data = []

    def add(self, kind, content, page=None, offset_at=None):
        """A header; with @p page, its file offset goes to offset_at."""
        where = None
        if page is not None:
            where = offset_at, len(self.data)
            self.data.append(page)
        self.headers.append((kind, bytearray(content), where))

    def page(self, gpa, page, data_type=NORMAL, flags=0):
        self.add(0x302, struct.pack("<QIIIHH", gpa, self.mask, 0, flags,
                                    data_type, 0), page, 0xC)

    def write(self):
        size = sum(8 + (len(c) + 7) // 8 * 8 for _, c, _ in self.headers)
        start = 24 + size
        out = b""
        for kind, content, where in self.headers:
            if where:
                struct.pack_into("<I", content, where[0],
                                 start + where[1] * PAGE)
            out += struct.pack("<II", kind, len(content)) + content
            out += bytes(-len(content) % 8)
        total = start + len(self.data) * PAGE
        fixed = struct.pack("<6I", 0x4D564749, 1, 24, size, total, 0)
        crc = zlib.crc32(out, zlib.crc32(fixed))
        return fixed[:20] + struct.pack("<I", crc) + out + b"".join(self.data)


# What a vCPU does that starts at the end of 4 GiB: validate that page, which
# VMPL0 alone can, and ask for termination with 14:64, or 14:65 when the page
# was valid.
RESET_CODE = bytes.fromhex(
    "66b800f0ffff 6631c9 66ba01000000"      # EAX page, ECX 4 KiB, EDX 1
    "f20f01ff 0f92c3 660fb6db 66c1e310"     # PVALIDATE, EBX = CF << 16
    "66b800e14000 6601d8 6631d2 66b9300101c0"
    "0f30 f30f01d9 ebfe")                   # WRMSR, VMGEXIT, for ever
RESET_AT = 0xF80
EXTRA = (b"extra".ljust(RESET_AT, b"\0") + RESET_CODE).ljust(0xFF0, b"\0") \
    + b"\xeb" + bytes([RESET_AT - 0xFF2 & 0xFF]) + bytes(14)


def extra_pages(extra):
    """[(gpa, page)] of (gpa, count): pages in a row, a group for a loader."""
    gpa, count = extra or (0, 0)
    return [(gpa + i * PAGE, EXTRA) for i in range(count)]


def image(elf, name, features=FEATURE_SNP, page_flags=0, mask=MASK,
          tree=0, vmsa_gpa=VMSA_GPA, extra=None, need=None):
    entry, pages = elf_pages(elf)
    igvm = Igvm(mask)
    igvm.add(0x001, struct.pack("<IBBHQ", MASK, 0, 2, 1, 0))
    igvm.add(0x101, struct.pack("<QII", 0x30000, mask, 0))
    if need:
        igvm.add(0x305, struct.pack("<QIIII", need[0], mask, need[1], 0, 0))
    igvm.add(0x301, struct.pack("<QII", PAGE, 0, 0))
    igvm.add(0x307, struct.pack("<II", 0, 0))
    igvm.add(0x313, struct.pack("<II", 0, 4))
    igvm.add(0x303, struct.pack("<QII", PARAM_GPA, mask, 0))
    if tree:
        igvm.add(0x301, struct.pack("<QII", PAGE, 1, 0))
        igvm.add(tree, struct.pack("<II", 1, 0))
        igvm.add(0x303, struct.pack("<QII", TREE_GPA, mask, 1))
    igvm.page(SECRETS_GPA, None, SECRETS)
    igvm.page(CPUID_GPA, None, CPUID)
    for gpa, page in extra_pages(extra):
        igvm.page(gpa, page)
    for gpa in sorted(pages):
        igvm.page(gpa, pages[gpa], flags=page_flags)
    igvm.add(0x304, struct.pack("<QIIHH", vmsa_gpa, mask, 0, 0, 0),
             vmsa(entry, name, features), 0xC)
    return igvm.write()


def main(argv):
    if len(argv) not in (4, 5):
        print("usage: probe_image.py PROBES.elf NAME OUT.igvm [FEATURES]",
              file=sys.stderr)
        return 2
    with open(argv[1], "rb") as file:
        elf = file.read()
    features = int(argv[4], 0) if len(argv) == 5 else FEATURE_SNP
    with open(argv[3], "wb") as file:
        file.write(image(elf, argv[2], features))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
