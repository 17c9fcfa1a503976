# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The checks of kit lint: each accepts what is right and finds what is wrong."""

import os
import shutil
import tempfile
import unittest

from svsmkit import example, layout_check, lint
from svsmkit.errors import UserError

GOOD = "mem: clear a page before granting it\n\nWhy.\n\nSigned-off-by: A <a@b>"

CODE = """int f(int a,
	int b)
{
	if (a)
		return g(a,
			 b);
	return b;
}
"""


class CommitMessages(unittest.TestCase):
    def test_a_good_message(self):
        self.assertEqual(lint.message_faults(GOOD), [])

    def test_each_fault_is_found(self):
        for bad in (GOOD.replace("mem: ", ""), GOOD.replace("\n\nWhy", "\nWhy"),
                    GOOD.replace("Signed-off-by", "Seen-by"),
                    GOOD.replace("granting it", "granting it."),
                    GOOD.replace("granting it", "x" * 80)):
            self.assertEqual(len(lint.message_faults(bad)), 1, bad)


@unittest.skipUnless(shutil.which("clang-format"), "needs clang-format")
class Layout(unittest.TestCase):
    def complaints(self, text):
        with tempfile.TemporaryDirectory() as directory:
            name = os.path.join(directory, "a.c")
            with open(name, "w", encoding="ascii") as file:
                file.write(text)
            found = layout_check.complaints(name)
            layout_check.rewrite(name)
            self.assertEqual(
                [line for line in layout_check.complaints(name)
                 if "columns" not in line], [])
        return found

    def test_both_ways_of_continuing_a_line_are_right(self):
        self.assertEqual(self.complaints(CODE), [])

    def test_tables_keep_their_alignment(self):
        self.assertEqual(self.complaints("#define A\t\t1\t/* one */\n"), [])

    def test_the_body_of_a_test_is_a_function_body(self):
        body = "START_TEST(it_works)\n{\n\tint a = 1;\n\n\tg(a);\n}\nEND_TEST\n"
        self.assertEqual(self.complaints(body), [])
        self.assertEqual(len(self.complaints(body.replace("\tg", "g"))), 1)

    def test_wrong_indentation_is_found_and_corrected(self):
        self.assertEqual(len(self.complaints(CODE.replace("\treturn b", "  return b"))), 1)

    def test_space_at_the_end_of_a_line(self):
        self.assertEqual(len(self.complaints(CODE.replace("(a)", "(a) "))), 1)

    def test_long_lines(self):
        self.assertEqual(len(self.complaints("/* " + "x" * 80 + " */\n")), 1)


class RunIni(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as directory:
            name = os.path.join(directory, "run.ini")
            with open(name, "w", encoding="ascii") as file:
                file.write(text)
            return example.read(name)

    def test_defaults(self):
        self.assertEqual(self.read("[run]\n"), example.KEYS)

    def test_faults(self):
        for text in ("[run]\nbogus = 1\n", "[run]\nguest = dos\n", "no section\n",
                     "[run]\nvmpl = 0\n", "[run]\nsmp = 1\nsmp = 2\n"):
            with self.assertRaises(UserError, msg=text):
                self.read(text)


if __name__ == "__main__":
    unittest.main()
