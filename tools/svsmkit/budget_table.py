# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""tests/figures/budgets.ini: what is measured, and its floors and goals."""

import configparser
import os
import re

from svsmkit import build

TABLE = os.path.join(build.TREE, "tests", "figures", "budgets.ini")
KEYS = {"figure", "floor", "goal"}


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

    def verdict(self, value):
        """What a figure reaches, in a word."""
        if not self.kept(value):
            return "MISSED"
        return "goal" if value <= self.goal else "floor"

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


def number(value):
    """Whole numbers without a point."""
    return re.sub(r"\.?0+$", "", f"{value:.2f}")
