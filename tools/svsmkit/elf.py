# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""A strict reader for the ELF files that become images.

Reads static x86-64 executables only: no interpreter, no relocations at run
time, no segment that is writable and executable. [ELF]
"""

from dataclasses import dataclass

from svsmkit.binary import PAGE, Reader, page_down, page_up

EHDR_SIZE, PHDR_SIZE, SHDR_SIZE, SYM_SIZE = 64, 56, 64, 24
ET_EXEC, EM_X86_64 = 2, 62
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_TLS = 1, 2, 3, 7
PF_X, PF_W, PF_R = 1, 2, 4
SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS = 2, 3, 8
SHF_ALLOC, SHF_EXECINSTR = 2, 4
STT_NOTYPE, STT_OBJECT, STT_FUNC = 0, 1, 2
STB_LOCAL = 0
SHN_UNDEF, SHN_LORESERVE = 0, 0xff00


@dataclass(frozen=True)
class Segment:
    """A PT_LOAD header; `data` is its part of the file."""
    offset: int         # of the program header, for messages
    addr: int
    mem_size: int
    flags: int
    data: bytes

    @property
    def end(self):
        return self.addr + self.mem_size

    @property
    def file_end(self):
        return self.addr + len(self.data)


@dataclass(frozen=True)
class Section:
    offset: int         # of the section header, for messages
    name: str
    type: int
    flags: int
    addr: int
    size: int
    file_offset: int
    link: int
    entry_size: int


@dataclass(frozen=True)
class Symbol:
    name: str
    addr: int
    size: int
    type: int
    binding: int
    section: int


class Elf:
    """A checked executable: entry, segments, sections and symbols."""

    def __init__(self, data, what="ELF file"):
        self.reader = Reader(what, data)
        header = self._read_header()
        self.entry = header["entry"]
        self.segments = self._read_segments(header)
        self.sections = self._read_sections(header)
        self.symbols = self._read_symbols()

    def read(self, addr, size, field):
        """Bytes of the loaded image, as far as the file holds them."""
        for segment in self.segments:
            if segment.addr <= addr < segment.end \
                    and size <= segment.end - addr:
                start = addr - segment.addr
                held = segment.data[start:start + size]
                return held + bytes(size - len(held))
        self.reader.refuse(0, f"{field} at {addr:#x} is in no segment")

    def symbol(self, name):
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol
        return None

    def functions(self):
        """Symbols of code, one for each address, by address."""
        best = {}
        for symbol in self.symbols:
            if self._is_code(symbol):
                key = (symbol.type != STT_FUNC, symbol.binding == STB_LOCAL,
                       symbol.name)
                if symbol.addr not in best or key < best[symbol.addr][0]:
                    best[symbol.addr] = (key, symbol)
        return [best[addr][1] for addr in sorted(best)]

    def _is_code(self, symbol):
        if symbol.type not in (STT_FUNC, STT_NOTYPE) or not symbol.name:
            return False
        if not 0 < symbol.section < len(self.sections):
            return False
        return bool(self.sections[symbol.section].flags & SHF_EXECINSTR)

    def _read_header(self):
        r = self.reader
        ident = r.bytes(0, 16, "ELF header")
        r.require(ident[:4] == b"\x7fELF", 0, "not an ELF file")
        r.require(ident[4] == 2, 4, "not a 64-bit ELF file")
        r.require(ident[5] == 1, 5, "not little-endian")
        r.require(ident[6] == 1, 6, "unknown ELF version")
        (kind, machine, version, entry, phoff, shoff, _flags, ehsize,
         phentsize, phnum, shentsize, shnum, shstrndx) = \
            r.unpack("HHIQQQIHHHHHH", 16, "ELF header")
        r.require(kind == ET_EXEC, 16,
                  "not a static executable (is it linked with -no-pie?)")
        r.require(machine == EM_X86_64, 18, "not for x86-64")
        r.require(version == 1, 20, "unknown ELF version")
        r.require(ehsize == EHDR_SIZE, 52, "wrong ELF header size")
        r.require(phnum and phentsize == PHDR_SIZE, 54,
                  "no program headers of the usual size")
        r.require(not shnum or shentsize == SHDR_SIZE, 58,
                  "wrong section header size")
        return {"entry": entry, "phoff": phoff, "phnum": phnum,
                "shoff": shoff, "shnum": shnum, "shstrndx": shstrndx}

    def _read_segments(self, header):
        segments = []
        r = self.reader
        for i in range(header["phnum"]):
            at = header["phoff"] + i * PHDR_SIZE
            kind, flags, offset, addr, _paddr, file_size, mem_size, _align = \
                r.unpack("IIQQQQQQ", at, "program header")
            r.require(kind not in (PT_DYNAMIC, PT_INTERP), at,
                      "needs a dynamic linker")
            r.require(kind != PT_TLS, at, "thread-local storage")
            if kind != PT_LOAD or not mem_size:
                continue
            r.require(file_size <= mem_size, at + 32,
                      "segment has more file than memory")
            r.require(mem_size <= (1 << 64) - addr, at + 40,
                      "segment wraps around the address space")
            r.require(flags & PF_R, at + 4, "segment is not readable")
            r.require(not (flags & PF_W and flags & PF_X), at + 4,
                      "segment is writable and executable")
            segments.append(Segment(at, addr, mem_size, flags,
                                    r.bytes(offset, file_size, "segment")))
        r.require(segments, header["phoff"], "no loadable segment")
        segments.sort(key=lambda segment: segment.addr)
        for below, above in zip(segments, segments[1:]):
            r.require(page_up(below.end) <= page_down(above.addr),
                      above.offset, "segment shares a page with another")
        self._require_entry(segments)
        return segments

    def _require_entry(self, segments):
        inside = any(segment.flags & PF_X
                     and segment.addr <= self.entry < segment.file_end
                     for segment in segments)
        self.reader.require(inside, 24, "entry is not in an executable segment")

    def _read_sections(self, header):
        raw = [self._read_section(header["shoff"] + i * SHDR_SIZE)
               for i in range(header["shnum"])]
        if not raw:
            return []
        r = self.reader
        r.require(header["shstrndx"] < len(raw), 62,
                  "no section names: index outside the table")
        names = raw[header["shstrndx"]]
        r.require(names.type == SHT_STRTAB, names.offset + 4,
                  "section names are not a string table")
        return [self._named(section, names) for section in raw]

    def _read_section(self, at):
        name, kind, flags, addr, offset, size, link, _info, _align, entsize = \
            self.reader.unpack("IIQQQQIIQQ", at, "section header")
        if kind not in (0, SHT_NOBITS):
            self.reader.bytes(offset, size, "section")
        return Section(at, name, kind, flags, addr, size, offset, link,
                       entsize)

    def _named(self, section, names):
        start = names.file_offset + section.name
        name = self.reader.string(start, names.file_offset + names.size,
                                  "section name")
        return Section(section.offset, name, section.type, section.flags,
                       section.addr, section.size, section.file_offset,
                       section.link, section.entry_size)

    def _read_symbols(self):
        r = self.reader
        tables = [s for s in self.sections if s.type == SHT_SYMTAB]
        if not tables:
            return []
        r.require(len(tables) == 1, tables[-1].offset, "two symbol tables")
        table = tables[0]
        r.require(table.entry_size == SYM_SIZE and table.size % SYM_SIZE == 0,
                  table.offset + 56, "wrong symbol size")
        r.require(table.link < len(self.sections)
                  and self.sections[table.link].type == SHT_STRTAB,
                  table.offset + 40, "symbol names are not a string table")
        names = self.sections[table.link]
        return [self._read_symbol(table.file_offset + at, names)
                for at in range(SYM_SIZE, table.size, SYM_SIZE)]

    def _read_symbol(self, at, names):
        name, info, _other, section, addr, size = \
            self.reader.unpack("IBBHQQ", at, "symbol")
        text = self.reader.string(names.file_offset + name,
                                  names.file_offset + names.size,
                                  "symbol name")
        if section >= SHN_LORESERVE:
            section = SHN_UNDEF
        return Symbol(text, addr, size, info & 15, info >> 4, section)

    def guards(self):
        """Page ranges (start, end) that must stay unmapped and unloaded."""
        ranges = []
        for section in self.sections:
            if not section.name.startswith(".guard") or not section.size:
                continue
            self.reader.require(
                section.addr % PAGE == 0 and section.size % PAGE == 0,
                section.offset, f"{section.name} is not made of whole pages")
            ranges.append((section.addr, section.addr + section.size))
        return sorted(ranges)
