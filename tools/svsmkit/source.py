# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Source archives of third parties, for Meson's subprojects.

A wrap file in subprojects/ names archive and SHA-256. The archive is one of a
Debian source package; it comes from the machine's mirror, is kept in the
cache, and Meson finds a copy of it in subprojects/packagefiles/. Its hash is
in the tree, so no index has to vouch for it.
"""

import configparser
import os

from svsmkit import apt, build, cache
from svsmkit.errors import UserError

SUBPROJECTS = os.path.join(build.TREE, "subprojects")

# Wrap -> where Debian's archive has it, and its size in bytes.
POOL = {"bearssl": ("pool/main/b/bearssl", 499572)}


def pin(name):
    """The archive that a wrap file wants: file name and SHA-256."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(os.path.join(SUBPROJECTS, name + ".wrap"), encoding="utf-8")
    try:
        wrap = parser["wrap-file"]
        return wrap["source_filename"], wrap["source_hash"]
    except KeyError:
        raise UserError(f"no wrap of a source archive: {name}") from None


def put(name):
    """Put the archive where Meson looks for it; gives its path."""
    file, digest = pin(name)
    where = os.path.join(SUBPROJECTS, "packagefiles", file)
    if cache.sha256(where) == digest:
        return where
    kept = cache.path("sources", file)
    with cache.locked():
        fetch(name, file, digest, kept)
        with open(kept, "rb") as archive:
            cache.write(where, archive.read())
    return where


def fetch(name, file, digest, kept):
    """Make `kept` the archive, from the mirror when it is not there."""
    pool, size = POOL[name]

    def download(part, poll):
        uri = f"{apt.mirror()}/{pool}/{file.replace('+', '%2b')}"
        apt.download(uri, digest, part, poll)

    try:
        cache.download(download, kept, digest, size)
    except UserError as error:
        raise UserError(
            f"{error}\n{file} (SHA-256 {digest}) of Debian's source package "
            f"{name} is needed; where kit cannot fetch it, put it into "
            f"{os.path.dirname(kept)}") from None
