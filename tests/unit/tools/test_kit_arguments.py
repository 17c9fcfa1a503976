# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Bad input to kit: one clear line, exit status 2, nothing built or fetched."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

from svsmkit import build, cli, machine


def kit(*argv):
    """Run kit in this process; exit status and what it said."""
    errors, out = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(out):
        try:
            status = cli.main(list(argv))
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), errors.getvalue()


class BadArguments(unittest.TestCase):
    def setUp(self):
        forbidden = mock.patch.object(
            build, "build", side_effect=AssertionError("it went on to build"))
        forbidden.start()
        self.addCleanup(forbidden.stop)

    def refused(self, *argv, because):
        status, out, errors = kit(*argv)
        self.assertEqual(status, 2, errors)
        self.assertEqual(out, "")
        self.assertRegex(errors, r"\Akit: error: [^\n]*\n\Z")
        self.assertIn(because, errors)

    def file(self, data):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        name = os.path.join(directory.name, "file")
        with open(name, "wb") as file:
            file.write(data)
        return name

    def test_number_of_cpus_is_bounded(self):
        for text in ("0", "65", "-1", "two", "1.5", "0x2", "99999999999"):
            self.refused("run", f"--smp={text}", because="1 to 64")

    def test_too_little_memory_is_refused(self):
        for text in ("0", "16", "255M", "128"):
            self.refused("run", "--memory", text, because="too little")

    def test_an_amount_of_memory_is_a_number_with_a_unit(self):
        for text in ("much", "1T", "-5", "1.5G", "", "1GG", "123456789123"):
            self.refused("run", f"--memory={text or ' '}", because="no amount")

    def test_an_unknown_option_is_named(self):
        self.refused("run", "--bogus", because="'--bogus' (see 'kit run --help')")

    def test_an_unknown_command_is_named(self):
        self.refused("frobnicate", because="'frobnicate'")

    def test_an_unknown_example_is_named_with_those_that_exist(self):
        self.refused("run", "nosuch", because="'nosuch'; there are: cell, counter")

    def test_a_path_is_no_example(self):
        self.refused("run", "../examples/minimal", because="there is no example")

    def test_firmware_that_is_not_there(self):
        self.refused("run", "--firmware", "/nonexistent/OVMF.fd", because="OVMF.fd")

    def test_a_kernel_that_is_none(self):
        for data in (b"", b"\x7fELF", bytes(4096), b"HdrS" * 64):
            self.refused("run", "--kernel", self.file(data), because="no Linux kernel")

    def test_a_kernel_initrd_or_disk_that_is_not_there(self):
        for option in ("--kernel", "--initrd", "--disk"):
            self.refused("run", option, "/nonexistent/x", because="is not a file")

    def test_an_empty_disk(self):
        self.refused("run", "--disk", self.file(b""), because="is empty")

    def test_an_example_without_linux_takes_nothing_for_it(self):
        name = self.file(b"x")
        for option in ("--kernel", "--initrd", "--disk", "--append", "--firmware"):
            self.refused("run", "hello", option, name, because=option)
        self.refused("run", "hello", "--interactive", because="no shell")

    def test_a_timeout_is_a_number_of_seconds(self):
        for text in ("0", "-1", "soon", "86401"):
            self.refused("run", f"--timeout={text}", because="seconds")

    def test_a_c_bit_is_one_of_two(self):
        self.refused("run", "--cbit", "48", because="invalid choice")

    def test_an_unknown_suite_of_tests_is_named(self):
        self.refused("test", "nosuch", because="'nosuch'; there are: unit")

    def test_an_unknown_check_is_named(self):
        self.refused("lint", "nosuch", because="'nosuch'; there are: layout")

    def test_only_c_files_are_formatted(self):
        self.refused("format", "/nonexistent.c", because="no file")
        self.refused("format", self.file(b"\xff"), because="no C file")

    def test_where_nothing_can_be_built(self):
        self.refused("lint", "--build-dir", "/proc/x", because="cannot build in")
        self.refused("lint", "--build-dir", self.file(b""), because="cannot build in")


class Help(unittest.TestCase):
    def test_every_command_has_a_page(self):
        for module in cli.commands():
            status, out, errors = kit(module.NAME, "--help")
            self.assertEqual((status, errors), (0, ""))
            self.assertIn(f"usage: kit {module.NAME}", out)

    def test_kit_alone_shows_the_commands(self):
        status, out, _ = kit()
        self.assertEqual(status, 2)
        self.assertIn("run", out)

    def test_help_about_an_unknown_command(self):
        self.assertEqual(kit("help", "nosuch")[0], 2)


class Launcher(unittest.TestCase):
    def test_modules_of_the_current_directory_are_not_taken(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "argparse.py"), "w",
                      encoding="ascii") as file:
                file.write("raise SystemExit(77)\n")
            done = subprocess.run([os.path.join(build.TREE, "kit"), "--help"],
                                  cwd=directory, stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)

    def test_it_works_through_a_link(self):
        with tempfile.TemporaryDirectory() as directory:
            link = os.path.join(directory, "kit")
            os.symlink(os.path.join(build.TREE, "kit"), link)
            done = subprocess.run([link, "--help"], stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)


class BadImages(unittest.TestCase):
    """The machine refuses what is no image before it starts anything."""

    def refused(self, name):
        done = subprocess.run(
            [sys.executable, "-B", machine.RUNNER, name, "--timeout", "20"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 13, done.stderr)
        self.assertRegex(done.stderr, r"\A(snpemu: [^\n]*\n){1,2}\Z")

    def test_missing_image(self):
        self.refused("/nonexistent/image.igvm")

    def test_corrupt_images(self):
        with tempfile.TemporaryDirectory() as directory:
            name = os.path.join(directory, "image.igvm")
            for data in (b"", b"IGVM", bytes(4096), b"IGVM" + b"\xff" * 4096):
                with open(name, "wb") as file:
                    file.write(data)
                self.refused(name)


if __name__ == "__main__":
    unittest.main()
