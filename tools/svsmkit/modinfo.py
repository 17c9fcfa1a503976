# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Which Linux modules a guest needs, and in which order they are loaded."""

import lzma
import re

from svsmkit.errors import UserError

# What the guest's init loads; where the name changed, the names by age. An
# empty name: not every kernel has it.
WANTED = (
    ("virtio_pci",),
    ("virtio_blk",),
    ("virtio_net",),
    ("configfs",),
    ("tsm", "tsm_report"),
    # GCM of the crypto API, which sev_guest asked for by name up to 6.12.
    ("", "ctr"),
    ("", "ghash_generic"),
    ("", "gcm"),
    ("sev_guest",),
)

SUFFIXES = {".ko": lambda data: data, ".ko.xz": lzma.decompress}
DEPENDS = re.compile(rb"(?:^|\0)depends=([A-Za-z0-9_,-]*)\0")


def module_name(path):
    """The module's name when `path` is a module file, else None."""
    base = path.rsplit("/", 1)[-1]
    stem, dot, suffix = base.partition(".")
    return stem.replace("-", "_") if dot + suffix in SUFFIXES else None


def unpack(path, data):
    """The ELF file in a (compressed) module file."""
    return SUFFIXES["." + path.rsplit("/", 1)[-1].partition(".")[2]](data)


def depends(elf):
    """Names of the modules that this one needs, from its .modinfo."""
    found = DEPENDS.search(elf)
    names = found[1].decode() if found else ""
    return [name.replace("-", "_") for name in names.split(",") if name]


def load_order(find, builtin, wanted=WANTED):
    """Names and contents of the wanted modules, dependencies first.

    `find(name)` gives a module's ELF file or None; `builtin` are the names
    that the kernel itself contains.
    """
    order = {}

    def add(name):
        if name in order or name in builtin:
            return
        elf = find(name)
        if elf is None:
            raise UserError(f"the kernel package has no module {name}")
        for other in depends(elf):
            add(other)
        order[name] = elf

    for names in wanted:
        usable = [n for n in names if n in builtin or find(n) is not None]
        if usable or "" not in names:
            add((usable or names)[-1])
    return order
