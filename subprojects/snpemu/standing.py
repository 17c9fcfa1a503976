# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""Where each vCPU stands, read from outside when the time is up.

L1 may not come to answer any more, so QEMU is asked: it is stopped, tells the
registers of its processors, and writes the part of memory that L1 named when
it started ("standing at ADDRESS", l1/progress.c).
"""

import json
import pathlib
import re
import struct
import tempfile

PATIENCE = 5            # seconds for each answer
VCPUS_MAX = 64
HEAD = struct.Struct(f"<8I{VCPUS_MAX}Q")
EXIT = struct.Struct("<IIQQQ")
PUBLISHED = re.compile(r"^snpemu: standing at ([0-9a-f]+)$")
PROCESSOR = re.compile(r"^CPU#(\d+)$|\bRIP=([0-9a-f]+)", re.M)


class Monitor:
    """QEMU's control channel; any trouble is an OSError or ValueError."""

    def __init__(self, channel):
        channel.settimeout(PATIENCE)
        self.channel = channel
        self.file = channel.makefile("r")
        self._answer("QMP")
        self.ask("qmp_capabilities")

    def _answer(self, key):
        for line in self.file:
            message = json.loads(line)
            if "error" in message:
                raise ValueError(message["error"].get("desc"))
            if key in message:
                return message[key]
        raise ValueError("QEMU is gone")

    def ask(self, command, **arguments):
        self.channel.sendall(json.dumps(
            {"execute": command, "arguments": arguments}).encode() + b"\n")
        return self._answer("return")

    def rips(self):
        """{number of a processor: its RIP, the guest's or L1's}"""
        result, number = {}, None
        text = self.ask("human-monitor-command",
                        **{"command-line": "info registers -a"})
        for found in PROCESSOR.finditer(text.replace("\r", "")):
            if found[1]:
                number = int(found[1])
            else:
                result.setdefault(number, int(found[2], 16))
        return result

    def memory(self, address, size):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "memory"
            self.ask("pmemsave", val=address, size=size, filename=str(path))
            return path.read_bytes()


def word(data, offset, form="<I"):
    return struct.unpack_from(form, data, offset)[0]


def vcpu_lines(index, data, layout, rip):
    """One vCPU in words; @p data is its struct vcpu."""
    recent, apic_id, vmpl, in_guest, waiting, exit_count, exits = layout
    count = word(data, exit_count, "<Q")
    past = []
    for number in range(max(0, count - recent), count):
        code, level, at, info1, info2 = EXIT.unpack_from(
            data, exits + number % recent * EXIT.size)
        past.append(f"  exit {number}: {code:x} info {info1:x} {info2:x}, "
                    f"VMPL {level} RIP {at:x}")
        last = at
    what = "runs"
    if not word(data, in_guest):
        what = "waits" if word(data, waiting) else \
            "never ran" if not past else f"L1 is at {rip:x}"
        rip = last if past else 0
    return [f"vCPU {index} (APIC ID {word(data, apic_id)}) VMPL "
            f"{word(data, vmpl)} RIP {rip:x}: {what}", *past]


def describe(channel, log):
    """Lines about all vCPUs of a machine that said @p log."""
    places = [found[1] for found in map(PUBLISHED.match, log) if found]
    if not places:
        return ["the machine had not started its vCPUs"]
    try:
        monitor = Monitor(channel)
        monitor.ask("stop")
        rips = monitor.rips()
        head = HEAD.unpack(monitor.memory(int(places[0], 16), HEAD.size))
        layout, vcpus, lines = head[1:8], head[8:8 + head[0]], []
        size = max(layout[1:]) + layout[0] * EXIT.size
        for index, address in enumerate(vcpus):
            lines += vcpu_lines(index, monitor.memory(address, size), layout,
                                rips.get(index, 0))
        return lines
    except (OSError, ValueError, struct.error) as error:
        return [f"where the vCPUs stand cannot be told: {error}"]
