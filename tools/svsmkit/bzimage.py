# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""As much of a Linux kernel's file as kit needs: is it one, and which version?

The header's layout is in the kernel's Documentation/arch/x86/boot.rst.
"""

from svsmkit.errors import UserError

MAGIC = (0x202, b"HdrS")
VERSION_POINTER = 0x20e     # 16 bits; from 0x200, 0 for none
REAL_MODE = 64 << 10        # the most that can hold header and version


def version(path):
    """The version as `uname -r` says it, "" when the file does not tell.

    Refuses a file that is no bzImage.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(REAL_MODE)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    at, magic = MAGIC
    if head[at:at + len(magic)] != magic:
        raise UserError(f"{path} is no Linux kernel (bzImage)")
    pointer = int.from_bytes(head[VERSION_POINTER:VERSION_POINTER + 2], "little")
    text = head[0x200 + pointer:].split(b"\0")[0] if pointer else b""
    return text.decode("ascii", "replace").partition(" ")[0]
