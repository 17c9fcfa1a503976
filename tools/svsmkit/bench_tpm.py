# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The TPM's bench: runs tests/bench/tpm and makes tables of what it says."""

import glob
import os
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict, namedtuple

from svsmkit import build, figures, system
from svsmkit.errors import UserError

TARGET = "tests/bench/tpm/tpm_bench"
OURS = "tests/unit/attest/shared/libtpms.so.0"
THEIRS = "libtpms.so.0"
SIDES = OPENSSL, LIBRARY, CELL = "OpenSSL", "libtpms on the provider", "as in a cell"
PAGES_FLOOR = 120
# What a dump of callgrind says of itself.
TRIGGER = re.compile(r"^desc: Trigger: Client Request: (.*)$", re.MULTILINE)
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)

Line = namedtuple("Line", "command side us ratio less more floor goal")


def program(build_dir):
    """Build the bench; what it is called with, but for its mode."""
    system.need(system.BUILD, system.BENCH)
    build.build(build_dir, TARGET)
    build.build(build_dir, OURS)
    theirs = subprocess.run(["gcc", "-print-file-name=" + THEIRS], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    return (os.path.join(build_dir, TARGET),
            [os.path.abspath(os.path.join(build_dir, OURS)), theirs])


def output(build_dir, mode):
    """The fields of what it prints in a mode."""
    bench, libraries = program(build_dir)
    done = subprocess.run([bench, mode, *libraries], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"{bench} {mode} ended with {done.returncode}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def dumps(build_dir, mode):
    """(trigger, instructions) of each dump that it makes under callgrind."""
    bench, libraries = program(build_dir)
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [shutil.which("valgrind"), "--tool=callgrind",
             "--callgrind-out-file=" + os.path.join(place, "dump"), bench, mode,
             *libraries], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode != 0:
            raise UserError(f"valgrind could not count: {done.stderr[-300:]}")
        found = []
        for path in glob.glob(os.path.join(place, "dump*")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            trigger = TRIGGER.search(text)
            if trigger:
                found.append((trigger[1], int(TOTALS.search(text)[1])))
    if not found:
        raise UserError("callgrind made no dump")
    return found


def verdict(ratio, floor, goal):
    """A ratio against what was set for it; floor 0: nothing was."""
    if not floor:
        return ""
    if ratio <= goal:
        return "goal"
    return "floor" if ratio <= floor else "MISSED"


def parse(fields):
    """A line of `tpm_bench run`."""
    if len(fields) != len(Line._fields):
        raise UserError(f"the bench says what nobody understands: {fields}")
    return Line(fields[0], fields[1], *(float(field) for field in fields[2:]))


def times(build_dir):
    """The TPM's commands, microseconds of CPU time: medians of 15 rounds in which
    all sides take turns, with the same seeds. `OpenSSL` is the distribution's
    libtpms; `provider` the same libtpms on our provider, whose ratio (median and
    quarters around it) is what floor and goal are for; `cell` the way of a guest's
    command, after which everything is wiped and the volatile state is kept.
    """
    rows = [("command", "OpenSSL us", "provider us", "ratio", "quarters", "floor",
             "goal", "reached", "cell us")]
    sides = defaultdict(dict)
    for line in map(parse, output(build_dir, "run")):
        sides[line.command][line.side] = line
    for command, by in sides.items():
        ours = by[LIBRARY]
        rows.append((command, f"{by[OPENSSL].us:.1f}", f"{ours.us:.1f}",
                     f"{ours.ratio:.2f}", f"{ours.less:.2f}-{ours.more:.2f}",
                     f"{ours.floor:g}" if ours.floor else "",
                     f"{ours.goal:g}" if ours.floor else "",
                     verdict(ours.ratio, ours.floor, ours.goal),
                     f"{by[CELL].us:.1f}"))
    return rows


def counts(build_dir):
    """The TPM's commands, instructions of one, counted by callgrind; of the way in a
    cell also the longest stretch between two yields, and stack and heap at their peak.
    """
    rows = [("command", "OpenSSL", "provider", "cell", "longest stretch", "stack, bytes",
             "heap, bytes")]
    found = dict(dumps(build_dir, "count"))
    stretch = defaultdict(int)
    for command, instructions in dumps(build_dir, "yield"):
        stretch[command] = max(stretch[command], instructions)
    for command, stack, heap in output(build_dir, "memory"):
        rows.append((command, *(found[f"{command}\t{side}"] for side in SIDES),
                     stretch[command], stack, heap))
    return rows


def pages(build_dir):
    """Measured pages that the TPM adds: `vtpm` less `minimal`, its .bss and heap
    are not measured.
    """
    sizes = [figures.image_size(build_dir, name)[0] for name in ("vtpm", "minimal")]
    added = sizes[0] - sizes[1]
    return [("measured pages", "vtpm", "minimal", "added", "floor", "reached"),
            ("firmware not counted", *sizes, added, PAGES_FLOOR,
             verdict(added, PAGES_FLOOR, 0))]


TABLES = {"tpm": times, "tpm-count": counts, "tpm-pages": pages}
