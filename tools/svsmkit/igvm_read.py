# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""A strict reader for IGVM files that start SEV-SNP machines.

Refuses, with file offset and reason, what is malformed and what QEMU's loader
or ours would not load. Headers for other platforms only (their mask lacks
SNP's bit) are checked for shape and skipped. [IGVM]
"""

import struct

from svsmkit import igvm
from svsmkit.binary import LARGE_PAGE, PAGE, Reader
from svsmkit.igvm import (DataType, GuestPolicy, IdBlock, PageData, PageFlags,
                          Parameter, ParameterArea, ParameterInsert, Platform,
                          RequiredMemory, Type, VpContext)
from svsmkit.launch import VMSA_REGISTERS, features_problem, vmsa_rest

MAX_FILE = 1 << 30
MAX_AREAS = 32
MAX_AREA_SIZE = 1 << 20
GPA_LIMIT = 1 << 52

# Types of platform, initialization and directive headers.
SECTIONS = (range(0x001, 0x101), range(0x101, 0x201), range(0x301, 0x401))


class File:
    """A checked file: `headers` in file order."""

    def __init__(self, data, what="IGVM file"):
        self.reader = Reader(what, data)
        start, end = self._read_fixed_header()
        checker = Checker(self.reader, end)
        self.headers = []
        for kind, at, length in self._walk(start, end):
            header = checker.header(kind, at, length)
            if header is not None:
                self.headers.append(header)
        checker.finish(end)

    def __len__(self):
        return len(self.reader)

    def of(self, kind):
        """The headers of one class."""
        return [header for header in self.headers if isinstance(header, kind)]

    @property
    def policy(self):
        found = self.of(GuestPolicy)
        return found[0].policy if found else None

    @property
    def vmsa(self):
        return self.of(VpContext)[0]

    def _read_fixed_header(self):
        r = self.reader
        r.require(len(r) <= MAX_FILE, MAX_FILE, "file is larger than 1 GiB")
        magic, version, start, size, total, checksum = \
            r.unpack(igvm.FIXED_HEADER, 0, "fixed header")
        r.require(magic == igvm.MAGIC, 0, "not an IGVM file")
        fixed_size = self._fixed_header_size(version)
        r.require(start >= fixed_size and start % 8 == 0, 8,
                  "wrong offset of the variable headers")
        r.require(size % 8 == 0, 12, "variable headers are not padded")
        r.require(total == len(r), 16,
                  f"file should have {total} bytes but has {len(r)}")
        headers = r.bytes(start, size, "variable header section")
        fixed = r.bytes(0, fixed_size, "fixed header")
        r.require(igvm.crc32(fixed, headers) == checksum,
                  igvm.CHECKSUM_OFFSET, "wrong checksum")
        return start, start + size

    def _fixed_header_size(self, version):
        """Version 2 names the architecture and the page size, too."""
        r = self.reader
        r.require(version in (1, 2), 4, f"format version {version}")
        if version == 1:
            return igvm.FIXED_HEADER_SIZE
        machine, page = r.unpack("II", igvm.FIXED_HEADER_SIZE, "fixed header")
        r.require(machine == 0, igvm.FIXED_HEADER_SIZE, "not for x64")
        r.require(page == PAGE, igvm.FIXED_HEADER_SIZE + 4,
                  f"pages of {page} bytes")
        return igvm.FIXED_HEADER_SIZE + 8

    def _walk(self, at, end):
        """Type, offset and length of each variable header."""
        require = self.reader.require
        while at < end:
            kind, length = self.reader.unpack("II", at, "variable header")
            padded = (length + 7) & ~7
            require(padded <= end - at - 8, at + 4,
                    "variable header is longer than its section")
            padding = self.reader.bytes(at + 8 + length, padded - length,
                                        "padding")
            require(not any(padding), at + 8 + length, "padding is not zero")
            yield kind, at, length
            at += 8 + padded


class Checker:
    """Turns raw headers into objects; knows what came before.

    Each method for a type gets the offset of the header and its fields, and
    gives the object, or None for a header of other platforms.
    """

    def __init__(self, reader, data_start):
        self.reader = reader
        self.data_start = data_start
        self.section = 0
        self.mask = 0           # SNP's bit
        self.masks = 0          # all platforms' bits
        self.seen = set()       # types of headers that may stand only once
        self.areas = {}         # index -> size
        self.inserted = set()   # indexes
        self.pages = set()      # page numbers that have content

    def header(self, kind, at, length):
        optional = bool(kind & igvm.OPTIONAL_TYPE)
        kind &= ~igvm.OPTIONAL_TYPE
        self._order(kind, optional, at)
        if kind not in METHODS:
            self.reader.require(optional, at,
                                f"unsupported header type {kind:#x}")
            return None
        layout, method = METHODS[kind]
        expected = struct.calcsize("<" + layout)
        self.reader.require(length == expected, at + 4,
                            f"header has {length} bytes, not {expected}")
        fields = self.reader.unpack(layout, at + 8, "variable header")
        return method(self, at, *fields)

    def finish(self, end):
        """After the last header."""
        self.reader.require(self.mask, end, "no SEV-SNP platform header")
        self.reader.require(Type.VP_CONTEXT in self.seen, end, "no VMSA")

    def _order(self, kind, optional, at):
        """Platforms come first, then initialization, then directives."""
        section = next((types.start for types in SECTIONS if kind in types), 0)
        if not section:
            self.reader.require(optional, at,
                                f"header type {kind:#x} is in no section")
            return
        self.reader.require(section >= self.section, at,
                            "header of an earlier section")
        self.section = section

    def _once(self, kind, at, name):
        self.reader.require(kind not in self.seen, at, f"second {name}")
        self.seen.add(kind)

    def _ours(self, mask, at):
        """Whether a header is for SNP. Loaders ask for one bit only, so others
        may be of no platform."""
        self.reader.require(mask & self.masks, at,
                            f"mask {mask:#x} names no platform")
        return bool(mask & self.mask)

    def _zero(self, value, at):
        self.reader.require(value == 0, at, "reserved field is not zero")

    def _range(self, gpa, size, at):
        require = self.reader.require
        require(gpa % PAGE == 0, at, f"address {gpa:#x} is not a page's")
        require(gpa < GPA_LIMIT and size <= GPA_LIMIT - gpa, at,
                f"address {gpa:#x} is above 52 bits")

    def _claim(self, gpa, size, at):
        """Give content to pages; each gets it at most once."""
        self._range(gpa, size, at)
        numbers = range(gpa // PAGE, (gpa + size) // PAGE)
        twice = next((n for n in numbers if n in self.pages), None)
        self.reader.require(twice is None, at,
                            f"page {(twice or 0) * PAGE:#x} is given twice")
        self.pages.update(numbers)

    def _content(self, offset, size, at):
        self.reader.require(offset >= self.data_start, at,
                            "content lies inside the headers")
        self.reader.require(offset <= len(self.reader) - size, at,
                            "content lies outside the file")
        return self.reader.bytes(offset, size, "content")

    def _area(self, index, at):
        self.reader.require(index in self.areas, at,
                            f"parameter area {index} is not declared")
        self.reader.require(index not in self.inserted, at,
                            f"parameter area {index} is used after its insert")
        return self.areas[index]

    def platform(self, at, mask, vtl, platform, version, boundary):
        require = self.reader.require
        require(mask and not mask & (mask - 1), at + 8,
                f"mask {mask:#x} is not one bit")
        require(not mask & self.masks, at + 8, f"mask {mask:#x} is used twice")
        require(vtl in (0, 2), at + 12, f"highest VTL {vtl}")
        self.masks |= mask
        if platform != igvm.SNP_PLATFORM:
            return None
        require(version == 1, at + 14, f"platform version {version}")
        self._once(Type.PLATFORM, at, "SEV-SNP platform header")
        self.mask = mask
        return Platform(mask, vtl, platform, version, boundary, at)

    def guest_policy(self, at, policy, mask, reserved):
        self._zero(reserved, at + 20)
        if not self._ours(mask, at + 16):
            return None
        self._once(Type.GUEST_POLICY, at, "guest policy")
        return GuestPolicy(policy, mask, at)

    def parameter_area(self, at, size, index, content):
        require = self.reader.require
        require(size and size % PAGE == 0 and size <= MAX_AREA_SIZE, at + 8,
                f"parameter area of {size} bytes")
        require(index < MAX_AREAS, at + 16, f"parameter area {index}")
        require(index not in self.areas, at + 16,
                f"parameter area {index} is declared twice")
        if content:     # QEMU ignores it
            self._content(content, size, at + 20)
        self.areas[index] = size
        return ParameterArea(index, size, at)

    def vp_count(self, at, index, offset):
        return self._parameter(Type.VP_COUNT, at, index, offset)

    def environment(self, at, index, offset):
        return self._parameter(Type.ENVIRONMENT, at, index, offset)

    def memory_map(self, at, index, offset):
        return self._parameter(Type.MEMORY_MAP, at, index, offset)

    def madt(self, at, index, offset):
        return self._parameter(Type.MADT, at, index, offset)

    def device_tree(self, at, index, offset):
        return self._parameter(Type.DEVICE_TREE, at, index, offset)

    def _parameter(self, kind, at, index, offset):
        size = self._area(index, at + 8)
        if kind in (Type.MEMORY_MAP, Type.MADT, Type.DEVICE_TREE):
            self.reader.require(offset == 0, at + 12,
                                "QEMU writes this parameter at offset 0 only")
        self.reader.require(offset <= size - 4, at + 12,
                            "parameter lies outside its area")
        return Parameter(kind, index, offset, at)

    def parameter_insert(self, at, gpa, mask, index):
        if not self._ours(mask, at + 16):
            return None
        size = self._area(index, at + 20)
        self._claim(gpa, size, at + 8)
        self.inserted.add(index)
        return ParameterInsert(gpa, index, mask, at)

    def required_memory(self, at, gpa, mask, size, flags, reserved):
        if not self._ours(mask, at + 16):
            return None
        self._zero(reserved, at + 28)
        self.reader.require(flags in (0, 1), at + 24, f"flags {flags:#x}")
        self.reader.require(size and size % PAGE == 0, at + 20,
                            f"required memory of {size} bytes")
        self._range(gpa, size, at + 8)
        return RequiredMemory(gpa, size, flags, mask, at)

    def page_data(self, at, gpa, mask, offset, flags, data_type, reserved):
        require = self.reader.require
        if not self._ours(mask, at + 16):
            return None
        self._zero(reserved, at + 30)
        require(not flags & PageFlags.LARGE, at + 24,
                "2 MiB pages are not supported")
        require(not flags & PageFlags.SHARED, at + 24,
                "shared pages are not supported")
        require(flags in (0, PageFlags.UNMEASURED), at + 24,
                f"flags {flags:#x}")
        require(data_type in iter(DataType), at + 28,
                f"page data type {data_type}")
        self._claim(gpa, PAGE, at + 8)
        data = self._content(offset, PAGE, at + 20) if offset else None
        return PageData(gpa, data, DataType(data_type), PageFlags(flags),
                        mask, at)

    def vp_context(self, at, gpa, mask, offset, index, reserved):
        require = self.reader.require
        if not self._ours(mask, at + 16):
            return None
        self._zero(reserved, at + 26)
        self._once(Type.VP_CONTEXT, at, "VMSA")
        require(gpa % LARGE_PAGE, at + 8,
                f"VMSA at {gpa:#x}: no processor takes one at 2 MiB")
        self._claim(gpa, PAGE, at + 8)
        require(index == 0, at + 24, f"VMSA of vCPU {index}, not of 0")
        vmsa = self._content(offset, PAGE, at + 20)
        self._vmsa(vmsa, offset)
        return VpContext(vmsa, gpa, index, mask, at)

    def _vmsa(self, vmsa, offset):
        require = self.reader.require
        extra = vmsa_rest(vmsa)
        require(extra is None, offset + (extra or 0),
                f"QEMU takes no value for offset {extra or 0:#x} of a VMSA")
        at, size = VMSA_REGISTERS["SEV_FEATURES"]
        problem = features_problem(
            int.from_bytes(vmsa[at:at + size], "little"))
        require(problem is None, offset + at, problem)

    def id_block(self, at, mask, raw):
        if not self._ours(mask, at + 8):
            return None
        self._once(Type.ID_BLOCK, at, "ID block")
        block = IdBlock(raw, mask, at)
        problem = block.problem()
        self.reader.require(problem is None, at + 8, f"ID block: {problem}")
        return block


METHODS = {
    Type.PLATFORM: (Platform.LAYOUT, Checker.platform),
    Type.GUEST_POLICY: (GuestPolicy.LAYOUT, Checker.guest_policy),
    Type.PARAMETER_AREA: (ParameterArea.LAYOUT, Checker.parameter_area),
    Type.PAGE_DATA: (PageData.LAYOUT, Checker.page_data),
    Type.PARAMETER_INSERT: (ParameterInsert.LAYOUT, Checker.parameter_insert),
    Type.VP_CONTEXT: (VpContext.LAYOUT, Checker.vp_context),
    Type.REQUIRED_MEMORY: (RequiredMemory.LAYOUT, Checker.required_memory),
    Type.VP_COUNT: (Parameter.LAYOUT, Checker.vp_count),
    Type.MADT: (Parameter.LAYOUT, Checker.madt),
    Type.ID_BLOCK: (IdBlock.LAYOUT, Checker.id_block),
    Type.MEMORY_MAP: (Parameter.LAYOUT, Checker.memory_map),
    Type.DEVICE_TREE: (Parameter.LAYOUT, Checker.device_tree),
    Type.ENVIRONMENT: (Parameter.LAYOUT, Checker.environment),
}
