# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Layout of C files: clang-format's opinion where house style has one.

Where to break a line, how to align a table and how far to indent a continued
line are the author's. So a line is wrong only when no way of indenting
continued lines that we use gives its indentation.
"""

import difflib
import os
import re
import subprocess
import tempfile

from svsmkit import build

COLUMNS = 80
# How continued lines may be indented: the settings that differ.
VARIANTS = (
    {"AlignAfterOpenBracket": "Align", "ContinuationIndentWidth": "8"},
    {"AlignAfterOpenBracket": "DontAlign", "ContinuationIndentWidth": "8"},
    {"AlignAfterOpenBracket": "DontAlign", "ContinuationIndentWidth": "16"},
)


def styles(directory):
    """Write a style file for each variant; gives their paths."""
    with open(os.path.join(build.TREE, ".clang-format"), encoding="utf-8") as file:
        base = file.read()
    for number, settings in enumerate(VARIANTS):
        text = base
        for key, value in settings.items():
            text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text)
        path = os.path.join(directory, str(number))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        yield path


def normal(line):
    """A line with its indentation, but without the spaces inside it."""
    indent = re.match(r"\s*", line)[0]
    return indent + "".join(line.split())


def differences(lines, formatted):
    """Lines that only have another indentation: {line number: as it should be}."""
    old, new = [[normal(line) for line in text] for text in (lines, formatted)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    result = {}
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "replace" and b - a == d - c:
            for i, j in zip(range(a, b), range(c, d)):
                if old[i].strip() == new[j].strip() and old[i] != new[j]:
                    result[i] = new[j]
    return result


def wrong_lines(path):
    """Wrongly indented lines of a file: {index: indentation it should have}."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    wrong = None
    with tempfile.TemporaryDirectory() as directory:
        for style in styles(directory):
            done = subprocess.run(
                ["clang-format", f"--style=file:{style}", path], text=True,
                stdout=subprocess.PIPE, check=True)
            found = differences(lines, done.stdout.splitlines())
            wrong = found if wrong is None else {
                i: want for i, want in wrong.items() if i in found}
    return {i: re.match(r"\s*", want)[0] for i, want in wrong.items()}


def width(line):
    """Columns of a line, tabs at every eighth."""
    return len(line.expandtabs(8))


def complaints(path):
    """What is wrong with the layout of a C file."""
    name = os.path.relpath(path, build.TREE)
    bad = [f"{name}:{i + 1}: indentation" for i in wrong_lines(path)]
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file.read().split("\n"), start=1):
            if width(line) > COLUMNS:
                bad.append(f"{name}:{number}: more than {COLUMNS} columns")
            if line != line.rstrip():
                bad.append(f"{name}:{number}: space at the end of the line")
    return bad


def rewrite(path):
    """Correct a file; tells whether it changed."""
    wrong = wrong_lines(path)
    with open(path, encoding="utf-8") as file:
        old = file.read()
    lines = old.split("\n")
    for i, indent in wrong.items():
        lines[i] = indent + lines[i].lstrip()
    new = "\n".join(line.rstrip() for line in lines)
    if new != old:
        with open(path, "w", encoding="utf-8") as file:
            file.write(new)
    return new != old
