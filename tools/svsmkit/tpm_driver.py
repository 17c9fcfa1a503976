# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The guest's driver for an SVSM's TPM, which no kernel of Debian's contains.

It is compiled in the cache, from the kernel's own source package and against
its headers, by their own build system. Of that the compiled helpers want a
newer C library than the machine may have, so they run on one of their suite.
"""

import os
import re
import shlex
import subprocess
import tarfile
import tempfile

from svsmkit import apt, cache, guest, system, ui
from svsmkit.errors import UserError

DRIVER = "tpm_svsm"
# What the kernel's packages are reached through, beside the image.
PACKAGES = ("linux-headers-cloud-amd64", "linux-source")
# The first version whose kernel proper has the call that the driver makes.
OLDEST = (6, 16)
SOURCES = {f"drivers/char/tpm/{DRIVER}.c", "drivers/char/tpm/tpm.h"}
# Of the kernel's build system: a helper, and the program that does its work.
HELPERS = {
    "scripts/basic/fixdep": "scripts/basic/fixdep",
    "scripts/mod/modpost": "scripts/mod/modpost.real-lsb-64",
    "tools/objtool/objtool": "tools/objtool/objtool.real-x86",
}
# Whatever compiler the machine has: gcc before 14 lacks -fmin-function-alignment,
# for which the build system has a substitute; no type information is made.
SETTINGS = ("CC=gcc", "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=",
            "CONFIG_DEBUG_INFO_BTF_MODULES=")
RECIPE = repr((DRIVER, SETTINGS))


def unpacker(suite_root):
    """An unpacker of a kernel with its driver.

    `suite_root` has a loader `ld.so` and the libraries that helpers need.
    """
    def unpack(debs, into):
        system.need(system.BUILD, system.DRIVER)
        extra = {deb for deb in debs if re.search(r"/linux-(headers|kbuild|source)-", deb)}
        guest.unpack_kernel([deb for deb in debs if deb not in extra], into)
        with tempfile.TemporaryDirectory(prefix="svsmkit-") as work:
            unpack_tree(extra, work)
            module = compile_driver(work, suite_root)
            with open(module, "rb") as file:
                cache.write(os.path.join(into, "modules", DRIVER + ".ko"), file.read())
        with open(os.path.join(into, "modules.order"), "a", encoding="ascii") as order:
            order.write(DRIVER + "\n")
    return unpack


def unpack_tree(debs, work):
    """Headers and build system as they are, of the source what is wanted."""
    for deb in sorted(debs):
        if "/linux-source-" in deb:
            unpack_source(deb, os.path.join(work, "driver"))
        else:
            ui.run(["dpkg-deb", "-x", deb, work], "unpacking the kernel's headers")


def unpack_source(deb, into):
    """The driver's files, out of the archive that is in the source package."""
    os.mkdir(into)
    child = apt.deb_tar(deb, subprocess.DEVNULL)
    try:
        with tarfile.open(fileobj=child.stdout, mode="r|") as package:
            for member in package:
                if member.name.endswith(".tar.xz"):
                    take(Meter(package.extractfile(member), member.size), into)
                    return
    finally:
        # What comes after the driver nobody wants to read.
        child.stdout.close()
        child.kill()
        child.wait()
    raise UserError(f"{os.path.basename(deb)} holds no source archive")


def take(archive, into):
    """Files of the kernel's source, from an xz archive."""
    missing = set(SOURCES)
    with tarfile.open(fileobj=archive, mode="r|xz") as tar:
        for member in tar:
            path = member.name.partition("/")[2]
            if path in missing:
                cache.write(os.path.join(into, os.path.basename(path)),
                            tar.extractfile(member).read())
                missing.remove(path)
                if not missing:
                    break
    archive.progress.close()
    if missing:
        raise UserError("the kernel's source has no " + ", ".join(sorted(missing)))


class Meter:
    """A stream that shows how far it has been read."""

    def __init__(self, stream, size):
        self.stream = stream
        self.size = size
        self.done = 0
        self.progress = ui.Progress("looking for the TPM's driver in Linux' source")

    def read(self, size):
        """As the stream's."""
        data = self.stream.read(size)
        self.done += len(data)
        self.progress.update(self.done, self.size)
        return data


def compile_driver(work, suite_root):
    """Build the module; gives its file."""
    sources = os.path.join(work, "usr", "src")
    headers = only(sources, r"linux-headers-.*(?<!-common)")
    common = only(sources, r"linux-headers-.*-common")
    kbuild = only(os.path.join(work, "usr", "lib"), r"linux-kbuild-.*")
    for helper, program in HELPERS.items():
        wrap(os.path.join(kbuild, helper), os.path.join(kbuild, program), suite_root)
    driver = os.path.join(work, "driver")
    cache.write(os.path.join(driver, "Kbuild"), f"obj-m := {DRIVER}.o\n".encode())
    ui.note(f"building {DRIVER}.ko")
    env = {key: value for key, value in os.environ.items()
           if key not in ("MAKEFLAGS", "MAKELEVEL", "ARCH", "CROSS_COMPILE")}
    ui.run(["make", "-C", headers, "-f", os.path.join(common, "Makefile"),
            f"KBUILD_OUTPUT={headers}", f"M={driver}", *SETTINGS, "modules"],
           "building the TPM's driver", env=env)
    module = os.path.join(driver, DRIVER + ".ko")
    ui.run(["strip", "--strip-debug", module], "strip")
    return module


def only(where, pattern):
    """The one directory of that name."""
    found = [name for name in os.listdir(where) if re.fullmatch(pattern, name)
             and not os.path.islink(os.path.join(where, name))]
    if len(found) != 1:
        raise UserError(f"the kernel's packages hold {len(found)} of {pattern}")
    return os.path.join(where, found[0])


def wrap(helper, program, suite_root):
    """Make a helper run on the C library that it was made for."""
    real = program + ".real"
    os.rename(program, real)
    loader = os.path.join(suite_root, "ld.so")
    words = [loader, "--library-path", suite_root, real]
    with open(helper, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec {shlex.join(words)} \"$@\"\n")
    os.chmod(helper, 0o755)
