# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Reading the figures out of what a machine said."""

import unittest

from svsmkit import cmd_bench, figures, machine
from svsmkit.errors import UserError

METER = ("snpemu: meter call 1 label {} instructions 100 privileged 7 clearing 1 "
         "exits 5 pvalidate 1 rmpadjust 2 vmgexit 3")


class Meter(unittest.TestCase):
    def test_a_call_in_several_parts_is_summed(self):
        log = [METER.format(3), METER.format(8), "noise", METER.format(8)]
        self.assertEqual(figures.metered(log), {3: [100, 7, 1, 5, 1, 2, 3],
                                                8: [200, 14, 2, 10, 2, 4, 6]})

    def test_labels_are_hexadecimal(self):
        self.assertIn(26, figures.metered([METER.format("1a")]))

    def test_an_entry_costs_what_is_neither_privileged_nor_clearing(self):
        self.assertEqual(figures.call_row([100, 7, 1, 5, 1], 4), (100, "23.0", 5, 1))

    def test_a_call_without_entries_has_no_cost_of_one(self):
        self.assertEqual(figures.call_row([100, 7, 1, 5], 0), (100, "", 5))


class Counters(unittest.TestCase):
    def test_they_are_read_by_name(self):
        log = ["snpemu: counter pvalidate 1013", "snpemu: counter", "counter a 1"]
        self.assertEqual(figures.counters(log), {"pvalidate": 1013})


class Boot(unittest.TestCase):
    def test_seconds_are_those_of_the_first_line_of_init(self):
        result = machine.Result(0, ["svsm: x", "guest: kernel 7", "guest: end 1"],
                                [], 60, [1.0, 20.5, 50.0])
        self.assertEqual(figures.seconds(result), 20.5)

    def test_a_run_that_went_wrong_has_no_figures(self):
        with self.assertRaisesRegex(UserError, "vmpl"):
            figures.require(["vmpl: wanted 2"])
        figures.require([])


class Table(unittest.TestCase):
    def test_columns_line_up(self):
        text = cmd_bench.markdown([("a", "b"), ("long", 12345)])
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1)


if __name__ == "__main__":
    unittest.main()
