# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The settings of a payload: eight bytes each in its image, behind a mark."""

import random
import struct

from svsmkit.errors import UserError

MARKS = {b"stress settings\0": ("seed", "seconds"),
         b"sample settings\0": ("every",)}
SECONDS = 10
EVERY = 11
SEED_MAX = 1 << 32


def new_seed():
    """A seed for a run that was given none; it is printed in its complaints."""
    return random.randrange(1, SEED_MAX)


def parse_seed(text):
    """A seed of the command line."""
    if not text.isdigit() or not 1 <= int(text) < SEED_MAX:
        raise UserError(f"'{text}' is no seed: 1 to {SEED_MAX - 1}")
    return int(text)


def settle(payload, **values):
    """The payload with its settings; unchanged when it has none."""
    for mark, names in MARKS.items():
        if payload.count(mark) == 1:
            at = payload.index(mark) + len(mark)
            new = struct.pack(f"<{len(names)}Q", *(values[name] for name in names))
            payload = payload[:at] + new + payload[at + len(new):]
    return payload
