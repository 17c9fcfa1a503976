# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Deductive proofs: Frama-C's WP on the contracts in the sources.

tests/proofs/wp/functions.ini names the functions, by file, and for each at
least one change that its proof has to notice.
"""

import configparser
import os
import re

from svsmkit import build, cache, proof_words, proofs, ui
from svsmkit.errors import UserError

TABLE = os.path.join(proofs.HERE, "wp", "functions.ini")
WORDS = os.path.join(proofs.HERE, "wp", "words.h")
# Work per goal: z3 takes half a second for it, whatever else the machine does.
STEPS = 1_000_000
SECONDS = 1800
PROVERS = "z3,cvc4"
GOAL = re.compile(r"^\[wp\] \[([^]]+)\] Goal typed_(\w+)", re.M)
SUM = re.compile(r"^\[wp\] Proved goals:\s+(\d+) / (\d+)$", re.M)
PROVED = re.compile(r"Qed|Z3 .*|CVC4 .*|.* \(Cached\)")


class Unit:
    """A source file: what is proved in it, and its mutations."""

    def __init__(self, file, section):
        self.file = file
        self.headers = section.pop("headers", "").split()
        self.functions = list(section)
        self.mutations = [proofs.Mutation(self._place(name), name, line)
                          for name, lines in section.items()
                          for line in lines.strip().splitlines()]
        for name in self.functions:
            if not any(m.function == name for m in self.mutations):
                raise UserError(f"{TABLE}: no mutation of {name}()")

    def _place(self, function):
        for name in (self.file, *self.headers):
            if proofs.defines(name, function):
                return name
        raise UserError(f"{TABLE}: no {function}() in {self.file}")


def table():
    """The units of the table."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None,
                                       default_section="", comment_prefixes=(";",))
    parser.optionxform = str
    with open(os.path.join(build.TREE, TABLE), encoding="utf-8") as file:
        text = re.sub(r"^#.*$", "", file.read(), flags=re.M)
    parser.read_string(text, TABLE)
    return [Unit(name, dict(parser[name])) for name in parser.sections()]


def versions():
    """What proves: a result of others is another result."""
    return [ui.run(argv, "asking for a prover's version").splitlines()[0]
            for argv in (["frama-c", "-version"], ["z3", "--version"],
                         ["cvc4", "--version"], ["gcc", "--version"])]


class Prover:
    """Runs WP; remembers what came out."""

    def __init__(self):
        self.versions = versions()
        self.config = cache.path("proofs", "why3.conf")
        cache.write(self.config, WHY3_CONFIG.encode())

    def run(self, unit, functions, mutation=None):
        """{"goals": n, "failed": [goal...], "seen": [function...]}."""
        with proofs.Copy(mutation) as copy:
            options = ["-std=gnu11", "-include", copy.path(WORDS), *copy.includes(
                "include", "tests/fake/inline", os.path.dirname(unit.file))]
            source = copy.path(unit.file)
            text = proofs.preprocess(["-D__FRAMAC__", *options], source, copy.root)
            return proofs.remembered(
                ["wp", self.versions, STEPS, PROVERS, functions, text],
                lambda: self._prove(options, source, functions))

    def _prove(self, options, source, functions):
        status, out = proofs.execute(
            ["frama-c", "-c11", "-machdep", "gcc_x86_64",
             "-cpp-extra-args=" + " ".join(options), "-wp", "-wp-rte",
             "-wp-fct", ",".join(functions), "-wp-prover", PROVERS,
             "-wp-steps", str(STEPS), "-wp-timeout", "600", "-wp-par", "1",
             "-wp-cache", "none", source],
            SECONDS, env={**os.environ, "WHY3CONFIG": self.config})
        total = SUM.search(out)
        if status != 0 or not total:
            raise UserError(f"Frama-C on {source}: status {status}\n" + ui.tail(out))
        goals = GOAL.findall(out)
        failed = sorted({goal for state, goal in goals
                         if not PROVED.fullmatch(state)})
        if len(failed) != int(total[2]) - int(total[1]):
            raise UserError(f"Frama-C on {source}: cannot read\n" + ui.tail(out))
        return {"goals": int(total[2]), "failed": failed,
                "seen": [name for name in functions
                         if any(goal.startswith(name + "_ensures")
                                for _, goal in goals)]}


WHY3_CONFIG = """[main]
libdir = "/usr/lib/ocaml/why3"
datadir = "/usr/share/why3"
magic = 14
memlimit = 2000
running_provers_max = 2
timelimit = 5

[partial_prover]
name = "CVC4"
path = "/usr/bin/cvc4"
version = "1.8"

[partial_prover]
name = "Z3"
path = "/usr/bin/z3"
version = "4.8.12"
"""


def prove(unit, prover):
    """(name, complaint or "") of each function of a file."""
    try:
        result = prover.run(unit, unit.functions)
    except UserError as error:
        return [(unit.file, str(error))]
    found = []
    for name in unit.functions:
        failed = [goal for goal in result["failed"] if goal.startswith(name + "_")]
        bad = "\n".join("not proved: " + goal for goal in failed)
        if name not in result["seen"]:
            bad = "it has no contract that says what it ensures"
        found.append((f"{unit.file} {name}", bad))
    return found


def kill(unit, mutation, prover):
    """(name, complaint or "") of a mutation: some goal has to fail."""
    try:
        result = prover.run(unit, [mutation.function], mutation)
    except UserError as error:
        return (str(mutation), str(error))
    return (str(mutation), "" if result["failed"] else "the proof does not notice")


def run():
    """Prove everything: yields (kind, name, complaint)."""
    for axiom, bad in proof_words.run():
        yield "axiom", axiom, bad
    prover = Prover()
    units = table()
    jobs = [lambda u=unit: [("proof", *found) for found in prove(u, prover)]
            for unit in units]
    jobs += [lambda u=unit, m=mutation: [("mutation", *kill(u, m, prover))]
             for unit in units for mutation in unit.mutations]
    for found in proofs.each(lambda job: job(), jobs):
        yield from found
