# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Compute the worst-case use of every stack of an image from its code, and fail
when one is too small or something cannot be known: recursion, calls through
pointers. src/core/stack.ini says what code does not. The build does this for
every image.
"""

import os

from svsmkit import build, cmd_image, stack, ui
from svsmkit.errors import UserError

NAME = "stack"
HELP = "compute how deep an image's stacks get"


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("source", metavar="ELF|EXAMPLE",
                        help="an SVSM's ELF file, or the name of an example")
    parser.add_argument("--notes", metavar="FILE",
                        help="what the image itself has to add to src/core/stack.ini "
                        "(default for an example: its own stack.ini)")
    parser.add_argument("--frames", metavar="DIR", action="append",
                        help="also compare with what the compiler wrote below this "
                        "directory (-fstack-usage); may be given more than once")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="write the report to a file")
    build.add_arguments(parser)


def main(args):
    """Exit status 1 when a stack can overflow."""
    elf = cmd_image.find_elf(args)
    notes = args.notes
    if notes is None and args.source in build.examples():
        own = os.path.join(build.TREE, build.place(args.source), "stack.ini")
        notes = own if os.path.isfile(own) else None
    analysis = stack.Analysis(elf, stack.Notes(notes))
    bad = list(analysis.complaints)
    if args.frames:
        bad += analysis.differences(stack.compiled_frames(*args.frames))
    report = "\n".join(stack.render(analysis)) + "\n"
    if not args.output:
        print(report, end="")
    elif not bad:
        write(args.output, report)
    for line in bad:
        ui.error(f"{os.path.basename(elf)}: {line}")
    return 1 if bad else 0


def write(path, text):
    """The report as a file."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
