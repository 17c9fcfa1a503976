# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Do the files, functions and types exist that the pages for readers name?

A file is named by the end of its path (`arch/entry.S`), a directory with a slash
behind it. Words like NAME are places for a name, `my-...` is the reader's.
"""

import re

FILE = re.compile(r"(?<![\w/.<:{}$*~-])"
                  r"((?:[\w.-]+/)*[\w-]+\.(?:c|h|S|py|ini|md|lds|build)|(?:[\w.-]+/)+)"
                  r"(?![\w/*.-]*\w)")
SYMBOL = re.compile(r"\b([a-z_]\w+)\(\)|\b((?:svsm|SVSM)_\w+)\b(?!\*)")
OTHERS = re.compile(r"(?:^|/)(?:[A-Z]+(?:/|\.(?!md))|test_[A-Z]+\.|my-|your_)")


def path_ends(paths):
    """Every way to name one of the files, or a directory above it."""
    ends = set()
    for path in paths:
        parts = path.split("/")
        for i in range(len(parts)):
            ends.add("/".join(parts[i:]))
            ends.update("/".join(parts[i:j]) + "/" for j in range(i + 1, len(parts)))
    return ends


def complaints(page, text, ends, words):
    """Names of a page that nothing bears.

    `ends` is of path_ends(), `words` has every word of the sources.
    """
    bad = []
    for number, line in enumerate(text.splitlines(), start=1):
        names = [name for name in FILE.findall(line)
                 if re.sub(r"^(?:\.\.?/)+", "", name) not in ends | {""}
                 and not OTHERS.search(name)]
        names += [name for found in SYMBOL.findall(line)
                  if (name := found[0] or found[1]) not in words]
        bad += [f"{page}:{number}: there is no {name}" for name in names]
    return bad
