# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Worst-case stack use of an image, for every stack that it has.

src/core/stack.ini names the stacks, where they are entered, and what code cannot
tell: targets of calls through pointers, bounds of recursion. What is neither in
the code nor in that file makes the image fail.
"""

import configparser
import itertools
import os
import pathlib
import re
from dataclasses import dataclass

from svsmkit import build
from svsmkit.errors import UserError
from svsmkit.stack_code import WORD, Code

NOTES = os.path.join(build.TREE, "src", "core", "stack.ini")
LAYOUT = os.path.join(build.TREE, "src", "core", "arch", "layout.h")
DEFINE = re.compile(r"^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\s*(?:/\*.*)?$", re.MULTILINE)
# What the processor pushes: five words, and a word to align them to 16.
EXCEPTION = 6 * WORD


@dataclass(frozen=True)
class Stack:
    """One stack of stack.ini."""
    name: str
    size: int
    pushed: int         # bytes that are there when an entry begins
    entries: tuple      # functions; one that ends in ? need not be in the image
    faults: int         # exceptions on top of it that have no stack of their own


@dataclass(frozen=True)
class Use:
    """The worst case of a stack in an image."""
    stack: Stack
    worst: int
    path: tuple         # (function, depth at which it begins)


@dataclass(frozen=True)
class Fault:
    """Exceptions without a stack of their own."""
    entry: str
    once: str           # the function that ends the VM: while it is on a stack,
    then: str           # a further fault only calls this


class Notes:
    """stack.ini and an image's own, checked."""

    def __init__(self, own=None, path=NOTES, layout=LAYOUT):
        parser = configparser.ConfigParser(interpolation=None, delimiters="=")
        parser.optionxform = str
        try:
            for name in [path] + ([own] if own else []):
                with open(name, encoding="utf-8") as file:
                    parser.read_file(file)
            with open(layout, encoding="utf-8") as file:
                self.numbers = {m[1]: int(m[2], 0)
                                for m in DEFINE.finditer(file.read())}
        except (OSError, configparser.Error) as error:
            raise UserError(f"{path}: {error}") from None
        self.path = path
        self.indirect = {name: value.split()
                         for name, value in self.section(parser, "indirect")}
        self.recursion = {name: self.number(value)
                          for name, value in self.section(parser, "recursion")}
        self.moved = {name: self.number(value)
                      for name, value in self.section(parser, "moved")}
        self.switch = tuple(name for name, _ in self.section(parser, "switch"))
        self.stacks = [self.stack(name[6:], parser[name])
                       for name in parser.sections() if name.startswith("stack ")]
        self.fault = Fault(**parser["fault"])
        self.never = {name: value.split()
                      for name, value in self.section(parser, "never")}

    def section(self, parser, name):
        return parser.items(name) if parser.has_section(name) else []

    def number(self, text):
        """A sum of products of numbers and of names of layout.h."""
        total = 0
        for term in text.split("+"):
            product = 1
            for factor in term.split("*"):
                factor = factor.strip()
                if factor in self.numbers:
                    product *= self.numbers[factor]
                elif factor.isdigit():
                    product *= int(factor)
                else:
                    raise UserError(f"{self.path}: {factor} is no number of layout.h")
            total += product
        return total

    def stack(self, name, values):
        return Stack(name, self.number(values["bytes"]), self.number(values["pushed"]),
                     tuple(values["entry"].split()), self.number(values["faults"]))


class Graph:
    """Who calls whom in one image, and how deep that gets."""

    def __init__(self, code, notes):
        self.code = code
        self.notes = notes
        self.used = set()       # annotations that this image needed
        self.complaints = set()
        self.memory = {}

    def function(self, addr):
        function = self.code.function(addr, self.notes.switch, self.notes.moved)
        name = self.code.owner(addr).name
        if function.moves:
            self.used.add(("moved", name))
        if name in self.notes.switch:
            self.used.add(("switch", name))
        return function

    def targets(self, function):
        """(address, depth) of each call, through pointers as well."""
        calls = list(function.calls.items())
        name = self.code.owner(function.addr).name
        if not function.unknown or name in self.notes.switch:
            return calls
        if name not in self.notes.indirect:
            self.complaints.add(f"{name} calls through a pointer: say in [indirect] "
                                "whom")
            return calls
        self.used.add(("indirect", name))
        return calls + [(addr, max(function.unknown)) for addr in self.pointed(name)]

    def pointed(self, name):
        """Addresses that an annotation names; * is all that stand in data."""
        found = set()
        for target in self.notes.indirect[name]:
            if target == "*":
                named = {self.code.find(other) for targets in
                         self.notes.indirect.values() for other in targets
                         if other != "*"}
                found |= self.code.taken() - named
            else:
                addr = self.code.find(target)
                found |= {addr} if addr is not None else set()
        return sorted(found)

    def depth(self, addr, budget=None, above=()):
        """(bytes, path) of the deepest way down from a function's entry."""
        budget = dict(self.notes.recursion if budget is None else budget)
        name = self.code.owner(addr).name
        if name in budget:
            if not budget[name]:
                if any(self.code.owner(a).name == name for a, _ in above):
                    self.used.add(("recursion", name))
                return 0, ()
            budget[name] -= 1
        key = (addr, tuple(sorted(budget.items())))
        if key in above:
            loop = [self.code.name(a) for a, _ in above[above.index(key):]]
            self.complaints.add("recursion: " + " > ".join(loop + [loop[0]])
                                + ": say in [recursion] how deep")
            return 0, ()
        if key not in self.memory:
            self.memory[key] = self.deepest(addr, budget, above + (key,))
        return self.memory[key]

    def way(self, addr, goals):
        """Names of functions on a way from one address to one of others, or None."""
        came = {addr: None}
        todo = [addr]
        while todo:
            at = todo.pop(0)
            if at in goals:
                names = []
                while at is not None:
                    names.insert(0, self.code.name(at))
                    at = came[at]
                return names
            for target, _ in self.targets(self.function(at)):
                if target not in came:
                    came[target] = at
                    todo.append(target)
        return None

    def deepest(self, addr, budget, above):
        function = self.function(addr)
        worst, path = function.frame, ()
        for target, at in self.targets(function):
            below, way = self.depth(target, budget, above)
            if at + below > worst:
                worst = at + below
                path = tuple((name, at + depth) for name, depth in way)
        return worst, ((function.name, 0),) + path


class Analysis:
    """All stacks of one image."""

    def __init__(self, elf_path, notes=None):
        self.notes = notes or Notes()
        with open(elf_path, "rb") as file:
            self.code = Code(file.read(), elf_path)
        self.graph = Graph(self.code, self.notes)
        self.uses = [self.use(stack) for stack in self.notes.stacks
                     if self.entries(stack)]
        self.complaints = sorted(self.graph.complaints)
        self.complaints += [f"stack {use.stack.name}: {use.worst} bytes can be needed, "
                            f"it has {use.stack.size}"
                            for use in self.uses if use.worst > use.stack.size]
        self.complaints += self.reached()

    def reached(self):
        """Complaints about functions that [never] forbids to call, however far down."""
        for name, forbidden in self.notes.never.items():
            start = self.code.find(name)
            goals = {self.code.find(other) for other in forbidden} - {None}
            way = self.graph.way(start, goals) if start is not None else None
            if way:
                yield "[never] forbids " + " > ".join(way)

    def use(self, stack):
        """The worst entry of a stack, and the faults on top."""
        entries = self.entries(stack)
        depth, path = max(self.graph.depth(addr) for addr in entries)
        path = tuple((name, at + stack.pushed) for name, at in path)
        if stack.faults:
            alive = max(self.alive(addr) for addr in entries)
            depth = self.with_faults(depth, alive, stack.faults)
        return Use(stack, stack.pushed + depth, path)

    def alive(self, addr):
        """The depth as long as nothing has ended the VM."""
        depth, _ = self.graph.depth(addr, {**self.notes.recursion,
                                           self.notes.fault.once: 0})
        return depth

    def with_faults(self, ending, alive, faults):
        """The depth with so many faults on top, wherever they strike."""
        entry = self.require(self.notes.fault.entry)
        full = EXCEPTION + self.graph.depth(entry)[0]
        recovered = EXCEPTION + self.alive(entry)
        once = self.graph.function(self.require(self.notes.fault.once)).frame
        then = self.graph.depth(self.require(self.notes.fault.then))[0]
        again = recovered + once + WORD + then
        for _ in range(faults):
            ending, alive = max(ending + again, alive + full), alive + recovered
        return ending

    def entries(self, stack):
        found = [self.code.find(name[:-1]) if name.endswith("?") else self.require(name)
                 for name in stack.entries]
        return [addr for addr in found if addr is not None]

    def require(self, name):
        addr = self.code.find(name)
        if addr is None:
            raise UserError(f"{self.code.elf.reader.what}: no function {name}, where "
                            "a stack begins")
        return addr

    def differences(self, compiled):
        """Functions that need less than the compiler says: misread. They may need
        more, since the compiler does not read its inline assembly."""
        if not compiled:
            return ["the compiler wrote no frame sizes"]
        return [f"{function.name}: {function.frame + WORD} bytes in the code, the "
                f"compiler says {sorted(compiled[function.name])}"
                for function in self.code.known.values()
                if function.frame + WORD < min(compiled.get(function.name, [0]))]


def compiled_frames(*directories):
    """name -> sizes with return address, as -fstack-usage wrote them."""
    result = {}
    # Names of objects can begin with a dot, which glob would not see.
    for path in itertools.chain.from_iterable(
            pathlib.Path(directory).rglob("*.su") for directory in directories):
        with open(path, encoding="utf-8") as file:
            for line in file:
                place, size, _ = line.split("\t")
                name = place.rpartition(":")[2]
                result.setdefault(name, set()).add(int(size))
    return result


def render(analysis, paths=True):
    """The report as lines."""
    yield f"{'stack':8} {'bytes':>6} {'worst':>6}  {'faults':>6}"
    for use in analysis.uses:
        yield f"{use.stack.name:8} {use.stack.size:6} {use.worst:6}  " \
            f"{use.stack.faults or '':>6}"
    if not paths:
        return
    for use in analysis.uses:
        yield ""
        yield f"deepest on stack {use.stack.name}:"
        for name, at in use.path:
            yield f"  {at:6}  {name}"
