# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Files of the user's own: what kit reads out of them, and who may have them."""

import hashlib
import os
import tempfile
import unittest

from svsmkit import bzimage, devices, machine, own_boot
from svsmkit.errors import UserError


class Files(unittest.TestCase):
    def file(self, data):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        name = os.path.join(directory.name, "file")
        with open(name, "wb") as file:
            file.write(data)
        return name


class Kernels(Files):
    def kernel(self, pointer, text):
        head = bytearray(0x1000)
        head[0x202:0x206] = b"HdrS"
        head[0x20e:0x210] = pointer.to_bytes(2, "little")
        at = 0x200 + pointer
        if at < len(head):
            head[at:at + len(text)] = text
        return self.file(bytes(head))

    def test_the_version_is_the_first_word(self):
        name = self.kernel(0x400, b"6.1.2-x (me@here) #1 SMP\0junk")
        self.assertEqual(bzimage.version(name), "6.1.2-x")

    def test_a_kernel_need_not_tell(self):
        self.assertEqual(bzimage.version(self.kernel(0, b"")), "")

    def test_a_pointer_behind_the_end_is_no_version(self):
        self.assertEqual(bzimage.version(self.kernel(0xfff0, b"")), "")

    def test_other_files_are_refused(self):
        for data in (b"", bytes(0x205), b"\x7fELF" * 300):
            with self.assertRaisesRegex(UserError, "no Linux kernel"):
                bzimage.version(self.file(data))


class Disks(Files):
    def test_the_last_sector_is_filled_up(self):
        name = self.file(b"x" * 513)
        self.assertEqual(devices.own_digest(name),
                         hashlib.sha256(b"x" * 513 + bytes(511)).hexdigest())

    def test_only_the_beginning_counts(self):
        name = self.file(b"y" * (devices.COMPARED + 5))
        self.assertEqual(devices.own_digest(name),
                         hashlib.sha256(b"y" * devices.COMPARED).hexdigest())


class Verdicts(unittest.TestCase):
    """A boot by `kit run` passes only when kit says what it has to."""

    SAID = ["guest: note " + own_boot.NOTE, "run: ok"]

    def complaints(self, status=0, console=None, log=(), left=""):
        result = machine.Result(status, console or self.SAID, list(log), 0, [])
        return own_boot.complaints(result, ["initrd"], left)

    def test_a_good_run(self):
        self.assertEqual(self.complaints(), [])
        self.assertEqual(self.complaints(log=["kit: not compared: a, b"],
                                         left="a, b"), [])

    def test_a_shell_ends_without_a_verdict_of_kit(self):
        for console, bad in (["sum 42"], 0), (["echo sum $((6*7))"], 1):
            result = machine.Result(0, console, [], 0, [])
            self.assertEqual(len(own_boot.complaints(result, ["shell"], "")), bad)

    def test_what_may_be_wrong(self):
        for bad in ({"status": 1}, {"console": self.SAID[:1]},
                    {"console": ["guest: note x", "run: ok"]},
                    {"log": ["kit: not compared: a"]}, {"left": "a"},
                    {"console": self.SAID + ["more"]}):
            self.assertEqual(len(self.complaints(**bad)), 1, bad)


if __name__ == "__main__":
    unittest.main()
