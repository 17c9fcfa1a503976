# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""How many lines of code stand behind an image.

A source file counts when an instruction of the image comes from it, less the
functions from which none does: the linker leaves those out. Blank lines and
comments do not count.
"""

import functools
import os
import re

from svsmkit import build, ui
from svsmkit.errors import UserError

# readelf's line tables: "CU: ../src/x.c:" or "./../src/y.h:", then rows.
FILE = re.compile(r"^(?:CU: )?(\S+\.[chS]):(?:\[\+\+\])?$")
ROW = re.compile(r"^(\S+)\s+(\d+)\s+0x([0-9a-f]+)\b")
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)


def lines(elf, start):
    """Lines of code behind the ELF file's instructions from address `start` on."""
    return sum(code(path, numbers) for path, numbers in sources(elf, start).items())


def by_folder(elf, start):
    """The same for each folder of the tree."""
    found = {}
    for path, numbers in sources(elf, start).items():
        folder = os.path.relpath(os.path.dirname(path), os.path.realpath(build.TREE))
        found[folder] = found.get(folder, 0) + code(path, numbers)
    return found


def sources(elf, start):
    """The lines that instructions come from, by source file."""
    text = ui.run(["readelf", "-W", "--debug-dump=decodedline", elf],
                  "reading the line tables")
    found = {}
    for name, number in used(text.splitlines(), start):
        found.setdefault(in_tree(name), set()).add(number)
    if not found:
        raise UserError(f"{elf} does not tell which sources it is made of")
    return found


def used(table, start):
    """Files and line numbers with an instruction at `start` or above.

    A row names its file once more: the first ones below a "CU:" can be of
    another file than that.
    """
    found, current = set(), None
    for line in table:
        if header := FILE.match(line):
            current = header[1]
        elif (row := ROW.match(line)) and int(row[3], 16) >= start \
                and row[1] == os.path.basename(current):
            found.add((current, int(row[2])))
    return found


@functools.cache
def in_tree(name):
    """Where a file that the compiler names relative to the build is."""
    parts = name.split("/")
    for i in range(len(parts)):
        path = os.path.join(build.TREE, *parts[i:])
        if os.path.isfile(path):
            return os.path.realpath(path)
    raise UserError(f"{name} is not in the tree")


def code(path, numbers):
    """What count() says of a file."""
    with open(path, encoding="utf-8") as file:
        return count(file.read(), numbers)


def count(text, numbers):
    """Lines that are neither blank nor comment nor of an unused function.

    `numbers` are the lines that instructions come from. A string is no comment,
    whatever it holds.
    """
    def keep(found):
        return found[0] if found[0].startswith('"') else "\n" * found[0].count("\n")

    bare = STRING_OR_COMMENT.sub(keep, text).splitlines()
    for begin, end in functions(bare):
        if not numbers & set(range(begin + 1, end + 2)):
            bare[begin:end + 1] = [""] * (end + 1 - begin)
    return sum(1 for line in bare if line.strip())


def functions(bare):
    """First and last line of each function body: braces in the first column."""
    begin = None
    for at, line in enumerate(bare):
        if line == "{":
            begin = at
        elif line == "}" and begin is not None:
            yield begin, at
            begin = None
