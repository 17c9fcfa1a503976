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
# Work per goal, in steps of the prover: it is the same on a busy machine. What
# is true needs at most 710,000 of z3's and 75,000 of CVC4's; a goal that is not
# true costs about a second of each.
Z3_STEPS = 1_000_000
CVC4_STEPS = 150_000
# In this order; a file for which the other one is better says so.
PROVERS = "z3 cvc4"
# For what does not come to an end at all; no verdict.
SECONDS = 120
# One prover's answer, or below a failed goal those of all.
GOAL = re.compile(r"^\[wp\] \[([^]]+)\] Goal typed_(\w+)"
                  r"(?: : (\w+)|((?:\n  \w[^:\n]*: .*)+))", re.M)
ANSWER = re.compile(r"^  \w[^:]*: (\w+)", re.M)
SUM = re.compile(r"^\[wp\] Proved goals:\s+(\d+) / (\d+)$", re.M)
# How a prover ends that looked and did not find a proof ("Step limit exceeded").
GAVE_UP = ("Unknown", "Step")


class Unit:
    """A source file: what is proved in it, and its mutations."""

    def __init__(self, file, section):
        self.file = file
        self.headers = section.pop("headers", "").split()
        self.provers = section.pop("provers", PROVERS).split()
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

    def run(self, unit, functions, provers, mutation=None):
        """{goal: who proved it, or "" when nobody did}."""
        with proofs.Copy(mutation) as copy:
            options = ["-std=gnu11", "-include", copy.path(WORDS), *copy.includes(
                "include", "tests/fake/inline", os.path.dirname(unit.file))]
            source = copy.path(unit.file)
            text = proofs.preprocess(["-D__FRAMAC__", *options], source, copy.root)
            return proofs.remembered(
                ["wp", self.versions, WHY3_CONFIG, provers, functions, text],
                lambda: self._prove(options, source, functions, provers))

    def _prove(self, options, source, functions, provers):
        status, out = proofs.execute(
            ["frama-c", "-c11", "-machdep", "gcc_x86_64",
             "-cpp-extra-args=" + " ".join(options), "-wp", "-wp-rte",
             "-wp-fct", ",".join(functions), "-wp-prover", ",".join(provers),
             "-wp-timeout", str(SECONDS), "-wp-par", "1", "-wp-cache", "none",
             source], 15 * SECONDS, env={**os.environ, "WHY3CONFIG": self.config})
        return goals(source, status, out)


def goals(source, status, out):
    """What Frama-C said of each goal; an error when it did not work."""
    total = SUM.search(out)
    if status != 0 or not total:
        raise UserError(f"Frama-C on {source}: status {status}\n" + ui.tail(out))
    found = {}
    for prover, goal, state, answers in GOAL.findall(out):
        states = ANSWER.findall(answers) if answers else [state]
        if state != "Valid" and not set(states) <= set(GAVE_UP):
            raise UserError(f"Frama-C on {source}: {goal}: {states}\n" + ui.tail(out))
        found[goal] = prover if state == "Valid" else ""
    if (len(found) != int(total[2])
            or sum(map(bool, found.values())) != int(total[1])):
        raise UserError(f"Frama-C on {source}: cannot read\n" + ui.tail(out))
    return found


def _prover(name, version, driver, command):
    """A prover for Why3: it counts its steps itself."""
    return f"""
[prover]
name = "{name}"
version = "{version}"
driver = "{driver}"
command = "{command}"
command_steps = "{command}"
shortcut = "{name.lower()}"
editor = ""
in_place = false
interactive = false
"""


WHY3_CONFIG = """[main]
libdir = "/usr/lib/ocaml/why3"
datadir = "/usr/share/why3"
magic = 14
memlimit = 2000
running_provers_max = 2
timelimit = 600
""" + _prover("Z3", "4.8.12", "z3_471",
              "z3 -smt2 sat.random_seed=42 nlsat.randomize=false "
              f"smt.random_seed=42 -st rlimit={Z3_STEPS} %f") \
    + _prover("CVC4", "1.8", "cvc4_17",
              f"cvc4 --stats --rlimit={CVC4_STEPS} --lang=smt2 %f")


def prove(unit, prover):
    """(name, complaint or "") of each function of a file."""
    try:
        found = prover.run(unit, unit.functions, unit.provers)
    except UserError as error:
        return [(unit.file, str(error))]
    return [(f"{unit.file} {name}", judge(name, found)) for name in unit.functions]


def judge(name, found):
    """Why a function is not proved, or ""."""
    mine = [goal for goal in found if goal.startswith(name + "_")]
    if not any(goal.startswith(name + "_ensures") for goal in mine):
        return "it has no contract that says what it ensures"
    return "\n".join("not proved: " + goal for goal in mine if not found[goal])


def kill(unit, mutation, prover):
    """(name, complaint or "") of a mutation: some goal has to fail.

    The first prover alone is asked first. That it gives up counts where the other
    one was not needed for a goal of that kind before the change (goals are numbered
    by their order, so their numbers move).
    """
    first = unit.provers[0]
    try:
        hard = {kind(goal) for goal, who in
                prover.run(unit, unit.functions, unit.provers).items()
                if who != "Qed" and not who.lower().startswith(first)}
        found = prover.run(unit, [mutation.function], [first], mutation)
        failed = [goal for goal, who in found.items() if not who]
        if failed and all(kind(goal) in hard for goal in failed):
            found = prover.run(unit, [mutation.function], unit.provers, mutation)
    except UserError as error:
        return (str(mutation), str(error))
    return (str(mutation), "" if not all(found.values())
            else "the proof does not notice")


def kind(goal):
    """A goal's name without its number."""
    return re.sub(r"(_(part)?\d+)+$", "", goal)


def run():
    """Prove everything: yields (kind, name, complaint)."""
    for axiom, bad in proof_words.run():
        yield "axiom", axiom, bad
    prover = Prover()
    units = table()
    # A file's mutations need its proof, so all proofs come first.
    for found in proofs.each(lambda unit: prove(unit, prover), units):
        yield from (("proof", *one) for one in found)
    jobs = [(unit, mutation) for unit in units for mutation in unit.mutations]
    for found in proofs.each(lambda job: kill(*job, prover), jobs):
        yield ("mutation", *found)
