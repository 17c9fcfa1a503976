# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Check the form of the tree: layout of C files (clang-format), names in the
docs, clang-tidy, cppcheck, shellcheck, licences (reuse) and commit messages.
"""

from svsmkit import build, lint, system, ui
from svsmkit.errors import UserError

NAME = "lint"
HELP = "check the form of the tree"


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("check", nargs="*", metavar="CHECK",
                        help="only these: " + ", ".join(lint.CHECKS))
    build.add_arguments(parser)


def main(args):
    """Run the checks."""
    for name in args.check:
        if name not in lint.CHECKS:
            raise UserError(f"there is no check '{name}'; there are: "
                            + ", ".join(lint.CHECKS))
    system.need(system.BUILD, system.LINT)
    build.setup(args.build_dir)
    failed = 0
    for name in args.check or lint.CHECKS:
        ui.note(f"lint: {name}")
        bad = lint.CHECKS[name](args.build_dir)
        for line in bad:
            print(line)
        failed += bool(bad)
    return 1 if failed else 0
