# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""include/svsm/abi/launch.h from Python: the same structs, by offset.

tests/abi compares the two sides.
"""

import struct
from dataclasses import dataclass

IMAGE_MAGIC = 0x31474d494d535653    # "SVSMIMG1"
LAUNCH_MAGIC = 0x3159414c4d535653   # "SVSMLAY1"
VERSION = 1
IMAGE_SYMBOL = "svsm_image"
NEEDS_FIRMWARE = 1 << 0
CONSOLE = 1 << 1
KNOWN_FLAGS = NEEDS_FIRMWARE | CONSOLE

IMAGE_FIELDS = (("magic", "Q"), ("version", "I"), ("flags", "I"),
                ("region_len", "Q"), ("guest_policy", "Q"),
                ("sev_features", "Q"), ("features_required", "Q"),
                ("features_allowed", "Q"), ("features_forbidden", "Q"),
                ("guest_sev_features", "Q"), ("guest_vmpl", "I"),
                ("max_cpus", "I"), ("name", "48s"))
LAUNCH_FIELDS = (("magic", "Q"), ("version", "I"), ("size", "I"),
                 ("region_start", "Q"), ("region_len", "Q"),
                 ("bss_start", "Q"), ("bss_len", "Q"), ("heap_start", "Q"),
                 ("page_table", "Q"), ("page_table_len", "Q"),
                 ("cpuid_page", "Q"), ("secrets_page", "Q"),
                 ("general_page", "Q"), ("memory_map", "Q"),
                 ("memory_map_len", "Q"), ("madt", "Q"), ("madt_len", "Q"),
                 ("firmware", "Q"), ("firmware_len", "Q"),
                 ("symbols", "Q"), ("symbols_len", "Q"),
                 ("vmsa", "Q"))
SYMBOLS_FIELDS = (("count", "I"), ("names", "I"))
SYMBOL_FIELDS = (("addr", "I"), ("name", "I"))


def layout(fields):
    """The struct format of some fields: little-endian, not padded."""
    return "<" + "".join(kind for _, kind in fields)


def offsets(fields):
    """name -> (offset, size)."""
    result, at = {}, 0
    for name, kind in fields:
        size = struct.calcsize("<" + kind)
        result[name] = (at, size)
        at += size
    return result


def size_of(fields):
    return struct.calcsize(layout(fields))


IMAGE_SIZE = size_of(IMAGE_FIELDS)
LAUNCH_SIZE = size_of(LAUNCH_FIELDS)


@dataclass(frozen=True)
class Image:
    """What an SVSM says about itself (struct svsm_image)."""
    magic: int
    version: int
    flags: int
    region_len: int
    guest_policy: int
    sev_features: int
    features_required: int
    features_allowed: int
    features_forbidden: int
    guest_sev_features: int
    guest_vmpl: int
    max_cpus: int
    name: str

    @classmethod
    def unpack(cls, data):
        *numbers, name = struct.unpack(layout(IMAGE_FIELDS), data)
        text = name.split(b"\0")[0].decode("ascii", "replace")
        return cls(*numbers, "".join(c if c.isprintable() else "?"
                                     for c in text))

    @property
    def needs_firmware(self):
        return bool(self.flags & NEEDS_FIRMWARE)


def launch_pack(values):
    """A struct svsm_abi_launch; fields not in `values` are zero."""
    full = {"magic": LAUNCH_MAGIC, "version": VERSION, "size": LAUNCH_SIZE,
            **values}
    return struct.pack(layout(LAUNCH_FIELDS),
                       *(full.pop(name, 0) for name, _ in LAUNCH_FIELDS))


def launch_unpack(data):
    names = [name for name, _ in LAUNCH_FIELDS]
    return dict(zip(names, struct.unpack(layout(LAUNCH_FIELDS), data)))


def symbols_pack(functions, region_start):
    """The backtrace's table: header, entries by address, names."""
    entries, names = bytearray(), bytearray()
    for symbol in functions:
        entries += struct.pack(layout(SYMBOL_FIELDS),
                               symbol.addr - region_start, len(names))
        names += symbol.name.encode() + b"\0"
    start = size_of(SYMBOLS_FIELDS) + len(entries)
    header = struct.pack(layout(SYMBOLS_FIELDS), len(functions), start)
    return header + bytes(entries) + bytes(names)
