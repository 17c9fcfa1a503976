# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The rule of `kit test --coverage`, on made-up counters."""

import os
import tempfile
import unittest

from svsmkit import build, coverage
from svsmkit.errors import UserError

SOURCE = "int f(int x)\n{\n\tif (x)\n\t\treturn 1;\n\tsvsm_assert(x);\n\treturn 0;\n}\n"


def line(number, count, branches=()):
    return {"line_number": number, "count": count,
            "branches": [{"count": taken} for taken in branches]}


class Rule(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = directory.name
        with open(os.path.join(self.top, "f.c"), "w", encoding="ascii") as file:
            file.write(SOURCE)

    def judge(self, lines, **exceptions):
        rules = coverage.Rules(["f.c"], {("f.c", text): "because"
                                         for text in exceptions.get("texts", ())})
        return coverage.judge({"f.c": lines}, rules, self.top)

    def test_all_is_well_when_all_has_run(self):
        files, bad = self.judge([line(3, 2, (1, 1)), line(4, 1), line(6, 1)])
        self.assertEqual(bad, [])
        self.assertEqual(files[0].branch_percent, 100)

    def test_a_line_that_never_ran(self):
        _, bad = self.judge([line(3, 2, (1, 1)), line(4, 0), line(6, 1)])
        self.assertEqual(bad, ["f.c:4: never run: return 1;"])

    def test_too_few_branches(self):
        _, bad = self.judge([line(3, 2, (1, 0)), line(6, 1)])
        self.assertIn("f.c: 50.0 % of the branches", bad[0])

    def test_an_assertion_that_does_not_fail_is_no_gap(self):
        _, bad = self.judge([line(3, 2, (1, 1)), line(5, 1, (1, 0))])
        self.assertEqual(bad, [])

    def test_an_exception_excuses_its_line_and_no_other(self):
        _, bad = self.judge([line(3, 2, (1, 0)), line(4, 0), line(6, 0)],
                            texts=["return 1;", "if (x)"])
        self.assertEqual(bad, ["f.c:6: never run: return 0;"])

    def test_an_exception_that_nobody_needs(self):
        _, bad = self.judge([line(4, 1)], texts=["return 1;"])
        self.assertIn("the exception is not needed: return 1;", bad[0])

    def test_a_file_that_no_test_runs(self):
        _, bad = coverage.judge({}, coverage.Rules(["f.c"]), self.top)
        self.assertIn("nothing of it was run", bad[0])


class Rules(unittest.TestCase):
    def test_the_trees_own_can_be_read(self):
        rules = coverage.read_rules()
        for path in rules.files + [path for path, _ in rules.exceptions]:
            self.assertTrue(os.path.isfile(os.path.join(build.TREE, path)), path)
        for path, text in rules.exceptions:
            with open(os.path.join(build.TREE, path), encoding="utf-8") as file:
                self.assertIn(text, [line.strip() for line in file], path)

    def test_an_exception_needs_a_reason(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("a.c\ttext\n")
            file.flush()
            with self.assertRaisesRegex(UserError, "neither a file nor"):
                coverage.read_rules(file.name)


if __name__ == "__main__":
    unittest.main()
