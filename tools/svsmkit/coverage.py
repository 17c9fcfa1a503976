# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Coverage of the sources by the tests that run on the host, and the rule for
those that see untrusted bytes: every line, and 95 % of the branches.

A build directory of its own (BUILD/coverage): no optimisation, gcov's counters.
tests/coverage.txt lists the files and what is excepted, with the reason; an
exception that is not needed any more is a fault as well.
"""

import json
import os
import shutil
from dataclasses import dataclass, field

from svsmkit import build, ui
from svsmkit.errors import UserError

RULES = os.path.join(build.TREE, "tests", "coverage.txt")
BRANCHES = 95.0
SUITES = ("unit", "exhaustive")
# A branch that means a mistake of ours: nothing from outside leads there.
OURS = "svsm_assert("


@dataclass
class Rules:
    """tests/coverage.txt."""
    files: list = field(default_factory=list)
    exceptions: dict = field(default_factory=dict)  # (path, text) -> reason


def read_rules(path=RULES):
    """A line is a file, or a file, the text of one of its lines and a reason,
    with tabs between."""
    rules = Rules()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            parts = [part.strip() for part in line.rstrip("\n").split("\t") if part]
            if not parts or parts[0].startswith("#"):
                continue
            if len(parts) == 1:
                rules.files.append(parts[0])
            elif len(parts) == 3 and all(parts):
                rules.exceptions[parts[0], parts[1]] = parts[2]
            else:
                raise UserError(f"{path}:{number}: neither a file nor an exception")
    return rules


def measure(build_dir):
    """Build, run the tests, and give gcovr's data: {path: [line]}."""
    directory = os.path.join(build_dir, "coverage")
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        ui.run(["meson", "setup", directory, build.TREE, "-Db_coverage=true",
                "-Doptimization=0"], "configuring the build for coverage")
    tests = host_tests(directory)
    ui.run(["ninja", "-C", directory, *tests], "the build for coverage")
    ui.run(["find", directory, "-name", "*.gcda", "-delete"], "removing old counters")
    for suite in SUITES:
        ui.run(["meson", "test", "-C", directory, "--no-rebuild", "-t", "5",
                "--suite", "svsmkit:" + suite], f"the suite {suite} for coverage")
    return collect(directory)


def host_tests(directory):
    """The programs of the suites, relative to the build directory."""
    out = ui.run(["meson", "introspect", "--tests", directory], "meson introspect")
    return sorted({os.path.relpath(test["cmd"][0], os.path.realpath(directory))
                   for test in json.loads(out)
                   if any(suite.endswith(":" + name) for suite in test["suite"]
                          for name in SUITES)})


def collect(directory):
    """gcovr's counters of src/."""
    if shutil.which("gcovr") is None:
        raise UserError("gcovr is not installed")
    directory = os.path.abspath(directory)     # gcov leaves files where it runs
    result = os.path.join(directory, "coverage.json")
    ui.run(["gcovr", "-r", build.TREE, "--filter", os.path.join(build.TREE, "src/"),
            "--object-directory", directory, directory, "--json", result],
           "gcovr", cwd=directory)
    with open(result, encoding="utf-8") as file:
        return {entry["file"]: entry["lines"] for entry in json.load(file)["files"]}


@dataclass
class File:
    """One source: what ran and what did not."""
    path: str
    lines: int = 0
    missed: list = field(default_factory=list)          # (number, text)
    branches: int = 0
    branches_missed: list = field(default_factory=list)  # (number, text), repeated

    @property
    def line_percent(self):
        return percent(self.lines - len(self.missed), self.lines)

    @property
    def branch_percent(self):
        return percent(self.branches - len(self.branches_missed), self.branches)


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def look(path, lines, top=build.TREE):
    """A File from gcovr's lines."""
    with open(os.path.join(top, path), encoding="utf-8") as file:
        source = file.read().split("\n")
    result = File(path)
    for line in lines:
        if line.get("gcovr/noncode"):
            continue
        number = line["line_number"]
        text = source[number - 1].strip()
        result.lines += 1
        if not line["count"]:
            result.missed.append((number, text))
        if OURS in text:
            continue
        for branch in line["branches"]:
            result.branches += 1
            if not branch["count"]:
                result.branches_missed.append((number, text))
    return result


def judge(data, rules, top=build.TREE):
    """(Files, complaints)."""
    files, bad, used = [], [], set()
    for path in rules.files:
        if path not in data:
            bad.append(f"{path}: nothing of it was run")
            continue
        file = look(path, data[path], top)
        files.append(file)
        used |= excuse(file, rules)
        bad += [f"{path}:{number}: never run: {text}" for number, text in file.missed]
        if file.branch_percent < BRANCHES:
            bad.append(f"{path}: {file.branch_percent:.1f} % of the branches, "
                       f"{BRANCHES:.0f} are wanted; not taken: " + ", ".join(
                           str(n) for n in sorted({n for n, _ in file.branches_missed})))
    bad += [f"{path}: the exception is not needed: {text}"
            for path, text in rules.exceptions if (path, text) not in used]
    return files, bad


def excuse(file, rules):
    """Take out what is excepted; gives the exceptions that were needed."""
    used = {(file.path, text) for _, text in file.missed + file.branches_missed
            if (file.path, text) in rules.exceptions}
    texts = {text for _, text in used}
    before = len(file.branches_missed)
    file.missed = [m for m in file.missed if m[1] not in texts]
    file.branches_missed = [m for m in file.branches_missed if m[1] not in texts]
    file.branches -= before - len(file.branches_missed)
    return used


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
