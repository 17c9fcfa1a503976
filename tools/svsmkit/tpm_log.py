# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The firmware's event log, and the PCRs that it must lead to. [PFP]

A log begins with an event in the old format, which names the digests that all
others bring: for each bank that the firmware extended.
"""

import hashlib
from dataclasses import dataclass

from svsmkit.binary import Reader

# TPM_ALG_ID -> its name.
BANKS = {0x04: "sha1", 0x0b: "sha256", 0x0c: "sha384", 0x0d: "sha512"}
EV_NO_ACTION = 3
SIGNATURE = b"Spec ID Event03\0"
STARTUP_LOCALITY = b"StartupLocality\0"
PCRS = 24


@dataclass(frozen=True)
class Event:
    """One thing that was measured."""
    pcr: int
    kind: int
    digests: dict       # bank -> bytes
    data: bytes


def parse(data):
    """The events of a log, but for the first."""
    r = Reader("event log", data)
    at, sizes = header(r)
    events = []
    while at < len(data):
        event, at = read(r, at, sizes)
        events.append(event)
    return events


def header(r):
    """The first event: where it ends, and {TPM_ALG_ID: size of a digest}."""
    kind, _, size = r.unpack("4xI20sI", 0, "first event")
    r.require(kind == EV_NO_ACTION, 4, "the first event is no header")
    r.require(size <= len(r) - 32, 28, "the header is cut off")
    signature, count = r.unpack("16s8xI", 32, "header")
    r.require(signature == SIGNATURE, 32, "the header has no signature")
    r.require(0 < count <= 16, 56, f"{count} digests for an event")
    sizes = {}
    for i in range(count):
        algorithm, length = r.unpack("HH", 60 + 4 * i, "digest's size")
        known = BANKS.get(algorithm)
        r.require(known is None or hashlib.new(known).digest_size == length,
                  60 + 4 * i, f"{known} has {length} bytes")
        sizes[algorithm] = length
    return 32 + size, sizes


def read(r, at, sizes):
    """An event, and where the next one begins."""
    pcr, kind, count = r.unpack("III", at, "event")
    r.require(pcr < PCRS, at, f"PCR {pcr}")
    r.require(count <= len(sizes), at + 8, f"{count} digests")
    at += 12
    digests = {}
    for _ in range(count):
        algorithm, = r.unpack("H", at, "digest")
        r.require(algorithm in sizes, at, f"a digest by algorithm {algorithm:#x}")
        value, = r.unpack(f"{sizes[algorithm]}s", at + 2, "digest")
        if algorithm in BANKS:
            digests[BANKS[algorithm]] = value
        at += 2 + sizes[algorithm]
    size, = r.unpack("I", at, "event's size")
    r.require(size <= len(r) - at - 4, at, "the event is cut off")
    data, = r.unpack(f"{size}s", at + 4, "event's data")
    return Event(pcr, kind, digests, data), at + 4 + size


def replay(events, bank):
    """What a bank's PCRs hold afterwards, those that are 0 at the start."""
    size = hashlib.new(bank).digest_size
    pcrs = [bytes(size)] * PCRS
    for event in events:
        if event.kind == EV_NO_ACTION:
            if event.data.startswith(STARTUP_LOCALITY) and len(event.data) == 17:
                pcrs[0] = bytes(size - 1) + event.data[16:]
        elif bank in event.digests:
            pcrs[event.pcr] = hashlib.new(
                bank, pcrs[event.pcr] + event.digests[bank]).digest()
    return pcrs
