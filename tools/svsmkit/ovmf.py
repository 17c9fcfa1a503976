# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Guest firmware: OVMF's table of GUIDs and its SEV metadata.

The table stands at the end of the file and is walked backwards from its
footer; each entry is data, length of all three, GUID. [OVMF]
"""

import uuid
from dataclasses import dataclass
from enum import IntEnum

from svsmkit.binary import PAGE, Reader
from svsmkit.errors import UserError

FOUR_GIB = 1 << 32
MAX_SIZE = 16 << 20
RESET_VECTOR = 0xfffffff0
# The footer's GUID ends 32 bytes before the end of the file.
FOOTER_END = 32
ENTRY_TAIL = 18     # u16 length, GUID

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
ES_RESET = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
SEV_METADATA = "dc886566-984a-4798-a75e-5585a7bf67cc"
METADATA_MAGIC = b"ASEV"
METADATA_HEADER_SIZE = 16
MAX_SECTIONS = 64


class Kind(IntEnum):
    SEC_MEM = 1
    SECRETS = 2
    CPUID = 3
    SVSM_CAA = 4
    KERNEL_HASHES = 0x10


@dataclass(frozen=True)
class Section:
    """Guest memory that the firmware expects in a certain state."""
    gpa: int
    size: int
    kind: Kind

    @property
    def end(self):
        return self.gpa + self.size


class Firmware:
    """A firmware image that ends at 4 GiB."""

    def __init__(self, data, what="firmware"):
        self.what = what
        self.data = bytes(data)
        self.reader = Reader(what, self.data)
        if not self.data or len(self.data) % PAGE \
                or len(self.data) > MAX_SIZE:
            raise UserError(f"{what}: {len(self.data)} bytes; firmware is "
                            "whole pages, at most 16 MiB")
        self.table = self._read_table()
        self.sections = self._read_sections()

    @property
    def gpa(self):
        return FOUR_GIB - len(self.data)

    @property
    def ap_reset(self):
        """Where QEMU starts further vCPUs of a plain SEV-ES or SNP guest."""
        at, size = self.table.get(ES_RESET, (0, 0))
        if size != 4:
            raise UserError(f"{self.what}: no reset vector for further vCPUs "
                            "(SEV-ES reset block)")
        return self.reader.unpack("I", at, "reset block")[0]

    def of(self, kind):
        return [section for section in self.sections if section.kind == kind]

    def require_svsm(self):
        """Refuse what cannot run below an SVSM."""
        names = {Kind.SVSM_CAA: "SVSM calling area", Kind.SECRETS:
                 "secrets page", Kind.CPUID: "CPUID page"}
        if not self.sections:
            raise UserError(f"{self.what}: no SEV metadata: this firmware "
                            "was not built for SEV-SNP")
        for kind, name in names.items():
            found = self.of(kind)
            if len(found) != 1 or found[0].size != PAGE:
                raise UserError(f"{self.what}: its metadata names "
                                f"{len(found)} pages as {name}, not one: "
                                "it cannot run under an SVSM")

    def require_free(self, start, end, name):
        """Refuse when the firmware wants memory in [start, end)."""
        spans = [(self.gpa, FOUR_GIB, "the firmware itself")]
        spans += [(s.gpa, s.end, s.kind.name) for s in self.sections]
        for low, high, what in spans:
            if low < end and start < high:
                raise UserError(f"{self.what}: {what} at {low:#x}-{high:#x} "
                                f"overlaps {name} at {start:#x}-{end:#x}")

    def _read_table(self):
        """GUID -> (offset, size) of its data; empty without a footer."""
        r = self.reader
        end = len(r) - FOOTER_END
        size, guid = self._tail(end)
        if guid != FOOTER:
            return {}
        r.require(ENTRY_TAIL <= size <= end, end - ENTRY_TAIL,
                  "GUID table has a wrong length")
        start = end - size
        end -= ENTRY_TAIL
        table = {}
        while end > start:
            r.require(end - start >= ENTRY_TAIL, end, "GUID entry is cut off")
            size, guid = self._tail(end)
            r.require(ENTRY_TAIL <= size <= end - start, end - ENTRY_TAIL,
                      "GUID entry has a wrong length")
            r.require(guid not in table, end - 16, f"second entry {guid}")
            table[guid] = (end - size, size - ENTRY_TAIL)
            end -= size
        return table

    def _tail(self, end):
        size, guid = self.reader.unpack("H16s", end - ENTRY_TAIL, "GUID entry")
        return size, str(uuid.UUID(bytes_le=guid))

    def _read_sections(self):
        if SEV_METADATA not in self.table:
            return []
        r = self.reader
        entry, size = self.table[SEV_METADATA]
        r.require(size == 4, entry, "SEV metadata entry has a wrong length")
        back, = r.unpack("I", entry, "SEV metadata entry")
        r.require(METADATA_HEADER_SIZE <= back <= len(r), entry,
                  "SEV metadata lies outside the firmware")
        at = len(r) - back
        magic, size, version, count = r.unpack("4sIII", at, "SEV metadata")
        r.require(magic == METADATA_MAGIC, at, "SEV metadata has no signature")
        r.require(version == 1, at + 8, f"SEV metadata version {version}")
        r.require(count <= MAX_SECTIONS, at + 12,
                  f"SEV metadata with {count} sections")
        r.require(size >= METADATA_HEADER_SIZE + count * 12, at + 4,
                  "SEV metadata is too short for its sections")
        sections = [self._read_section(at + METADATA_HEADER_SIZE + i * 12)
                    for i in range(count)]
        self._require_disjoint(sections)
        return sections

    def _read_section(self, at):
        gpa, size, kind = self.reader.unpack("III", at, "SEV metadata section")
        require = self.reader.require
        require(gpa % PAGE == 0 and size % PAGE == 0 and size, at,
                f"section {gpa:#x}+{size:#x} is not made of whole pages")
        require(gpa + size <= self.gpa, at,
                f"section {gpa:#x}+{size:#x} overlaps the firmware")
        require(kind in iter(Kind), at + 8, f"unknown section type {kind:#x}")
        return Section(gpa, size, Kind(kind))

    def _require_disjoint(self, sections):
        ordered = sorted(sections, key=lambda section: section.gpa)
        for low, high in zip(ordered, ordered[1:]):
            self.reader.require(
                low.end <= high.gpa, 0,
                f"sections {low.kind.name} and {high.kind.name} overlap")
