# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The machine kit runs on: which programs it lacks and how it gets them."""

import os
import shutil
import subprocess

from svsmkit import ui
from svsmkit.errors import UserError

# Debian package -> how to see without a package manager that it is there.
BUILD = {
    "gcc": "command gcc",
    "libc6-dev": "file libc.a",
    "meson": "command meson",
    "ninja-build": "command ninja",
    "pkg-config": "command pkg-config",
    "check": "module check",
}
BENCH = {
    "libjemalloc2": "file libjemalloc.so.2",
    "libmimalloc2.0": "file libmimalloc.so.2",
    "valgrind": "command valgrind",
}
RUN = {"qemu-system-x86": "command qemu-system-x86_64"}
LINT = {
    "clang": "command clang",
    "clang-format": "command clang-format",
    "clang-tidy": "command clang-tidy",
    "cppcheck": "command cppcheck",
    "git": "command git",
    "libclang-rt-14-dev": "clang libclang_rt.fuzzer-x86_64.a",
    "pyflakes3": "command pyflakes3",
    "reuse": "command reuse",
    "shellcheck": "command shellcheck",
}
COVERAGE = {"gcovr": "command gcovr"}
FUZZ = {
    "clang": "command clang",
    "libclang-rt-14-dev": "clang libclang_rt.fuzzer-x86_64.a",
}

LOCK = 300      # seconds for which another apt may hold the lock

PROOFS = {
    "cvc4": "command cvc4",
    "frama-c-base": "command frama-c",
    "why3": "command why3",
    "z3": "command z3",
}


def is_there(probe):
    """Does this machine have what `probe` looks for?"""
    kind, name = probe.split()
    if kind == "command":
        return shutil.which(name) is not None
    if kind == "module":
        query = ["pkg-config", "--exists", name]
    else:
        query = [kind if kind == "clang" else "gcc", f"-print-file-name={name}"]
    if shutil.which(query[0]) is None:
        return False
    done = subprocess.run(query, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode == 0 and (kind == "module" or os.path.isabs(done.stdout))


def missing(*groups):
    """Debian's names of the packages that are not there."""
    return sorted(package for group in groups
                  for package, probe in group.items() if not is_there(probe))


def as_root(argv):
    """`argv` in a form that runs as root, or None when there is no way."""
    if os.geteuid() == 0:
        return argv
    return ["sudo", *argv] if shutil.which("sudo") else None


def install(packages):
    """Install Debian packages, or say what is to be installed."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise UserError("please install what Debian calls: " + names)
    env = ["env", "DEBIAN_FRONTEND=noninteractive"]
    apt = as_root(env + ["apt-get", "-qq", "-o", f"DPkg::Lock::Timeout={LOCK}"])
    if apt is None:
        raise UserError(f"not root and no sudo; as root: apt-get install {names}")
    ui.note(f"installing {names}")
    ui.run(apt + ["update"], "updating the package lists")
    # Half-installed packages would be in the way of the next time.
    ui.run(apt + ["install", "-y", "--no-install-recommends", *packages],
           "installing packages", patient=True)


def need(*groups):
    """Make sure that the programs of these groups are there."""
    packages = missing(*groups)
    if not packages:
        return
    install(packages)
    packages = missing(*groups)
    if packages:
        raise UserError("installed, but still not found: " + " ".join(packages))
