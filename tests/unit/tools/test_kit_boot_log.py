# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the report of a failed boot shows, and where the rest of it is."""

import argparse
import os
import tempfile
import unittest
from unittest import mock

from svsmkit import boot_log, boot_table, machine, suites

HEALTHY = [
    "svsm: minimal: VMPL0, features 0x1, 3908 KiB free",
    "[    9.0] Speculative Return Stack Overflow: WARNING: See https://kernel.org/x",
    "[    9.7] SEV: Status: SEV SEV-ES SEV-SNP",
    "guest: pincpu ok: 2 CPUs",
]
OOPS = "[   12.3] Oops: 0000 [#1] SMP NOPTI"
STOP = "snpemu: stop 12: violation on vCPU 0"


def result(console, log=()):
    """A boot that said this."""
    return machine.Result(1, list(console), list(log), 1.0, [])


def noise(count, what="line"):
    """Lines that tell nothing."""
    return [f"{what} {i}" for i in range(count)]


class Excerpts(unittest.TestCase):
    def test_the_first_line_of_an_oops_is_there_however_far_up(self):
        console = [*noise(500), OOPS, *noise(300, "more")]
        shown = boot_log.excerpt(result(console))
        at = shown.index(OOPS)
        self.assertEqual(shown[at - 3:at], ["line 497", "line 498", "line 499"])
        self.assertEqual(shown[at + 1:at + 26], noise(25, "more"))
        self.assertNotIn("more 25", shown)
        self.assertEqual(shown[-1], "more 299")
        self.assertEqual(shown[0], "-- console, line 498 on:")

    def test_kinds_of_trouble(self):
        for line in ("[ 1.0] BUG: kernel NULL pointer dereference, address: 0",
                     "[ 1.0] Kernel panic - not syncing: Attempted to kill init!",
                     "[ 1.0] general protection fault: 0000 [#1]",
                     "[ 1.0] int3: 0000 [#1]", "[ 1.0] divide error: 0000 [#1]",
                     "PANIC: early exception 0x0d",
                     "[ 1.0] invalid opcode: 0000 [#1]",
                     "[ 1.0] unable to handle page fault for address: 10",
                     "[ 1.0] WARNING: CPU: 1 PID: 0 at kernel/x.c:1",
                     "SEV: Unhandled exit code", "guest: memtest failed: bad page",
                     "[ 1.0] rcu: INFO: rcu_sched self-detected stall on CPU",
                     "svsm: error: exception 14 at 0x7e001000, error 0x2, cr2 0x10",
                     "svsm: error: assertion failed at src/a.c:1: false",
                     "!!!! X64 Exception Type - 0E(#PF - Page-Fault)"):
            self.assertEqual(boot_log.trouble([*HEALTHY, line]), len(HEALTHY), line)

    def test_a_warning_does_not_hide_an_oops(self):
        console = ["[ 1.0] WARNING: CPU: 1", *noise(100), OOPS]
        self.assertEqual(boot_log.trouble(console), 101)

    def test_a_healthy_console_has_no_trouble(self):
        self.assertIsNone(boot_log.trouble(HEALTHY))
        shown = boot_log.excerpt(result(HEALTHY))
        self.assertEqual(shown, ["-- machine:", "-- console, end:", *HEALTHY])

    def test_no_line_comes_twice(self):
        console = [*noise(5), OOPS, *noise(4, "more")]
        shown = boot_log.excerpt(result(console))
        self.assertEqual(shown, ["-- console, line 3 on:", *console[2:], "-- machine:"])

    def test_the_machine_says_all_but_counts(self):
        exits = [f"snpemu:   exit {i}: 7c info 1 0, VMPL 2 RIP 10" for i in range(8)]
        log = ["snpemu: violation: vCPU 0 VMPL 2", *exits,
               *(f"snpemu: counter vmpl0-exit-{i:x} 7" for i in range(90)),
               *(f"snpemu: rmp {i:x} {i + 1:x} validated 1" for i in range(90)),
               "snpemu: [v00 p0] exit msr", STOP]
        shown = boot_log.excerpt(result([], log))
        self.assertEqual(shown, ["-- machine:", log[0], *exits, STOP])


class Logs(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.build_dir = directory.name

    def kept(self, path):
        with open(os.path.join(self.build_dir, path), encoding="utf-8") as file:
            return file.read().split("\n")

    def test_all_is_kept(self):
        console, log = noise(1000), noise(100, "snpemu: counter")
        path = boot_log.keep(self.build_dir, "a, b/../c 1", result(console, log))
        self.assertEqual(path, os.path.join("boot-logs", "a-b-..-c-1.txt"))
        self.assertEqual(self.kept(path), ["== machine ==", *log,
                                           "== console ==", *console, ""])

    def test_what_is_no_text_is_kept_too(self):
        path = boot_log.keep(self.build_dir, "x", result(["\ufffd\u00e4"]))
        self.assertIn("\ufffd\u00e4", self.kept(path))

    def boots(self, bad, said, wanted=""):
        """The suite with one boot of its table, which ends like this."""
        boot = mock.Mock(long=False, **{"boot.return_value": (bad, said)})
        boot.name = "one, 2 CPUs"
        options = argparse.Namespace(build_dir=self.build_dir, long=False,
                                     boot=wanted)
        with mock.patch.object(boot_table, "read", return_value=[boot]), \
                mock.patch.object(suites.ui, "note"):
            return list(suites.boots(options))

    def test_a_failed_boot_says_what_and_where(self):
        said = result([*noise(90), OOPS, *noise(90)], [STOP])
        outcome, = self.boots(["cpus: wanted 2"], said)
        lines = outcome.detail.splitlines()
        self.assertFalse(outcome.passed)
        self.assertEqual(lines[0], "cpus: wanted 2")
        self.assertIn(OOPS, lines)
        self.assertIn(STOP, lines)
        self.assertIn("boot-logs/one-2-CPUs.txt", lines[-1])
        self.assertNotIn(self.build_dir, outcome.detail)
        self.assertIn(OOPS, self.kept("boot-logs/one-2-CPUs.txt"))

    def test_one_that_went_well_says_nothing(self):
        outcome, = self.boots([], result(HEALTHY))
        self.assertTrue(outcome.passed)
        self.assertEqual(outcome.detail, "")

    def test_boots_are_chosen_by_a_part_of_their_name(self):
        self.assertEqual(len(self.boots([], result(HEALTHY), "2 CPU")), 1)
        self.assertEqual(self.boots([], result(HEALTHY), "3 CPU"), [])


if __name__ == "__main__":
    unittest.main()
