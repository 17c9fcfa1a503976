# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Coverage of the sources by the tests that run on the host, and the rule for
those that see untrusted bytes: every line, and 95 % of the branches.

A build directory of its own (BUILD/coverage): no optimisation, gcov's counters.
tests/coverage.txt lists the files and what is excepted, with the reason. An
exception names a function and the text of a line in it; when no line is like
that, or one that is has run with all its branches, that is a fault as well.
"""

import glob
import json
import os
import re
import shutil
from dataclasses import dataclass, field

from svsmkit import build, ui
from svsmkit.errors import UserError

RULES = os.path.join(build.TREE, "tests", "coverage.txt")
BRANCHES = 95.0
SUITES = ("svsmkit:unit", "snpemu:model")
# Sources, and where their objects are. Other programs (benches, walks through
# all states) compile them again: gcovr would add up branches that differ.
OBJECTS = {
    "src/": "src/**/lib*_host.a.p",
    "subprojects/snpemu/model/": "subprojects/snpemu/model/*.a.p",
}
# A branch that means a mistake of ours: nothing from outside leads there.
OURS = "svsm_assert("
# Where a function begins, in a source that looks as ours do.
FUNCTION = re.compile(r"^(?=[A-Za-z_])(?:[\w\s*]*[\s*])?(\w+)\(")


@dataclass
class Rules:
    """tests/coverage.txt."""
    files: list = field(default_factory=list)
    # (path, function, text) -> reason
    exceptions: dict = field(default_factory=dict)


def read_rules(path=RULES):
    """A line is a file, or a file, a function in it, the text of a line of that
    and a reason, with tabs between."""
    rules = Rules()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            parts = [part.strip() for part in line.rstrip("\n").split("\t") if part]
            if not parts or parts[0].startswith("#"):
                continue
            if len(parts) == 1:
                rules.files.append(parts[0])
            elif len(parts) == 4 and all(parts) and tuple(parts[:3]) not in rules.exceptions:
                rules.exceptions[tuple(parts[:3])] = parts[3]
            else:
                raise UserError(f"{path}:{number}: neither a file nor an exception")
    return rules


def measure(build_dir):
    """Build, run the tests, and give gcovr's data: {path: [line]}."""
    directory = os.path.join(build_dir, "coverage")
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        ui.run(["meson", "setup", directory, build.TREE, "-Db_coverage=true",
                "-Doptimization=0", "-Dsnpemu:sanitize=false"],
               "configuring the build for coverage")
    ui.run(["ninja", "-C", directory, "build.ninja"], "configuring it again")
    tests = host_tests(directory)
    ui.run(["ninja", "-C", directory, *tests.values()], "the build for coverage")
    ui.run(["find", directory, "-name", "*.gcda", "-delete"], "removing old counters")
    ui.run(["meson", "test", "-C", directory, "--no-rebuild", "-t", "5", *tests],
           "the tests for coverage")
    return collect(directory)


def host_tests(directory):
    """The suites' programs: {"project:test": path in the build directory}."""
    out = ui.run(["meson", "introspect", "--tests", directory], "meson introspect")
    top = os.path.realpath(directory)
    tests = {}
    for test in json.loads(out):
        path = os.path.relpath(test["cmd"][0], top)
        for suite in set(test["suite"]) & set(SUITES):
            if not path.startswith(".."):      # a script
                tests[suite.split(":")[0] + ":" + test["name"]] = path
    return tests


def collect(directory):
    """gcovr's counters of the libraries that the programs are linked with."""
    if shutil.which("gcovr") is None:
        raise UserError("gcovr is not installed")
    directory = os.path.abspath(directory)     # gcov leaves files where it runs
    result = os.path.join(directory, "coverage.json")
    filters = [arg for source in OBJECTS
               for arg in ("--filter", os.path.join(build.TREE, source))]
    objects = [path for pattern in OBJECTS.values()
               for path in glob.glob(os.path.join(directory, pattern), recursive=True)]
    ui.run(["gcovr", "-r", build.TREE, *filters, "--object-directory", directory,
            *objects, "--json", result], "gcovr", cwd=directory)
    with open(result, encoding="utf-8") as file:
        return {entry["file"]: entry["lines"] for entry in json.load(file)["files"]}


@dataclass
class Line:
    """A line with code in it."""
    number: int
    function: str
    text: str
    ran: bool
    branches: int       # those that count
    not_taken: int      # of them


@dataclass
class File:
    """One source: what ran and what did not."""
    path: str
    lines: list         # of Line

    @property
    def missed(self):
        return [line for line in self.lines if not line.ran]

    @property
    def line_percent(self):
        return percent(len(self.lines) - len(self.missed), len(self.lines))

    @property
    def branch_percent(self):
        branches = sum(line.branches for line in self.lines)
        return percent(branches - sum(line.not_taken for line in self.lines),
                       branches)


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def functions(source):
    """For each line the function that began last."""
    name = ""
    for line in source:
        begins = FUNCTION.match(line)
        if begins:
            name = begins[1]
        yield name


def look(path, data, top=build.TREE):
    """A File from gcovr's lines."""
    with open(os.path.join(top, path), encoding="utf-8") as file:
        source = file.read().split("\n")
    names = list(functions(source))
    lines = []
    for line in data:
        if line.get("gcovr/noncode"):
            continue
        number = line["line_number"]
        text = source[number - 1].strip()
        taken = [branch["count"] for branch in line["branches"]
                 if OURS not in text]
        lines.append(Line(number, names[number - 1], text, bool(line["count"]),
                          len(taken), taken.count(0)))
    return File(path, lines)


def judge(data, rules, top=build.TREE):
    """(Files, complaints)."""
    files, bad = [], []
    for path in rules.files:
        if path not in data:
            bad.append(f"{path}: nothing of it was run")
            continue
        file = look(path, data[path], top)
        files.append(file)
        bad += excuse(file, rules)
        bad += [f"{path}:{line.number}: never run: {line.text}" for line in file.missed]
        if file.branch_percent < BRANCHES:
            bad.append(f"{path}: {file.branch_percent:.1f} % of the branches, "
                       f"{BRANCHES:.0f} are wanted; not taken in lines: " + ", ".join(
                           str(line.number) for line in file.lines if line.not_taken))
    bad += [f"{path}: an exception in a file that the rule does not name: {text}"
            for path, _, text in rules.exceptions if path not in rules.files]
    return files, bad


def excuse(file, rules):
    """Take out what is excepted; gives what is wrong with the exceptions."""
    bad = []
    for (path, function, text) in rules.exceptions:
        if path != file.path:
            continue
        here = f"{path}: {function}(): {text}"
        lines = [line for line in file.lines
                 if (line.function, line.text) == (function, text)]
        if not lines:
            bad.append(f"{here}: an exception for a line that is not there")
        for line in lines:
            if line.ran and not line.not_taken:
                bad.append(f"{here}: an exception, but line {line.number} runs "
                           "and takes all its branches")
            line.ran = True
            line.branches -= line.not_taken
            line.not_taken = 0
    return bad


def render(data, rules):
    """The report: the files of the rule, then all others."""
    yield f"{'lines':>7} {'branches':>9}"
    named = set(rules.files)
    for path in rules.files + sorted(set(data) - named):
        if path not in data:
            continue
        file = look(path, data[path])
        mark = "*" if path in named else " "
        yield f"{file.line_percent:6.1f}% {file.branch_percent:8.1f}% {mark} {path}"
