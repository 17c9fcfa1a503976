# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The boot tests: tests/boot/boot.ini, one section for each boot.

    [minimal on 7.x, two CPUs]
    example = minimal
    smp = 6
    topology = sockets=2,cores=3        so APIC IDs have gaps
    memory = 1G
    firmware = forky
    kernel = trixie-backports
    cbit = 51
    invlpgb = off | on | fault
    when = always | long
    seconds = 10            of a stress payload
    every = 11              which of its cases a payload takes that samples
    lie = C-01              of the host; then only how it ends is looked at
    strike = FIELDS         of the host, one a line (hostile_host.py)
    each = 0 120 5          boots in a row, the first strike 0, 5, 10 ... 120
                            instructions later
    order = 3,2,1           in which the host starts the vCPUs
    remap = 0x2020000, STEP=PAGE...
    end = 7:33              instead of the example's, a regular expression; or a
                            line of the machine's log that begins with "stop "
    expect = REGEX          and a line on the console, when the host lies
    append = TEXT
    own = OPTION...         `kit run` gets files of these (own_boot.py)
    debug_swap = yes | no   of the image's VMSA
    vmsa = kvm | inside     where the image has its startup VMSA
    left = KEY, KEY...      what it then cannot compare
"""

import configparser
import os

from svsmkit import build, example, machine, own_boot, run

TABLE = os.path.join(build.TREE, "tests", "boot", "boot.ini")
KEYS = ("example", "smp", "topology", "memory", "firmware", "kernel", "cbit", "when",
        "append", "invlpgb", "own", "left", "seconds", "every", "lie", "end", "vmsa",
        "debug_swap", "expect", "strike", "remap", "each", "order")

# One that is struck may loop for ever; that is a failure to see soon.
STRUCK_SECONDS = 60


class Boot:
    """One line of the table."""

    def __init__(self, name, values, build_dir):
        unknown = set(values) - set(KEYS)
        if unknown:
            raise ValueError(f"{TABLE}: [{name}] has an unknown key {min(unknown)}")
        self.name = name
        self.long = values.get("when", "always") == "long"
        self.example = example.Example(values["example"])
        self.own = values.get("own", "").split()
        self.left = values.get("left", "")
        self.each = [int(word) for word in values.get("each", "").split()]
        given = {key: values[key] for key in ("topology", "firmware", "kernel", "cbit",
                                              "append", "lie", "end", "invlpgb", "vmsa",
                                              "debug_swap", "remap", "order")
                 if key in values}
        if "expect" in values:
            given["expect"] = (values["expect"],)
        given.update({key: int(values[key]) for key in ("seconds", "every")
                      if key in values})
        given["strike"] = [line for line in values.get("strike", "").splitlines()
                           if line]
        if given["strike"]:
            given["timeout"] = STRUCK_SECONDS
        if "smp" in values:
            given["smp"] = example.cpus(values["smp"])
        if "memory" in values:
            given["memory"] = example.memory(values["memory"], self.example.guest)
        self.options = run.Options(build_dir=build_dir, **given)

    def boot(self):
        """Boot it; gives complaints and the machine's result."""
        if self.own:
            return own_boot.boot(self.example, self.options, self.own, self.left)
        if self.each:
            return self._boot_each()
        this = run.Run(self.example, self.options)
        result = machine.run(this.command(), self.options.timeout, quiet=True)
        return this.judge(result), result

    def _boot_each(self):
        """One boot for each place of the first strike, until one goes wrong."""
        first, last, step = self.each
        given = self.options.strike
        for skip in range(first, last + 1, step):
            self.options.strike = [f"{given[0]}, skip={skip}", *given[1:]]
            this = run.Run(self.example, self.options)
            result = machine.run(this.command(), self.options.timeout, quiet=True)
            bad = this.judge(result)
            if bad:
                return [f"{skip} instructions later: {bad[0]}", *bad[1:]], result
        return bad, result


def read(build_dir):
    """The table, in its order."""
    parser = configparser.ConfigParser(interpolation=None)
    with open(TABLE, encoding="utf-8") as file:
        parser.read_file(file)
    return [Boot(name, dict(parser[name]), build_dir) for name in parser.sections()]
