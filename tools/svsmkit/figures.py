# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The figures of `kit bench`: each function gives a table, a list of rows."""

import os
import re

from svsmkit import build, cache, igvm_read, image, machine, report, run
from svsmkit.binary import PAGE
from svsmkit.errors import UserError
from svsmkit.example import Example

METER = re.compile(r"^snpemu: meter call (\w+) label (\w+) instructions (\d+) "
                   r"privileged (\d+) clearing (\d+) exits (\d+) pvalidate (\d+) rmpadjust (\d+) vmgexit (\d+)$")
COUNTER = re.compile(r"^snpemu: counter (\S+) (\d+)$")
FREE = re.compile(r"^svsm: guest firmware at VMPL\d, (\d+) KiB free$")
INIT = re.compile(r"^guest: kernel ")

# The labels of tests/guest/payload/bench.c, and how many entries a call has.
CALLS = {1: ("nothing to do", 0), 2: ("QUERY_PROTOCOL", 0),
         3: ("PVALIDATE, 1 x 4 KiB", 1), 4: ("PVALIDATE, 64 x 4 KiB", 64),
         5: ("PVALIDATE, 510 x 4 KiB", 510), 6: ("PVALIDATE, 1 x 2 MiB", 1),
         7: ("PVALIDATE, 64 x 2 MiB", 64), 8: ("PVALIDATE, 510 x 2 MiB", 510),
         9: ("rescind, 510 x 4 KiB", 510)}
METER_MEMORY = 1536     # MiB: the pages of bench.c
METER_TIMEOUT = 900
GIB = 1024              # MiB
# What a boot is counted by, of the machine's counters.
BOOT = ("vmpl-switches", "vmgexit-ghcb", "vmgexit-msr", "vc-delivered",
        "pvalidate", "rmpadjust", "psc-entries", "psc-pages-private",
        "psc-pages-shared")


def images(build_dir):
    """Measured pages of each example, the guest's firmware not counted."""
    rows = [("example", "measured pages", "bytes of the image")]
    for name in build.examples():
        elf = build.elf(build_dir, name)
        firmware = None
        if Example(name).guest != "none":
            firmware = run.payload(build_dir, "counter")
        data = image.build(run.read(elf), elf,
                           run.read(firmware) if firmware else None, firmware)
        own = len(run.read(firmware)) // PAGE if firmware else 0
        pages = report.report(igvm_read.File(data, elf))["pages"]["measured"] - own
        rows.append((name, pages, len(data) - own * PAGE))
    return rows


def calls(build_dir):
    """VMPL0's work between guest exit and guest entry, by single steps.
    "Per entry" is the whole call's, beside privileged instructions and clearing."""
    guest = run.payload(build_dir, "bench")
    elf = build.elf(build_dir, "minimal")
    name = os.path.join(build_dir, "run", "bench.igvm")
    os.makedirs(os.path.dirname(name), exist_ok=True)
    cache.write(name, image.build(run.read(elf), elf, run.read(guest), guest))
    result = machine.run(
        machine.command(name, 1, METER_MEMORY, METER_TIMEOUT, build_dir,
                        options=("--meter",)), METER_TIMEOUT, quiet=True)
    require(run.wrong_end("15:0", result))
    rows = [("call", "instructions", "per entry", "exits", "PVALIDATE", "RMPADJUST",
             "VMGEXIT")]
    sums = metered(result.log)
    for label, (what, entries) in CALLS.items():
        if label not in sums:
            raise UserError(f"the machine did not meter '{what}'")
        rows.append((what, *call_row(sums[label], entries)))
    return rows


def call_row(values, entries):
    """The columns of one call from the meter's numbers."""
    instructions, privileged, clearing, *rest = values
    ordinary = instructions - privileged - clearing
    return (instructions, f"{ordinary / entries:.1f}" if entries else "", *rest)


def metered(log):
    """Sums of the meter's lines by label: a long list takes several calls."""
    sums = {}
    for line in log:
        found = METER.match(line)
        if found:
            values = [int(text) for text in found.groups()[2:]]
            old = sums.get(int(found[2], 16), [0] * len(values))
            sums[int(found[2], 16)] = [a + b for a, b in zip(old, values)]
    return sums


def boots(build_dir):
    """The boot of Linux below `minimal`, with 1 GiB."""
    rows = [("boot of minimal with 1 GiB", "1 CPU", "2 CPUs")]
    results = [boot(build_dir, cpus) for cpus in (1, 2)]
    rows.append(("seconds to the guest's init",
                 *(f"{seconds(result):.1f}" for result in results)))
    used = [in_use(build_dir, result) for result in results]
    rows.append(("KiB of VMPL0 memory in use", *used))
    rows.append(("KiB for the second CPU", "", used[1] - used[0]))
    found = [counters(result.log) for result in results]
    rows += [(name, *(each.get(name, 0) for each in found)) for name in BOOT]
    exits = [sum(count for name, count in each.items() if "-exit-" in name)
             for each in found]
    rows.append(("exits of all VMPLs", *exits))
    return rows


def boot(build_dir, cpus):
    """One boot with counters."""
    options = run.Options(smp=cpus, memory=GIB, build_dir=build_dir, stats=True)
    this = run.Run(Example("minimal"), options)
    result = machine.run(this.command(), options.timeout, quiet=True)
    require(this.judge(result))
    return result


def require(complaints):
    """Figures of a run that went wrong are none."""
    if complaints:
        raise UserError("the measured run went wrong: " + complaints[0])


def seconds(result):
    """From the machine's start to the first word of the guest's init."""
    return next(at for at, line in zip(result.arrivals, result.console)
                if INIT.match(line))


def in_use(build_dir, result):
    """KiB of the SVSM's region that are taken when the guest starts."""
    free = [int(found[1]) for found in map(FREE.match, result.console) if found]
    if not free:
        raise UserError("the SVSM does not say how much memory is free")
    elf = build.elf(build_dir, "minimal")
    region = image.read_image(image.Elf(run.read(elf), elf)).region_len
    return region // 1024 - free[0]


def counters(log):
    """The machine's counters at the end of a run."""
    found = [COUNTER.match(line) for line in log]
    return {m[1]: int(m[2]) for m in found if m}


TABLES = {"image": images, "call": calls, "boot": boots}
