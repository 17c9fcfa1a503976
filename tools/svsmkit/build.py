# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Build the tree with Meson."""

import os

from svsmkit import system, ui
from svsmkit.errors import UserError

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def add_arguments(parser):
    """Arguments of every command that builds."""
    parser.add_argument("--build-dir", default=os.path.join(TREE, "build"),
                        metavar="DIR", help="where to build (default: %(default)s)")


def setup(build_dir):
    """Configure the build directory when it is new or half-made."""
    if os.path.exists(os.path.join(build_dir, "build.ninja")):
        return
    try:
        os.makedirs(build_dir, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot build in {build_dir}: {error.strerror}") from None
    if os.listdir(build_dir) \
            and not os.path.isdir(os.path.join(build_dir, "meson-private")):
        raise UserError(f"{build_dir} is no build directory")
    ui.note("configuring the build")
    ui.run(["meson", "setup", build_dir, TREE], "configuring the build")


def build(build_dir, *targets):
    """Build everything, or only some targets."""
    system.need(system.BUILD)
    setup(build_dir)
    ui.note("building" + "".join(" " + target for target in targets))
    ui.run(["ninja", "-C", build_dir, *targets], "the build")


PLACES = ("examples", os.path.join("tests", "boot", "images"))


def place(name):
    """The folder of an example or test image, from the top of the tree."""
    for base in PLACES:
        if os.path.isfile(os.path.join(TREE, base, name, "meson.build")):
            return os.path.join(base, name)
    return None


def elf(build_dir, example):
    """The ELF file of an example or test image."""
    return os.path.join(build_dir, place(example), example + ".elf")


def examples():
    """Names of the examples in the tree."""
    base = os.path.join(TREE, "examples")
    return sorted(name for name in os.listdir(base)
                  if os.path.isfile(os.path.join(base, name, "meson.build")))
