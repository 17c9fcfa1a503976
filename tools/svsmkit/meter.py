# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What calls cost at VMPL0: payloads that make them, below `minimal`, on a
machine that steps through VMPL0.
"""

import os
import re
from collections import namedtuple

from svsmkit import build, cache, image, machine, run
from svsmkit.errors import UserError

TIMEOUT = 900
DONE = "15:0"       # how a payload ends whose calls were answered rightly
FIELDS = ("instructions", "privileged", "clearing", "flushes", "exits",
          "pvalidate", "rmpadjust", "vmgexit")
LINE = re.compile(r"^snpemu: meter call (\w+) label (\w+) "
                  + " ".join(rf"{field} (\d+)" for field in FIELDS) + "$")


class Cost(namedtuple("Cost", FIELDS)):
    """Of one call, or of several."""

    __slots__ = ()

    def __add__(self, other):
        return Cost(*(a + b for a, b in zip(self, other)))

    @property
    def ordinary(self):
        """Instructions that are neither privileged nor clear memory."""
        return self.instructions - self.privileged - self.clearing


def boot(build_dir, payload, cpus, memory, options=("--meter",)):
    """One run of a payload; gives the machine's result."""
    guest = run.payload(build_dir, payload)
    elf = build.elf(build_dir, "minimal")
    name = os.path.join(build_dir, "run", payload + ".igvm")
    os.makedirs(os.path.dirname(name), exist_ok=True)
    cache.write(name, image.build(run.read(elf), elf, run.read(guest), guest))
    result = machine.run(
        machine.command(name, cpus, memory, TIMEOUT, build_dir,
                        options=options), TIMEOUT, quiet=True)
    run.require(run.wrong_end(DONE, result))
    return result


def costs(log, labels):
    """Costs by label: a long list takes several calls."""
    sums = {}
    for found in filter(None, map(LINE.match, log)):
        label, cost = int(found[2], 16), Cost(*map(int, found.groups()[2:]))
        sums[label] = sums[label] + cost if label in sums else cost
    for label in labels:
        if label not in sums:
            raise UserError(f"the machine did not meter call {label}")
    return sums
