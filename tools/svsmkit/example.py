# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What an example says about its own run: examples/NAME/run.ini.

    [run]
    guest = linux | payload | none      what runs below the SVSM
    payload = NAME                      the payload, of tests/guest
    end = poweroff | SET:CODE           how the machine ends (termination reason)
    vmpl = 2                            of the guest
    tpm = no | yes                      Linux has the driver, tools and tests
    smp = 2
    memory = 1G
    launch_vmsas = no | yes             every vCPU has a VMSA of the launch
    compare = owners                    the SVSM's map with the machine's RMP
    parallel = no | yes                 a host thread for each vCPU (snpemu-run)
    invlpgb = off | on | fault          what the host does about it (snpemu-run)
    expect =                            lines on the console, regular expressions
        hello from VMPL0

Without the file the example boots Linux.
"""

import configparser
import os
import re

from svsmkit import build
from svsmkit.errors import UserError

KEYS = {"guest": "linux", "payload": "", "tpm": "no", "end": "poweroff", "vmpl": "2",
        "smp": "2", "memory": "1G", "expect": "", "compare": "",
        "parallel": "no", "invlpgb": "off", "launch_vmsas": "no"}
GUESTS = ("linux", "payload", "none")
INVLPGB = ("off", "on", "fault")
UNITS = {"": 1, "M": 1, "G": 1024}
MAX_CPUS = 64
# MiB; the SVSM itself sits at 128 MiB.
MIN_MEMORY = {"linux": 256, "payload": 160, "none": 160}


class Example:
    """The settings of one example."""

    def __init__(self, name):
        self.name = name
        self.directory = find(name)
        values = read(os.path.join(self.directory, "run.ini"))
        self.guest = values["guest"]
        self.payload = values["payload"]
        self.end = values["end"]
        self.vmpl = int(values["vmpl"])
        self.smp = cpus(values["smp"])
        self.memory = memory(values["memory"], self.guest)
        self.compare = values["compare"]
        self.parallel = values["parallel"] == "yes"
        self.launch_vmsas = values["launch_vmsas"] == "yes"
        self.tpm = values["tpm"] == "yes"
        self.invlpgb = values["invlpgb"]
        self.expect = [line for line in values["expect"].splitlines() if line]


def find(name):
    """The directory of an example."""
    if "/" in name or not build.place(name):
        raise UserError(f"there is no example '{name}'; there are: "
                        + ", ".join(build.examples()))
    return os.path.join(build.TREE, build.place(name))


def read(name):
    """The values of a run.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(name, encoding="utf-8")
    except configparser.Error as error:
        raise UserError(f"{name}: {error.message.splitlines()[0]}") from None
    given = dict(parser["run"]) if parser.has_section("run") else {}
    unknown = set(given) - set(KEYS)
    if unknown:
        raise UserError(f"{name}: unknown key {min(unknown)}")
    values = {**KEYS, **given}
    if values["guest"] not in GUESTS:
        raise UserError(f"{name}: guest is none of {', '.join(GUESTS)}")
    if not values["vmpl"] in ("1", "2", "3"):
        raise UserError(f"{name}: vmpl is not 1, 2 or 3")
    if values["compare"] not in ("", "owners"):
        raise UserError(f"{name}: compare is not owners")
    if values["invlpgb"] not in INVLPGB:
        raise UserError(f"{name}: invlpgb is none of {', '.join(INVLPGB)}")
    for key in ("parallel", "tpm", "launch_vmsas"):
        if values[key] not in ("no", "yes"):
            raise UserError(f"{name}: {key} is not yes or no")
    if values["tpm"] == "yes" and values["guest"] != "linux":
        raise UserError(f"{name}: only Linux has the TPM's driver")
    return values


def cpus(text):
    """A number of CPUs."""
    if not text.isdigit() or not 1 <= int(text) <= MAX_CPUS:
        raise UserError(f"'{text}' CPUs: 1 to {MAX_CPUS} are possible")
    return int(text)


def memory(text, guest="linux"):
    """An amount of memory in MiB: 512, 512M or 2G."""
    found = re.fullmatch(r"(\d{1,7})([MG]?)", text.upper())
    if not found:
        raise UserError(f"'{text}' is no amount of memory (like 512M or 2G)")
    size = int(found[1]) * UNITS[found[2]]
    if size < MIN_MEMORY[guest]:
        raise UserError(f"{text} is too little memory: this guest needs "
                        f"{MIN_MEMORY[guest]}M")
    return size
