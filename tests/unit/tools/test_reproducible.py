# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The same sources give the same image, wherever tree and build stand."""

import os
import shutil
import subprocess
import tempfile
import unittest

from samples import TREE, firmware_bytes
from svsmkit import build, image
from svsmkit.binary import read_file

BUILD = os.environ.get("KIT_BUILD_DIR", "")
EXAMPLE = "minimal"
TARGET = f"examples/{EXAMPLE}/{EXAMPLE}.elf"


def image_of(build_dir):
    elf = build.elf(build_dir, EXAMPLE)
    return image.build(read_file(elf), elf, firmware_bytes())


@unittest.skipUnless(os.path.exists(os.path.join(BUILD, TARGET)),
                     "needs a build directory")
class TwoDirectories(unittest.TestCase):
    def run_quietly(self, *argv):
        done = subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])

    def test_an_image_has_the_same_bytes_from_both(self):
        """At another depth, so that relative paths differ, too."""
        there = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, there)
        tree = os.path.join(there, "a", "copy")
        other = os.path.join(there, "b")
        top = os.path.abspath(BUILD)
        shutil.copytree(TREE, tree, ignore=lambda base, names: [
            name for name in names if name == ".git"
            or os.path.exists(os.path.join(base, name, "meson-private"))
            or os.path.join(base, name) == top])
        self.run_quietly("ninja", "-C", BUILD, TARGET)
        self.run_quietly("meson", "setup", other, tree)
        self.run_quietly("ninja", "-C", other, TARGET)
        self.assertEqual(image_of(other), image_of(BUILD))


if __name__ == "__main__":
    unittest.main()
