# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""kit new: a complete directory that is part of the build, or nothing."""

import argparse
import os
import tempfile
import unittest

from svsmkit import cmd_new
from svsmkit.errors import UserError


class New(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.examples = directory.name
        self.hook = os.path.join(self.examples, "meson.build")
        with open(self.hook, "w", encoding="ascii") as file:
            file.write("subdir('minimal')\n")

    def test_it_has_its_source_and_is_built(self):
        cmd_new.create(self.examples, "mine")
        self.assertIn("mine.c", os.listdir(os.path.join(self.examples, "mine")))
        for name in os.listdir(os.path.join(self.examples, "mine")):
            with open(os.path.join(self.examples, "mine", name),
                      encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn("@NAME@", text)
            self.assertIn("SPDX-License-Identifier", text)
        with open(self.hook, encoding="ascii") as file:
            self.assertEqual(file.read(), "subdir('minimal')\nsubdir('mine')\n")

    def test_what_exists_is_not_touched(self):
        cmd_new.create(self.examples, "mine")
        with self.assertRaisesRegex(UserError, "exists already"):
            cmd_new.create(self.examples, "mine")

    def test_without_a_place_nothing_is_left(self):
        os.unlink(self.hook)
        with self.assertRaisesRegex(UserError, "cannot make"):
            cmd_new.create(self.examples, "mine")
        self.assertEqual(os.listdir(self.examples), [])

    def test_bad_names_are_refused(self):
        for name in ("", "A", "a b", "../a", "a/b", "1a", "-a", "a" * 40, "a'"):
            with self.assertRaisesRegex(UserError, "no name"):
                cmd_new.main(argparse.Namespace(name=name))


if __name__ == "__main__":
    unittest.main()
