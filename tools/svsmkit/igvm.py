# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""IGVM files: their headers, and a writer. The strict reader is igvm_read.

Version 1 files for SEV-SNP, with the headers that QEMU's loader handles. A
file is a fixed header, variable headers (type, length, content, padding to 8
bytes) and file data. Reader and writer share the classes below, one for each
kind of variable header; `offset` is where the reader found it. [IGVM]
"""

import struct
import zlib
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from svsmkit.launch import VMSA_GPA

MAGIC = b"IGVM"
VERSION = 1
FIXED_HEADER = "4sIIIII"
FIXED_HEADER_SIZE = 24
CHECKSUM_OFFSET = 20
SNP_PLATFORM = 2
SNP_MASK = 1
OPTIONAL_TYPE = 1 << 31


class Type(IntEnum):
    PLATFORM = 0x001
    GUEST_POLICY = 0x101
    PARAMETER_AREA = 0x301
    PAGE_DATA = 0x302
    PARAMETER_INSERT = 0x303
    VP_CONTEXT = 0x304
    REQUIRED_MEMORY = 0x305
    VP_COUNT = 0x307
    MADT = 0x309
    ID_BLOCK = 0x30b
    MEMORY_MAP = 0x30c
    DEVICE_TREE = 0x312
    ENVIRONMENT = 0x313


class DataType(IntEnum):
    NORMAL = 0
    SECRETS = 1
    CPUID = 2
    CPUID_XF = 3


class PageFlags(IntFlag):
    NONE = 0
    LARGE = 1
    UNMEASURED = 2
    SHARED = 4


# What the host may be asked to write into a parameter area.
PARAMETERS = (Type.VP_COUNT, Type.MADT, Type.MEMORY_MAP, Type.DEVICE_TREE,
              Type.ENVIRONMENT)


@dataclass(frozen=True)
class Platform:
    """Supported platform: SEV-SNP and the mask bit that stands for it."""
    mask: int = SNP_MASK
    highest_vtl: int = 2
    platform: int = SNP_PLATFORM
    version: int = 1
    shared_boundary: int = 0
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.PLATFORM, "IBBHQ"

    def fields(self, _file):
        return (self.mask, self.highest_vtl, self.platform, self.version,
                self.shared_boundary)


@dataclass(frozen=True)
class GuestPolicy:
    policy: int
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.GUEST_POLICY, "QII"

    def fields(self, _file):
        return (self.policy, self.mask, 0)


@dataclass(frozen=True)
class ParameterArea:
    index: int
    size: int
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.PARAMETER_AREA, "QII"

    def fields(self, _file):
        return (self.size, self.index, 0)


@dataclass(frozen=True)
class Parameter:
    """One of PARAMETERS, to be written at `at` bytes into an area."""
    type: Type
    index: int
    at: int = 0
    offset: int = field(default=0, compare=False)
    LAYOUT = "II"

    @property
    def TYPE(self):
        return self.type

    def fields(self, _file):
        return (self.index, self.at)


@dataclass(frozen=True)
class ParameterInsert:
    gpa: int
    index: int
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.PARAMETER_INSERT, "QII"

    def fields(self, _file):
        return (self.gpa, self.mask, self.index)


@dataclass(frozen=True)
class RequiredMemory:
    gpa: int
    size: int
    flags: int = 0
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.REQUIRED_MEMORY, "QIIII"

    def fields(self, _file):
        return (self.gpa, self.mask, self.size, self.flags, 0)


@dataclass(frozen=True)
class PageData:
    """One 4 KiB page; `data` is 4096 bytes, or None for a page without."""
    gpa: int
    data: bytes = field(default=None, repr=False)
    data_type: DataType = DataType.NORMAL
    flags: PageFlags = PageFlags.NONE
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.PAGE_DATA, "QIIIHH"

    def fields(self, file):
        return (self.gpa, self.mask, file(self.data), self.flags,
                self.data_type, 0)


@dataclass(frozen=True)
class VpContext:
    """The VMSA of a vCPU."""
    data: bytes = field(repr=False)
    gpa: int = VMSA_GPA
    index: int = 0
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT = Type.VP_CONTEXT, "QIIHH"

    def fields(self, file):
        return (self.gpa, self.mask, file(self.data), self.index, 0)


@dataclass(frozen=True)
class IdBlock:
    """The launch digest the owner expects, with signatures, as it is."""
    raw: bytes = field(repr=False)
    mask: int = SNP_MASK
    offset: int = field(default=0, compare=False)
    TYPE, LAYOUT, SIZE = Type.ID_BLOCK, "I692s", 0x2b8

    def fields(self, _file):
        return (self.mask, self.raw)

    @property
    def digest(self):
        return self.raw[4:52]

    def problem(self):
        """What is wrong with its fields, or None. Signatures are not checked:
        that is the firmware's part."""
        author, reserved = self.raw[0], self.raw[1:4]
        version, _svn, key, author_key = struct.unpack_from("<IIII", self.raw,
                                                            0x54)
        checks = ((author <= 1, "author key neither on nor off"),
                  (not any(reserved), "reserved field is not zero"),
                  (version == 1, f"version {version}"),
                  (key == 1, f"key algorithm {key}"),
                  (not author or author_key == 1,
                   f"author key algorithm {author_key}"))
        return next((text for good, text in checks if not good), None)


def crc32(fixed_header, headers):
    """Checksum over the fixed header, with zero for itself, and the variable
    headers; file data is not covered."""
    blank = bytearray(fixed_header)
    blank[CHECKSUM_OFFSET:CHECKSUM_OFFSET + 4] = bytes(4)
    return zlib.crc32(headers, zlib.crc32(bytes(blank)))


def write(headers):
    """The bytes of a file with these headers, in this order."""
    headers = list(headers)
    content_size = sum(8 + padded_size(header) for header in headers)
    data = bytearray()

    def file(content):
        """Append to the file data, give the offset in the file."""
        if content is None:
            return 0
        at = FIXED_HEADER_SIZE + content_size + len(data)
        data.extend(content)
        return at

    content = b"".join(pack_header(header, file) for header in headers)
    total = FIXED_HEADER_SIZE + len(content) + len(data)
    fixed = struct.pack("<" + FIXED_HEADER, MAGIC, VERSION, FIXED_HEADER_SIZE,
                        len(content), total, 0)
    checksum = struct.pack("<I", crc32(fixed, content))
    return fixed[:CHECKSUM_OFFSET] + checksum + content + bytes(data)


def padded_size(header):
    """Length of a header's content with its padding to 8 bytes."""
    return (struct.calcsize("<" + header.LAYOUT) + 7) & ~7


def pack_header(header, file):
    content = struct.pack("<" + header.LAYOUT, *header.fields(file))
    padding = bytes(padded_size(header) - len(content))
    return struct.pack("<II", header.TYPE, len(content)) + content + padding
