# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Does the SVSM's map of page owners agree with the machine's RMP?

The SVSM's lines are `svsm: own START END OWNER` and, when it has told all,
`svsm: own end`; pages that it does not name have no owner. The machine's are
`snpemu: rmp START END validated V vmsa M perms P1 P2 P3`, of VMPL1 to 3; pages
that it does not name are the host's.
"""

import re

PAGE = 4096
OWN = re.compile(r"^svsm: own ([0-9a-f]+) ([0-9a-f]+) (\S+)$")
OWN_END = "svsm: own end"
RMP = re.compile(r"^snpemu: rmp ([0-9a-f]+) ([0-9a-f]+) validated (\d) vmsa (\d) "
                 r"perms ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)$")
ALL, WRITE = 0xf, 0x2
MOST = 10       # complaints that are worth reading


class State:
    """An RMP entry of a page; of the host's pages there is one kind."""

    def __init__(self, assigned, validated=0, vmsa=0, perms=(0, 0, 0)):
        self.assigned = assigned
        self.validated = validated
        self.vmsa = vmsa
        self.perms = perms

    def __str__(self):
        if not self.assigned:
            return "the host's"
        return (f"validated {self.validated} vmsa {self.vmsa} "
                f"permissions {' '.join(f'{p:x}' for p in self.perms)}")


HOST = State(False)


def _is_guest(state, vmpl):
    wanted = tuple(ALL if level <= vmpl else 0 for level in (1, 2, 3))
    return bool(state.validated) and not state.vmsa and state.perms == wanted


def _is_vmsa(state, _):
    return (state.validated and state.vmsa
            and not any(perms & WRITE for perms in state.perms))


def _is_ours(state, vmpl):
    """Nobody below has access, or it is the first vCPU's VMSA."""
    return (not state.assigned or not any(state.perms)
            or _is_vmsa(state, vmpl))


def _is_kept(state, _):
    return state.validated and not any(state.perms) and not state.vmsa


def _is_invalid(state, _):
    return not state.validated


AGREES = {"none": _is_invalid, "svsm": _is_ours, "invalid": _is_invalid,
          "guest": _is_guest, "caa": _is_guest, "vmsa": _is_vmsa,
          "deposited": _is_kept}


class Runs:
    """Ranges with values, in ascending order; a default between them."""

    def __init__(self, default):
        self.default = default
        self.runs = []

    def add(self, start, end, value):
        """The next range; they must ascend and consist of pages."""
        last = self.runs[-1][1] if self.runs else 0
        if start < last or end <= start or start % PAGE or end % PAGE:
            raise ValueError(f"range {start:x} {end:x} is out of order")
        self.runs.append((start, end, value))

    def edges(self):
        """Where something changes."""
        return {edge for start, end, _ in self.runs for edge in (start, end)}

    def at(self, address):
        """The value of one address."""
        for start, end, value in self.runs:
            if start <= address < end:
                return value
        return self.default


def read(console, log):
    """The SVSM's map and the machine's table."""
    owners, states = Runs("none"), Runs(HOST)
    for line in console:
        found = OWN.match(line)
        if found:
            owners.add(int(found[1], 16), int(found[2], 16), found[3])
    for line in log:
        found = RMP.match(line)
        if found:
            states.add(int(found[1], 16), int(found[2], 16),
                       State(True, int(found[3]), int(found[4]),
                             tuple(int(perms, 16) for perms in found.groups()[4:])))
    return owners, states


def compare(owners, states, vmpl):
    """Complaints, and the number of pages that were compared by owner."""
    edges = sorted(owners.edges() | states.edges())
    bad, pages = [], {}
    for start, end in zip(edges, edges[1:]):
        owner, state = owners.at(start), states.at(start)
        agrees = AGREES.get(owner)
        if not agrees or not agrees(state, vmpl):
            bad.append(f"pages {start:x} to {end:x}: {owner} for the SVSM, "
                       f"{state} for the machine")
        pages[owner] = pages.get(owner, 0) + (end - start) // PAGE
    return bad, pages


def complaints(console, log, vmpl):
    """What is wrong after a run; empty when every page agrees."""
    if OWN_END not in console:
        return ["the SVSM has not told its map of page owners"]
    try:
        owners, states = read(console, log)
    except ValueError as error:
        return [f"owners: {error}"]
    if not owners.runs or not states.runs:
        return ["there are no pages to compare"]
    bad, pages = compare(owners, states, vmpl)
    missing = [name for name in ("guest", "caa", "invalid", "svsm")
               if name not in pages]
    bad += [f"no page is {name}: that was no test" for name in missing]
    return bad[:MOST]
