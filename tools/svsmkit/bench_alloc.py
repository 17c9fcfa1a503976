# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The allocators' bench: runs tests/bench and makes tables of what it says."""

import os
import re
import shutil
import subprocess
from collections import namedtuple

from svsmkit import build, system
from svsmkit.errors import UserError

TARGET = "tests/bench/bench"
FLOOR = "the loop"
# What is counted: workloads that begin so, with so many live objects.
COUNTED = ("pair, quick reuse", "pair, random churn")
COUNTED_LIVE = 1000
OPERATIONS = 20000
# jemalloc comes late and wants more of this than is left for such.
ENV = {"GLIBC_TUNABLES": "glibc.rtld.optional_static_tls=65536"}
COLLECTED = re.compile(r"Collected : (\d+)")

Line = namedtuple("Line", "name size live who ns low high ratio less more goal")


def program(build_dir):
    """Build the bench; its path."""
    system.need(system.BUILD, system.BENCH)
    build.build(build_dir, TARGET)
    return os.path.join(build_dir, TARGET)


def output(argv):
    """What a program prints; what it says of errors is kept from no one."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, **ENV})
    if done.returncode != 0:
        raise UserError(f"{' '.join(argv)} ended with {done.returncode}")
    return done.stdout


def parse(text):
    """The lines of `bench run`."""
    lines = []
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) != len(Line._fields):
            raise UserError(f"the bench says what nobody understands: {line}")
        lines.append(Line(fields[0], int(fields[1]), int(fields[2]), fields[3],
                          *(float(field) for field in fields[4:])))
    return lines


def times(build_dir):
    """Allocators, ns of CPU time for one operation: median and the quarters
    around it of 15 rounds, in which all take turns; the ratio is to the first
    of each group in the same round. A pair is an allocation and a free of a block
    that is written to once; `the loop` does everything but that and is in all
    figures. Unlike the counts they depend on the machine and its other work.
    """
    rows = [("operation", "live", "allocator", "ns", "quarters", "ratio",
             "quarters", "goal")]
    for line in parse(output([program(build_dir), "run"])):
        rows.append((f"{line.name}, {line.size} B", line.live or "", line.who,
                     f"{line.ns:.1f}", f"{line.low:.1f}-{line.high:.1f}",
                     f"{line.ratio:.2f}", f"{line.less:.2f}-{line.more:.2f}",
                     f"{line.goal:g}" if line.goal else ""))
    return rows


def counts(build_dir):
    """Allocators, instructions of one pair with 1000 live objects: twice as many
    pairs less half of them under callgrind, less the loop.
    """
    bench = program(build_dir)
    found = {}
    for line in output([bench, "list"]).splitlines():
        number, name, live, who = line.split("\t")
        if name in COUNTED and int(live) == COUNTED_LIVE:
            found.setdefault(who, {})[name] = count(bench, number, who)
    loop = found.pop(FLOOR)
    return [("allocator", *COUNTED),
            *((who, *(f"{each[name] - loop[name]:.0f}" for name in COUNTED))
              for who, each in found.items())]


def pair(build_dir, who):
    """Instructions of one pair of an allocator's, quick reuse, as counts() has them."""
    bench = program(build_dir)
    numbers = {name: number for number, name, live, each in
               (line.split("\t") for line in output([bench, "list"]).splitlines())
               if each == who and int(live) == COUNTED_LIVE}
    number = numbers[COUNTED[0]]
    return round(count(bench, number, who) - count(bench, number, FLOOR))


def count(bench, number, who):
    """Instructions of one operation, from the difference of two runs."""
    one, two = (collected(bench, number, who, OPERATIONS * n) for n in (1, 2))
    return (two - one) / OPERATIONS


def collected(bench, number, who, operations):
    """All instructions of a run."""
    argv = [shutil.which("valgrind"), "--tool=callgrind",
            "--callgrind-out-file=/dev/null", bench, "count", number, who,
            str(operations)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, env={**os.environ, **ENV})
    match = COLLECTED.search(done.stderr)
    if done.returncode != 0 or not match:
        raise UserError(f"valgrind could not count {who}: {done.stderr[-300:]}")
    return int(match[1])


TABLES = {"alloc": times, "alloc-count": counts}
