# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Small inputs for the tests of the image tools: ELF files, firmware, images.

Made byte by byte from the specifications, not with the code under test.
"""

import os
import struct
import sys
import uuid

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(TREE, "tools"))

PAGE = 4096
REGION = 0x8000000
TEXT, RODATA, DATA = REGION, REGION + 0x1000, REGION + 0x2000
GUARD, BSS = REGION + 0x4000, REGION + 0x5000
R, W, X = 4, 2, 1


def image_words(**changes):
    """A struct svsm_image."""
    values = {"magic": b"SVSMIMG1", "version": 1, "flags": 0,
              "region_len": 4 << 20, "guest_policy": 0x30000,
              "sev_features": 1, "features_required": 1,
              "features_allowed": 0x28, "features_forbidden": 2,
              "guest_sev_features": 1, "guest_vmpl": 2, "max_cpus": 4,
              "name": b"sample"}
    values.update(changes)
    return struct.pack("<8sIIQQQQQQQII48s", *values.values())


class ElfBuilder:
    """An ELF file of segments, sections and symbols, written plainly."""

    def __init__(self, entry=TEXT):
        self.entry = entry
        self.kind = 2
        self.segments = []      # (type, flags, addr, data, mem size)
        self.sections = []      # (name, type, flags, addr, size)
        self.symbols = []       # (name, info, section, addr, size)

    def segment(self, flags, addr, data, mem_size=None, kind=1):
        self.segments.append((kind, flags, addr, data,
                              len(data) if mem_size is None else mem_size))

    def bytes(self):
        """Header, program headers, segments, strings, symbols, sections."""
        body = bytearray(64 + 56 * len(self.segments))
        headers = b""
        for kind, flags, addr, data, mem_size in self.segments:
            headers += struct.pack("<IIQQQQQQ", kind, flags, len(body), addr,
                                   addr, len(data), mem_size, PAGE)
            body += data
        names = bytearray(b"\0")
        entries = [bytes(64)]
        for name, kind, flags, addr, size in self.sections:
            entries.append(struct.pack("<IIQQQQIIQQ", len(names), kind, flags,
                                       addr, 64, size, 0, 0, 1, 0))
            names += name + b"\0"
        strings, symbols = bytearray(b"\0"), bytearray(24)
        for name, info, section, addr, size in self.symbols:
            symbols += struct.pack("<IBBHQQ", len(strings), info, 0, section,
                                   addr, size)
            strings += name + b"\0"
        count = len(entries)
        for name, kind, data, link, size in (
                (b".symtab", 2, symbols, count + 1, 24),
                (b".strtab", 3, strings, 0, 0)):
            entries.append(struct.pack("<IIQQQQIIQQ", len(names), kind, 0, 0,
                                       len(body), len(data), link, 0, 1, size))
            names += name + b"\0"
            body += data
        entries.append(struct.pack(
            "<IIQQQQIIQQ", len(names), 3, 0, 0, len(body),
            len(names) + len(b".shstrtab\0"), 0, 0, 1, 0))
        body += names + b".shstrtab\0"
        header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", self.kind, 62, 1, self.entry, 64, len(body), 0,
            64, 56, len(self.segments), 64, len(entries), len(entries) - 1)
        body[:64 + len(headers)] = header + headers
        return bytes(body + b"".join(entries))


def elf_builder(**changes):
    """An SVSM: text, rodata, data, a guard page and .bss."""
    elf = ElfBuilder()
    elf.segment(R | X, TEXT, b"\xf4" * 100)
    elf.segment(R, RODATA, image_words(**changes))
    elf.segment(R | W, DATA, b"d" * 5000, mem_size=0x5100)
    elf.sections += [(b".text", 1, 6, TEXT, 100),
                     (b".rodata", 1, 2, RODATA, 0x80),
                     (b".guard.stack", 8, 3, GUARD, PAGE)]
    elf.symbols += [(b"svsm_image", 0x11, 2, RODATA, 0x80),
                    (b"later", 0x12, 1, TEXT + 50, 10),
                    (b"_start", 0x10, 1, TEXT, 0),
                    (b"first", 0x12, 1, TEXT, 50)]
    return elf


def elf_bytes(**changes):
    return elf_builder(**changes).bytes()


def guid(text):
    return uuid.UUID(text).bytes_le


FOOTER = guid("96b582de-1fb2-45f7-baea-a366c55a082d")
ES_RESET = guid("00f771de-1a7e-4fcb-890e-68c77e2fb44e")
SEV_METADATA = guid("dc886566-984a-4798-a75e-5585a7bf67cc")
SEC_MEM, SECRETS, CPUID, SVSM_CAA = 1, 2, 3, 4
SVSM_SECTIONS = [(0x800000, 0x9000, SEC_MEM), (0x80d000, PAGE, SECRETS),
                 (0x80e000, PAGE, CPUID), (0x80f000, PAGE, SVSM_CAA)]


def firmware_bytes(sections=None, size=16384, table=None, metadata=None):
    """OVMF as far as the tools look: metadata, table of GUIDs, reset code."""
    if sections is None:
        sections = SVSM_SECTIONS
    if metadata is None:
        metadata = struct.pack("<4sIII", b"ASEV", 16 + 12 * len(sections), 1,
                               len(sections))
        metadata += b"".join(struct.pack("<III", *s) for s in sections)
    back = 1024
    if table is None:
        table = entry(ES_RESET, struct.pack("<I", 0x80b004)) \
            + entry(SEV_METADATA, struct.pack("<I", back))
        table += struct.pack("<H", len(table) + 18) + FOOTER
    image = bytearray(b"\x90" * size)
    image[size - back:size - back + len(metadata)] = metadata
    image[size - 32 - len(table):size - 32] = table
    return bytes(image)


def entry(name, data):
    """An entry of the table: data, length of all, GUID."""
    return data + struct.pack("<H", len(data) + 18) + name
