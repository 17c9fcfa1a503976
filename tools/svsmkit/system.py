# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The machine kit runs on: which programs it lacks and how it gets them."""

import os
import re
import shutil
import subprocess
import sys

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
    "libtpms-dev": "file libtpms.a",
    "libssl-dev": "module libcrypto",
}
# What builds a kernel module, beside BUILD.
DRIVER = {"make": "command make"}
# What checks a TPM's signatures.
TPM = {"openssl": "command openssl"}
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
TEST = {"swtpm": "command swtpm"}
COVERAGE = {"gcovr": "command gcovr"}
FUZZ = {
    "clang": "command clang",
    "libclang-rt-14-dev": "clang libclang_rt.fuzzer-x86_64.a",
}

OS_RELEASE = "/etc/os-release"
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


def distribution():
    """What /etc/os-release calls this system, and whether Debian is in it."""
    try:
        with open(OS_RELEASE, encoding="utf-8", errors="replace") as file:
            fields = dict(line.split("=", 1) for line in file.read().splitlines()
                          if "=" in line and not line.startswith("#"))
    except OSError:
        fields = {}
    fields = {key: value.strip("\"'") for key, value in fields.items()}
    name = fields.get("PRETTY_NAME") or fields.get("ID") or "a system without a name"
    kinds = [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
    return name, "debian" in kinds


def root_prefix(packages):
    """What makes a command run as root; an error when there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise UserError("not root and no sudo; as root: apt-get install "
                        + " ".join(packages))
    # Where nobody can type a password, sudo must not wait for one.
    return ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]


def apt_get(prefix, names, *words):
    """Run apt-get as root; of what it says when it fails the reason is told."""
    argv = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq",
            "-o", f"DPkg::Lock::Timeout={LOCK}", *words]
    try:
        # Half-installed packages would be in the way of the next time.
        ui.run(argv, "apt-get", patient=words[0] == "install")
    except UserError as error:
        lines = str(error).splitlines()
        reasons = [line for line in lines if re.match(r"(?:E|sudo): ", line)]
        raise UserError(f"cannot install {names}: {(reasons or lines)[-1]}") from None


def install(packages):
    """Install Debian packages, or say what is to be installed."""
    names = " ".join(packages)
    name, is_debian = distribution()
    if not is_debian or shutil.which("apt-get") is None:
        raise UserError(f"kit cannot install on {name}; please install what "
                        f"Debian calls: {names}")
    prefix = root_prefix(packages)
    ui.note(f"installing {names}")
    apt_get(prefix, names, "update")
    apt_get(prefix, names, "install", "-y", "--no-install-recommends", *packages)


def need(*groups):
    """Make sure that the programs of these groups are there."""
    packages = missing(*groups)
    if not packages:
        return
    install(packages)
    packages = missing(*groups)
    if packages:
        raise UserError("installed, but still not found: " + " ".join(packages))
