# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Reading the figures out of what a machine said."""

import os
import unittest
from unittest import mock

from svsmkit import (bench_tpm, budget_table, budgets, build, cmd_bench, code_lines, figures,
                     machine, meter, run)
from svsmkit.errors import UserError

METER = ("snpemu: meter call 1 label {} instructions 100 privileged 7 clearing 1 "
         "flushes 1 exits 5 pvalidate 1 rmpadjust 2 vmgexit 3")
COST = meter.Cost(100, 7, 1, 1, 5, 1, 2, 3)


class Meter(unittest.TestCase):
    def test_a_call_in_several_parts_is_summed(self):
        log = [METER.format(3), METER.format(8), "noise", METER.format(8)]
        self.assertEqual(meter.costs(log, [3, 8]),
                         {3: COST, 8: (200, 14, 2, 2, 10, 2, 4, 6)})

    def test_labels_are_hexadecimal(self):
        self.assertIn(26, meter.costs([METER.format("1a")], [26]))

    def test_a_call_that_was_not_metered_is_an_error(self):
        with self.assertRaisesRegex(UserError, "meter call 2"):
            meter.costs([METER.format(1)], [1, 2])

    def test_an_entry_costs_what_is_neither_privileged_nor_clearing(self):
        self.assertEqual(figures.call_row(COST, 4), (100, "23.0", 1, 5, 1, 2, 3))

    def test_a_call_without_entries_has_no_cost_of_one(self):
        self.assertEqual(figures.call_row(COST, 0)[1], "")


class Budgets(unittest.TestCase):
    CALLS = {1: COST, 2: COST._replace(flushes=0), 3: COST, 5: COST, 7: COST,
             9: COST._replace(flushes=3)}

    def test_a_figure_above_its_floor_is_not_kept(self):
        budget = budget_table.Budget("x", {"figure": "x", "floor": "48", "goal": "24"})
        self.assertTrue(budget.kept(48))
        self.assertFalse(budget.kept(48.1))
        self.assertEqual([budget.verdict(value) for value in (24, 48, 48.1)],
                         ["goal", "floor", "MISSED"])

    def test_a_section_has_all_keys_and_no_other(self):
        for values in ({"figure": "x", "floor": "1"},
                       {"figure": "x", "floor": "1", "goal": "1", "flor": "2"}):
            with self.assertRaisesRegex(ValueError, "does not have"):
                budget_table.Budget("x", values)

    def test_every_floor_has_a_goal_below_and_its_own_figure(self):
        table = budget_table.table()
        self.assertTrue(all(budget.goal <= budget.floor for budget in table))
        self.assertEqual(len({budget.figure for budget in table}), len(table))

    def test_figures_of_calls(self):
        self.assertEqual(budgets.of_calls(self.CALLS), {
            "null-call": 100, "pvalidate-single": 100, "pvalidate-entry": 92 / 510,
            "pvalidate-huge": 92 / 64, "flushes-none": 1, "flushes-full-page": 3})

    def test_a_figure_stands_beside_its_bounds(self):
        budget = budget_table.Budget("pages", {"figure": "x", "floor": "96", "goal": "64"})
        self.assertEqual(budget.line(19.5).split(), ["19.5", "96", "64", "pages"])
        self.assertEqual([budget_table.number(value) for value in (100, 0, 1.05, 0.1)],
                         ["100", "0", "1.05", "0.1"])

    @staticmethod
    def of_tpm(*ratios):
        """What becomes of these measurements of the table's commands."""
        names = [each.figure.split(" ", 1)[1] for each in budget_table.table()
                 if each.figure.startswith("tpm-time ")]
        runs = [dict.fromkeys(names, 1.0) | {"PCR_Extend": ratio} for ratio in ratios]
        with mock.patch.object(bench_tpm, "ratios", side_effect=runs), \
                mock.patch.object(bench_tpm, "stretches",
                                  return_value={"a": 900.0, "b": 4500.0, "c": 1.0}):
            return budgets.of_tpm(".")

    def test_the_longest_of_all_stretches_counts(self):
        self.assertEqual(self.of_tpm(1.25)["tpm-stretch"], 4.5)

    def test_a_ratio_above_its_floor_is_the_middle_one_of_three(self):
        figure = "tpm-time PCR_Extend"
        self.assertEqual(self.of_tpm(1.25)[figure], 1.25)
        self.assertEqual(self.of_tpm(1.9, 1.2, 1.3)[figure], 1.3)
        self.assertEqual(self.of_tpm(1.9, 1.2, 1.6)[figure], 1.6)


class CodeLines(unittest.TestCase):
    def test_blank_lines_and_comments_do_not_count(self):
        for text, lines in (("", 0), ("int a;\n\n// b\nint c; // d\n", 2),
                            ("/* a\n b */ int c;\n", 1), ("/* a */\n/* b\n*/\n", 0),
                            ('s = "/*";\nt = "*/";\n', 2),
                            ('s = "\\"//"; /*\n*/\n', 1)):
            self.assertEqual(code_lines.count(text, {1}), lines, text)

    def test_a_function_counts_when_the_image_has_an_instruction_of_it(self):
        text = "int f(void)\n{\n\treturn 1;\n}\n\nint g(void)\n{\n\treturn 2;\n}\n"
        self.assertEqual(code_lines.count(text, {3, 8}), 8)
        self.assertEqual(code_lines.count(text, {8}), 5)
        self.assertEqual(code_lines.count(text, set()), 2)

    def test_a_file_counts_when_the_image_has_an_instruction_of_it(self):
        table = ["CU: ../src/a.c:", "a.c   3   0x7e000010   x", "",
                 "../include/b.h:", "b.h   9   0x7e000020", "",
                 "CU: ./../src/gone.c:", "gone.c   1   0", "gone.c   2   0x12"]
        self.assertEqual(code_lines.used(table, 0x7e000000),
                         {("../src/a.c", 3), ("../include/b.h", 9)})

    def test_a_line_is_of_the_file_that_its_row_names(self):
        table = ["CU: ../src/a.c:", "b.h   9   0x7e000020", "a.c   3   0x7e000010"]
        self.assertEqual(code_lines.used(table, 0x7e000000), {("../src/a.c", 3)})


    def test_lines_are_summed_by_folder(self):
        tree = os.path.realpath(build.TREE)
        found = {os.path.join(tree, *path): {1} for path in
                 (("src", "a", "x.c"), ("src", "a", "y.c"), ("src", "b", "z.c"))}
        with mock.patch.object(code_lines, "sources", return_value=found), \
                mock.patch.object(code_lines, "code", side_effect=(3, 4, 5)):
            self.assertEqual(code_lines.by_folder("x.elf", 0),
                             {os.path.join("src", "a"): 7, os.path.join("src", "b"): 5})


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
            run.require(["vmpl: wanted 2"])
        run.require([])


class Table(unittest.TestCase):
    def test_columns_line_up(self):
        text = cmd_bench.markdown([("a", "b"), ("long", 12345)])
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1)


if __name__ == "__main__":
    unittest.main()
