# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Run an image on the emulated machine and keep what it said."""

import os
import re
import subprocess
import sys
import threading
import time

from svsmkit import build, system, ui

RUNNER = os.path.join(build.TREE, "subprojects", "snpemu", "snpemu-run")
ESCAPES = re.compile(r"\x1b(?:\[[0-9;:=?]*[A-Za-z]|[()][0-9A-B]|[=>78])")
VCPU_TYPE = "EPYC-Milan"    # QEMU's CPU model, as snpemu-run names it
GRACE = 30      # seconds beyond the machine's own time-out
SECONDS_TO_END = 10     # for the runner to end QEMU

# Exit statuses of snpemu-run.
POWERED_OFF, TERMINATED, OUT_OF_TIME = 0, 10, 14
ENDINGS = {
    POWERED_OFF: "powered off",
    2: "refused its arguments",
    TERMINATED: "was terminated by its guest",
    11: "stopped at a triple fault",
    12: "stopped at an architectural violation",
    13: "refused the image",
    OUT_OF_TIME: "ran out of time",
    15: "has a fault of its own",
    16: "was reset by its guest",
    17: "had no vCPU that could go on",
}


class Result:
    """What a run left behind: status, console lines, the machine's own words."""

    def __init__(self, status, console, log, seconds, arrivals):
        self.status = status
        self.console = console
        self.log = log
        self.seconds = seconds
        self.arrivals = arrivals    # seconds at which each console line came

    def ending(self):
        """How it ended, in words."""
        return ENDINGS.get(self.status, f"ended with status {self.status}")


def build_dir(tree):
    """Where a build of the whole tree has snpemu's programs."""
    return os.path.join(tree, "subprojects", "snpemu")


def command(image, smp, memory, timeout, built, qemu=(), options=()):
    """The command line of snpemu-run; memory in MiB."""
    return [sys.executable, "-B", RUNNER, "--build-dir", build_dir(built), image,
            "--smp", str(smp), "--memory", str(memory), "--timeout", str(timeout),
            *options, "--", *qemu]


class _Reader(threading.Thread):
    """Takes a pipe line by line; `echo` also shows the lines."""

    def __init__(self, pipe, echo):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.echo = echo
        self.start_time = time.monotonic()
        self.lines = []
        self.arrivals = []
        self.start()

    def run(self):
        for raw in self.pipe:
            text = raw.decode("utf-8", "replace").replace("\r", "")
            line = ESCAPES.sub("", text).rstrip("\n")
            if line.strip():
                self.lines.append(line)
                self.arrivals.append(time.monotonic() - self.start_time)
                if self.echo:
                    print(line, file=self.echo, flush=True)


def run(argv, timeout, quiet=False):
    """Run the machine to its end; it cannot outlive `timeout` for long.

    One that does not keep its own time-out is stopped, and has run out of time.
    """
    system.need(system.RUN)
    if ui.verbose:
        ui.note("$ " + " ".join(argv))
    begin = time.monotonic()
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        console = _Reader(child.stdout, None if quiet else sys.stdout)
        log = _Reader(child.stderr, None if quiet else sys.stderr)
        try:
            status = child.wait(timeout + GRACE)
        except subprocess.TimeoutExpired:
            _stop(child)
            status = OUT_OF_TIME
        except BaseException:
            _stop(child)
            raise
        # Of a runner that had to be killed something may live on in the pipes.
        patience = None if status == child.returncode else GRACE
        console.join(patience)
        log.join(patience)
    return Result(status, console.lines, log.lines, time.monotonic() - begin,
                  console.arrivals)


def interact(argv):
    """Run the machine with this terminal as its console; gives its status."""
    system.need(system.RUN)
    if ui.verbose:
        ui.note("$ " + " ".join(argv))
    return ui.complete(argv).returncode


def _stop(child):
    child.terminate()
    try:
        child.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        child.kill()
