# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The guest's parts: initramfs, modules, versions, its report."""

import io
import lzma
import tempfile
import unittest

from svsmkit import apt, devices, guest, guest_report, initramfs, modinfo
from svsmkit.errors import UserError


def members(archive):
    """Read a cpio archive: [(path, mode, data)]."""
    found, at = [], 0
    while True:
        assert archive[at:at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name_end = at + 110 + fields[11]
        name = archive[at + 110:name_end - 1].decode()
        data_at = (name_end + 3) // 4 * 4
        if name == initramfs.TRAILER:
            return found
        found.append((name, fields[1], archive[data_at:data_at + fields[6]], fields))
        at = (data_at + fields[6] + 3) // 4 * 4


class Initramfs(unittest.TestCase):
    def make(self, names):
        archive = initramfs.Archive()
        for name in names:
            archive.file(name, name.encode() * 3, 0o755)
        archive.console()
        return archive.bytes()

    def test_order_of_adding_does_not_matter(self):
        self.assertEqual(self.make(["init", "bin/a", "bin/b"]),
                         self.make(["bin/b", "init", "bin/a"]))

    def test_what_goes_in_comes_out(self):
        found = {m[0]: m for m in members(self.make(["bin/tool"]))}
        self.assertEqual(sorted(found), ["bin", "bin/tool", "dev", "dev/console"])
        self.assertEqual(found["bin/tool"][1:3], (0o100755, b"bin/tool" * 3))
        self.assertEqual(found["bin"][1], 0o040755)
        self.assertEqual(found["dev/console"][3][9:11], [5, 1])

    def test_everything_belongs_to_root_and_has_no_time(self):
        for _, _, _, fields in members(self.make(["a", "b/c"])):
            self.assertEqual((fields[2], fields[3], fields[5]), (0, 0, 0))


def elf(*needs):
    """What a module file looks like to us."""
    return b"\x7fELF\0license=GPL\0depends=" + ",".join(needs).encode() + b"\0name=x\0"


class Modules(unittest.TestCase):
    def order(self, modules, builtin=(), wanted=(("c",),)):
        return list(modinfo.load_order(modules.get, set(builtin), wanted))

    def test_dependencies_come_first(self):
        modules = {"a": elf(), "b": elf("a"), "c": elf("b", "a")}
        self.assertEqual(self.order(modules), ["a", "b", "c"])

    def test_what_is_built_in_is_not_loaded(self):
        self.assertEqual(self.order({"c": elf("a")}, builtin=["a"]), ["c"])

    def test_dashes_are_underscores(self):
        self.assertEqual(modinfo.depends(elf("net-failover")), ["net_failover"])
        self.assertEqual(modinfo.module_name("x/sev-guest.ko.xz"), "sev_guest")

    def test_the_newer_of_two_names_is_taken(self):
        wanted = (("tsm", "tsm_report"),)
        self.assertEqual(self.order({"tsm": elf()}, wanted=wanted), ["tsm"])
        self.assertEqual(self.order({"tsm": elf(), "tsm_report": elf()},
                                    wanted=wanted), ["tsm_report"])

    def test_what_not_every_kernel_has_may_be_missing(self):
        wanted = (("", "gcm"), ("c",))
        self.assertEqual(self.order({"c": elf()}, wanted=wanted), ["c"])
        self.assertEqual(self.order({"c": elf(), "gcm": elf()}, wanted=wanted),
                         ["gcm", "c"])

    def test_a_missing_module_is_named(self):
        with self.assertRaisesRegex(UserError, "no module a"):
            self.order({"c": elf("a")})

    def test_compressed_modules_are_unpacked(self):
        self.assertEqual(modinfo.unpack("a.ko.xz", lzma.compress(b"x")), b"x")

    def test_other_files_are_no_modules(self):
        for name in ("vmlinuz", "modules.dep", "a.ko.sig", "a.koo"):
            self.assertIsNone(modinfo.module_name(name))


class Versions(unittest.TestCase):
    def test_leading_numbers(self):
        for text, expected in (("6.12.107-1", (6, 12)), ("2025.02-8+deb13u1", (2025, 2)),
                               ("1:1.37.0-6+b9", (1, 37)), ("2026.08+ds-2", (2026, 8))):
            self.assertEqual(guest.version(text), expected)


class Mirror(unittest.TestCase):
    def find(self, line):
        found = apt.INRELEASE.match(line)
        return found and found[1]

    def test_the_archive_is_found_among_others(self):
        self.assertEqual(
            self.find("'http://mirror.example/debian/dists/bookworm/InRelease' x 0 "),
            "http://mirror.example/debian")

    def test_parts_of_the_archive_are_not_it(self):
        for suite in ("bookworm-updates", "bookworm-security", "x/updates"):
            self.assertIsNone(self.find(f"'http://m.example/d/dists/{suite}/InRelease' x"))


class Report(unittest.TestCase):
    GOOD = """[    0.1] noise
guest: kernel 7.3.4+deb13-cloud-amd64
guest: vmpl 2
guest: cpus 2
guest: memory 1030000
guest: cmdline console=ttyS0 quiet my.word initrd=initrd
guest: dmesg Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP
guest: dmesg SEV: SNP running at VMPL2.
guest: sev-guest ok
guest: pincpu ok: 2 CPUs
guest: memtest ok: 780 MiB by 2 CPUs
guest: rtc 2030-01-02 03:05:19
guest: alarm ok
guest: disk {disk}
guest: own-disk {own}
guest: network {blob}
guest: end 11.2"""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.devices = devices.Devices(directory.name)
        with open(self.devices.disk, "r+b") as file:
            half = file.read(devices.HALF)
            file.write(half)
        self.good = self.GOOD.format(disk=self.devices.disk_digest, own="1" * 64,
                                     blob=self.devices.blob_digest)

    def compare(self, text, **own):
        wanted = guest_report.Wanted(2, 1024, 2, "7.3.4", self.devices,
                                     append="my.word", disk="1" * 64, **own)
        return guest_report.compare(guest_report.parse(io.StringIO(text)), wanted)

    def complaints(self, text, **own):
        compared = self.compare(text, **own)
        self.assertEqual(compared.left, {})
        return compared.bad

    def test_a_good_report_has_no_complaints(self):
        self.assertEqual(self.complaints(self.good), [])

    def test_every_line_matters(self):
        lines = self.good.splitlines()
        for i in range(1, len(lines)):
            rest = "\n".join(lines[:i] + lines[i + 1:])
            self.assertEqual(len(self.complaints(rest)), 1, lines[i])

    def test_every_wrong_value_is_noticed(self):
        for old, new in (("vmpl 2", "vmpl 0"), ("cpus 2", "cpus 1"), ("7.3.4", "6.12"),
                         ("memory 1030000", "memory 500000"),
                         ("memory 1030000", "memory 1048577"),
                         ("VMPL2", "VMPL1"), ("my.word", "my.w0rd"),
                         ("1" * 64, "2" * 64), ("1" * 64, "failed: no /dev/vdb"), ("780 MiB", "80 MiB"),
                         ("by 2 CPUs", "by 1 CPUs"), ("ok: 2 CPUs", "ok: 1 CPUs"),
                         ("memtest ok: 780 MiB by 2 CPUs", "memtest failed: 3 wrong words"),
                         ("2030-01-02 03:05", "2030-01-02 04:05"),
                         ("alarm ok", "alarm failed: it did not ring"),
                         ("sev-guest ok", "sev-guest failed: no /dev/sev-guest"),
                         (self.devices.disk_digest, "0" * 64),
                         (self.devices.blob_digest, "0" * 64)):
            self.assertEqual(len(self.complaints(self.good.replace(old, new))), 1, new)

    def test_a_disk_that_did_not_take_the_writes_is_noticed(self):
        with open(self.devices.disk, "r+b") as file:
            file.seek(devices.HALF + 5)
            file.write(b"?")
        self.assertEqual(len(self.complaints(self.good)), 1)

    def test_a_report_that_ends_early_is_noticed(self):
        self.assertGreater(len(self.complaints(self.good[:60])), 9)

    def test_no_report_is_one_complaint(self):
        self.assertEqual(self.complaints(""), ["the guest reported nothing"])

    def test_a_kernel_without_drivers_has_their_work_left_out(self):
        said = self.good.replace("sev-guest ok", "sev-guest failed: no driver")
        for digest in (self.devices.disk_digest, "1" * 64, self.devices.blob_digest):
            said = said.replace(digest, "failed: no driver")
        compared = self.compare(said, own_kernel=True)
        self.assertEqual(compared.bad, [])
        self.assertEqual(list(compared.left),
                         ["sev-guest", "disk", "network", "own-disk"])
        self.assertEqual(len(self.compare(said).bad), 4)

    def test_a_driver_that_finds_no_device_is_no_excuse(self):
        for old, new in (("sev-guest ok", "sev-guest failed: no /dev/sev-guest"),
                         (self.devices.disk_digest, "failed: no /dev/vda"),
                         (self.devices.blob_digest, "failed: no eth0"),
                         ("1" * 64, "failed: no /dev/vdb")):
            said = self.good.replace(old, new)
            self.assertEqual(len(self.complaints(said, own_kernel=True)), 1, new)

    def test_a_kernel_with_drivers_is_compared_like_ours(self):
        self.assertEqual(self.complaints(self.good, own_kernel=True), [])
        self.assertEqual(len(self.complaints(
            self.good.replace("1" * 64, "2" * 64), own_kernel=True)), 1)

    def test_a_kernel_that_does_not_tell_its_version_is_taken(self):
        wanted = guest_report.Wanted(2, 1024, 2, "", self.devices)
        said = guest_report.parse(io.StringIO(self.good))
        self.assertEqual(guest_report.compare(said, wanted).bad, [])

    def test_of_an_own_init_what_it_says_is_compared(self):
        compared = self.compare("guest: cpus 2\nguest: vmpl 3", own_initrd=True)
        self.assertEqual(compared.bad, ["vmpl: wanted 2, the guest says: 3"])
        self.assertIn("memory", compared.left)
        self.assertNotIn("cpus", compared.left)

    def test_an_own_init_may_say_nothing(self):
        compared = self.compare("", own_initrd=True)
        self.assertEqual(compared.bad, [])
        self.assertEqual(len(compared.left), 15)


class QemuArguments(unittest.TestCase):
    def test_commas_in_file_names_are_doubled(self):
        self.assertIn("file=a,,b", " ".join(devices.disk("a,b", "x")))


if __name__ == "__main__":
    unittest.main()
