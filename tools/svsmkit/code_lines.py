# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""How many lines of code stand behind an image.

A source file counts whole, as soon as one instruction of the image comes from
it; blank lines and comments do not count.
"""

import os
import re

from svsmkit import build, ui
from svsmkit.errors import UserError

# readelf's line tables: "CU: ../src/x.c:" or "./../src/y.h:", then rows.
FILE = re.compile(r"^(?:CU: )?(\S+\.[chS]):(?:\[\+\+\])?$")
ROW = re.compile(r"^\S+\s+\d+\s+0x([0-9a-f]+)\b")
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.S)


def lines(elf, start):
    """Lines of code behind the ELF file's instructions from address `start` on."""
    return sum(code(path) for path in sources(elf, start))


def sources(elf, start):
    """Paths of the source files that instructions come from."""
    text = ui.run(["readelf", "-W", "--debug-dump=decodedline", elf],
                  "reading the line tables")
    found = {in_tree(name) for name in used(text.splitlines(), start)}
    if not found:
        raise UserError(f"{elf} does not tell which sources it is made of")
    return sorted(found)


def used(table, start):
    """Names of files with an instruction at `start` or above."""
    names, current = set(), None
    for line in table:
        if header := FILE.match(line):
            current = header[1]
        elif (row := ROW.match(line)) and int(row[1], 16) >= start:
            names.add(current)
    return names


def in_tree(name):
    """Where a file that the compiler names relative to the build is."""
    parts = name.split("/")
    for i in range(len(parts)):
        path = os.path.join(build.TREE, *parts[i:])
        if os.path.isfile(path):
            return os.path.realpath(path)
    raise UserError(f"{name} is not in the tree")


def code(path):
    """Lines of a C or assembly file that are neither blank nor comment."""
    with open(path, encoding="utf-8") as file:
        return count(file.read())


def count(text):
    """The same of a text. A string is no comment, whatever it holds."""
    def keep(found):
        return found[0] if found[0].startswith('"') else "\n" * found[0].count("\n")

    return sum(1 for line in STRING_OR_COMMENT.sub(keep, text).splitlines()
               if line.strip())
