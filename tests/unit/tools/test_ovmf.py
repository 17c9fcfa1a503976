# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Guest firmware: what is found in it, and hostile files (F-12 to F-14)."""

import random
import struct
import unittest

from samples import (CPUID, ES_RESET, FOOTER, PAGE, SEC_MEM, SECRETS,
                     SEV_METADATA, SVSM_CAA, SVSM_SECTIONS, entry,
                     firmware_bytes)
from svsmkit.binary import Refused
from svsmkit.errors import UserError
from svsmkit.ovmf import Firmware, Kind


def footer(length):
    return struct.pack("<H", length) + FOOTER


class Reading(unittest.TestCase):
    def test_sections_and_reset_vector(self):
        firmware = Firmware(firmware_bytes())
        self.assertEqual([(s.gpa, s.size, s.kind) for s in firmware.sections],
                         SVSM_SECTIONS)
        self.assertEqual(firmware.ap_reset, 0x80b004)
        self.assertEqual(firmware.gpa, 0x100000000 - 16384)
        firmware.require_svsm()

    def test_no_table_means_no_metadata(self):
        firmware = Firmware(bytes(PAGE))
        self.assertEqual(firmware.sections, [])
        with self.assertRaisesRegex(UserError, "no SEV metadata"):
            firmware.require_svsm()
        with self.assertRaisesRegex(UserError, "no reset vector"):
            self.assertIsNone(firmware.ap_reset)

    def test_unknown_entries_of_the_table_are_passed_over(self):
        table = entry(b"x" * 16, b"anything") + entry(ES_RESET, b"\4\3\2\1")
        table += footer(len(table) + 18)
        self.assertEqual(Firmware(firmware_bytes(table=table)).ap_reset,
                         0x01020304)


class Refusing(unittest.TestCase):
    def refused(self, reason, **how):
        with self.assertRaisesRegex(UserError, reason):
            Firmware(firmware_bytes(**how)).require_svsm()

    def test_what_an_svsm_needs(self):
        for kind, name in ((SVSM_CAA, "SVSM calling area"),
                           (SECRETS, "secrets page"), (CPUID, "CPUID page")):
            rest = [s for s in SVSM_SECTIONS if s[2] != kind]
            self.refused(f"0 pages as {name}", sections=rest)
            two = SVSM_SECTIONS + [(0x900000, PAGE, kind)]
            self.refused(f"2 pages as {name}", sections=two)
            large = rest + [(0x900000, 2 * PAGE, kind)]
            self.refused(name, sections=large)

    def test_sizes(self):
        for size in (0, 1, PAGE - 1, PAGE + 1, (16 << 20) + PAGE):
            with self.assertRaisesRegex(UserError, "whole pages"):
                Firmware(bytes(size))

    def test_f12_entries_shorter_than_their_header(self):
        for length in (0, 1, 17):
            table = b"\0" * 4 + struct.pack("<H", length) + ES_RESET
            self.refused("wrong length",
                         table=table + footer(len(table) + 18))

    def test_f12_entries_longer_than_the_table(self):
        for length in (23, 24, 0x7fff, 0xffff):
            table = b"\0" * 4 + struct.pack("<H", length) + ES_RESET
            self.refused("wrong length",
                         table=table + footer(len(table) + 18))

    def test_f12_tables_longer_than_the_firmware(self):
        for length in (0, 17, 16384 - 31, 0xffff):
            self.refused("wrong length|cut off", table=footer(length))

    def test_f12_an_entry_that_is_cut_off(self):
        table = b"x" * 17
        self.refused("cut off", table=table + footer(len(table) + 18))

    def test_f12_the_same_entry_twice(self):
        table = entry(ES_RESET, b"1234") * 2
        self.refused("second entry", table=table + footer(len(table) + 18))

    def test_f14_metadata_outside_the_firmware(self):
        for back in (0, 15, 16385, 2 ** 32 - 1):
            table = entry(SEV_METADATA, struct.pack("<I", back))
            self.refused("outside the firmware",
                         table=table + footer(len(table) + 18))

    def test_f14_metadata_cut_off_at_the_end(self):
        table = entry(SEV_METADATA, struct.pack("<I", 16))
        table += footer(len(table) + 18)
        data = bytearray(firmware_bytes(table=table))
        data[-16:] = struct.pack("<4sIII", b"ASEV", 28, 1, 1)
        with self.assertRaisesRegex(Refused, "outside the file"):
            Firmware(bytes(data))

    def test_metadata_headers(self):
        for header, reason in (((b"XSEV", 64, 1, 0), "signature"),
                               ((b"ASEV", 64, 2, 0), "version 2"),
                               ((b"ASEV", 15, 1, 0), "too short"),
                               ((b"ASEV", 16, 1, 1), "too short"),
                               ((b"ASEV", 2 ** 32 - 1, 1, 65), "65 sections"),
                               ((b"ASEV", 2 ** 32 - 1, 1, 2 ** 32 - 1),
                                "sections")):
            self.refused(reason, metadata=struct.pack("<4sIII", *header))

    def test_sections(self):
        for section, reason in (((1, PAGE, 1), "whole pages"),
                                ((0, 0, 1), "whole pages"),
                                ((0, 5, 1), "whole pages"),
                                ((0xfffff000, PAGE, 1), "overlaps"),
                                ((0xf0000000, 0x10000000, 1), "overlaps"),
                                ((0, PAGE, 0), "section type"),
                                ((0, PAGE, 99), "section type")):
            self.refused(reason, sections=[section])

    def test_f13_sections_that_overlap_each_other(self):
        for kind in (SECRETS, CPUID, SVSM_CAA):
            gpa = next(s[0] for s in SVSM_SECTIONS if s[2] == kind)
            self.refused("overlap",
                         sections=SVSM_SECTIONS + [(gpa, PAGE, SEC_MEM)])

    def test_f13_sections_that_cover_the_svsm(self):
        sections = SVSM_SECTIONS + [(0x7fff000, 2 * PAGE, SEC_MEM)]
        firmware = Firmware(firmware_bytes(sections))
        with self.assertRaisesRegex(UserError, "overlaps the region"):
            firmware.require_free(0x8000000, 0x9000000, "the region")
        firmware.require_free(0x8001000, 0x9000000, "the region")
        with self.assertRaisesRegex(UserError, "the firmware itself"):
            firmware.require_free(0xfffff000, 2 ** 32, "the region")

    def test_random_damage_gives_firmware_or_an_error(self):
        chance = random.Random(1)
        data = firmware_bytes()
        for _ in range(5000):
            bad = bytearray(data)
            for _ in range(chance.randint(1, 4)):
                at = chance.choice((chance.randrange(16384 - 1024, 16384 - 900),
                                    chance.randrange(16384 - 120, 16384)))
                bad[at] = chance.choice((0, 1, 0x7f, 0xff,
                                         chance.randrange(256)))
            try:
                Firmware(bytes(bad)).require_svsm()
            except UserError:
                pass


class Kinds(unittest.TestCase):
    def test_numbers_are_those_of_the_metadata(self):
        self.assertEqual([int(k) for k in Kind], [1, 2, 3, 4, 0x10])


if __name__ == "__main__":
    unittest.main()
