# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The image `minimal`, and what a TPM adds, against tests/figures/budgets.ini.

Two short runs of the machine, without Linux: a payload makes the calls that
are metered, then the memory in use is read with more CPUs.
"""

import configparser
import os
import re

from svsmkit import build, code_lines, figures, meter
from svsmkit.elf import Elf
from svsmkit.run import read

TABLE = os.path.join(build.TREE, "tests", "figures", "budgets.ini")
KEYS = {"figure", "floor", "goal"}
MEMORY = 192            # MiB: the pages of the payload's small lists
CPUS = 4                # of the second run
PAYLOAD = "budget"
# Labels of tests/guest/payload/bench.c.
LABELS = NULL_CALL, QUERY, FULL_PAGE, TAKE_BACK = 1, 2, 5, 9


class Budget:
    """One section of the table."""

    def __init__(self, what, values):
        if set(values) != KEYS:
            raise ValueError(f"{TABLE}: [{what}] does not have the keys "
                             + ", ".join(sorted(KEYS)))
        self.what = what
        self.figure = values["figure"]
        self.floor = float(values["floor"])
        self.goal = float(values["goal"])

    def kept(self, value):
        """Is a figure within the floor?"""
        return value <= self.floor

    def line(self, value):
        """A figure beside its bounds."""
        return (f"{number(value):>7} {number(self.floor):>7} "
                f"{number(self.goal):>7}  {self.what}")


def table():
    """The table, in its order."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    with open(TABLE, encoding="utf-8") as file:
        parser.read_file(file)
    return [Budget(what, dict(parser[what])) for what in parser.sections()]


def measure(build_dir):
    """All figures by their names."""
    elf = build.elf(build_dir, "minimal")
    one = meter.boot(build_dir, PAYLOAD, 1, MEMORY)
    more = meter.boot(build_dir, PAYLOAD, CPUS, MEMORY, options=())
    memory = [figures.in_use(build_dir, result) for result in (one, more)]
    pages = figures.image_size(build_dir, "minimal")[0]
    return {
        "measured-pages": pages,
        "measured-pages-vtpm": figures.image_size(build_dir, "vtpm")[0] - pages,
        "memory": memory[0],
        "memory-per-cpu": (memory[1] - memory[0]) / (CPUS - 1),
        **of_calls(meter.costs(one.log, LABELS)),
        "code-lines": code_lines.lines(elf, Elf(read(elf), elf).segments[0].addr),
    }


def of_calls(calls):
    """The figures of the meter's costs."""
    entries = figures.CALLS[FULL_PAGE][1]
    return {
        "null-call": calls[NULL_CALL].instructions,
        "pvalidate-entry": calls[FULL_PAGE].ordinary / entries,
        "flushes-none": max(calls[label].flushes
                            for label in (NULL_CALL, QUERY)),
        "flushes-full-page": calls[TAKE_BACK].flushes,
    }


def text(values):
    """All figures of measure() with their bounds, for a terminal."""
    return "\n".join([" figure   floor    goal"]
                     + [each.line(values[each.figure]) for each in table()])


def rows(build_dir):
    """What `minimal` costs, the floor that `kit test` keeps, and the goal."""
    values = measure(build_dir)
    return [("budget of minimal", "figure", "floor", "goal")] + [
        (each.what, *map(number, (values[each.figure], each.floor, each.goal)))
        for each in table()]


def number(value):
    """Whole numbers without a point."""
    return re.sub(r"\.0$", "", f"{value:.1f}")
