# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The axioms of tests/proofs/wp/words.h, checked in 64-bit arithmetic.

Each is stated for every power of two and for all words, and z3's bit vectors
decide it: a wrong axiom would prove anything. What is left to trust is the
definition of a conversion (modulo 2^64), of a complement, and that & and |
commute.
"""

from svsmkit import proofs

WORD = "(_ BitVec 64)"


def number(value):
    """A 64-bit constant."""
    return f"#x{value % 2 ** 64:016x}"


def low(text, power):
    """v mod 2^power."""
    return f"(bvurem {text} {number(1 << power)})"


def down(text, power):
    """The multiple of 2^power at or below v."""
    return f"(bvsub {text} {low(text, power)})"


def claims():
    """(axiom, what must hold of all v and w), for each power."""
    for power in range(64):
        one = 1 << power
        yield "low_range", (f"(and (bvult {low('v', power)} {number(one)})"
                            f" (bvule {low('v', power)} v))")
        yield "down_low", f"(= {low(down('v', power), power)} {number(0)})"
        yield "and_low", f"(= (bvand v {number(one - 1)}) {low('v', power)})"
        yield "and_high", f"(= (bvand v {number(-one)}) {down('v', power)})"
        yield "or_low", (
            f"(= (= {low('(bvor v w)', power)} {number(0)}) (and"
            f" (= {low('v', power)} {number(0)}) (= {low('w', power)} {number(0)})))")
        yield "complement_bit", (
            f"(= (= {number(0)} (bvand (bvnot v) {number(one)}))"
            f" (not (= {number(0)} (bvand v {number(one)}))))")
        yield "shifted_bit", (
            f"(=> (and (bvule w {number(power)}) (= {number(0)} (bvand (bvlshr v w)"
            f" (bvshl {number(1)} (bvsub {number(power)} w)))))"
            f" (= {number(0)} (bvand v {number(one)})))")
    powers = " ".join(f"(= v {number(1 << power)})" for power in range(64))
    yield "one_bit", (f"(or (= v {number(0)}) (= (= (bvand v (bvsub v {number(1)}))"
                      f" {number(0)}) (or {powers})))")
    small = " ".join(f"(= v {number(1 << power)})" for power in range(4))
    yield "pow2_small", (f"(=> (and (or {powers}) (bvult v {number(16)}))"
                         f" (or {small}))")


def run():
    """(axiom, complaint or "") of each."""
    found = list(claims())
    text = f"(declare-const v {WORD})\n(declare-const w {WORD})\n" + "".join(
        f"(push)\n(assert (not {claim}))\n(check-sat)\n(pop)\n" for _, claim in found)
    status, out = proofs.execute(["z3", "-in", "-T:1500"], 1800, input=text)
    answers = out.split()
    if status != 0 or len(answers) != len(found):
        yield "all", f"z3: status {status}\n{out}"
        return
    names = list(dict.fromkeys(name for name, _ in found))
    for axiom in names:
        bad = [f"z3 says {answer} of {claim}" for (name, claim), answer
               in zip(found, answers) if name == axiom and answer != "unsat"]
        yield axiom, "\n".join(bad[:3])
