# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Strikes of a hostile host: their addresses, and that they were made."""

import unittest

from svsmkit import hostile_host
from svsmkit.errors import UserError


class FakeElf:
    """One segment of code with one symbol."""

    class Symbol:
        addr = 0x1000

    class Segment:
        addr, end = 0x1000, 0x1010

    segments = [Segment]

    def symbol(self, name):
        return self.Symbol if name == "entry" else None

    def read(self, addr, size, _field):
        return bytes.fromhex("90900f3290")[addr - 0x1000:][:size]


def resolved(strike):
    return hostile_host.resolve(strike, FakeElf())


class Resolve(unittest.TestCase):
    def test_numbers_stay(self):
        self.assertEqual(resolved("at=0x10, vector=2"), "at=0x10,vector=2")

    def test_symbols_are_addresses(self):
        self.assertEqual(resolved("at=entry,until=entry+0x5"),
                         "at=0x1000,until=0x1005")

    def test_bytes_are_looked_for(self):
        self.assertEqual(resolved("at=entry:0f32"), "at=0x1002")
        self.assertEqual(resolved("at=entry:0f32+2"), "at=0x1004")

    def test_what_is_not_there_is_refused(self):
        for strike in ("at=nowhere", "at=entry:0f30"):
            with self.assertRaises(UserError):
                resolved(strike)


class Complaints(unittest.TestCase):
    WALK = "at=1, walk=9, until=5"

    def complaints(self, *log, strikes=("at=1, vector=2",), remap=None, whole=True):
        return hostile_host.complaints(strikes, remap, log, whole)

    def test_a_strike_that_was_made_is_good(self):
        self.assertEqual(self.complaints("snpemu: strike 0: vector 2 at 1"), [])

    def test_a_strike_without_occasion_is_not(self):
        self.assertTrue(self.complaints("snpemu: strike 1: vector 2 at 1"))

    def test_a_strike_that_vmrun_refused_is_not(self):
        self.assertTrue(self.complaints("snpemu: strike 0: VMRUN refuses vector 2"))

    def test_a_walk_has_an_end(self):
        made = "snpemu: strike 0: vector 2 at 1"
        over = "snpemu: strike 0: the walk is over, 4 strikes"
        self.assertTrue(self.complaints(made, strikes=[self.WALK]))
        self.assertEqual(self.complaints(made, over, strikes=[self.WALK]), [])
        self.assertEqual(self.complaints(made, strikes=[self.WALK], whole=False), [])

    def test_pages_that_did_not_change_are_told(self):
        self.assertTrue(self.complaints(strikes=[], remap="0x1000, rescind=2"))
        self.assertEqual(self.complaints("snpemu: remap: step 1 of 2, before rescind",
                                         strikes=[], remap="0x1000, rescind=2"), [])
