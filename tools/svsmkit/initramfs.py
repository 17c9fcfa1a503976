# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""A deterministic initramfs: a cpio archive in the "newc" format.

Entries are sorted, belong to root and have the time 0, so the same contents
give the same bytes whoever builds them, wherever and whenever.
"""

import stat

TRAILER = "TRAILER!!!"


class Archive:
    """Paths and what is there; parents appear by themselves."""

    def __init__(self):
        self.entries = {}

    def directory(self, path):
        """A directory and those above it."""
        parent = path.rpartition("/")[0]
        if parent:
            self.directory(parent)
        self.entries.setdefault(path, (stat.S_IFDIR | 0o755, b"", 0))

    def file(self, path, data, mode=0o644):
        """A regular file."""
        self._add(path, (stat.S_IFREG | mode, data, 0))

    def program(self, path, source):
        """An executable copied from the file `source`."""
        with open(source, "rb") as file:
            self.file(path, file.read(), 0o755)

    def symlink(self, path, target):
        """A symbolic link."""
        self._add(path, (stat.S_IFLNK | 0o777, target.encode(), 0))

    def console(self, path="dev/console"):
        """The device that the kernel opens for the first process."""
        self._add(path, (stat.S_IFCHR | 0o600, b"", (5 << 8) | 1))

    def _add(self, path, entry):
        parent = path.rpartition("/")[0]
        if parent:
            self.directory(parent)
        self.entries[path] = entry

    def bytes(self):
        """The archive."""
        out = bytearray()
        for inode, path in enumerate(sorted(self.entries), start=1):
            out += record(inode, path, *self.entries[path])
        out += record(0, TRAILER, 0, b"", 0)
        return bytes(out) + bytes(-len(out) % 512)


def record(inode, path, mode, data, device):
    """One archive member: header, name and data, each padded to 4 bytes."""
    links = 2 if stat.S_ISDIR(mode) else 1
    name = path.encode() + b"\0"
    numbers = (inode, mode, 0, 0, links, 0, len(data), 0, 0,
               device >> 8, device & 0xff, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % n for n in numbers) + name
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
