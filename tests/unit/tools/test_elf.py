# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The ELF reader: what it finds, and what it refuses."""

import struct
import unittest

from samples import (BSS, DATA, GUARD, PAGE, R, RODATA, TEXT, W, X,
                     ElfBuilder, elf_builder, elf_bytes)
from svsmkit.binary import Refused
from svsmkit.elf import Elf

HOSTILE = {1: (0, 1, 0x7f, 0x80, 0xff), 2: (0, 1, 0x7fff, 0xfffe, 0xffff),
           4: (0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff),
           8: (0, 1, 2 ** 63 - 1, 2 ** 64 - 2, 2 ** 64 - 1)}


class Reading(unittest.TestCase):
    def setUp(self):
        self.elf = Elf(elf_bytes())

    def test_segments_come_by_address_with_their_data(self):
        self.assertEqual([s.addr for s in self.elf.segments],
                         [TEXT, RODATA, DATA])
        self.assertEqual(self.elf.segments[2].data, b"d" * 5000)
        self.assertEqual(self.elf.segments[2].end, DATA + 0x5100)

    def test_functions_come_by_address_once_each(self):
        self.assertEqual([(s.name, s.addr) for s in self.elf.functions()],
                         [("first", TEXT), ("later", TEXT + 50)])

    def test_data_symbols_are_no_functions_but_found(self):
        self.assertEqual(self.elf.symbol("svsm_image").addr, RODATA)
        self.assertIsNone(self.elf.symbol("nothing"))

    def test_guards_are_page_ranges(self):
        self.assertEqual(self.elf.guards(), [(GUARD, GUARD + PAGE)])

    def test_reading_beyond_the_file_part_gives_zeros(self):
        self.assertEqual(self.elf.read(DATA + 4999, 3, "x"), b"d\0\0")
        self.assertEqual(self.elf.read(BSS, 2, "x"), b"\0\0")

    def test_reading_outside_all_segments_is_refused(self):
        for addr in (TEXT - 1, DATA + 0x5100, 2 ** 64 - 1):
            with self.assertRaises(Refused):
                self.elf.read(addr, 1, "x")


class Refusing(unittest.TestCase):
    def refused(self, elf, reason):
        with self.assertRaisesRegex(Refused, reason):
            Elf(elf.bytes() if isinstance(elf, ElfBuilder) else elf).guards()

    def test_a_file_cut_at_any_offset(self):
        data = elf_bytes()
        for size in range(len(data)):
            with self.subTest(size=size), self.assertRaises(Refused):
                Elf(data[:size])

    def test_hostile_numbers_give_an_image_or_an_error(self):
        """Every field of every header; nothing but Refused may come out."""
        data = elf_bytes()
        tables = [(0, 64)] + [(64 + 56 * i, 56) for i in range(3)]
        sections = struct.unpack_from("<Q", data, 40)[0]
        tables += [(sections, len(data) - sections)]
        refused = 0
        for start, size in tables:
            for at in range(start, start + size):
                for width, values in HOSTILE.items():
                    if at % width or at + width > start + size:
                        continue
                    for value in values:
                        bad = bytearray(data)
                        bad[at:at + width] = value.to_bytes(width, "little")
                        try:
                            Elf(bytes(bad)).guards()
                        except Refused:
                            refused += 1
        self.assertGreater(refused, 1000)

    def test_what_is_not_elf(self):
        self.refused(b"", "outside the file")
        self.refused(b"MZ" + bytes(100), "not an ELF file")

    def test_position_independent_executables(self):
        elf = elf_builder()
        elf.kind = 3
        self.refused(elf, "not a static executable")

    def test_writable_code(self):
        elf = elf_builder()
        elf.segment(R | W | X, DATA + 0x10000, b"x")
        self.refused(elf, "writable and executable")

    def test_unreadable_segments(self):
        elf = elf_builder()
        elf.segment(W, DATA + 0x10000, b"x")
        self.refused(elf, "not readable")

    def test_segments_that_share_a_page(self):
        elf = elf_builder()
        elf.segment(R, TEXT + 200, b"x")
        self.refused(elf, "shares a page")

    def test_a_segment_that_wraps(self):
        elf = elf_builder()
        elf.segment(R, 2 ** 64 - PAGE, b"x", mem_size=2 * PAGE)
        self.refused(elf, "wraps")

    def test_interpreters_and_thread_local_storage(self):
        for kind, reason in ((2, "dynamic"), (3, "dynamic"), (7, "thread")):
            elf = elf_builder()
            elf.segment(R, DATA + 0x10000, b"x", kind=kind)
            self.refused(elf, reason)

    def test_an_entry_outside_the_code(self):
        for entry in (0, RODATA, TEXT + 100, 2 ** 64 - 1):
            elf = elf_builder()
            elf.entry = entry
            self.refused(elf, "entry is not")

    def test_nothing_to_load(self):
        elf = ElfBuilder()
        elf.segment(R | X, TEXT, b"", mem_size=0)
        self.refused(elf, "no loadable segment")

    def test_guards_that_are_no_whole_pages(self):
        for addr, size in ((GUARD + 8, PAGE), (GUARD, PAGE - 1)):
            elf = elf_builder()
            elf.sections.append((b".guard.x", 8, 3, addr, size))
            self.refused(elf, "whole pages")


if __name__ == "__main__":
    unittest.main()
