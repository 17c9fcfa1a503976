# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the kinds of proofs share: changed copies of sources, remembered results."""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile

from svsmkit import build, cache
from svsmkit.errors import UserError

HERE = os.path.join("tests", "proofs")
ARROW = " => "


class Mutation:
    """A change that a proof has to notice: in FILE, in FUNCTION, OLD => NEW."""

    def __init__(self, file, function, text):
        self.file = file
        self.function = function
        old, arrow, new = text.partition(ARROW)
        if not arrow or old == new:
            raise UserError(f"mutation of {function}: '{text}' is not 'old{ARROW}new'")
        self.old, self.new = old.strip(), new.strip()

    def __str__(self):
        return f"{self.file}: {self.function}(): {self.old}{ARROW}{self.new}"

    def apply(self, text):
        """The changed text; the old one has to be there exactly once."""
        begin, end = body(text, self.function)
        found = text.count(self.old, begin, end)
        if found != 1:
            raise UserError(f"{self}: the old text is there {found} times")
        at = text.index(self.old, begin, end)
        return text[:at] + self.new + text[at + len(self.old):]


def body(text, function):
    """Where a function's definition begins and ends."""
    found = re.search(rf"^(?![\s#/*]).*?\b{function}\([^;{{]*\)\n\{{\n.*?^\}}$",
                      text, re.M | re.S)
    inside = found and re.search(rf"\b{function}\([^;{{]*\)\n\{{\n", found[0])
    if not inside:
        raise UserError(f"there is no function {function}()")
    return found.start() + inside.start(), found.end()


def defines(path, function):
    """Does this file define the function?"""
    try:
        body(read(path), function)
    except UserError:
        return False
    return True


def read(path):
    """A file of the tree."""
    with open(os.path.join(build.TREE, path), encoding="utf-8") as file:
        return file.read()


class Copy:
    """A directory with a changed file, to be searched before the tree.

    The changed file's neighbours are there as well: what they include in quotes is
    looked for beside them first.
    """

    def __init__(self, mutation):
        self.mutation = mutation
        self.root = None

    def __enter__(self):
        self.root = tempfile.mkdtemp(prefix="svsmkit-proof-")
        if self.mutation:
            name = os.path.join(self.root, self.mutation.file)
            folder = os.path.dirname(self.mutation.file)
            shutil.copytree(os.path.join(build.TREE, folder), os.path.dirname(name))
            with open(name, "w", encoding="utf-8") as file:
                file.write(self.mutation.apply(read(self.mutation.file)))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, name):
        """Where this file of the tree is now: its copy, when it was changed."""
        changed = os.path.join(self.root, name)
        return changed if os.path.exists(changed) else os.path.join(build.TREE, name)

    def includes(self, *names):
        """-I for each of these directories, changed files first."""
        return [f"-I{base}/{name}" for base in (self.root, build.TREE)
                for name in names]


def execute(argv, seconds, **kwargs):
    """Status and output of a program; status None when it took too long."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False,
                              timeout=seconds, **kwargs)
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout


def preprocess(options, source, root):
    """The preprocessed source with its comments, without the paths in it."""
    status, text = execute(["gcc", "-E", "-C", *options, source], 60)
    if status != 0:
        raise UserError(f"{source} does not preprocess\n{text}")
    return re.sub(r"^# .*$", "", text.replace(root, ""), flags=re.M)


def remembered(parts, compute):
    """`compute()`, or what it gave when all `parts` were the same before."""
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    name = cache.path("proofs", key + ".json")
    try:
        with open(name, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        pass
    result = compute()
    cache.write(name, json.dumps(result).encode())
    return result


def each(function, items):
    """`function` of each item, on all CPUs, in their order."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(function, items)
