# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""A host that strikes at instructions of the SVSM (snpemu-run --strike), or has
two pages for one address (--remap): its options, and whether it had occasion.

    strike = at=SYMBOL, vector=29, error=0x7c

A number may be an address of the SVSM: SYMBOL, SYMBOL+0x10, or SYMBOL:0f32, the
first place from SYMBOL on that has these bytes, or SYMBOL:0f32+2, behind it.
"""

import re

from svsmkit.elf import Elf
from svsmkit.errors import UserError

ADDRESS = re.compile(r"([A-Za-z_]\w*)(?::((?:[0-9a-f]{2})+))?(?:\+(0x[0-9a-f]+|\d+))?")
FAR = 4096      # bytes behind a symbol, in which others are looked for


def options(strikes, remap, elf_data):
    """Arguments of snpemu-run."""
    result = []
    elf = Elf(elf_data) if strikes else None
    for strike in strikes:
        result += ["--strike", resolve(strike, elf)]
    return result + (["--remap", remap.replace(" ", "")] if remap else [])


def resolve(strike, elf):
    """A strike with numbers in the place of symbols."""
    fields = []
    for field in strike.replace(" ", "").split(","):
        name, _, value = field.partition("=")
        match = ADDRESS.fullmatch(value)
        fields.append(f"{name}={address(match, elf):#x}" if match else field)
    return ",".join(fields)


def address(match, elf):
    """What SYMBOL, SYMBOL+OFFSET or SYMBOL:BYTES+OFFSET is."""
    name, code, offset = match.groups()
    symbol = elf.symbol(name)
    if symbol is None:
        raise UserError(f"the SVSM has no symbol '{name}' to strike at")
    offset = int(offset or "0", 0)
    if not code:
        return symbol.addr + offset
    end = max(segment.end for segment in elf.segments
              if segment.addr <= symbol.addr < segment.end)
    text = elf.read(symbol.addr, min(FAR, end - symbol.addr), "code")
    found = text.find(bytes.fromhex(code))
    if found < 0:
        raise UserError(f"there is no {code} behind '{name}' to strike at")
    return symbol.addr + found + offset


def complaints(strikes, remap, log, whole):
    """What the host was to do and did not; with `whole` also the rest of a walk."""
    bad = []
    for number, strike in enumerate(strikes):
        done = [line for line in log if line.startswith(f"snpemu: strike {number}: ")]
        refused = [line for line in done if "refuses" in line]
        if not done or refused:
            bad.append(f"strike {number} had no occasion" if not done else refused[0])
        elif whole and "until=" in strike and not any("the walk is over" in line for line in done):
            bad.append(f"strike {number} did not come to the end of its walk")
    if remap and not any(line.startswith("snpemu: remap: step 1 ") for line in log):
        bad.append("the host changed no page")
    return bad
