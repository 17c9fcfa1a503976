# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The rule of `kit test --coverage`, on made-up counters."""

import os
import tempfile
import unittest

from svsmkit import build, coverage
from svsmkit.errors import UserError

SOURCE = """\
int f(int x)
{
	if (x)
		return 1;
	svsm_assert(x);
	return 0;
}

static struct list *const
g_of(struct list *list,
     int (*than)(void))
{
	if (x)
		return 0;
}
"""


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

    def judge(self, lines, *exceptions):
        rules = coverage.Rules(["f.c"], {("f.c", function, text): "because"
                                         for function, text in exceptions})
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

    def test_a_line_is_in_the_function_that_began_last(self):
        names = list(coverage.functions(SOURCE.split("\n")))
        self.assertEqual([names[at - 1] for at in (1, 3, 6, 10, 11, 13)],
                         ["f", "f", "f", "g_of", "g_of", "g_of"])

    def test_an_exception_excuses_its_line_and_no_other(self):
        _, bad = self.judge([line(3, 2, (1, 0)), line(4, 0), line(6, 0)],
                            ("f", "return 1;"), ("f", "if (x)"))
        self.assertEqual(bad, ["f.c:6: never run: return 0;"])

    def test_an_exception_does_not_reach_into_another_function(self):
        _, bad = self.judge([line(6, 0), line(14, 0)], ("g_of", "return 0;"))
        self.assertEqual(bad, ["f.c:6: never run: return 0;"])

    def test_an_exception_for_a_line_that_runs(self):
        files, bad = self.judge([line(4, 1)], ("f", "return 1;"))
        self.assertIn("line 4 runs and takes all its branches", bad[0])
        self.assertEqual(len(files), 1)

    def test_an_exception_has_to_hold_for_each_line_like_that(self):
        _, bad = self.judge([line(3, 1, (0, 1)), line(4, 1, (1, 1))], ("f", "if (x)"))
        self.assertEqual(bad, [])
        with open(os.path.join(self.top, "f.c"), "w", encoding="ascii") as file:
            file.write("int f(int x)\n{\n\tif (x)\n\tif (x)\n}\n")
        _, bad = self.judge([line(3, 1, (0, 1)), line(4, 1, (1, 1))], ("f", "if (x)"))
        self.assertIn("line 4 runs and takes", bad[0])

    def test_an_exception_that_matches_nothing(self):
        for exception in (("f", "return 2;"), ("g", "return 1;")):
            _, bad = self.judge([line(4, 1)], exception)
            self.assertIn("a line that is not there", bad[0])

    def test_an_exception_in_a_file_without_the_rule(self):
        rules = coverage.Rules(["f.c"], {("g.c", "f", "return 1;"): "because"})
        _, bad = coverage.judge({"f.c": []}, rules, self.top)
        self.assertIn("a file that the rule does not name", bad[0])

    def test_a_file_that_no_test_runs(self):
        _, bad = coverage.judge({}, coverage.Rules(["f.c"]), self.top)
        self.assertIn("nothing of it was run", bad[0])


class Rules(unittest.TestCase):
    def test_the_trees_own_can_be_read(self):
        rules = coverage.read_rules()
        for path in rules.files:
            self.assertTrue(os.path.isfile(os.path.join(build.TREE, path)), path)
        for path, function, text in rules.exceptions:
            self.assertIn(path, rules.files)
            with open(os.path.join(build.TREE, path), encoding="utf-8") as file:
                source = file.read().split("\n")
            self.assertIn((function, text),
                          zip(coverage.functions(source), map(str.strip, source)))

    def test_an_exception_needs_a_reason_and_a_function(self):
        for text in ("a.c\tf\ttext\n", "a.c\ttext\n",
                     "a.c\tf\ttext\tbecause\n" * 2):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write(text)
                file.flush()
                with self.assertRaisesRegex(UserError, "neither a file nor"):
                    coverage.read_rules(file.name)


if __name__ == "__main__":
    unittest.main()
