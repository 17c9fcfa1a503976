# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the test guest's initramfs holds."""

import os

from svsmkit import build, cache, guest, tpm_guest
from svsmkit.initramfs import Archive

PROGRAMS = ("memtest", "pincpu")
DIRECTORIES = ("bin", "dev", "modules", "proc", "run", "sys", "tmp")


def archive(build_dir, kernel_dir, tpm=False):
    """The archive for a kernel; `kernel_dir` is None for a user's own one."""
    result = Archive()
    for name in DIRECTORIES:
        result.directory(name)
    result.console()
    result.program("init", os.path.join(build.TREE, "tests", "guest", "init"))
    result.program("bin/busybox", guest.busybox())
    for name in PROGRAMS:
        result.program("bin/" + name,
                       os.path.join(build_dir, "tests", "guest", name))
    add_modules(result, kernel_dir)
    if tpm:
        tpm_guest.add(result, build_dir)
    return result


def add_modules(result, kernel_dir):
    """The kernel's modules and the order in which init loads them."""
    if kernel_dir is None:
        result.file("modules/order", b"")
        return
    with open(os.path.join(kernel_dir, "modules.order"), "rb") as file:
        order = file.read()
    result.file("modules/order", order)
    for name in order.decode().split():
        with open(os.path.join(kernel_dir, "modules", name + ".ko"), "rb") as file:
            result.file(f"modules/{name}.ko", file.read())


def make(build_dir, kernel_dir, tpm=False):
    """Write the archive; gives its path."""
    kernel = os.path.basename(kernel_dir) if kernel_dir else "own-kernel"
    name = os.path.join(build_dir, "guest", kernel + "-tpm" * tpm + ".cpio")
    os.makedirs(os.path.dirname(name), exist_ok=True)
    cache.write(name, archive(build_dir, kernel_dir, tpm).bytes())
    return name
