# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What is made of the TPM's bench's lines and of callgrind's dumps."""

import unittest

from svsmkit import bench_tpm
from svsmkit.errors import UserError


class Lines(unittest.TestCase):
    """tests/bench/tpm prints them."""

    def test_a_line_has_a_command_a_side_and_numbers(self):
        line = bench_tpm.parse("Quote\tOpenSSL\t480.5\t1\t0.9\t1.1\t1.5\t1".split("\t"))
        self.assertEqual((line.command, line.us, line.floor), ("Quote", 480.5, 1.5))

    def test_a_line_of_another_shape_is_refused(self):
        with self.assertRaises(UserError):
            bench_tpm.parse(["Quote", "OpenSSL", "1"])

    def test_a_ratio_reaches_goal_floor_or_nothing(self):
        self.assertEqual(bench_tpm.verdict(1.0, 1.5, 1), "goal")
        self.assertEqual(bench_tpm.verdict(1.4, 1.5, 1), "floor")
        self.assertEqual(bench_tpm.verdict(1.6, 1.5, 1), "MISSED")
        self.assertEqual(bench_tpm.verdict(9.9, 0, 0), "")

    def test_a_dump_says_its_command_and_instructions(self):
        dump = "desc: Trigger: Client Request: Hash\tOpenSSL\n\ntotals: 123\n"
        self.assertEqual(bench_tpm.TRIGGER.search(dump)[1], "Hash\tOpenSSL")
        self.assertEqual(bench_tpm.TOTALS.search(dump)[1], "123")
