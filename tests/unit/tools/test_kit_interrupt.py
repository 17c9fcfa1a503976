# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""An interrupted kit leaves no program behind and breaks no package database."""

import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from unittest import mock

from svsmkit import build, machine, ui

FAKE_QEMU = """#!/bin/sh
[ "$1" = --version ] && { echo "QEMU emulator version 7.2"; exit; }
echo $$ >"$KIT_TEST_PID"
exec sleep 100
"""


class Directory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def path(self, name):
        return os.path.join(self.dir, name)


class Programs(Directory):
    """ui.complete() while SIGINT arrives."""

    def setUp(self):
        super().setUp()
        # Who starts the tests in the background may have it ignored.
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, handler)

    def interrupt(self, script, **options):
        """Run a shell script that is interrupted when it has begun."""
        def when_begun():
            while not os.path.exists(self.path("begun")):
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=when_begun)
        thread.start()
        begin = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            ui.complete(["sh", "-c", script], cwd=self.dir, **options)
        thread.join()
        return time.monotonic() - begin

    def test_a_program_may_clean_up(self):
        self.interrupt("trap 'sleep 1; >clean; exit' TERM; >begun;"
                       "while :; do sleep 0.05; done")
        self.assertTrue(os.path.exists(self.path("clean")))

    def test_a_program_that_does_not_end_is_killed(self):
        with mock.patch.object(ui, "SECONDS_TO_END", 0.5):
            took = self.interrupt("trap '' TERM; >begun; exec sleep 100")
        self.assertLess(took, 60)

    def test_an_installation_is_waited_for(self):
        self.interrupt("trap 'exit 1' TERM; >begun; sleep 1; >done", patient=True)
        self.assertTrue(os.path.exists(self.path("done")))


class Patience(unittest.TestCase):
    """machine.run() with something that stands in for snpemu-run."""

    def setUp(self):
        for name, value in (("GRACE", 1), ("SECONDS_TO_END", 1)):
            patch = mock.patch.object(machine, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(machine.system, "need")
        patch.start()
        self.addCleanup(patch.stop)

    def run_machine(self, script):
        return machine.run(["sh", "-c", script], 0, quiet=True)

    def test_one_that_does_not_end_is_stopped_and_what_it_said_is_kept(self):
        for ignore in ("", "trap '' TERM; "):
            result = self.run_machine(f"{ignore}echo a word; echo why >&2; exec sleep 100")
            self.assertEqual(result.ending(), "ran out of time")
            self.assertEqual((result.console, result.log), (["a word"], ["why"]))

    def test_one_that_ends_has_its_own_status(self):
        result = self.run_machine("echo a word; exit 12")
        self.assertEqual((result.status, result.console), (12, ["a word"]))


class Machine(Directory):
    """`kit run` with something that stands in for QEMU."""

    def pid(self):
        try:
            with open(self.path("pid"), encoding="ascii") as file:
                return int(file.read() or 0)
        except FileNotFoundError:
            return 0

    def start(self):
        with open(self.path("qemu"), "w", encoding="ascii") as file:
            file.write(FAKE_QEMU)
        os.chmod(self.path("qemu"), 0o755)
        environment = {**os.environ, "SNPEMU_QEMU": self.path("qemu"),
                       "KIT_TEST_PID": self.path("pid")}
        child = subprocess.Popen(
            [os.path.join(build.TREE, "kit"), "run", "hello", "--build-dir",
             os.environ["KIT_BUILD_DIR"]], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(child.kill)
        while not self.pid() and child.poll() is None:
            time.sleep(0.05)
        return child

    def test_it_ends_with_kit(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            child = self.start()
            pid = self.pid()
            child.send_signal(number)
            self.assertEqual(child.wait(60), 130)
            with self.assertRaises(ProcessLookupError):
                os.kill(pid, 0)
            os.unlink(self.path("pid"))


if __name__ == "__main__":
    unittest.main()
