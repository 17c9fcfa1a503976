# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The settings of a stress payload: 16 bytes in its image, behind a mark."""

import random
import struct

from svsmkit.errors import UserError

MARK = b"stress settings\0"
SETTINGS = struct.Struct("<QQ")     # seed, seconds
SECONDS = 10
SEED_MAX = 1 << 32


def new_seed():
    """A seed for a run that was given none; it is printed in its complaints."""
    return random.randrange(1, SEED_MAX)


def parse_seed(text):
    """A seed of the command line."""
    if not text.isdigit() or not 1 <= int(text) < SEED_MAX:
        raise UserError(f"'{text}' is no seed: 1 to {SEED_MAX - 1}")
    return int(text)


def settle(payload, seed, seconds):
    """The payload with its settings; unchanged when it has none."""
    if payload.count(MARK) != 1:
        return payload
    at = payload.index(MARK) + len(MARK)
    return payload[:at] + SETTINGS.pack(seed, seconds) + payload[at + SETTINGS.size:]
