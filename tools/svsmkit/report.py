# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What is in an IGVM file, as plain data for `kit inspect`.

Everything is found in the file itself: access rights in the page tables,
places in the launch page that the VMSA points to, the SVSM's own words by
their magic. A file made by somebody else has less to tell.
"""

import struct
from dataclasses import asdict

from svsmkit import abi, igvm
from svsmkit.binary import PAGE
from svsmkit.launch import FEATURE_NAMES, PageType, vmsa_unpack
from svsmkit.layout import (PTE_NX, PTE_PRESENT, PTE_WRITE, PTES,
                            REGION_LIMIT, Access)
from svsmkit.measure import image_digest, page_type

PTE_ADDRESS = 0x000ffffffffff000


def report(file):
    """All about a checked file."""
    memory = Memory(file)
    segments, registers = vmsa_unpack(file.vmsa.data)
    launch = memory.launch(registers["RSI"])
    return {
        "size": len(file),
        "digest": image_digest(file).hex(),
        "policy": file.policy,
        "image": memory.image(),
        "launch": launch,
        "symbols": memory.symbol_count(launch),
        "pages": memory.totals(),
        "regions": memory.regions(launch),
        "owners": owners(memory.regions(launch), launch),
        "vmsa": vmsa_report(segments, registers),
        "directives": directives(file),
    }


def vmsa_report(segments, registers):
    """What is not zero in a VMSA."""
    used = {name: asdict(segment) for name, segment in segments.items()}
    return {
        "registers": {name: value for name, value in registers.items()
                      if value},
        "segments": {name: fields for name, fields in used.items()
                     if any(fields.values())},
        "features": feature_names(registers["SEV_FEATURES"]),
    }


def feature_names(mask):
    """SEV_FEATURES in words."""
    known = dict(enumerate(FEATURE_NAMES))
    return [known.get(bit) or f"bit {bit}" for bit in range(64)
            if mask >> bit & 1]


class Memory:
    """The pages that a file puts into memory."""

    def __init__(self, file):
        self.file = file
        self.kinds = {}         # page address -> PageType
        self.data = {}          # page address -> bytes, of pages with data
        sizes = {a.index: a.size for a in file.of(igvm.ParameterArea)}
        self.parameters = {}    # page address -> names of parameters
        for insert in file.of(igvm.ParameterInsert):
            names = [use.type.name.lower().replace("_", " ")
                     for use in file.of(igvm.Parameter)
                     if use.index == insert.index]
            for at in range(0, sizes[insert.index], PAGE):
                self.kinds[insert.gpa + at] = PageType.UNMEASURED
                self.parameters[insert.gpa + at] = ", ".join(names)
        self.kinds[file.vmsa.gpa] = PageType.VMSA
        for page in file.of(igvm.PageData):
            self.kinds[page.gpa] = page_type(page)
            if page.data is not None:
                self.data[page.gpa] = page.data

    def read(self, addr, size):
        """Bytes in memory, or None where the file has none."""
        result = b""
        while size > 0:
            page = self.data.get(addr & ~(PAGE - 1))
            if page is None:
                return None
            part = page[addr % PAGE:][:size]
            result += part
            addr += len(part)
            size -= len(part)
        return result

    def totals(self):
        """Pages by kind; `zero` of the measured ones hold only zeros."""
        kinds = list(self.kinds.values())
        return {
            "measured": kinds.count(PageType.NORMAL),
            "zero": sum(1 for gpa, data in self.data.items()
                        if self.kinds[gpa] == PageType.NORMAL
                        and not any(data)) + kinds.count(PageType.ZERO),
            "unmeasured": kinds.count(PageType.UNMEASURED),
            "special": kinds.count(PageType.SECRETS)
            + kinds.count(PageType.CPUID),
        }

    def launch(self, addr):
        """The fields of the launch page, or None."""
        data = self.read(addr, abi.LAUNCH_SIZE)
        if data is None:
            return None
        fields = abi.launch_unpack(data)
        start, size = fields["region_start"], fields["region_len"]
        good = fields["magic"] == abi.LAUNCH_MAGIC \
            and fields["version"] == abi.VERSION \
            and start % PAGE == 0 and size % PAGE == 0 \
            and start + size <= REGION_LIMIT
        return {"address": addr, **fields} if good else None

    def image(self):
        """The SVSM's own words, or None."""
        magic = struct.pack("<Q", abi.IMAGE_MAGIC)
        for addr in sorted(self.data):
            found = self.data[addr].find(magic)
            while found >= 0:
                data = self.read(addr + found, abi.IMAGE_SIZE)
                if found % 8 == 0 and data is not None:
                    image = abi.Image.unpack(data)
                    if image.version == abi.VERSION:
                        return asdict(image)
                found = self.data[addr].find(magic, found + 1)
        return None

    def symbol_count(self, launch):
        if launch is None or not launch["symbols"]:
            return 0
        header = self.read(launch["symbols"], 4)
        return int.from_bytes(header or b"", "little")

    def access(self, launch, addr):
        """What the file's page tables allow, like "r-x"; None without."""
        if launch is None:
            return None
        table, writable, executable = launch["page_table"], True, True
        for shift in (39, 30, 21, 12):
            entry = self.read(table + (addr >> shift) % PTES * 8, 8)
            if entry is None:
                return None
            entry = int.from_bytes(entry, "little")
            if not entry & PTE_PRESENT:
                return Access.NONE.value
            writable = writable and entry & PTE_WRITE
            executable = executable and not entry & PTE_NX
            table = entry & PTE_ADDRESS
        return "r" + ("w" if writable else "-") + ("x" if executable else "-")

    def regions(self, launch):
        """Runs of pages that are alike, by address."""
        pages = dict(self.kinds)
        if launch:
            known = range(launch["region_start"],
                          launch["region_start"] + launch["region_len"], PAGE)
            pages.update((addr, None) for addr in known if addr not in pages)
        runs = []
        for addr in sorted(pages):
            access = self.access(launch, addr)
            about = {"kind": self.kind_name(addr),
                     "access": access,
                     "name": self.page_name(launch, addr, access)}
            if runs and runs[-1]["start"] + runs[-1]["size"] == addr \
                    and about.items() <= runs[-1].items():
                runs[-1]["size"] += PAGE
            else:
                runs.append({"start": addr, "size": PAGE, **about})
        return runs

    def kind_name(self, addr):
        kind = self.kinds.get(addr)
        if kind is None:
            return "absent"
        if kind == PageType.NORMAL:
            return "measured"
        return kind.name.lower()

    def page_name(self, launch, addr, access):
        """What a page is for, as far as the launch page tells."""
        if addr in self.parameters:
            return self.parameters[addr]
        if self.kinds.get(addr) == PageType.VMSA:
            return "startup vCPU"
        if self.kinds.get(addr) in (PageType.SECRETS, PageType.CPUID):
            return ""
        if launch is None:
            return ""
        if addr == launch["address"]:
            return "launch page"
        spans = {"page tables": ("page_table", "page_table_len"),
                 "symbols": ("symbols", "symbols_len"),
                 "firmware": ("firmware", "firmware_len")}
        for name, (start, size) in spans.items():
            if launch[start] <= addr < launch[start] + launch[size]:
                return name
        if access == Access.NONE.value:
            return "guard" if launch["region_start"] <= addr else ""
        if addr >= launch["heap_start"]:
            return "heap" if addr not in self.kinds else ""
        if addr not in self.kinds:
            return "bss"
        return {Access.EXECUTE.value: "text", Access.READ.value: "rodata",
                Access.WRITE.value: "data"}.get(access, "")


# Names of regions -> who has them, as the SVSM's log says it; all else in the
# region are special pages.
OWNERS = {"text": "code", "rodata": "data", "guard": "data", "data": "data",
          "bss": "data", "page tables": "tables", "heap": "heap"}


def owners(regions, launch):
    """owner -> bytes of the SVSM's region, and of the firmware."""
    result = {}
    for region in regions if launch else ():
        if region["kind"] == "vmsa" and \
                region["start"] - launch["region_start"] \
                not in range(launch["region_len"]):
            continue
        name = OWNERS.get(region["name"], "special pages")
        if region["name"] == "firmware":
            name = "firmware"
        result[name] = result.get(name, 0) + region["size"]
    return result


def directives(file):
    """The variable headers in file order; page data in runs."""
    lines = []
    for header in file.headers:
        about = describe(header)
        if isinstance(header, igvm.PageData) and lines:
            last = lines[-1]
            if last.get("what") == about and \
                    last["gpa"] + last["pages"] * PAGE == header.gpa:
                last["pages"] += 1
                continue
        line = {"offset": header.offset, "type": header.TYPE.name.lower(),
                "what": about}
        if isinstance(header, igvm.PageData):
            line.update(gpa=header.gpa, pages=1)
        lines.append(line)
    return lines


def describe(header):
    """One header in words."""
    if isinstance(header, igvm.Platform):
        return f"SEV-SNP, mask {header.mask:#x}, VTL {header.highest_vtl}"
    if isinstance(header, igvm.GuestPolicy):
        return f"{header.policy:#x}"
    if isinstance(header, igvm.RequiredMemory):
        return f"{header.gpa:#x}-{header.gpa + header.size:#x}"
    if isinstance(header, igvm.ParameterArea):
        return f"area {header.index}, {header.size} bytes"
    if isinstance(header, igvm.Parameter):
        return f"area {header.index} at {header.at}"
    if isinstance(header, igvm.ParameterInsert):
        return f"area {header.index} to {header.gpa:#x}"
    if isinstance(header, igvm.PageData):
        data = "" if header.data is not None else ", no data"
        return page_type(header).name.lower() + data
    if isinstance(header, igvm.VpContext):
        return f"vCPU {header.index} at {header.gpa:#x}"
    return header.digest.hex()
