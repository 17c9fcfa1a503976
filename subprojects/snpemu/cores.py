# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""The machine's processors: how many, how arranged, and their APIC IDs.

L1 starts each core by its ID. It could ask nobody: QEMU's own table of them
is made final at the moment in which it is read for the first time.
"""

import argparse

SMP_MAX = 64
BROADCAST = 255         # no APIC's ID in xAPIC mode
CPU_MODEL = "EPYC-Milan"


class Cores:
    """How many, QEMU's arguments for them, and their APIC IDs."""

    def __init__(self, ids, qemu):
        self.ids = ids
        self.qemu = qemu


LEVELS = ("sockets", "dies", "cores", "threads")


def cpu_count(text):
    if not text.isdecimal() or not 1 <= int(text) <= SMP_MAX:
        raise argparse.ArgumentTypeError(
            f"'{text}' CPUs: it takes 1 to {SMP_MAX}")
    return int(text)


def topology(count, words_of_it):
    """{level: how many} as QEMU completes it: what is not said is cores."""
    given = {}
    for word in words_of_it:
        key, _, value = word.partition("=")
        if key not in LEVELS or not value.isdecimal() or not int(value):
            raise argparse.ArgumentTypeError(
                f"'{word}' is none of LEVEL=N with {', '.join(LEVELS)}")
        given[key] = int(value)
    rest = "sockets" if "cores" in given else "cores"
    product = 1
    for level in LEVELS:
        product *= given.get(level, 1)
    if rest not in given:
        given[rest] = count // product
        product *= given[rest]
    if product != count:
        raise argparse.ArgumentTypeError(
            f"{','.join(words_of_it)} are {product} CPUs, not {count}")
    return {level: given.get(level, 1) for level in LEVELS}


def apic_ids(levels):
    """As a processor has them: each level takes whole bits."""
    ids = [0]
    for level in LEVELS:
        bits = (levels[level] - 1).bit_length()
        ids = [high << bits | low for high in ids
               for low in range(levels[level])]
    return ids


def smp(text):
    """N, or N,sockets=S,... as QEMU's -smp takes it."""
    count, *words_of_it = text.split(",")
    levels = topology(cpu_count(count), words_of_it)
    ids = apic_ids(levels)
    if max(ids) >= BROADCAST:
        raise argparse.ArgumentTypeError(f"{text} needs APIC ID {max(ids)}")
    said = [f",{level}={number}" for level, number in levels.items()]
    return Cores(ids, ["-smp", count + "".join(said if words_of_it else [])])


def chosen_ids(text):
    """Processors in sockets far apart: the socket's number is the ID."""
    ids = [int(word) if word.isdecimal() else BROADCAST
           for word in text.split(",")]
    if ids[0] or len(set(ids)) != len(ids) or max(ids) >= BROADCAST \
            or len(ids) > SMP_MAX:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not 0 and other numbers below {BROADCAST}")
    qemu = ["-smp", f"1,maxcpus={BROADCAST},sockets={BROADCAST},dies=1,"
            "cores=1,threads=1"]
    for apic_id in ids[1:]:
        qemu += ["-device", f"{CPU_MODEL}-x86_64-cpu,socket-id={apic_id},"
                 "die-id=0,core-id=0,thread-id=0"]
    return Cores(ids, qemu)
