# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The TPM on libtpms 0.10, beside the system's: a build of what links libtpms,
in a directory of its own (BUILD/libtpms), on Debian forky's libtpms-dev. The
image `vtpm` is among it: whatever libtpms calls has to be there without a C
library, and the pages that it adds are counted.
"""

import json
import os

from svsmkit import build, guest, ui
from svsmkit.errors import UserError

SUITE = "libtpms"
# What budgets.tpm_pages() looks at.
IMAGES = ("examples/vtpm/vtpm.elf", "examples/minimal/minimal.elf",
          "tests/guest/payload/counter.fd")


def make(build_dir):
    """Build the tests and the image; gives the directory and libtpms' version."""
    where, version = guest.libtpms()
    directory = os.path.join(build_dir, "libtpms")
    option = "-Dlibtpms=" + where
    if os.path.exists(os.path.join(directory, "build.ninja")):
        ui.run(["meson", "configure", directory, option], "configuring for libtpms")
    else:
        ui.run(["meson", "setup", directory, build.TREE, option],
               "configuring for libtpms")
    ui.run(["ninja", "-C", directory, "build.ninja"], "configuring it again")
    ui.note(f"building for libtpms {version}")
    ui.run(["ninja", "-C", directory, *IMAGES, *programs(directory)],
           "the build for libtpms")
    return directory, version


def programs(directory):
    """The programs of the tests that link libtpms, in the build directory."""
    out = ui.run(["meson", "introspect", "--tests", directory], "meson introspect")
    top = os.path.realpath(directory)
    found = [os.path.relpath(test["cmd"][0], top) for test in json.loads(out)
             if f"svsmkit:{SUITE}" in test["suite"]]
    if not found:
        raise UserError("no test links libtpms")
    return found
