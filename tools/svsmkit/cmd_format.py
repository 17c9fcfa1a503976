# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Correct the indentation of C files, as `kit lint layout` wants it, and remove
spaces at line ends. Line breaks and alignment inside a line stay as they are.
"""

import os

from svsmkit import build, layout_check, lint, system
from svsmkit.errors import UserError

NAME = "format"
HELP = "correct the layout of C files"


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("file", nargs="*", metavar="FILE",
                        help="default: all C files of the tree")


def main(args):
    """Rewrite the files; print the names of those that changed."""
    for path in args.file:
        if not os.path.isfile(path):
            raise UserError(f"there is no file {path}")
        if not path.endswith((".c", ".h")):
            raise UserError(f"{path} is no C file")
    system.need(system.LINT)
    for path in args.file or lint.tracked("*.c", "*.h"):
        if layout_check.rewrite(os.path.abspath(path)):
            print(os.path.relpath(path, build.TREE))
    return 0
