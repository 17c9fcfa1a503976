# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The checks of kit lint: each accepts what is right and finds what is wrong."""

import os
import shutil
import tempfile
import unittest
from unittest import mock

from svsmkit import build, doc_names, example, layout_check, lint
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


class Names(unittest.TestCase):
    """Names in the pages for readers."""

    ENDS = doc_names.path_ends(["src/core/run.c", "docs/a-b.md", "README.md"])

    def complaints(self, line):
        return doc_names.complaints("x.md", f"\n{line}\n", self.ENDS,
                                    {"svsm_run", "main", "SVSM_OK"})

    def test_what_exists_is_found_by_the_end_of_its_path(self):
        for line in ("`run.c` and `core/run.c`, src/core/run.c.", "in `core/`, src/",
                     "[a](../a-b.md), docs/a-b.md#part", "svsm_run(main()) is `SVSM_OK`",
                     "see README.md and https://example.org/other.c"):
            self.assertEqual(self.complaints(line), [], line)

    def test_names_that_are_places_for_one(self):
        for line in ("tests/fuzz/NAME.c", "tests/unit/COMPONENT/test_FILE.c",
                     "corpus/NAME/", "examples/my-svsm/my-svsm.c", "your_svsm.c",
                     "`svsm_bitmap_*()`", "*.c, .h"):
            self.assertEqual(self.complaints(line), [], line)

    def test_what_does_not_exist_is_named(self):
        for line, name in (("in `gone.c`", "gone.c"), ("core/un.c", "core/un.c"),
                           ("|`arch/entry.S` |", "arch/entry.S"), ("libs/", "libs/"),
                           ("`svsm_gone()` runs", "svsm_gone"), ("gone() runs", "gone"),
                           ("a `svsm_type`", "svsm_type"), ("GONE.md", "GONE.md")):
            self.assertEqual(self.complaints(line), [f"x.md:2: there is no {name}"])

    def test_the_tree_is_looked_through(self):
        self.assertEqual(lint.docs(None), [])
        with mock.patch.object(lint, "tracked", return_value=[
                os.path.join(build.TREE, "docs", "architecture.md")]):
            self.assertGreater(len(lint.docs(None)), 20)


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
