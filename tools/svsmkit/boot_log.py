# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What a boot said: all of it in a file, and the part that tells why it failed.

An oops says what it is in its first line, and more than a screen follows. So a
report shows where trouble begins, what the machine has to say, and the end.
"""

import os
import re

from svsmkit import cache

# Where the reason is, and where it is when there is no line of the first kind.
FATAL = re.compile(
    r"BUG:|kernel BUG at|\bOops\b|Kernel panic|PANIC:|general protection"
    r"|divide error|invalid opcode|unable to handle|double fault|stack segment:"
    r"|int3:|X64 Exception|ASSERT |^svsm: error: ")
SUSPECT = re.compile(
    r"WARNING: (?!See )|\b[Uu]nhandled\b|[Uu]nexpected|detected stall|segfault"
    r"|blocked for more|unchecked MSR|^guest: .*\bfailed\b")
BEFORE, AFTER, TAIL = 3, 25, 12
MACHINE = 40
# Many, and nothing about the end.
COUNTS = re.compile(r"^snpemu: (?:counter|rmp|\[v\d\d p\d\]) ")


def keep(build_dir, name, result):
    """Write all that was said to a file; gives its path below `build_dir`."""
    word = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")
    path = os.path.join("boot-logs", word + ".txt")
    lines = ["== machine ==", *result.log, "== console ==", *result.console, ""]
    os.makedirs(os.path.join(build_dir, "boot-logs"), exist_ok=True)
    cache.write(os.path.join(build_dir, path), "\n".join(lines).encode())
    return path


def excerpt(result):
    """The lines of a failed boot that tell why."""
    console, end = result.console, 0
    at = trouble(console)
    shown = []
    if at is not None:
        begin, end = max(0, at - BEFORE), at + 1 + AFTER
        shown += [f"-- console, line {begin + 1} on:", *console[begin:end]]
    machine = [line for line in result.log if not COUNTS.match(line)]
    shown += ["-- machine:", *machine[-MACHINE:]]
    tail = console[max(end, len(console) - TAIL):]
    return shown + ["-- console, end:", *tail] if tail else shown


def trouble(console):
    """Index of the line with which trouble begins, or None."""
    for pattern in (FATAL, SUSPECT):
        for at, line in enumerate(console):
            if pattern.search(line):
                return at
    return None
