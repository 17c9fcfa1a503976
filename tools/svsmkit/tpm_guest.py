# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What a guest has in addition when its SVSM has a TPM.

A kernel with the TPM's driver, tpm2-tools with the libraries they need, and
the tests in tests/guest/tpm.
"""

import os
import re

from svsmkit import build, cache, guest, tpm_driver, ui
from svsmkit.guest import Part

KERNEL = "linux-tpm"     # the kind of part
PROGRAMS = ("latency", "tpmload")
LIBRARIES = "/lib/x86_64-linux-gnu"
LOADER = "/lib64/ld-linux-x86-64.so.2"
# Not for the guest: what programs of the kernel's build system need.
NOT_FOR_GUEST = ("libelf.so.1",)
# The tools would download certificates with it; that alone needs 20 packages.
CURL = "libcurl-gnutls.so.4"
# The word that asks for the tests that take long.
LONG = "svsmkit.long"
TESTS = os.path.join(build.TREE, "tests", "guest", "tpm")


def unpack_tools(debs, into):
    """The program behind all tools, its libraries, and the tools' names."""
    guest.unpack_program("tpm2", r"tss2-(?:esys|mu|rc|sys|tctildr|tcti-device)|"
                         "crypto|c|elf|z|zstd")(debs, into)
    listed = [ui.run(["dpkg-deb", "--contents", deb], "reading tpm2-tools")
              for deb in debs]
    names = sorted(set(re.findall(r"/usr/bin/(tpm2_\w+) -> ", "".join(listed))))
    cache.write(os.path.join(into, "names"), "\n".join(names).encode() + b"\n")


TOOLS = Part("trixie", "tpm2-tools", (5, 7), unpack_tools, "loader and libraries", (
    "libtss2-esys-3.0.2-0t64", "libtss2-mu-4.0.1-0t64", "libtss2-rc0t64",
    "libtss2-sys1t64", "libtss2-tctildr0t64", "libtss2-tcti-device0t64",
    "libssl3t64", "libc6", "libelf1t64", "libzstd1", "zlib1g"))


def tools():
    """A directory with tpm2, its libraries and `ld.so`."""
    return guest.STORE.get("tool", "tpm2", TOOLS)


def kernel(name):
    """Directory of a suite's kernel with the driver."""
    plain = guest.KERNELS[name]
    part = Part(plain.suite, plain.package, tpm_driver.OLDEST,
                tpm_driver.unpacker(tools()), plain.recipe + tpm_driver.RECIPE,
                tpm_driver.PACKAGES)
    return guest.STORE.get(KERNEL, name, part)


def names(append):
    """The tests that run with these words on the kernel's command line."""
    long = LONG in append.split()
    found = [re.fullmatch(r"\d\d-(\w+)(\.long)?", name)
             for name in sorted(os.listdir(TESTS))]
    return [test[1] for test in found if test and (long or not test[2])]


def add(archive, build_dir):
    """Tools and tests, into an initramfs."""
    where = tools()
    built = os.path.join(build_dir, "tests", "guest")
    archive.program("bin/tpm2", os.path.join(where, "tpm2"))
    archive.program(LOADER.lstrip("/"), os.path.join(where, "ld.so"))
    for name in sorted(os.listdir(where)):
        if ".so." in name and name not in NOT_FOR_GUEST:
            archive.program(f"{LIBRARIES}/{name}".lstrip("/"), os.path.join(where, name))
    archive.program(f"{LIBRARIES}/{CURL}".lstrip("/"), os.path.join(built, CURL))
    with open(os.path.join(where, "names"), encoding="ascii") as names:
        for name in names.read().split():
            archive.symlink("bin/" + name, "tpm2")
    for name in PROGRAMS:
        archive.program("bin/" + name, os.path.join(built, name))
    for name in sorted(os.listdir(TESTS)):
        archive.program("tpm/" + name, os.path.join(TESTS, name))
