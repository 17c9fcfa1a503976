# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""How kit installs what it lacks, and what it says where it cannot."""

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from svsmkit import apt, build, cli, system
from svsmkit.errors import UserError

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\n'
FEDORA = "# a comment = not a field\nNAME='Fedora Linux'\nID=fedora\n" \
         'PRETTY_NAME="Fedora Linux 39"\n'
UPDATE = "apt-get -qq -o DPkg::Lock::Timeout=300 update"
INSTALL = "apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends"


class System(unittest.TestCase):
    """A system whose name, user and programs are made up."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = directory.name
        self.bin = os.path.join(self.top, "bin")
        os.mkdir(self.bin)
        os.symlink(shutil.which("env"), os.path.join(self.bin, "env"))
        self.patch(mock.patch.dict(os.environ, PATH=self.bin, TOP=self.top))
        self.patch(mock.patch.object(system.sys, "stdin", mock.Mock(
            **{"isatty.return_value": False})))
        self.patch(mock.patch.object(build, "build", side_effect=AssertionError))
        self.lacks = {"gcc", "check"}
        self.patch(mock.patch.object(system, "missing",
                                     side_effect=lambda *_: sorted(self.lacks)))
        self.is_called(DEBIAN)
        self.user(1000)

    def patch(self, patch):
        value = patch.start()
        self.addCleanup(patch.stop)
        return value

    def is_called(self, text):
        path = os.path.join(self.top, "os-release")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.patch(mock.patch.object(system, "OS_RELEASE", path))

    def user(self, uid):
        self.patch(mock.patch.object(os, "geteuid", return_value=uid))

    def program(self, name, body):
        """A program that notes how it was called, then does this."""
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "{name} $*" >>"$TOP/calls"\n{body}\n')
        os.chmod(path, 0o755)

    def apt(self, body="exit 0"):
        self.program("apt-get", body)

    def sudo(self, asks=False):
        """sudo; with `asks` it would need a password."""
        self.program("sudo", 'echo "sudo: a password is required" >&2; exit 1' if asks
                     else '[ "$1" = -n ] && shift\nexec "$@"')

    def calls(self):
        path = os.path.join(self.top, "calls")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    def install(self):
        """Install all that is missing, which then is there."""
        apt_get = system.apt_get

        def run(prefix, names, *words):
            apt_get(prefix, names, *words)
            if words[0] == "install":
                self.lacks = set()
        with mock.patch.object(system, "apt_get", side_effect=run), \
                contextlib.redirect_stderr(io.StringIO()):
            system.need(system.BUILD)

    def refused(self, *because):
        """What a user of kit sees: an error in one line."""
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(cli.main(["run", "hello"]), 2)
        said = [line for line in errors.getvalue().splitlines()
                if not line.startswith("kit: installing ")]
        self.assertEqual(len(said), 1, errors.getvalue())
        self.assertTrue(said[0].startswith("kit: error: "), said[0])
        for text in because:
            self.assertIn(text, said[0])
        return said[0]


class OtherSystems(System):
    def test_what_is_missing_is_named_where_kit_cannot_install(self):
        self.is_called(FEDORA)
        self.refused("cannot install on Fedora Linux 39;",
                     "what Debian calls: check gcc")

    def test_an_apt_of_another_system_is_not_run(self):
        self.is_called(FEDORA)
        self.user(0)
        self.apt()
        self.refused("Fedora Linux 39")
        self.assertEqual(self.calls(), [])

    def test_a_system_without_a_name(self):
        os.unlink(system.OS_RELEASE)
        self.refused("a system without a name")
        self.is_called("ID=weird")
        self.refused("on weird;")

    def test_a_debian_without_apt(self):
        self.refused("cannot install on Debian GNU/Linux 12 (bookworm)")

    def test_relatives_of_debian_are_served(self):
        self.is_called(UBUNTU)
        self.user(0)
        self.apt()
        self.install()
        self.assertEqual(self.calls(), [UPDATE, INSTALL + " check gcc"])

    def test_where_all_is_there_nobody_asks_for_the_system(self):
        self.is_called(FEDORA)
        self.lacks = set()
        system.need(system.BUILD)

    def test_guest_parts_need_apt(self):
        with self.assertRaisesRegex(UserError, r"^guest parts .* give --firmware, "
                                    "--kernel and --initrd$"):
            apt.mirror()


class Root(System):
    def test_root_needs_no_sudo(self):
        self.user(0)
        self.apt()
        self.sudo()
        self.install()
        self.assertEqual(self.calls(), [UPDATE, INSTALL + " check gcc"])

    def test_others_go_through_sudo(self):
        self.apt()
        self.sudo()
        self.install()
        env = "sudo -n env DEBIAN_FRONTEND=noninteractive "
        self.assertEqual(self.calls(), [
            env + UPDATE, UPDATE,
            env + INSTALL + " check gcc", INSTALL + " check gcc"])

    def test_without_sudo_the_command_is_told(self):
        self.apt()
        self.refused("not root and no sudo; as root: apt-get install check gcc")
        self.assertEqual(self.calls(), [])

    def test_a_password_that_nobody_can_type(self):
        self.apt()
        self.sudo(asks=True)
        self.refused("cannot install check gcc: sudo: a password is required")
        self.assertTrue(self.calls()[0].startswith("sudo -n "))

    def test_a_person_is_asked_for_the_password(self):
        system.sys.stdin.isatty.return_value = True
        self.apt()
        self.sudo(asks=True)
        self.refused("cannot install check gcc: sudo: a password is required")
        self.assertTrue(self.calls()[0].startswith("sudo env "))


class Apt(System):
    def setUp(self):
        super().setUp()
        self.user(0)

    def test_why_it_failed_is_one_line(self):
        self.apt('echo "Reading package lists..."; echo "W: old" >&2\n'
                 'echo "E: Unable to locate package check" >&2; echo; exit 100')
        self.refused("cannot install check gcc: "
                     "E: Unable to locate package check")

    def test_a_failure_without_a_reason(self):
        self.apt("exit 100")
        self.refused("cannot install check gcc: ", "status 100")

    def test_an_install_that_fails_names_the_packages(self):
        self.apt('case "$*" in *update) exit 0;; esac\n'
                 'echo "E: no space left" >&2; exit 100')
        self.refused("cannot install check gcc: E: no space left")

    def test_an_install_that_brings_nothing(self):
        self.apt()
        self.refused("installed, but still not found: check gcc")


class WithoutPython(System):
    """kit itself, before there is a Python."""

    def kit(self):
        for name in ("dirname", "readlink"):
            os.symlink(shutil.which(name, path=os.defpath),
                       os.path.join(self.bin, name))
        return subprocess.run([os.path.join(build.TREE, "kit"), "help"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)

    def refused(self, *because):
        done = self.kit()
        said = [line for line in done.stderr.splitlines()
                if line != "kit: installing python3"]
        self.assertEqual((done.returncode, len(said)), (2, 1), done.stderr)
        for text in because:
            self.assertIn(text, said[0])
        return said[0]

    def test_another_system(self):
        self.refused("kit: error: python3 is missing; please install Python 3.9")

    def test_no_root_and_no_sudo(self):
        self.apt()
        self.program("id", "echo 1000")
        self.refused("kit: error: python3 is missing; as root: apt-get install python3")

    def test_an_apt_that_fails(self):
        self.apt('echo "E: no network" >&2; exit 100')
        self.program("id", "echo 0")
        self.refused("kit: error: python3 is missing and cannot be installed: "
                     "E: no network")

    def test_through_sudo(self):
        self.apt()
        self.sudo()
        self.program("id", "echo 1000")
        self.program("python3", "exit 7")
        os.rename(os.path.join(self.bin, "python3"), os.path.join(self.top, "python3"))
        self.apt(f'case "$*" in *install*) /bin/mv {self.top}/python3 {self.bin};; esac')
        self.assertEqual(self.kit().returncode, 7)


if __name__ == "__main__":
    unittest.main()
