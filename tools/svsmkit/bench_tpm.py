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

from svsmkit import budget_table, build, figures, system
from svsmkit.errors import UserError

TARGET = "tests/bench/tpm/tpm_bench"
OURS = "tests/unit/attest/shared/libtpms.so.0"
THEIRS = "libtpms.so.0"
SIDES = OPENSSL, LIBRARY, CELL = "OpenSSL", "libtpms on the provider", "as in a cell"
# What a dump of callgrind says of itself.
TRIGGER = re.compile(r"^desc: Trigger: Client Request: (.*)$", re.MULTILINE)
TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)

Line = namedtuple("Line", "command side us ratio less more")


def program(build_dir):
    """Build the bench; what it is called with, but for its mode."""
    system.need(system.BUILD, system.BENCH)
    build.build(build_dir, TARGET)
    build.build(build_dir, OURS)
    theirs = subprocess.run(["gcc", "-print-file-name=" + THEIRS], check=True,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    return (os.path.join(build_dir, TARGET),
            [os.path.abspath(os.path.join(build_dir, OURS)), theirs])


def output(build_dir, mode, commands=()):
    """The fields of what it prints in a mode; of these commands, or of all."""
    bench, libraries = program(build_dir)
    done = subprocess.run([bench, mode, *libraries, *commands],
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"{bench} {mode} ended with {done.returncode}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def dumps(build_dir, mode):
    """The instructions in each dump that it makes under callgrind, by its name."""
    bench, libraries = program(build_dir)
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [shutil.which("valgrind"), "--tool=callgrind",
             "--callgrind-out-file=" + os.path.join(place, "dump"), bench, mode,
             *libraries], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode != 0:
            raise UserError(f"valgrind could not count: {done.stderr[-300:]}")
        found = {}
        for path in sorted(glob.glob(os.path.join(place, "dump.*")), key=number):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            trigger = TRIGGER.search(text)
            if trigger:
                found[trigger[1]] = int(TOTALS.search(text)[1])
    if not found:
        raise UserError("callgrind made no dump")
    return found


def number(path):
    """Of a dump: they are made in the order of the commands."""
    return int(path.rpartition(".")[2])


def parse(fields):
    """A line of `tpm_bench run`."""
    if len(fields) != len(Line._fields):
        raise UserError(f"the bench says what nobody understands: {fields}")
    return Line(fields[0], fields[1], *(float(field) for field in fields[2:]))


def lines(build_dir, commands=()):
    """The times of each command, by its name and the side."""
    sides = defaultdict(dict)
    for line in map(parse, output(build_dir, "run", commands)):
        sides[line.command][line.side] = line
    return sides


def ratios(build_dir, commands):
    """Of each command's time as in a cell to that with OpenSSL."""
    return {command: by[CELL].ratio
            for command, by in lines(build_dir, commands).items()}


def stretches(build_dir):
    """Microseconds of each command's longest stretch between two yields."""
    return {command: float(us) for command, us in output(build_dir, "yield")}


def times(build_dir):
    """The TPM's commands, microseconds of CPU time: medians of 101 rounds (of long ones
    15) in which all sides take turns, with the same seeds. `OpenSSL` is the distribution's
    libtpms; `provider` the same libtpms on our provider; `cell` the way of a guest's
    command, after which everything is wiped and the volatile state is kept, with
    the ratio of its time to OpenSSL's: median and the quarters around it.
    """
    rows = [("command", "OpenSSL us", "provider us", "cell us", "ratio", "quarters",
             "floor", "goal", "reached")]
    budgets = {each.figure: each for each in budget_table.table()}
    for command, by in lines(build_dir).items():
        cell = by[CELL]
        rows.append((command, *(f"{by[side].us:.1f}" for side in SIDES),
                     f"{cell.ratio:.2f}", f"{cell.less:.2f}-{cell.more:.2f}",
                     *bounds(budgets.get("tpm-time " + command), cell.ratio)))
    return rows


def bounds(budget, value):
    """Floor, goal, and what is reached; of some figures there are none."""
    if not budget:
        return ("", "", "")
    return (f"{budget.floor:g}", f"{budget.goal:g}", budget.verdict(value))


def demands(build_dir):
    """What a command of the TPM's takes in a cell: microseconds of CPU time of the longest
    stretch between two yields, and bytes of stack and heap at their peak.
    """
    longest = stretches(build_dir)
    return [("command", "longest stretch us", "stack bytes", "heap bytes"),
            *((command, f"{longest[command]:.1f}", stack, heap)
              for command, stack, heap in output(build_dir, "memory"))]


def counts(build_dir):
    """The TPM's commands, instructions of one, counted by callgrind, which has no
    instructions for hashes.
    """
    found = dumps(build_dir, "count")
    return [("command", "OpenSSL", "provider", "cell"),
            *((command, *(found[f"{command}\t{side}"] for side in SIDES))
              for command in dict.fromkeys(key.split("\t")[0] for key in found))]


def pages(build_dir):
    """Measured pages that the TPM adds: `vtpm` less `minimal`, its .bss and heap
    are not measured.
    """
    sizes = [figures.image_size(build_dir, name)[0] for name in ("vtpm", "minimal")]
    added = sizes[0] - sizes[1]
    budget = next(each for each in budget_table.table()
                  if each.figure == "measured-pages-vtpm")
    return [("measured pages", "vtpm", "minimal", "added", "floor", "goal", "reached"),
            ("firmware not counted", *sizes, added, *bounds(budget, added))]


TABLES = {"tpm": times, "tpm-demand": demands, "tpm-count": counts,
          "tpm-pages": pages}
