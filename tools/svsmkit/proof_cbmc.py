# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Bounded proofs: CBMC on the parsers of bytes from guest or host.

tests/proofs/cbmc/harnesses.ini names the harnesses, what they link, how far
loops are unwound (CBMC proves that this is far enough for the harness's bound)
and at least one change of the source that has to be noticed.
"""

import configparser
import os
import re

from svsmkit import build, guest, proofs, ui
from svsmkit.errors import UserError

DIRECTORY = os.path.join(proofs.HERE, "cbmc")
TABLE = os.path.join(DIRECTORY, "harnesses.ini")
INCLUDES = ("include", "tests/fake/inline", "src/core/guest", "src/mem", DIRECTORY)
SECONDS = 900
FAILED = re.compile(r"^\[.*: FAILURE$", re.M)


class Harness:
    """A program for CBMC."""

    def __init__(self, name, section):
        self.name = name
        self.sources = [os.path.join(DIRECTORY, name + ".c"),
                        *section["sources"].split()]
        self.unwind = section["unwind"]
        self.mutations = [self._mutation(line)
                          for line in section["mutations"].strip().splitlines()]

    @staticmethod
    def _mutation(line):
        place, _, text = line.partition(": ")
        file, _, function = place.partition(" ")
        return proofs.Mutation(file, function, text)


def table():
    """The harnesses of the table."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None,
                                       comment_prefixes=("#",))
    with open(os.path.join(build.TREE, TABLE), encoding="utf-8") as file:
        parser.read_string(file.read(), TABLE)
    return [Harness(name, parser[name]) for name in parser.sections()]


class Checker:
    """Runs CBMC; remembers what came out."""

    def __init__(self):
        where = guest.cbmc()
        self.argv = [os.path.join(where, "ld.so"), "--library-path", where,
                     os.path.join(where, "cbmc")]
        self.version = ui.run([*self.argv, "--version"], "asking for CBMC's version")

    def run(self, harness, mutation=None):
        """The properties that do not hold."""
        with proofs.Copy(mutation) as copy:
            options = [*copy.includes(*INCLUDES)]
            sources = [copy.path(name) for name in harness.sources]
            texts = [proofs.preprocess(options, source, copy.root)
                     for source in sources]
            return proofs.remembered(
                ["cbmc", self.version, harness.unwind, texts],
                lambda: self._check(harness, options, sources))

    def _check(self, harness, options, sources):
        status, out = proofs.execute(
            [*self.argv, *sources, *options, "--unwind", harness.unwind,
             "--unwinding-assertions", "--bounds-check", "--pointer-check",
             "--slice-formula"], SECONDS)
        if status == 0 and "VERIFICATION SUCCESSFUL" in out:
            return []
        failed = FAILED.findall(out)
        if status != 10 or not failed:
            raise UserError(f"CBMC on {harness.name}: status {status}\n"
                            + ui.tail(out))
        return failed


def check(harness, mutation, checker):
    """(kind, name, complaint or "") of a harness, or of a mutation of it."""
    kind = "mutation" if mutation else "bounded"
    name = str(mutation) if mutation else harness.name
    try:
        failed = checker.run(harness, mutation)
    except UserError as error:
        return kind, name, str(error)
    if mutation:
        return kind, name, "" if failed else "the proof does not notice"
    return kind, name, "\n".join(failed)


def run():
    """Check everything: yields (kind, name, complaint)."""
    checker = Checker()
    jobs = [(harness, mutation) for harness in table()
            for mutation in (None, *harness.mutations)]
    yield from proofs.each(lambda job: check(*job, checker), jobs)
