# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The figures of `kit bench`: each function gives a table, a list of rows."""

import re

from svsmkit import build, code_lines, igvm_read, image, machine, meter, report, run
from svsmkit.binary import PAGE
from svsmkit.errors import UserError
from svsmkit.example import Example

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
GIB = 1024              # MiB
# What a boot is counted by, of the machine's counters.
BOOT = ("vmpl-switches", "vmgexit-ghcb", "vmgexit-msr", "vc-delivered",
        "pvalidate", "rmpadjust", "psc-entries", "psc-pages-private",
        "psc-pages-shared")


def images(build_dir):
    """Measured pages of each example, the guest's firmware not counted."""
    rows = [("example", "measured pages", "bytes of the image")]
    rows += [(name, *image_size(build_dir, name)) for name in build.examples()]
    return rows


def image_size(build_dir, name):
    """Measured pages and bytes of an example's image without firmware."""
    elf = build.elf(build_dir, name)
    firmware = None
    if Example(name).guest != "none":
        firmware = run.payload(build_dir, "counter")
    data = image.build(run.read(elf), elf,
                       run.read(firmware) if firmware else None, firmware)
    own = len(run.read(firmware)) // PAGE if firmware else 0
    pages = report.report(igvm_read.File(data, elf))["pages"]["measured"] - own
    return pages, len(data) - own * PAGE


def calls(build_dir):
    """VMPL0's work between guest exit and guest entry, by single steps.
    "Per entry" is the whole call's, beside privileged instructions and clearing."""
    log = meter.boot(build_dir, "bench", 1, METER_MEMORY).log
    rows = [("call", "instructions", "per entry", "flushes", "exits", "PVALIDATE",
             "RMPADJUST", "VMGEXIT")]
    costs = meter.costs(log, CALLS)
    rows += [(what, *call_row(costs[label], entries))
             for label, (what, entries) in CALLS.items()]
    return rows


def call_row(cost, entries):
    """The columns of one call."""
    return (cost.instructions, f"{cost.ordinary / entries:.1f}" if entries else "",
            cost.flushes, cost.exits, cost.pvalidate, cost.rmpadjust, cost.vmgexit)


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
    run.require(this.judge(result))
    return result


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


def parts(build_dir):
    """Lines of code behind the image of `minimal`, by the folder they are in.
    Functions that the linker leaves out, blank lines and comments do not count.
    """
    path = build.elf(build_dir, "minimal")
    found = code_lines.by_folder(path, image.Elf(run.read(path), path).segments[0].addr)
    return [("folder", "lines"), *sorted(found.items()), ("all", sum(found.values()))]


TABLES = {"image": images, "code": parts, "call": calls, "boot": boots}
