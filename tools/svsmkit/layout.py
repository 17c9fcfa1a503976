# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The memory plan of an image: who has each page of the region.

A plan is a list of areas in address order that covers the region without
overlap. What follows the program (page tables, special pages, heap) is placed
here; docs/image.md has the picture.
"""

from dataclasses import dataclass, replace
from enum import Enum

from svsmkit.binary import LARGE_PAGE, PAGE, page_down, page_up
from svsmkit.elf import PF_W, PF_X
from svsmkit.errors import UserError

# Entry is 32-bit code, and machines with little memory end at 2 GiB.
REGION_LIMIT = 2 << 30
LOWEST_REGION = 1 << 20
MADT_FIXED, MADT_PER_CPU = 1024, 16

PTE_PRESENT, PTE_WRITE = 1 << 0, 1 << 1
PTE_ACCESSED, PTE_DIRTY = 1 << 5, 1 << 6
PTE_NX = 1 << 63
PTES = 512


class Access(Enum):
    """How the SVSM may use a page. There is no writable and executable."""
    NONE = "---"
    READ = "r--"
    WRITE = "rw-"
    EXECUTE = "r-x"


class Content(Enum):
    """How a page gets its content at launch."""
    DATA = "measured"           # from the file, measured
    SECRETS = "secrets"         # by the firmware of the processor
    CPUID = "cpuid"             # by the host, checked by that firmware
    VMSA = "vmsa"               # of the first vCPU, measured last
    PARAMETER = "parameter"     # by the host, unmeasured
    ABSENT = "absent"           # not part of the launch, not validated


@dataclass(frozen=True)
class Area:
    name: str
    start: int
    size: int
    access: Access
    content: Content
    data: bytes = b""       # of DATA; zeros follow up to `size`

    @property
    def end(self):
        return self.start + self.size


def segment_access(segment):
    if segment.flags & PF_X:
        return Access.EXECUTE
    return Access.WRITE if segment.flags & PF_W else Access.READ


def segment_name(access):
    return {Access.EXECUTE: "text", Access.READ: "rodata",
            Access.WRITE: "data"}[access]


class Plan:
    """The areas of one image, by address."""

    def __init__(self, elf, region_size):
        self.start = elf.segments[0].addr & ~(LARGE_PAGE - 1)
        self.size = region_size
        self.areas = []
        self._check_region(elf)
        self._place_program(elf)

    @property
    def end(self):
        return self.start + self.size

    @property
    def next(self):
        """The first address that is not taken yet."""
        return self.areas[-1].end if self.areas else self.start

    def __getitem__(self, name):
        return next(area for area in self.areas if area.name == name)

    def named(self, name):
        return [area for area in self.areas if area.name == name]

    def fill(self, name, data):
        """Give an area that was placed with add() its content."""
        area = self[name]
        if len(data) > area.size:
            raise ValueError(f"{len(data)} bytes for {name}")
        self.areas[self.areas.index(area)] = replace(area, data=bytes(data))

    def add(self, name, size, access, content, data=b""):
        """Place `size` bytes, whole pages, after what is there."""
        area = Area(name, self.next, page_up(size), access, content,
                    bytes(data))
        self._append(area)
        return area

    def add_vmsa(self):
        """A page for the first vCPU; no processor takes one at 2 MiB."""
        if self.next % LARGE_PAGE == 0:
            self._append(Area("gap", self.next, PAGE, Access.NONE,
                              Content.ABSENT))
        self.add("vmsa", PAGE, Access.NONE, Content.VMSA)

    def add_heap(self):
        """Everything that is left."""
        if self.end - self.next < PAGE:
            raise UserError(f"the region of {self.size >> 20} MiB is full: "
                            "no page is left for the heap (region_len)")
        self.add("heap", self.end - self.next, Access.WRITE, Content.ABSENT)

    def _append(self, area):
        if area.start < self.next:
            raise ValueError(f"{area.name} overlaps {self.areas[-1].name}")
        if area.end > self.end:
            raise UserError(
                f"{area.name} at {area.start:#x}-{area.end:#x} does not fit "
                f"the region {self.start:#x}-{self.end:#x} (region_len)")
        if area.start > self.next:
            self.areas.append(Area("gap", self.next, area.start - self.next,
                                   Access.NONE, Content.ABSENT))
        if area.size:
            self.areas.append(area)

    def _check_region(self, elf):
        if not self.size or self.size % LARGE_PAGE:
            raise UserError(f"region_len {self.size:#x} is not a multiple "
                            "of 2 MiB")
        if self.start < LOWEST_REGION or self.size > REGION_LIMIT \
                or self.end > REGION_LIMIT:
            raise UserError(f"region {self.start:#x}-{self.end:#x} must lie "
                            "between 1 MiB and 2 GiB")
        for segment in elf.segments[:-1]:
            if page_up(segment.end) != page_up(segment.file_end):
                raise UserError(
                    f"segment at {segment.addr:#x} has uninitialised pages; "
                    "only the last one can (.bss)")

    def _place_program(self, elf):
        self.bss_start = page_up(elf.segments[-1].file_end)
        self.bss_end = page_up(elf.segments[-1].end)
        guards = elf.guards()
        for start, end in guards:
            if not any(s.addr <= start and end <= page_up(s.end)
                       for s in elf.segments):
                raise UserError(f"guard {start:#x}-{end:#x} is not in one "
                                "segment")
        for segment in elf.segments:
            access = segment_access(segment)
            first = page_down(segment.addr)
            data = bytes(segment.addr - first) + segment.data
            loaded = page_up(segment.file_end)
            for start, end, guard in split(first, loaded, guards):
                part = data[start - first:end - first]
                self._append(self._program_area(
                    segment_name(access), start, end, access, guard, part))
        for start, end, guard in split(self.bss_start, self.bss_end, guards):
            self._append(self._program_area("bss", start, end, Access.WRITE,
                                            guard))

    @staticmethod
    def _program_area(name, start, end, access, guard, data=None):
        if guard:
            return Area("guard", start, end - start, Access.NONE,
                        Content.ABSENT)
        if data is None:
            return Area(name, start, end - start, access, Content.ABSENT)
        return Area(name, start, end - start, access, Content.DATA, data)


def split(start, end, guards):
    """Cut [start, end) at the guards: (start, end, is it a guard?)."""
    at = start
    for low, high in guards:
        low, high = max(low, at), min(high, end)
        if low >= high:
            continue
        if at < low:
            yield at, low, False
        yield low, high, True
        at = high
    if at < end:
        yield at, end, False


def tables_needed(start, end):
    """Pages of a four-level page table that maps [start, end)."""
    def spanned(shift):
        return ((end - 1) >> shift) - (start >> shift) + 1
    return 1 + spanned(39) + spanned(30) + spanned(21)


def madt_size(max_cpus):
    """Room for the ACPI MADT of a machine with that many CPUs."""
    return page_up(MADT_FIXED + MADT_PER_CPU * max_cpus)


class PageTables:
    """A four-level identity map, in consecutive pages, root first.

    The C-bit is not known here: entry code sets it in every present entry,
    then turns paging on. Accessed and dirty are set already, so the processor
    never writes to a table.
    """

    def __init__(self, base, size):
        self.base = base
        self.pages = [[0] * PTES]
        self.limit = size // PAGE

    def map(self, area):
        if area.access == Access.NONE:
            return
        flags = PTE_PRESENT | PTE_ACCESSED
        if area.access == Access.WRITE:
            flags |= PTE_WRITE | PTE_DIRTY
        if area.access != Access.EXECUTE:
            flags |= PTE_NX
        for addr in range(area.start, area.end, PAGE):
            table = self._leaf_table(addr)
            table[(addr >> 12) % PTES] = addr | flags

    def _leaf_table(self, addr):
        table = self.pages[0]
        for shift in (39, 30, 21):
            index = (addr >> shift) % PTES
            if not table[index]:
                table[index] = self._new_table() \
                    | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED
            child = ((table[index] & ~(PAGE - 1)) - self.base) // PAGE
            table = self.pages[child]
        return table

    def _new_table(self):
        if len(self.pages) == self.limit:
            raise ValueError("more tables than tables_needed() said")
        self.pages.append([0] * PTES)
        return self.base + (len(self.pages) - 1) * PAGE

    def bytes(self):
        return b"".join(entry.to_bytes(8, "little")
                        for table in self.pages for entry in table)


def page_tables(plan):
    """The tables that map all areas of a plan."""
    area = plan["page tables"]
    tables = PageTables(area.start, area.size)
    for other in plan.areas:
        tables.map(other)
    return tables.bytes()
