# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Images: what `kit image`, `kit measure` and `kit inspect` make of them."""

import contextlib
import io
import json
import os
import shutil
import tempfile
import unittest

from samples import (CPUID, DATA, PAGE, REGION, SVSM_SECTIONS, elf_builder,
                     elf_bytes, firmware_bytes)
from svsmkit import abi, cli, cmd_inspect, igvm, image
from svsmkit.errors import UserError
from svsmkit.igvm_read import File
from svsmkit.launch import vmsa_unpack
from svsmkit.report import report


class Build(unittest.TestCase):
    def build(self, *args, **kwargs):
        return File(image.build(elf_bytes(), "svsm.elf", *args, **kwargs))

    def refused(self, reason, firmware=None, **words):
        with self.assertRaisesRegex(UserError, reason):
            image.build(elf_bytes(**words), "svsm.elf", firmware, "OVMF.fd")

    def test_inserts_come_before_pages_and_the_vmsa_last(self):
        kinds = [type(header) for header in self.build().headers]
        first_page = kinds.index(igvm.PageData)
        self.assertNotIn(igvm.ParameterInsert, kinds[first_page:])
        self.assertEqual(kinds[-1], igvm.VpContext)
        self.assertEqual(set(kinds[first_page:-1]), {igvm.PageData})

    def test_every_measured_page_has_data(self):
        for page in self.build(firmware_bytes()).of(igvm.PageData):
            if page.data_type != igvm.DataType.SECRETS:
                self.assertEqual(len(page.data), PAGE)

    def test_the_vmsa_enters_the_program_with_the_launch_page(self):
        file = self.build()
        _, registers = vmsa_unpack(file.vmsa.data)
        self.assertEqual(registers["RIP"], REGION)
        launch = report(file)["launch"]
        self.assertEqual(registers["RSI"], launch["address"])
        self.assertEqual(registers["SEV_FEATURES"], 0x21)

    def test_debug_swap_is_there_unless_somebody_says_no(self):
        def features(options=image.Options(), **words):
            file = File(image.build(elf_bytes(**words), "x", options=options))
            return vmsa_unpack(file.vmsa.data)[1]["SEV_FEATURES"]

        without = image.Options(debug_swap=False)
        self.assertEqual(features(), 0x21)
        self.assertEqual(features(without), 1)
        self.assertEqual(features(without, sev_features=0x21), 1)
        self.assertEqual(features(sev_features=9), 0x29)
        self.assertEqual(features(features_allowed=8), 1)
        self.assertEqual(features(features_forbidden=0x20), 1)
        self.assertEqual(features(features_allowed=0, sev_features=0x21,
                                  features_required=0x21), 0x21)
        with self.assertRaisesRegex(UserError, "requires debug swap"):
            features(without, sev_features=0x21, features_required=0x21)

    def test_the_vmsas_page_is_where_it_was_asked_for(self):
        file = self.build()
        self.assertEqual(file.vmsa.gpa, 0xfffffffff000)
        self.assertEqual(report(file)["launch"]["vmsa"], 0xfffffffff000)
        inside = self.build(options=image.Options(vmsa_inside=True))
        launch = report(inside)["launch"]
        self.assertEqual(launch["vmsa"], inside.vmsa.gpa)
        self.assertEqual(launch["heap_start"], inside.vmsa.gpa + PAGE)
        found = [region for region in report(inside)["regions"]
                 if region["kind"] == "vmsa"]
        self.assertEqual(found, [{"start": inside.vmsa.gpa, "size": PAGE,
                                  "kind": "vmsa", "access": "---",
                                  "name": "startup vCPU"}])
        self.assertNotEqual(report(file)["digest"], report(inside)["digest"])

    def test_the_region_is_required_and_the_policy_passed_on(self):
        file = self.build()
        self.assertEqual(file.of(igvm.RequiredMemory),
                         [igvm.RequiredMemory(REGION, 4 << 20)])
        self.assertEqual(file.policy, 0x30000)

    def test_owners_of_a_region_with_the_vmsa(self):
        about = report(self.build(options=image.Options(vmsa_inside=True)))
        self.assertEqual(sum(about["owners"].values()), 4 << 20)

    def test_uninitialised_memory_is_not_in_the_file(self):
        pages = {page.gpa for page in self.build().of(igvm.PageData)}
        for addr in range(DATA + 2 * PAGE, DATA + 6 * PAGE, PAGE):
            self.assertNotIn(addr, pages)

    def test_firmware_ends_at_four_gib_page_by_page(self):
        data = firmware_bytes()
        pages = {page.gpa: page.data
                 for page in self.build(data).of(igvm.PageData)}
        for at in range(0, len(data), PAGE):
            self.assertEqual(pages[2 ** 32 - len(data) + at],
                             data[at:at + PAGE])

    def test_the_madt_is_asked_for_on_request_only(self):
        self.assertNotIn(igvm.Type.MADT,
                         [use.type for use in self.build().of(igvm.Parameter)])
        file = self.build(options=image.Options(madt=True))
        self.assertIn(igvm.Type.MADT,
                      [use.type for use in file.of(igvm.Parameter)])

    def test_the_cpuid_page_names_leaves_once_and_no_values(self):
        page = image.cpuid_page()
        count = int.from_bytes(page[:4], "little")
        leaves = [page[at:at + 8] for at in range(16, len(page), 48)]
        self.assertEqual((len(leaves), len(set(leaves))), (count, count))
        self.assertLessEqual(count, 64)
        self.assertEqual(page[4:16], bytes(12))
        for at in range(16, len(page), 48):
            self.assertEqual(page[at + 8:at + 48], bytes(40))

    def test_an_svsm_that_needs_firmware(self):
        self.refused("needs guest firmware", flags=1)
        image.build(elf_bytes(flags=1), "svsm.elf", firmware_bytes())

    def test_firmware_that_cannot_run_below_an_svsm(self):
        self.refused("no SEV metadata", bytes(PAGE))
        rest = [s for s in SVSM_SECTIONS if s[2] != CPUID]
        self.refused("0 pages as CPUID page", firmware_bytes(rest))
        over = SVSM_SECTIONS + [(REGION, PAGE, 1)]
        self.refused("overlaps the SVSM's region", firmware_bytes(over))

    def test_what_the_svsm_says_about_itself(self):
        for words, reason in (
                ({"magic": b"SVSMIMG2"}, "magic"), ({"version": 2}, "version"),
                ({"flags": 4}, "flags"), ({"guest_policy": 0}, "bit 17"),
                ({"sev_features": 0}, "without SNP"),
                ({"sev_features": 0x19}, "injection"),
                ({"features_required": 9}, "miss a required"),
                ({"features_forbidden": 1, "features_required": 0},
                 "forbidden bit"),
                ({"features_required": 1, "features_forbidden": 1},
                 "forbidden"),
                ({"guest_vmpl": 0}, "guest_vmpl 0"),
                ({"guest_vmpl": 4}, "guest_vmpl 4"),
                ({"max_cpus": 0}, "max_cpus"),
                ({"max_cpus": 1025}, "max_cpus"),
                ({"region_len": 0}, "2 MiB"),
                ({"region_len": 5 << 20}, "2 MiB")):
            self.refused(reason, **words)

    def test_an_elf_file_that_is_no_svsm(self):
        elf = elf_builder()
        elf.symbols = []
        with self.assertRaisesRegex(UserError, "is this an SVSM"):
            image.build(elf.bytes(), "x.elf")
        elf = elf_builder()
        elf.symbols = [(b"svsm_image", 0x11, 2, DATA + 0x5100 - 8, 8)]
        with self.assertRaisesRegex(UserError, "in no segment"):
            image.build(elf.bytes(), "x.elf")


class Report(unittest.TestCase):
    def setUp(self):
        self.file = File(image.build(elf_bytes(), "svsm.elf",
                                     firmware_bytes()))
        self.report = report(self.file)

    def test_regions_have_names_rights_and_kinds(self):
        found = {region["name"]: (region["start"], region["access"],
                                  region["kind"])
                 for region in self.report["regions"]}
        self.assertEqual(found["text"], (REGION, "r-x", "measured"))
        self.assertEqual(found["rodata"], (REGION + PAGE, "r--", "measured"))
        self.assertEqual(found["data"], (DATA, "rw-", "measured"))
        self.assertEqual(found["guard"], (DATA + 2 * PAGE, "---", "absent"))
        self.assertEqual(found["bss"], (DATA + 3 * PAGE, "rw-", "absent"))
        self.assertEqual(found["firmware"][2], "measured")
        self.assertEqual(found["memory map"][1:], ("r--", "unmeasured"))

    def test_owners_add_up_to_the_region(self):
        owners = dict(self.report["owners"])
        self.assertEqual(owners.pop("firmware"),
                         sum(region["size"] for region in self.report["regions"]
                             if region["name"] == "firmware"))
        self.assertEqual(sum(owners.values()), self.report["launch"]["region_len"])
        self.assertIn("heap", owners)

    def test_regions_have_every_page_once(self):
        pages = [addr for region in self.report["regions"]
                 for addr in range(region["start"],
                                   region["start"] + region["size"], PAGE)]
        self.assertEqual(len(pages), len(set(pages)))
        self.assertEqual(len(pages), (4 << 20) // PAGE + 4 + 1)

    def test_totals_are_those_of_the_launch(self):
        pages = self.report["pages"]
        data = self.file.of(igvm.PageData)
        self.assertEqual(pages["measured"], len(data) - 2)
        self.assertEqual(pages["unmeasured"], 2)
        self.assertEqual(pages["special"], 2)
        self.assertEqual(self.report["symbols"], 2)

    def test_the_svsms_own_words_are_found(self):
        self.assertEqual(self.report["image"]["name"], "sample")
        self.assertEqual(self.report["image"]["features_allowed"], 0x28)

    def test_the_text_has_everything_that_matters(self):
        text = "\n".join(cmd_inspect.render("x.igvm", self.report))
        for part in (self.report["digest"], "\"sample\"", "r-x", "firmware",
                     "SEV_FEATURES", "parameter_insert", "2 symbols"):
            self.assertIn(part, text)

    def test_memory_that_is_writable_and_executable_is_shown_as_such(self):
        launch = self.report["launch"]
        table = launch["page_table"] + 3 * PAGE
        headers = []
        for header in self.file.headers:
            if isinstance(header, igvm.PageData) and header.gpa == table:
                data = bytearray(header.data)
                data[0] |= 2    # writable, the first page of text
                header = igvm.PageData(table, bytes(data))
            headers.append(header)
        about = report(File(igvm.write(headers)))
        self.assertEqual(about["regions"][0]["access"], "rwx")

    def test_control_characters_do_not_reach_the_terminal(self):
        file = File(image.build(elf_bytes(name=b"a\x1b[2J"), "svsm.elf"))
        text = "\n".join(cmd_inspect.render("x", report(file)))
        self.assertNotIn("\x1b", text)

    def test_files_of_others_have_less_to_tell(self):
        vmsa = self.file.vmsa
        file = File(igvm.write([igvm.Platform(), igvm.PageData(0, b"x" * PAGE),
                                igvm.PageData(PAGE, None), vmsa]))
        about = report(file)
        self.assertEqual((about["image"], about["launch"]), (None, None))
        self.assertEqual(about["pages"]["zero"], 1)
        self.assertTrue(list(cmd_inspect.render("x", about)))

    def test_launch_pages_that_lie_give_a_report(self):
        """Pointers of the launch page are followed with bounds."""
        pages = self.file.of(igvm.PageData)
        launch = self.report["launch"]["address"]
        for at in range(0x10, abi.LAUNCH_SIZE, 8):
            for value in (0, 1, 2 ** 52, 2 ** 64 - 1):
                headers = []
                for header in self.file.headers:
                    if header in pages and header.gpa == launch:
                        data = bytearray(header.data)
                        data[at:at + 8] = value.to_bytes(8, "little")
                        header = igvm.PageData(launch, bytes(data))
                    headers.append(header)
                about = report(File(igvm.write(headers)))
                self.assertTrue(list(cmd_inspect.render("x", about)))


class Commands(unittest.TestCase):
    """The three commands as a person starts them."""

    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.write("svsm.elf", elf_bytes())
        self.write("OVMF.fd", firmware_bytes())

    def write(self, name, data):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def kit(self, *args, cwd=None):
        """Run kit in this process: exit status and what it said."""
        out, errors = io.StringIO(), io.StringIO()
        before = os.getcwd()
        os.chdir(cwd or self.dir)
        try:
            with contextlib.redirect_stdout(out), \
                    contextlib.redirect_stderr(errors):
                return cli.main(list(args)), out.getvalue(), errors.getvalue()
        finally:
            os.chdir(before)

    def good(self, *args, **kwargs):
        status, out, errors = self.kit(*args, **kwargs)
        self.assertEqual(status, 0, errors)
        return out

    def bad(self, reason, *args):
        status, out, errors = self.kit(*args)
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(errors, r"\Akit: error: .*\n\Z")
        self.assertRegex(errors, reason)

    def test_image_measure_inspect(self):
        self.good("image", "svsm.elf", "--firmware", "OVMF.fd")
        digest = self.good("measure", "svsm.igvm").strip()
        self.assertRegex(digest, r"\A[0-9a-f]{96}\Z")
        self.assertIn(digest, self.good("inspect", "svsm.igvm"))
        about = json.loads(self.good("inspect", "--json", "svsm"))
        self.assertEqual(about["digest"], digest)
        self.assertEqual(self.good("measure", "svsm").strip(), digest)

    def test_measure_of_a_launch_with_more_vmsas(self):
        self.good("image", "svsm.elf")
        digest = self.good("measure", "svsm")
        self.assertEqual(self.good("measure", "svsm", "--vcpus", "1"), digest)
        first, second = self.good("measure", "svsm", "--vcpus",
                                  "2").splitlines()
        self.assertEqual(first, digest.strip())
        self.assertRegex(second, r"\A[0-9a-f]{96}  2 vCPUs .*VMPL0: do not "
                         r"trust\Z")
        self.assertNotIn(first, second)
        self.bad("0 vCPUs", "measure", "svsm", "--vcpus", "0")
        self.bad("unknown vCPU type", "measure", "svsm", "--vcpus", "2",
                 "--vcpu-type", "Z80")

    def test_the_same_bytes_from_another_directory_under_another_name(self):
        self.write("elsewhere/other.elf", elf_bytes())
        self.write("elsewhere/fw.bin", firmware_bytes())
        self.good("image", "svsm.elf", "--firmware", "OVMF.fd")
        self.good("image", "other.elf", "--firmware", "fw.bin", "-o", "x",
                  cwd=os.path.join(self.dir, "elsewhere"))
        files = [os.path.join(self.dir, name)
                 for name in ("svsm.igvm", "elsewhere/x")]
        contents = []
        for name in files:
            with open(name, "rb") as file:
                contents.append(file.read())
        self.assertEqual(*contents)
        self.assertEqual(*[self.good("measure", name) for name in files])

    def test_missing_and_damaged_files(self):
        self.write("broken.igvm", b"IGVM")
        self.write("empty.igvm", b"")
        for command in ("measure", "inspect"):
            self.bad("No such file", command, "nothing.igvm")
            self.bad("broken.igvm: offset", command, "broken.igvm")
            self.bad("empty.igvm: offset 0x0", command, "empty.igvm")
        self.bad("no such file or example", "image", "nothing.elf")
        self.bad("not an ELF file", "image", "OVMF.fd", "-o", "x")
        self.bad("not a file nor", "image", "svsm.elf", "--firmware", "no")
        self.bad("No such file", "measure", "--ovmf", "nothing.fd")
        self.assertFalse(os.path.exists(os.path.join(self.dir, "x")))

    def test_arguments_that_do_not_go_together(self):
        self.bad("either an image or", "measure")
        self.bad("either an image or", "measure", "a", "--ovmf", "b")
        self.bad("goes with --ovmf", "measure", "a.igvm", "--features", "1")
        self.bad("invalid", "measure", "--ovmf", "OVMF.fd", "--vcpus", "x")
        self.bad("invalid", "measure", "--ovmf", "OVMF.fd", "--features", "y")
        self.bad("0 vCPUs", "measure", "--ovmf", "OVMF.fd", "--vcpus", "0")
        self.bad("unknown vCPU type", "measure", "--ovmf", "OVMF.fd",
                 "--vcpu-type", "Z80")
        self.bad("that is the ELF file", "image", "svsm.elf", "-o", "svsm.elf")
        self.bad("unknown argument", "inspect", "--nothing", "x")

    def test_an_image_that_cannot_be_written_leaves_nothing(self):
        self.bad("No such file or directory", "image", "svsm.elf", "-o",
                 "no/dir/x")
        os.mkdir(os.path.join(self.dir, "directory"))
        self.bad("Is a directory", "image", "svsm.elf", "-o", "directory")
        os.rmdir(os.path.join(self.dir, "directory"))
        self.good("image", "svsm.elf")
        self.assertEqual(sorted(os.listdir(self.dir)),
                         ["OVMF.fd", "svsm.elf", "svsm.igvm"])

    def test_plain_firmware(self):
        one = self.good("measure", "--ovmf", "OVMF.fd")
        self.assertEqual(one, self.good(
            "measure", "--ovmf", "OVMF.fd", "--vcpus", "1", "--vcpu-type",
            "EPYC-Milan", "--features", "0x1"))
        self.assertNotEqual(one, self.good(
            "measure", "--ovmf", "OVMF.fd", "--features", "0x21"))


if __name__ == "__main__":
    unittest.main()
