# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Reading what the allocators' bench prints."""

import unittest
from unittest import mock

from svsmkit import bench_alloc
from svsmkit.errors import UserError

LINE = "pair\t64\t1000\tours\t10.5\t10\t11\t1\t1\t1\t8"


class Lines(unittest.TestCase):
    def test_a_line_has_all_its_fields(self):
        line, = bench_alloc.parse(LINE + "\n")
        self.assertEqual((line.name, line.live, line.who, line.ns, line.goal),
                         ("pair", 1000, "ours", 10.5, 8))

    def test_a_line_that_is_cut_is_an_error(self):
        with self.assertRaisesRegex(UserError, "nobody understands"):
            bench_alloc.parse(LINE.rsplit("\t", 1)[0])

    def test_a_row_without_goal_or_live_objects_has_none(self):
        text = LINE.replace("\t1000\t", "\t0\t").replace("\t8", "\t0")
        with mock.patch.object(bench_alloc, "program", return_value="x"), \
                mock.patch.object(bench_alloc, "output", return_value=text):
            row = bench_alloc.times("build")[1]
        self.assertEqual((row[1], row[-1]), ("", ""))


class Counts(unittest.TestCase):
    def test_the_loop_is_taken_off_and_not_shown(self):
        listed = "".join(f"{nr}\t{name}\t1000\t{who}\n"
                         for nr, name in enumerate(bench_alloc.COUNTED)
                         for who in ("ours", bench_alloc.FLOOR))
        listed += "7\tanother\t1000\tours\n0\tpair, quick reuse\t10000\tours\n"
        with mock.patch.object(bench_alloc, "program", return_value="x"), \
                mock.patch.object(bench_alloc, "output", return_value=listed), \
                mock.patch.object(bench_alloc, "count", lambda bench, nr, who:
                                  100 + int(nr) if who == "ours" else 15):
            rows = bench_alloc.counts("build")
        self.assertEqual(rows, [("allocator", *bench_alloc.COUNTED),
                                ("ours", "85", "86")])

    def test_a_difference_of_two_runs(self):
        with mock.patch.object(bench_alloc, "collected", lambda bench, nr, who, n:
                               5000 + 90 * n):
            self.assertEqual(bench_alloc.count("x", "0", "ours"), 90)


if __name__ == "__main__":
    unittest.main()
