# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""kit stack: depths of code that is written down here, what it must refuse, and
that every line of stack.ini is needed by an image.
"""

import glob
import os
import subprocess
import tempfile
import unittest

from svsmkit import build, stack, stack_code
from svsmkit.errors import UserError

NOTES = """
[fault]
entry = trap
once = last
then = end
[stack main]
bytes = SIZE * 8
pushed = 8
entry = start
faults = %d
"""
FAULTS = """
        .globl trap, last, end
trap:   push %rax
        call last
        ret
last:   push %rax
        push %rax
        call end
        ret
end:    ret
"""


def analyse(start, more="", faults=0, size=1000, flags=()):
    """What stack.Analysis says about a few instructions."""
    with tempfile.TemporaryDirectory() as work:
        source, elf = os.path.join(work, "a.S"), os.path.join(work, "a.elf")
        notes, layout = os.path.join(work, "a.ini"), os.path.join(work, "a.h")
        with open(source, "w", encoding="ascii") as file:
            file.write(f".globl start\n.text\nstart: {start}\n{FAULTS}")
        with open(notes, "w", encoding="ascii") as file:
            file.write(NOTES % faults + more)
        with open(layout, "w", encoding="ascii") as file:
            file.write(f"#define SIZE {size}\n")
        subprocess.run(["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,-e,start",
                        "-Wl,--build-id=none", "-Wl,-z,noexecstack", *flags, source,
                        "-o", elf], check=True, stderr=subprocess.PIPE)
        return stack.Analysis(elf, stack.Notes(path=notes, layout=layout))


def worst(*args, **kwargs):
    return analyse(*args, **kwargs).uses[0].worst


class Depth(unittest.TestCase):
    def test_pushes_and_calls_add_up(self):
        self.assertEqual(worst("push %rax; sub $0x20,%rsp; call f; ret; "
                               "f: push %rbx; pop %rbx; ret"), 8 + 8 + 32 + 8 + 8)

    def test_the_deepest_branch_counts(self):
        self.assertEqual(worst("test %eax,%eax; je 1f; sub $0x100,%rsp; "
                               "add $0x100,%rsp; ret; 1: push %rax; pop %rax; ret"),
                         8 + 256)

    def test_a_jump_to_a_function_needs_no_return_address(self):
        self.assertEqual(worst("jmp f; f: push %rbx; pop %rbx; ret"), 16)

    def test_leave_restores(self):
        self.assertEqual(worst("push %rbp; mov %rsp,%rbp; sub $0x40,%rsp; leave; "
                               "push %rax; pop %rax; ret"), 8 + 8 + 64)

    def test_an_offset_from_the_frame_pointer_restores(self):
        self.assertEqual(worst("push %rbp; mov %rsp,%rbp; push %rbx; sub $0x40,%rsp; "
                               "lea -8(%rbp),%rsp; pop %rbx; pop %rbp; ret"),
                         8 + 8 + 8 + 64)

    def test_alignment_costs_a_word(self):
        self.assertEqual(worst("mov %rsp,%rbx; and $-16,%rsp; mov %rbx,%rsp; ret"), 16)

    def test_a_jump_table_is_followed(self):
        self.assertEqual(worst("jmp *table(,%rax,8); 1: ret; 2: push %rax; pop %rax; ret; "
                               ".section .rodata; table: .quad 1b, 2b; .text"), 16)

    def test_annotated_pointers_and_addresses_in_data(self):
        code = "call *%rax; ret; f: sub $0x20,%rsp; add $0x20,%rsp; ret; " \
            ".section .rodata; p: .quad f; .text"
        self.assertEqual(worst(code, "[indirect]\nstart = f\n"), 8 + 8 + 32)
        self.assertEqual(worst(code, "[indirect]\nstart = *\n"), 8 + 8 + 32)

    def test_bounded_recursion(self):
        self.assertEqual(worst("push %rax; call start; pop %rax; ret",
                               "[recursion]\nstart = 3\n"), 8 + 3 * 16)

    def test_faults_on_top(self):
        fault = stack.EXCEPTION
        self.assertEqual(worst("ret", faults=1), 8 + fault + 8 + 8 + 16 + 8)
        # The second only gets as far as `last` and ends it.
        self.assertEqual(worst("ret", faults=2),
                         8 + (fault + 8 + 8 + 16 + 8) + (fault + 8 + 8 + 16 + 8))


class Never(unittest.TestCase):
    """R-17: what a handler must not come to."""

    def complaint(self, code, line):
        return " ".join(analyse(code, "[indirect]\nf = h\n[never]\n" + line).complaints)

    def test_a_function_that_is_forbidden_is_found_however_far_down(self):
        code = "call f; ret; f: call *%rax; ret; h: jmp g; g: ret"
        self.assertIn("[never] forbids start > f > h > g",
                      self.complaint(code, "start = g"))
        self.assertIn("forbids f > h > g", self.complaint(code, "f = x g"))

    def test_what_is_not_called_or_not_there_is_no_matter(self):
        code = "call f; ret; f: ret; h: jmp g; g: ret"
        for line in ("start = g", "start = absent", "absent = f", "h = f"):
            self.assertEqual(self.complaint(code, line), "")

    def test_recursion_ends(self):
        code = "push %rax; call start; pop %rax; ret; f: ret; h: ret"
        lines = "[recursion]\nstart = 2\n[never]\nstart = f\n"
        self.assertEqual(analyse(code, lines).complaints, [])


class Refusals(unittest.TestCase):
    def complaint(self, *args, **kwargs):
        return " ".join(analyse(*args, **kwargs).complaints)

    def test_a_stack_that_is_too_small(self):
        self.assertEqual(self.complaint("push %rax; pop %rax; ret", size=2), "")
        self.assertIn("16 bytes can be needed, it has 8",
                      self.complaint("push %rax; pop %rax; ret", size=1))

    def test_recursion(self):
        self.assertIn("start > f > start",
                      self.complaint("call f; ret; f: call start; ret"))

    def test_a_pointer(self):
        self.assertIn("start calls through a pointer",
                      self.complaint("call *%rax; ret"))

    def test_a_stack_pointer_from_elsewhere(self):
        with self.assertRaisesRegex(UserError, "cannot be followed"):
            analyse("mov %rdi,%rsp; ret")

    def test_a_loop_of_pushes(self):
        with self.assertRaisesRegex(UserError, "in a loop"):
            analyse("nop; 1: push %rax; jmp 1b")

    def test_a_stack_without_its_entry(self):
        with self.assertRaisesRegex(UserError, "no function nowhere"):
            analyse("ret", "[stack two]\nbytes = 8\npushed = 0\nentry = nowhere\n"
                    "faults = 0\n")

    def test_a_number_nobody_knows(self):
        with self.assertRaisesRegex(UserError, "no number of layout.h"):
            analyse("ret", "[stack two]\nbytes = MANY\npushed = 0\nentry = start\n"
                    "faults = 0\n")

    def test_a_frame_smaller_than_the_compiler_says(self):
        analysis = analyse("push %rax; pop %rax; ret")
        self.assertEqual(analysis.differences({"start": {16}}), [])
        self.assertIn("start", analysis.differences({"start": {24}})[0])
        self.assertTrue(analysis.differences({}))

    def test_frames_of_several_directories(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            for place, name, size in ((one, "x.c.su", 48), (two, ".._y.c.su", 32)):
                with open(os.path.join(place, name), "w", encoding="ascii") as file:
                    file.write(f"../x.c:3:6:start\t{size}\tstatic\n")
            self.assertEqual(stack.compiled_frames(one, two), {"start": {32, 48}})


class Images(unittest.TestCase):
    """The images of the build directory."""

    @classmethod
    def setUpClass(cls):
        top = os.environ.get("KIT_BUILD_DIR", os.path.join(build.TREE, "build"))
        pattern = os.path.join(top, "{}", "*", "*.elf")
        cls.elves = [path for place in build.PLACES
                     for path in sorted(glob.glob(pattern.format(place)))]

    def test_endless_recursion_is_seen(self):
        path = [path for path in self.elves if path.endswith("overflow.elf")]
        self.assertIn("recursion: deeper > deeper",
                      " ".join(stack.Analysis(path[0]).complaints))

    def test_no_line_of_stack_ini_is_useless(self):
        used = set()
        notes = stack.Notes()
        forbidden = {name for key, names in notes.never.items() for name in (key, *names)}
        for path in self.elves:
            analysis = stack.Analysis(path)
            used |= analysis.graph.used
            forbidden -= {name for name in forbidden if analysis.code.find(name)}
        written = {(kind, name) for kind in ("indirect", "recursion", "moved", "switch")
                   for name in getattr(notes, kind)}
        self.assertEqual(written - used, set())
        self.assertEqual(forbidden, set())

    def test_the_walk_sees_assembly(self):
        code = stack.Analysis(self.elves[0]).code
        self.assertIsInstance(code, stack_code.Code)
        self.assertGreater(code.function(code.find("svsm_vectors")).frame, 0)


if __name__ == "__main__":
    unittest.main()
