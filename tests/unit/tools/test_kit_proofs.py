# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The proofs' tables and how the provers' answers are read."""

import unittest

from svsmkit import proof_cbmc, proof_wp, proofs
from svsmkit.errors import UserError

SOURCE = """int f(int a)
{
	return a + 1;
}

int g(int a)
{
	return a + 1;
}
"""
OUTPUT = """[wp] [Qed] Goal typed_f_ensures : Valid (3ms)
[wp] [Z3 4.8.12] Goal typed_f_ensures_2 : Valid (Qed:8ms) (70ms) (191901)
{}[wp] Proved goals:    {} / 3
"""


class Mutation(unittest.TestCase):
    def change(self, function, text):
        return proofs.Mutation("f.c", function, text).apply(SOURCE)

    def test_only_the_function_changes(self):
        self.assertEqual(self.change("g", "+ 1 => - 1"),
                         SOURCE[:-len("+ 1;\n}\n")] + "- 1;\n}\n")

    def test_the_old_text_has_to_be_there_once(self):
        for function, text in (("f", "+ 2 => - 2"), ("f", "r => s"),
                               ("h", "+ 1 => - 1")):
            with self.assertRaises(UserError):
                self.change(function, text)

    def test_a_change_that_changes_nothing_is_refused(self):
        for text in ("+ 1", "a => a"):
            with self.assertRaises(UserError):
                self.change("f", text)


    def test_neighbours_of_a_changed_header_see_it(self):
        mutation = proofs.Mutation("src/mem/umem_slice.h", "slice_min", "a < b => a > b")
        with proofs.Copy(mutation) as copy:
            options = copy.includes("include", "tests/fake/inline", "src/mem")
            text = proofs.preprocess(options, copy.path("src/mem/umem_slice.c"),
                                     copy.root)
        self.assertIn("return a > b ? a : b;", text)


class Answers(unittest.TestCase):
    def read(self, line, proved, status=0):
        return proof_wp.goals("f.c", status, OUTPUT.format(line, proved))

    def test_a_goal_has_its_prover(self):
        line = "[wp] [CVC4 1.8] Goal typed_f_assigns : Valid (Qed:3ms) (1s) (30000)\n"
        self.assertEqual(self.read(line, 3), {
            "f_ensures": "Qed", "f_ensures_2": "Z3 4.8.12", "f_assigns": "CVC4 1.8"})

    def test_who_gives_up_has_not_proved(self):
        for line in (
                "[wp] [Z3 4.8.12] Goal typed_f_assigns : Unknown (Qed:3ms)\n",
                "[wp] [CVC4 1.8] Goal typed_f_assigns : Step limit exceeded\n",
                "[wp] [Failed] Goal typed_f_assigns\n  Z3 4.8.12: Unknown (Qed:5ms)\n"
                "  CVC4 1.8: Step limit exceeded (Qed:5ms)\n"):
            self.assertEqual(self.read(line, 2)["f_assigns"], "")

    def test_what_is_no_verdict_is_an_error(self):
        for line, proved, status in (
                ("[wp] [Z3 4.8.12] Goal typed_f_assigns : Timeout (2')\n", 2, 0),
                ("[wp] [Z3 4.8.12] Goal typed_f_assigns : Failed\n", 2, 0),
                ("[wp] [Failed] Goal typed_f_assigns\n  Z3 4.8.12: Unknown\n"
                 "  CVC4 1.8: Failed\n", 2, 0),
                ("", 2, 0),
                ("[wp] [Z3 4.8.12] Goal typed_f_assigns : Unknown\n", 2, 1)):
            with self.assertRaises(UserError):
                self.read(line, proved, status)

    def test_a_function_needs_goals_that_are_proved(self):
        self.assertEqual(proof_wp.judge("f", {"f_ensures": "Qed"}), "")
        self.assertIn("not proved: f_assigns",
                      proof_wp.judge("f", {"f_ensures": "Qed", "f_assigns": ""}))
        self.assertIn("no contract", proof_wp.judge("f", {"f_assigns": "Qed"}))

    def test_kinds_of_goals(self):
        for goal in ("f_ensures", "f_ensures_2", "f_ensures_part03", "f_ensures_2_part1"):
            self.assertEqual(proof_wp.kind(goal), "f_ensures")

    def test_cbmc_names_what_fails(self):
        text = "[f.1] line 3 bounds: SUCCESS\n[f.2] line 4 bounds: FAILURE\n"
        self.assertEqual(proof_cbmc.FAILED.findall(text), ["[f.2] line 4 bounds: FAILURE"])


class Prover:
    """Answers of WP: without a change and with one, by the provers that are asked."""

    def __init__(self, before, first, both):
        self.before, self.first, self.both = before, first, both

    def run(self, unit, functions, provers, mutation=None):
        del functions
        if not mutation:
            return self.before
        return self.both if provers == unit.provers else self.first


class Kill(unittest.TestCase):
    class Unit:
        functions = ["f"]
        provers = ["z3", "cvc4"]

    def complaint(self, before, first, both=None):
        mutation = proofs.Mutation("f.c", "f", "a => b")
        return proof_wp.kill(self.Unit, mutation, Prover(before, first, both))[1]

    def test_a_goal_that_fails_kills(self):
        self.assertEqual(self.complaint({"f_ensures": "Z3 1"}, {"f_ensures": ""}), "")

    def test_no_goal_that_fails_is_a_complaint(self):
        self.assertTrue(self.complaint({"f_ensures": "Z3 1"}, {"f_ensures": "Qed"}))

    def test_what_needed_the_other_prover_is_left_to_it(self):
        before = {"f_ensures_1": "CVC4 1"}
        failed = {"f_ensures_2": ""}
        self.assertTrue(self.complaint(before, failed, {"f_ensures_2": "CVC4 1"}))
        self.assertEqual(self.complaint(before, failed, failed), "")


class Tables(unittest.TestCase):
    def test_every_mutation_fits_its_source(self):
        units = proof_wp.table()
        harnesses = proof_cbmc.table()
        self.assertGreaterEqual(sum(len(unit.functions) for unit in units), 40)
        for mutation in (m for each in (*units, *harnesses) for m in each.mutations):
            self.assertNotEqual(mutation.apply(proofs.read(mutation.file)),
                                proofs.read(mutation.file))
        self.assertTrue(all(harness.mutations for harness in harnesses))


if __name__ == "__main__":
    unittest.main()
