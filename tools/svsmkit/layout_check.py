# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Layout of C files: clang-format's opinion where house style has one.

Where to break a line, how to align a table and how far to indent a continued
line are the author's. Continued lines are those that move when clang-format is
told another indentation for them.
"""

import difflib
import os
import re
import subprocess
import tempfile

from svsmkit import build

COLUMNS = 80
VARIANTS = ({"ContinuationIndentWidth": "8"}, {"ContinuationIndentWidth": "24"})


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


def differences(lines, wanted):
    """Lines that only have another indentation: {line number: as it should be}."""
    old, new = [[normal(line) for line in text] for text in (lines, wanted)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    result = {}
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "replace" and b - a == d - c:
            for i, j in zip(range(a, b), range(c, d)):
                if old[i].strip() == new[j].strip() and old[i] != new[j]:
                    result[i] = new[j]
    return result


def for_clang_format(text):
    """The same lines, with Check's macros as the functions that they make."""
    text = re.sub(r"(?m)^START_TEST\((\w+)\)", r"void \1(int n)", text)
    return re.sub(r"(?m)^END_TEST$", "", text)


def wrong_lines(path):
    """Wrongly indented lines of a file: {index: indentation it should have}."""
    with open(path, encoding="utf-8") as file:
        text = for_clang_format(file.read())
    lines = text.splitlines()
    with tempfile.TemporaryDirectory() as directory:
        near, far = [differences(lines, formatted(text, path, style))
                     for style in styles(directory)]
    return {i: re.match(r"\s*", want)[0] for i, want in near.items()
            if far.get(i) == want and not continued(lines, i)}


def continued(lines, i):
    """Is this a line of a list in braces or of a macro's body?"""
    before = lines[i - 1].rstrip() if i else ""
    return before.endswith((",", "\\")) or lines[i].rstrip().endswith("\\")


def formatted(text, path, style):
    """clang-format's version of a file."""
    done = subprocess.run(
        ["clang-format", f"--style=file:{style}", f"--assume-filename={path}"],
        input=text, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.splitlines()


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
