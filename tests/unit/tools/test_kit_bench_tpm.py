# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What is made of the TPM's bench's lines and of callgrind's dumps."""

import unittest

from svsmkit import bench_tpm
from svsmkit.budget_table import Budget
from svsmkit.errors import UserError


class Lines(unittest.TestCase):
    """tests/bench/tpm prints them."""

    def test_a_line_has_a_command_a_side_and_numbers(self):
        line = bench_tpm.parse("Quote\tOpenSSL\t480.5\t1\t0.9\t1.1".split("\t"))
        self.assertEqual((line.command, line.us, line.more), ("Quote", 480.5, 1.1))

    def test_a_line_of_another_shape_is_refused(self):
        with self.assertRaises(UserError):
            bench_tpm.parse(["Quote", "OpenSSL", "1"])

    def test_a_figure_without_bounds_reaches_nothing(self):
        budget = Budget("x", {"figure": "x", "floor": "1.5", "goal": "1"})
        self.assertEqual(bench_tpm.bounds(budget, 1.6), ("1.5", "1", "MISSED"))
        self.assertEqual(bench_tpm.bounds(None, 9.9), ("", "", ""))

    def test_dumps_are_in_the_order_of_their_numbers(self):
        self.assertEqual(sorted(["a/dump.10", "a/dump.9"], key=bench_tpm.number),
                         ["a/dump.9", "a/dump.10"])

    def test_a_dump_says_its_command_and_instructions(self):
        dump = "desc: Trigger: Client Request: Hash\tOpenSSL\n\ntotals: 123\n"
        self.assertEqual(bench_tpm.TRIGGER.search(dump)[1], "Hash\tOpenSSL")
        self.assertEqual(bench_tpm.TOTALS.search(dump)[1], "123")
