# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The image `minimal`, and the TPM, against tests/figures/budgets.ini.

Two short runs of the machine, without Linux: a payload makes the calls that
are metered, then the memory in use is read with more CPUs. The slab and the TPM's
commands run on the host, the latter beside libtpms with OpenSSL.
"""

import statistics

from svsmkit import bench_alloc, bench_tpm, build, code_lines, figures, meter
from svsmkit.budget_table import number, table
from svsmkit.elf import Elf
from svsmkit.run import read

MEMORY = 224            # MiB: the pages of the payload's lists
CPUS = 4                # of the second run
PAYLOAD = "budget"
# Labels of tests/guest/payload/bench.c.
LABELS = NULL_CALL, QUERY, SINGLE, FULL_PAGE, HUGE, TAKE_BACK = 1, 2, 3, 5, 7, 9
HUGE_ENTRIES = 64       # tests/guest/payload/bench_small.c

# The figure that is also measured with another libtpms.
TPM_PAGES = "measured-pages-vtpm"
# Figures of this name, and a command's behind it.
TPM_TIME = "tpm-time "


def measure(build_dir):
    """All figures by their names."""
    elf = build.elf(build_dir, "minimal")
    one = meter.boot(build_dir, PAYLOAD, 1, MEMORY)
    more = meter.boot(build_dir, PAYLOAD, CPUS, MEMORY, options=())
    memory = [figures.in_use(build_dir, result) for result in (one, more)]
    return {
        "measured-pages": figures.image_size(build_dir, "minimal")[0],
        TPM_PAGES: tpm_pages(build_dir),
        "memory": memory[0],
        "memory-per-cpu": (memory[1] - memory[0]) / (CPUS - 1),
        **of_calls(meter.costs(one.log, LABELS)),
        "slab-pair": bench_alloc.pair(build_dir, "svsm_slab"),
        **of_tpm(build_dir),
        "code-lines": code_lines.lines(elf, Elf(read(elf), elf).segments[0].addr),
    }


def tpm_pages(build_dir):
    """Measured pages that the TPM adds: the image `vtpm` less `minimal`."""
    return (figures.image_size(build_dir, "vtpm")[0]
            - figures.image_size(build_dir, "minimal")[0])


def of_calls(calls):
    """The figures of the meter's costs."""
    entries = figures.CALLS[FULL_PAGE][1]
    return {
        "null-call": calls[NULL_CALL].instructions,
        "pvalidate-single": calls[SINGLE].instructions,
        "pvalidate-entry": calls[FULL_PAGE].ordinary / entries,
        "pvalidate-huge": calls[HUGE].ordinary / HUGE_ENTRIES,
        "flushes-none": max(calls[label].flushes
                            for label in (NULL_CALL, QUERY)),
        "flushes-full-page": calls[TAKE_BACK].flushes,
    }


def of_tpm(build_dir):
    """The TPM's figures: of these commands, whatever the table has."""
    wanted = {each.figure[len(TPM_TIME):]: each for each in table()
              if each.figure.startswith(TPM_TIME)}
    ratios = bench_tpm.ratios(build_dir, wanted)
    for name, budget in wanted.items():
        if not budget.kept(ratios[name]):
            ratios[name] = third_time(build_dir, name, ratios[name])
    stretches = bench_tpm.stretches(build_dir)
    return {**{TPM_TIME + name: ratio for name, ratio in ratios.items()},
            "tpm-stretch": max(stretches.values()) / 1000}


def third_time(build_dir, name, first):
    """A process may have had bad luck with its memory: the middle one of three."""
    return statistics.median([first, *(bench_tpm.ratios(build_dir, [name])[name]
                                       for _ in range(2))])


def text(values):
    """All figures of measure() with their bounds, for a terminal."""
    return "\n".join([" figure   floor    goal"]
                     + [each.line(values[each.figure]) for each in table()])


def rows(build_dir):
    """What `minimal` costs, and the TPM, the floor that `kit test` keeps, and the goal."""
    values = measure(build_dir)
    return [("budget", "figure", "floor", "goal")] + [
        (each.what, *map(number, (values[each.figure], each.floor, each.goal)))
        for each in table()]
