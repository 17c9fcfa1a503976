# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Reading binary files that somebody else may have prepared for us.

Nothing here trusts a length or an offset: a read that leaves the file ends in
Refused, which names the file, the offset and the reason.
"""

import os
import struct

from svsmkit.errors import UserError

PAGE = 4096
LARGE_PAGE = 2 << 20


def page_down(value):
    return value & ~(PAGE - 1)


def page_up(value):
    return (value + PAGE - 1) & ~(PAGE - 1)


def read_file(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def write_file(path, data):
    """Write a whole file or nothing: a killed tool leaves the old one."""
    part = f"{path}.part"
    try:
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError as error:
        if os.path.exists(part):
            os.unlink(part)
        raise UserError(f"{path}: {error.strerror}") from None


class Refused(UserError):
    """A file that is malformed, or that asks for what we do not support."""

    def __init__(self, what, offset, reason):
        super().__init__(f"{what}: offset {offset:#x}: {reason}")
        self.offset = offset
        self.reason = reason


class Reader:
    """A file in memory, read with bounds."""

    def __init__(self, what, data):
        self.what = what
        self.data = bytes(data)

    def __len__(self):
        return len(self.data)

    def refuse(self, offset, reason):
        raise Refused(self.what, offset, reason)

    def require(self, condition, offset, reason):
        if not condition:
            self.refuse(offset, reason)

    def bytes(self, offset, length, field):
        if offset < 0 or length < 0 or offset > len(self.data) \
                or length > len(self.data) - offset:
            self.refuse(max(offset, 0), f"{field} lies outside the file")
        return self.data[offset:offset + length]

    def unpack(self, layout, offset, field):
        """Read the little-endian struct `layout`; always gives a tuple."""
        size = struct.calcsize("<" + layout)
        return struct.unpack("<" + layout, self.bytes(offset, size, field))

    def unpack_be(self, layout, offset, field):
        """The same of a big-endian struct."""
        size = struct.calcsize(">" + layout)
        return struct.unpack(">" + layout, self.bytes(offset, size, field))

    def string(self, offset, end, field):
        """Read NUL-terminated text that must end before `end`."""
        stop = self.data.find(b"\0", offset, min(end, len(self.data)))
        if offset < 0 or stop < 0:
            self.refuse(max(offset, 0), f"{field} has no end")
        return self.data[offset:stop].decode("ascii", "replace")
