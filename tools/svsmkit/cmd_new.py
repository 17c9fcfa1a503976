# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Make an SVSM of your own from a template: examples/NAME, ready for
`kit run NAME`. docs/first-svsm.md goes on from there.
"""

import os
import re
import shutil

from svsmkit import build, cache
from svsmkit.errors import UserError

NAME = "new"
HELP = "make an SVSM of your own"

TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "template")
NAMES = re.compile(r"[a-z][a-z0-9-]{0,30}")


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("name", metavar="NAME",
                        help="small letters, digits and dashes")


def main(args):
    """Make it and tell how to go on."""
    if not NAMES.fullmatch(args.name):
        raise UserError(f"'{args.name}' is no name for an SVSM "
                        "(small letters, digits and dashes)")
    examples = os.path.join(build.TREE, "examples")
    create(examples, args.name)
    print(f"examples/{args.name}/{args.name}.c is your SVSM; try: "
          f"kit run {args.name}")
    return 0


def create(examples, name):
    """Make the directory, then hook it into the build."""
    where = os.path.join(examples, name)
    if os.path.exists(where):
        raise UserError(f"examples/{name} exists already")
    try:
        with cache.directory(where) as into:
            fill(into, name)
        hook(os.path.join(examples, "meson.build"), name)
    except OSError as error:
        shutil.rmtree(where, ignore_errors=True)
        raise UserError(f"cannot make examples/{name}: {error.strerror}") from None


def fill(into, name):
    """The template's files with the name put in."""
    for source in sorted(os.listdir(TEMPLATE)):
        with open(os.path.join(TEMPLATE, source), encoding="utf-8") as file:
            text = file.read().replace("@NAME@", name)
        target = name + ".c" if source == "svsm.c" else source
        cache.write(os.path.join(into, target), text.encode())


def hook(path, name):
    """Add the directory to the build."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    cache.write(path, (text.rstrip("\n") + f"\nsubdir('{name}')\n").encode())
