# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the functions of a linked image do to the stack, from their instructions.

The compiler's frame sizes say nothing about assembly, nor about what the linker
left out. So the code itself is read (objdump): how deep each function goes, whom
it calls at which depth, and which calls have no target in the code.
"""

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass, field

from svsmkit import ui
from svsmkit.elf import STT_FUNC, Elf
from svsmkit.errors import UserError

WORD = 8
# No frame of ours comes near; a loop that pushes does.
ABSURD = 1 << 16
LINE = re.compile(r"^\s*([0-9a-f]+):\t(?:(?:rep\w*|lock|notrack|data16|cs|ds)\s+)*"
                  r"(\S+)\s*([^#<]*)(.*)$")
IMMEDIATE = re.compile(r"^\$(-?0x[0-9a-f]+),%rsp$")
OFFSET = re.compile(r"^(-?0x[0-9a-f]+)?\(%(\w+)\),%rsp$")
TABLE = re.compile(r"^\*(0x[0-9a-f]+)\(,%\w+,8\)$")
ENDS = ("ret", "retq", "iretq", "ud2", "ljmp", "(bad)")
# Their last operand is read, not written.
READS_ONLY = ("cmp", "test", "push", "call", "jmp", "bt", "fxsave", "fxrstor", "ldmxcsr",
              "stmxcsr", "lgdt", "lidt", "invlpg")


@dataclass
class Function:
    """One function, or the part of it that is entered at `addr`."""
    addr: int
    name: str
    frame: int = 0                              # bytes, without return address
    calls: dict = field(default_factory=dict)   # address -> depth when it begins
    unknown: list = field(default_factory=list)  # depths of calls without target
    moves: bool = False                         # RSP gets a value from elsewhere


class Code:
    """The code of an image."""

    def __init__(self, data, path):
        self.elf = Elf(data, path)
        self.symbols = self.elf.functions()
        self.starts = [symbol.addr for symbol in self.symbols]
        self.insns = disassemble(path)
        self.order = sorted(self.insns)
        self.next = dict(zip(self.order, self.order[1:]))
        self.known = {}

    def owner(self, addr):
        """The symbol that an address belongs to."""
        at = bisect_right(self.starts, addr) - 1
        if at < 0 or addr not in self.insns:
            raise UserError(f"{self.elf.reader.what}: no code at {addr:#x}")
        return self.symbols[at]

    def name(self, addr):
        """The function at an address in words."""
        symbol = self.owner(addr)
        offset = addr - symbol.addr
        return f"{symbol.name}+{offset:#x}" if offset else symbol.name

    def find(self, name):
        """The address of "symbol" or "symbol+0x10"; None if it is not linked."""
        base, _, offset = name.partition("+")
        found = [s.addr for s in self.symbols if s.name == base]
        if len(found) > 1:
            raise UserError(f"{self.elf.reader.what}: two functions {base}")
        return found[0] + int(offset or "0", 0) if found else None

    def function(self, addr, switches=(), moved=None):
        """What the function at `addr` does; it is read once."""
        if addr not in self.known:
            self.known[addr] = Reading(self, addr, switches, moved or {}).function
        return self.known[addr]

    def taken(self):
        """Functions whose address stands in the image's data."""
        starts = set(self.starts)
        found = set()
        for segment in self.elf.segments:
            if not segment.flags & 1:
                whole = segment.data[:len(segment.data) & ~7]
                found.update(word for word, in struct.iter_unpack("<Q", whole)
                             if word in starts)
        return found

    def data_end(self, addr):
        """Where the last whole word of an address's segment ends."""
        return max((s.end - (s.end - addr) % WORD for s in self.elf.segments
                    if s.addr <= addr < s.end), default=addr)

    def table(self, addr, inside):
        """The targets of a jump table: its words, as long as they are inside."""
        targets = []
        for at in range(addr, self.data_end(addr), WORD):
            word, = struct.unpack("<Q", self.elf.read(at, WORD, "jump table"))
            if not inside(word):
                break
            targets.append(word)
        if not targets:
            raise UserError(f"{self.elf.reader.what}: jump table at {addr:#x} is empty")
        return targets


def disassemble(path):
    """{address: (mnemonic, operands)}"""
    out = ui.run(["objdump", "-d", "--no-show-raw-insn", "-w", path], "objdump")
    found = [LINE.match(line) for line in out.splitlines()]
    return {int(m[1], 16): (m[2], m[3].strip()) for m in found if m}


@dataclass(frozen=True)
class State:
    """Bytes pushed since the entry, and registers that remember such depths."""
    depth: int
    held: tuple = ()

    def hold(self, register, depth):
        """With a register that is known (or with None, no longer known)."""
        rest = tuple(pair for pair in self.held if pair[0] != register)
        if depth is not None:
            rest = tuple(sorted(rest + ((register, depth),)))
        return State(self.depth, rest)

    def at(self, register):
        """The depth that a register remembers, or None."""
        return dict(self.held).get(register)

    def merge(self, other):
        """What holds on either way."""
        return State(max(self.depth, other.depth),
                     tuple(pair for pair in self.held if pair in other.held))


class Reading:
    """One walk over the instructions that can be reached from an entry."""

    def __init__(self, code, addr, switches, moved):
        self.code = code
        symbol = code.owner(addr)
        self.base = symbol.name.split(".cold")[0]
        self.is_c = symbol.type == STT_FUNC
        self.leaves = symbol.name in switches
        self.moved = moved.get(symbol.name)
        self.function = Function(addr, code.name(addr))
        self.states = {}
        self.work = []
        self.go(addr, State(0))
        while self.work:
            self.step(self.work.pop())

    def fail(self, addr, text):
        raise UserError(f"{self.code.elf.reader.what}: {self.function.name} at "
                        f"{addr:#x}: {text}")

    def inside(self, addr):
        """Does an address belong to this function?"""
        return addr in self.code.insns and \
            self.code.owner(addr).name.split(".cold")[0] == self.base

    def go(self, addr, state):
        """Go on at an address of this function."""
        old = self.states.get(addr)
        new = state if old is None else old.merge(state)
        if new.depth > ABSURD:
            self.fail(addr, "pushes in a loop")
        if new.depth < 0 and self.is_c:
            self.fail(addr, "pops more than it pushed")
        self.function.frame = max(self.function.frame, new.depth)
        if new != old:
            self.states[addr] = new
            self.work.append(addr)

    def jump(self, target, depth, state):
        """Go on here, or call at the end."""
        if self.inside(target) and target != self.function.addr:
            self.go(target, state)
        elif self.inside(target):
            self.go(target, state) if depth == 0 else self.call(target, depth)
        else:
            self.call(target, depth)

    def call(self, target, depth):
        calls = self.function.calls
        calls[target] = max(calls.get(target, 0), depth)

    def step(self, addr):
        """Follow one instruction."""
        state = self.states[addr]
        name, operands = self.code.insns[addr]
        if name in ENDS:
            return
        if name.startswith("j"):
            self.branch(addr, name, operands, state)
            if name == "jmp":
                return
        if name in ("call", "callq"):
            if operands.startswith("*"):
                self.function.unknown.append(state.depth + WORD)
            else:
                self.call(int(operands.split()[0], 16), state.depth + WORD)
        if self.leaves and operands.endswith(",%rsp"):
            return
        self.forward(addr, self.effect(addr, name, operands, state))

    def branch(self, addr, name, operands, state):
        table = TABLE.match(operands)
        if table:
            for target in self.code.table(int(table[1], 16), self.inside):
                self.go(target, state)
        elif operands.startswith("*"):
            self.function.unknown.append(state.depth)
        else:
            self.jump(int(operands.split()[0], 16), state.depth, state)

    def forward(self, addr, state):
        """What follows; compiled code never runs into the next function."""
        after = self.code.next.get(addr)
        if after is None:
            return
        if self.inside(after):
            self.go(after, state)
        elif not self.is_c:
            self.call(after, state.depth)

    def effect(self, addr, name, operands, state):
        """The state after an instruction."""
        depth = state.depth
        if name.startswith("push"):
            return State(depth + WORD, state.held)
        if name.startswith("pop"):
            return State(depth - WORD, state.hold(operands, None).held)
        if name in ("leave", "leaveq"):
            return self.restore(addr, state.at("%rbp"), WORD, state).hold("%rbp", None)
        if name == "mov" and operands.startswith("%rsp,%"):
            return state.hold(operands[5:], depth)
        if operands.endswith(",%rsp") and not name.startswith(READS_ONLY):
            return self.set_rsp(addr, name, operands, state)
        register = operands.rpartition(",")[2]
        if register.startswith("%") and not name.startswith(READS_ONLY):
            return state.hold(register, None)
        return state

    def set_rsp(self, addr, name, operands, state):
        """An instruction that writes RSP."""
        number = IMMEDIATE.match(operands)
        if number and name in ("sub", "add", "and"):
            value = signed(int(number[1], 16))
            if name == "and":       # RSP is a multiple of 8
                return State(state.depth + max(-value - WORD, 0), state.held)
            return State(state.depth + (value if name == "sub" else -value), state.held)
        place = OFFSET.match(operands)
        if name == "lea" and place:
            held = state.depth if place[2] == "rsp" else state.at("%" + place[2])
            return self.restore(addr, held, signed(int(place[1] or "0", 16)), state)
        if name == "mov":
            return self.restore(addr, state.at(operands.partition(",")[0]), 0, state)
        return self.restore(addr, None, 0, state)

    def restore(self, addr, held, offset, state):
        """RSP gets a remembered value, or one that the annotation tells."""
        if held is not None:
            return State(held - offset, state.held)
        self.function.moves = True
        if self.moved is None:
            self.fail(addr, "RSP gets a value that cannot be followed")
        return State(self.moved, state.held)


def signed(value):
    """A 64-bit number as objdump writes it."""
    return value - (1 << 64) if value >= 1 << 63 else value
