# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The memory plan: what must hold for any image, checked page by page."""

import struct
import unittest

from samples import (BSS, DATA, GUARD, PAGE, R, REGION, TEXT, W, elf_builder,
                     elf_bytes)
from svsmkit import abi, image
from svsmkit.binary import LARGE_PAGE
from svsmkit.elf import Elf
from svsmkit.errors import UserError
from svsmkit.layout import (Access, Content, Plan, split, tables_needed)

SIZE = 4 << 20


def make(elf=None, **options):
    """A filled plan and the page tables in it, as entries by address."""
    elf = Elf(elf or elf_bytes())
    words = image.read_image(elf)
    plan = image.make_plan(elf, words, image.Options(**options))
    image.fill_plan(plan, None)
    return plan


def walk(plan, addr):
    """Translate as a processor would: (address, writable, executable)."""
    base = plan["page tables"]
    table, writable, executable = base.start, True, True
    for shift in (39, 30, 21, 12):
        at = table - base.start + (addr >> shift) % 512 * 8
        entry, = struct.unpack_from("<Q", base.data, at)
        if not entry & 1:
            return None
        assert not entry & 0x4, "user bit"
        assert not entry & 0x100, "global bit"
        writable = writable and bool(entry & 2)
        executable = executable and not entry >> 63
        table = entry & 0x000ffffffffff000
    return table, writable, executable


def at_2_mib(elf):
    """A plan whose VMSA would be there."""
    plan = Plan(elf, SIZE)
    plan.add("filler", -plan.next % LARGE_PAGE, Access.READ, Content.ABSENT)
    plan.add_vmsa()
    return plan


class Invariants(unittest.TestCase):
    def setUp(self):
        self.plan = make(madt=True)

    def test_areas_cover_the_region_once(self):
        at = REGION
        for area in self.plan.areas:
            self.assertEqual(area.start, at, area.name)
            self.assertEqual(area.start % PAGE, 0)
            self.assertGreater(area.size, 0)
            at = area.end
        self.assertEqual(at, REGION + SIZE)

    def test_the_tables_map_each_page_to_itself_with_its_rights(self):
        for area in self.plan.areas:
            for addr in range(area.start, area.end, PAGE):
                found = walk(self.plan, addr)
                if area.access == Access.NONE:
                    self.assertIsNone(found, hex(addr))
                    continue
                self.assertEqual(found, (
                    addr, area.access == Access.WRITE,
                    area.access == Access.EXECUTE), area.name)

    def test_nothing_outside_the_region_is_mapped(self):
        for addr in (0, REGION - PAGE, REGION + SIZE, 0xfffff000, 2 ** 39,
                     2 ** 47 - PAGE):
            self.assertIsNone(walk(self.plan, addr))

    def test_no_page_is_writable_and_executable(self):
        for addr in range(REGION, REGION + SIZE, PAGE):
            found = walk(self.plan, addr)
            self.assertFalse(found and found[1] and found[2])

    def test_no_entry_has_a_bit_that_could_be_the_c_bit(self):
        tables = self.plan["page tables"].data
        for entry, in struct.iter_unpack("<Q", tables):
            self.assertEqual(entry >> 32 & 0x7fffffff, 0)

    def test_guards_are_unmapped_and_not_loaded(self):
        guard = self.plan["guard"]
        self.assertEqual((guard.start, guard.end), (GUARD, GUARD + PAGE))
        self.assertEqual((guard.access, guard.content),
                         (Access.NONE, Content.ABSENT))

    def test_rights_of_the_special_pages(self):
        expected = {"text": Access.EXECUTE, "rodata": Access.READ,
                    "data": Access.WRITE, "bss": Access.WRITE,
                    "page tables": Access.WRITE, "launch": Access.READ,
                    "symbols": Access.READ, "cpuid": Access.READ,
                    "secrets": Access.WRITE, "general": Access.READ,
                    "memory map": Access.READ, "madt": Access.READ,
                    "heap": Access.WRITE}
        for name, access in expected.items():
            self.assertEqual(self.plan[name].access, access, name)

    def test_the_launch_page_tells_where_things_are(self):
        launch = abi.launch_unpack(self.plan["launch"].data)
        self.assertEqual(launch["region_start"], REGION)
        self.assertEqual(launch["region_len"], SIZE)
        self.assertEqual(launch["bss_start"], GUARD)
        self.assertEqual(launch["bss_len"], 4 * PAGE)
        self.assertEqual(launch["firmware"], 0)
        for field, name in (("page_table", "page tables"), ("heap_start",
                            "heap"), ("cpuid_page", "cpuid"), ("secrets_page",
                            "secrets"), ("general_page", "general"),
                            ("memory_map", "memory map"), ("madt", "madt"),
                            ("symbols", "symbols")):
            self.assertEqual(launch[field], self.plan[name].start, field)

    def test_the_vmsa_is_no_page_of_a_map_and_never_at_2_mib(self):
        elf = Elf(elf_bytes())
        for pages in range(LARGE_PAGE // PAGE):
            plan = Plan(elf, SIZE)
            plan.add("filler", LARGE_PAGE - PAGE * pages, Access.READ,
                     Content.ABSENT)
            plan.add_vmsa()
            self.assertTrue(plan["vmsa"].start % LARGE_PAGE)
            self.assertEqual(plan["vmsa"].access, Access.NONE)
        self.assertIn("gap", [area.name for area in at_2_mib(elf).areas])

    def test_symbols_are_sorted_and_named(self):
        data = self.plan["symbols"].data
        count, names = struct.unpack_from("<II", data)
        self.assertEqual((count, names), (2, 24))
        found = [struct.unpack_from("<II", data, 8 + 8 * i) for i in range(2)]
        self.assertEqual([addr for addr, _ in found], [0, 50])
        self.assertEqual(data[names:], b"first\0later\0")


class Program(unittest.TestCase):
    def refused(self, reason, elf=None, size=SIZE):
        with self.assertRaisesRegex(UserError, reason):
            Plan(Elf((elf or elf_builder()).bytes()), size)

    def test_without_symbols_and_madt_there_are_no_such_pages(self):
        plan = make(symbols=False)
        self.assertEqual(plan.named("symbols") + plan.named("madt"), [])
        launch = abi.launch_unpack(plan["launch"].data)
        self.assertEqual((launch["symbols"], launch["madt_len"]), (0, 0))

    def test_a_guard_in_the_middle_of_data_is_cut_out(self):
        elf = elf_builder()
        elf.sections[-1] = (b".guard.stack", 1, 3, DATA, PAGE)
        plan = make(elf.bytes())
        self.assertEqual(plan["guard"].start, DATA)
        self.assertEqual(plan["data"].start, DATA + PAGE)
        self.assertEqual(plan["data"].data, b"d" * (5000 - PAGE))

    def test_guards_outside_the_program(self):
        for addr in (REGION - PAGE, BSS + 0x10000, DATA + 0x6000):
            elf = elf_builder()
            elf.sections[-1] = (b".guard.stack", 8, 3, addr, PAGE)
            self.refused("not in one segment", elf)

    def test_uninitialised_pages_in_a_lower_segment(self):
        elf = elf_builder()
        elf.segment(R | W, DATA + 0x10000, b"x", mem_size=8192)
        self.refused("uninitialised", elf)

    def test_a_program_that_starts_above_the_regions_start(self):
        elf = elf_builder()
        elf.segments = [(kind, flags, addr + 0x5000, *rest)
                        for kind, flags, addr, *rest in elf.segments]
        elf.entry += 0x5000
        elf.sections = []
        plan = Plan(Elf(elf.bytes()), SIZE)
        self.assertEqual(plan.start, REGION)
        self.assertEqual((plan.areas[0].name, plan.areas[0].access),
                         ("gap", Access.NONE))

    def test_region_sizes(self):
        for size in (0, 1, PAGE, SIZE + PAGE):
            self.refused("multiple of 2 MiB", size=size)
        for size in (2 << 30, 2 ** 63, 2 ** 64 - (2 << 20)):
            self.refused("between 1 MiB and 2 GiB", size=size)

    def test_a_region_that_is_too_small(self):
        elf = elf_builder(region_len=2 << 20)
        kind, flags, addr, data, _ = elf.segments[-1]
        elf.segments[-1] = (kind, flags, addr, data, (2 << 20) - 0x2000)
        elf = Elf(elf.bytes())
        with self.assertRaisesRegex(UserError, "page tables .* does not fit"):
            image.make_plan(elf, image.read_image(elf), image.Options())

    def test_a_region_without_room_for_the_heap(self):
        after_bss = 5 + 5    # tables; launch, cpuid, secrets, parameters
        elf = elf_builder(region_len=SIZE)
        kind, flags, addr, data, _ = elf.segments[-1]
        elf.segments[-1] = (kind, flags, addr, data,
                            SIZE - 0x2000 - after_bss * PAGE)
        elf = Elf(elf.bytes())
        with self.assertRaisesRegex(UserError, "no page is left"):
            image.make_plan(elf, image.read_image(elf),
                            image.Options(symbols=False))


class Parts(unittest.TestCase):
    def test_split(self):
        self.assertEqual(list(split(0, 10, [])), [(0, 10, False)])
        self.assertEqual(list(split(0, 10, [(0, 2), (4, 6), (9, 12)])),
                         [(0, 2, True), (2, 4, False), (4, 6, True),
                          (6, 9, False), (9, 10, True)])
        self.assertEqual(list(split(5, 10, [(0, 5), (10, 12)])),
                         [(5, 10, False)])
        self.assertEqual(list(split(5, 5, [(0, 9)])), [])

    def test_tables_needed(self):
        self.assertEqual(tables_needed(0, PAGE), 4)
        self.assertEqual(tables_needed(REGION, REGION + (16 << 20)), 11)
        self.assertEqual(tables_needed((1 << 30) - PAGE, (1 << 30) + PAGE), 6)
        self.assertEqual(tables_needed(TEXT, TEXT + 1), 4)


if __name__ == "__main__":
    unittest.main()
