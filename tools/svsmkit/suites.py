# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The suites of `kit test`: each yields one Outcome for every test."""

import itertools
import json
import os
import re
import subprocess
import sys
import time
import unittest

from svsmkit import (boot_log, boot_table, budget_table, budgets, build, coverage,
                     fuzz, libtpms, lint, proof_cbmc, proof_wp, system, ui)
from svsmkit.errors import UserError

# A loaded or slow machine is no reason to fail; what hangs still ends.
PATIENCE = "5"
PATIENCE_LONG = "50"
TAP = re.compile(r"^(not )?ok\b(?: \d+)?(?: - )?(.*)$")


class Outcome:
    """One test: its name, whether it passed, why not, and its seconds."""

    def __init__(self, name, passed, detail="", seconds=0.0):
        self.name = name
        self.passed = passed
        self.detail = detail
        self.seconds = seconds


def meson(options, *selection, build_dir=None):
    """Tests that Meson knows: one outcome for each line of TAP."""
    build_dir = build_dir or options.build_dir
    log = os.path.join(build_dir, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    out = sys.stderr if ui.verbose else subprocess.DEVNULL
    env = {**os.environ, "CK_TIMEOUT_MULTIPLIER": PATIENCE}
    if options.long:    # unit_long() in tests/unit/unit.c
        env["SVSMKIT_TEST_LONG"] = "1"
    patience = PATIENCE_LONG if options.long else PATIENCE
    ui.complete(["meson", "test", "-C", build_dir, "--no-rebuild",
                 "--timeout-multiplier", patience, *selection],
                env=env, stdout=out, stderr=out)
    if not os.path.exists(log):
        yield Outcome("meson test " + " ".join(selection), False, "it ran no test")
        return
    with open(log, encoding="utf-8") as file:
        for line in file:
            yield from tap(json.loads(line))


def unit(options):
    """Unit, model and ABI tests."""
    yield from meson(options, "--no-suite", "probes", "--no-suite", "exhaustive")


def other_libtpms(options):
    """The TPM's tests once more, on libtpms 0.10."""
    begin = time.monotonic()
    try:
        directory, version = libtpms.make(options.build_dir)
    except UserError as error:
        yield Outcome("libtpms", False, str(error), time.monotonic() - begin)
        return
    for outcome in meson(options, "--suite", libtpms.SUITE, build_dir=directory):
        outcome.name = f"libtpms {version} {outcome.name}"
        yield outcome
    pages = budgets.tpm_pages(directory)
    budget = next(each for each in budgets.table() if each.figure == budgets.TPM_PAGES)
    yield Outcome(f"libtpms {version} {budget.what}", budget.kept(pages),
                  budget.line(pages))


def probes(options):
    """snpemu's conformance probes, on both C-bit positions."""
    yield from meson(options, "--suite", "probes")


def tap(record):
    """The outcomes of one test program."""
    name = record["name"]
    found = [TAP.match(line) for line in record.get("stdout", "").splitlines()]
    single = [Outcome(f"{name}: {m[2]}", not m[1], m[2]) for m in found if m]
    yield from single
    ended_well = record["result"] in ("OK", "EXPECTEDFAIL")
    if not single or (not ended_well and all(o.passed for o in single)):
        yield Outcome(name, ended_well and bool(single),
                      f"{record['result']}\n" + ui.tail(record.get("stderr", "")
                                                        or record.get("stdout", "")),
                      record["duration"])


def tools(options):
    """kit's own tests, Python's unittest."""
    os.environ["KIT_BUILD_DIR"] = options.build_dir
    sys.dont_write_bytecode = True
    top = os.path.join(build.TREE, "tests", "unit", "tools")
    result = _Collector()
    unittest.defaultTestLoader.discover(top, "test_*.py", top).run(result)
    yield from result.outcomes


class _Collector(unittest.TestResult):
    """Makes outcomes of unittest's events."""

    def __init__(self):
        super().__init__()
        self.outcomes = []
        self.begin = 0.0

    def startTest(self, test):
        self.begin = time.monotonic()
        super().startTest(test)

    def _add(self, test, passed, detail=""):
        self.outcomes.append(Outcome(test.id(), passed, detail,
                                     time.monotonic() - self.begin))

    def addSuccess(self, test):
        self._add(test, True)

    def addError(self, test, err):
        self._add(test, False, self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self._add(test, False, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self._add(test, False, "skipped: " + reason)


def form(options):
    """`kit lint`: one outcome for each check."""
    system.need(system.LINT)
    for name, check in lint.CHECKS.items():
        begin = time.monotonic()
        bad = check(options.build_dir)
        yield Outcome(f"lint {name}", not bad, "\n".join(bad),
                      time.monotonic() - begin)


def exhaustive(options):
    """Walks through all states of small instances."""
    yield from meson(options, "--suite", "exhaustive")


def proofs(options):
    """What provers show; each change that a proof must notice is a test."""
    system.need(system.PROOFS)
    bounded = proof_cbmc.run() if options.proofs or options.long else ()
    count = {"axiom": 0, "proof": 0, "bounded": 0, "mutation": 0}
    begin = time.monotonic()
    for kind, name, bad in itertools.chain(proof_wp.run(), bounded):
        count[kind] += not bad
        yield Outcome(f"{kind} {name}", not bad, bad, time.monotonic() - begin)
        begin = time.monotonic()
    ui.note(f"{count['proof']} functions and {count['bounded']} harnesses proved, "
            f"{count['mutation']} mutations killed")


def figures(options):
    """What `minimal` costs, and the TPM, against tests/figures/budgets.ini."""
    begin = time.monotonic()
    values = budgets.measure(options.build_dir)
    print(budgets.text(values), flush=True)
    seconds = time.monotonic() - begin
    for budget in budget_table.table():
        yield Outcome(f"figures {budget.what}", budget.kept(values[budget.figure]),
                      budget.line(values[budget.figure]), seconds)
        seconds = 0


def boots(options):
    """Boot the examples with their guests, as tests/boot/boot.ini says."""
    for boot in boot_table.read(options.build_dir):
        if options.boot not in boot.name or \
                (boot.long and not (options.long or options.boot)):
            continue
        ui.note(f"booting: {boot.name}")
        begin = time.monotonic()
        try:
            bad, result = boot.boot()
        except UserError as error:
            yield Outcome(f"boot {boot.name}", False, str(error))
            continue
        path = boot_log.keep(options.build_dir, boot.name, result)
        detail = [*bad, *boot_log.excerpt(result),
                  f"-- all of it: {path} in the build directory"] if bad else []
        yield Outcome(f"boot {boot.name}", not bad, "\n".join(detail),
                      time.monotonic() - begin)


def fuzzing(options):
    """libFuzzer on every target, and on mutants that it has to find."""
    system.need(system.FUZZ)
    seconds = fuzz.LONG_SECONDS if options.long else fuzz.SECONDS
    work = os.path.join(options.build_dir, "fuzz")
    for verdict in fuzz.run(options.build_dir, seconds, work):
        yield Outcome(f"fuzz {verdict.name}", not verdict.problem,
                      verdict.problem + "\n" + ui.tail(verdict.log, 25),
                      verdict.seconds)


def covered(options):
    """What the host's tests run of the sources; the report is printed."""
    system.need(system.COVERAGE)
    rules = coverage.read_rules()
    data = coverage.measure(options.build_dir)
    print("\n".join(coverage.render(data, rules)), flush=True)
    files, bad = coverage.judge(data, rules)
    for file in files:
        mine = [line for line in bad if line.startswith(file.path + ":")]
        yield Outcome(f"coverage {file.path}", not mine, "\n".join(mine))
    missing = [line for line in bad
               if not any(line.startswith(file.path + ":") for file in files)]
    yield Outcome("coverage rules", not missing, "\n".join(missing))


SUITES = {"unit": unit, "libtpms": other_libtpms, "tools": tools, "lint": form,
          "probes": probes, "figures": figures, "fuzz": fuzzing,
          "exhaustive": exhaustive, "proofs": proofs, "boot": boots}
# Only when asked for: it takes minutes.
ON_DEMAND = {"coverage": covered}
