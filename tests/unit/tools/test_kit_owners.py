# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The SVSM's page owners against the machine's RMP."""

import unittest

from svsmkit import owners, stress
from svsmkit.errors import UserError

CONSOLE = """svsm: own 0 1000 invalid
svsm: own 1000 3000 guest
svsm: own 3000 4000 vmsa
svsm: own 4000 5000 caa
svsm: own 5000 6000 invalid
svsm: own 8000 b000 svsm
svsm: own end""".splitlines()

LOG = """snpemu: rmp 0 1000 validated 0 vmsa 0 perms 0 0 0
snpemu: rmp 1000 3000 validated 1 vmsa 0 perms f f 0
snpemu: rmp 3000 4000 validated 1 vmsa 1 perms 1 1 0
snpemu: rmp 4000 5000 validated 1 vmsa 0 perms f f 0
snpemu: rmp 8000 9000 validated 1 vmsa 0 perms 0 0 0
snpemu: rmp a000 b000 validated 1 vmsa 1 perms 1 1 0""".splitlines()


def changed(lines, number, old, new):
    """The lines with one of them changed."""
    assert old in lines[number], lines[number]
    return [*lines[:number], lines[number].replace(old, new), *lines[number + 1:]]


class Owners(unittest.TestCase):
    """Every page has to agree."""

    def test_a_map_that_agrees_is_no_complaint(self):
        self.assertEqual(owners.complaints(CONSOLE, LOG, 2), [])

    def test_another_owner_of_one_page_is_found(self):
        for number, old, new in ((0, "invalid", "guest"), (1, "guest", "invalid"),
                                 (1, "guest", "svsm"), (2, "vmsa", "guest"),
                                 (3, "caa", "vmsa"), (1, "guest", "deposited"),
                                 (5, "svsm", "guest"), (1, "guest", "?"),
                                 (4, "5000 6000 invalid", "5000 6000 guest"),
                                 (1, "1000 3000", "1000 2000")):
            with self.subTest(number=number, new=new):
                bad = changed(CONSOLE, number, old, new)
                self.assertNotEqual(owners.complaints(bad, LOG, 2), [])

    def test_another_entry_of_one_page_is_found(self):
        for number, old, new in ((0, "validated 0", "validated 1"),
                                 (1, "validated 1", "validated 0"),
                                 (1, "f f 0", "f f 1"), (1, "f f 0", "f 1 0"),
                                 (2, "1 1 0", "1 3 0"), (2, "vmsa 1", "vmsa 0"),
                                 (3, "vmsa 0", "vmsa 1"),
                                 (4, "0 0 0", "0 1 0"), (5, "1 1 0", "2 1 0"),
                                 (1, "1000 3000", "1000 2000"),
                                 (1, "1000 3000", "2000 3000")):
            with self.subTest(number=number, new=new):
                bad = changed(LOG, number, old, new)
                self.assertNotEqual(owners.complaints(CONSOLE, bad, 2), [])

    def test_another_level_of_the_guest_is_found(self):
        self.assertNotEqual(owners.complaints(CONSOLE, LOG, 1), [])

    def test_a_map_that_was_not_told_is_found(self):
        self.assertNotEqual(owners.complaints(CONSOLE[:-1], LOG, 2), [])
        self.assertNotEqual(owners.complaints(CONSOLE, [], 2), [])
        self.assertNotEqual(owners.complaints(["svsm: own end"], LOG, 2), [])

    def test_ranges_out_of_order_are_refused(self):
        bad = [CONSOLE[1], CONSOLE[0], *CONSOLE[2:]]
        self.assertIn("out of order", owners.complaints(bad, LOG, 2)[0])


class Settings(unittest.TestCase):
    """Those of a stress payload, and of one that samples its cases."""

    def test_they_stand_behind_the_mark(self):
        before = b"code" + b"stress settings\0" + bytes(16) + b"more"
        after = stress.settle(before, seed=7, seconds=60, every=3)
        self.assertEqual(len(after), len(before))
        self.assertEqual(after[:20], before[:20])
        self.assertEqual(after[20:36], (7).to_bytes(8, "little")
                         + (60).to_bytes(8, "little"))
        self.assertEqual(after[36:], b"more")

    def test_another_payload_stays_as_it_is(self):
        self.assertEqual(stress.settle(b"code", seed=7, seconds=60, every=3), b"code")

    def test_each_payload_gets_its_own(self):
        after = stress.settle(b"sample settings\0" + bytes(8) + b"more", seed=7,
                              seconds=60, every=3)
        self.assertEqual(after[16:], (3).to_bytes(8, "little") + b"more")

    def test_seeds_are_numbers(self):
        self.assertEqual(stress.parse_seed("12"), 12)
        for text in ("", "0", "-1", "x", str(1 << 32)):
            with self.assertRaises(UserError):
                stress.parse_seed(text)
