# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What kit says while it works: steps, progress, errors; and running programs."""

import shlex
import subprocess
import sys
import time

from svsmkit.errors import UserError

SECONDS_TO_END = 10

verbose = False


def note(text):
    """One line about what happens now."""
    print(f"kit: {text}", file=sys.stderr, flush=True)


def error(text):
    """The one line that says why kit failed."""
    first, *rest = text.splitlines() or [""]
    print("\n".join([f"kit: error: {first}", *rest]), file=sys.stderr, flush=True)


class Progress:
    """A percentage that overwrites itself; silent where nobody looks."""

    def __init__(self, text):
        self.text = text
        self.shown = False
        self.tty = sys.stderr.isatty()
        note(text)

    def update(self, done, total):
        """Show that `done` of `total` is there."""
        if self.tty and total:
            percent = min(100, 100 * done // total)
            sys.stderr.write(f"\rkit: {self.text}: {percent:3d}%")
            sys.stderr.flush()
            self.shown = True

    def close(self):
        """End the line."""
        if self.shown:
            sys.stderr.write("\n")
            self.shown = False


def tail(text, lines=15):
    """The end of a program's output, where the reason usually is."""
    return "\n".join(text.strip().splitlines()[-lines:])


def complete(argv, patient=False, **kwargs):
    """Run a program to its end, like subprocess.run().

    When kit is interrupted, so is the program and what it has started; kit
    waits until it has cleaned up, and `patient` for as long as it takes.
    """
    with subprocess.Popen(argv, **kwargs) as child:
        try:
            out, _ = child.communicate()
        except BaseException:
            end(child, patient)
            raise
    return subprocess.CompletedProcess(argv, child.returncode, out)


def end(child, patient=False):
    """Wait for a program that is asked to end. A terminal asks all of them."""
    if not patient:
        child.terminate()
    try:
        child.communicate(timeout=None if patient else SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def run(argv, what, patient=False, **kwargs):
    """Run a program quietly; when it fails its last lines are the error.

    `what` names the step in the error. Gives the program's output.
    """
    if verbose:
        note("$ " + shlex.join(map(str, argv)))
    try:
        done = complete(argv, patient, text=True, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT, **kwargs)
    except FileNotFoundError as missing:
        raise UserError(f"{what}: {missing.filename} is not installed") from None
    if verbose and done.stdout:
        sys.stderr.write(done.stdout)
    if done.returncode:
        raise UserError(f"{what} failed ({argv[0]}: status {done.returncode})\n"
                        + tail(done.stdout))
    return done.stdout


def watch(argv, what, poll, interval=0.2, **kwargs):
    """Like run(), calling `poll` while the program works."""
    if verbose:
        note("$ " + shlex.join(map(str, argv)))
    with subprocess.Popen(argv, text=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, **kwargs) as child:
        try:
            while child.poll() is None:
                poll()
                time.sleep(interval)
        except BaseException:
            child.terminate()
            raise
        errors = child.stderr.read()
    if child.returncode:
        raise UserError(f"{what} failed\n" + tail(errors))
