# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Digests of IGVM files in QEMU's order, and of plain firmware launches."""

import os
import unittest
from dataclasses import dataclass

from samples import CPUID, SECRETS, SEC_MEM, SVSM_CAA, firmware_bytes
from svsmkit import cache, guest, igvm, measure
from svsmkit.binary import read_file
from svsmkit.errors import UserError
from svsmkit.igvm import (DataType, GuestPolicy, IdBlock, PageData, PageFlags,
                          Parameter, ParameterArea, ParameterInsert, Platform,
                          Type, VpContext)
from svsmkit.igvm_read import File
from svsmkit.launch import LaunchDigest, PageType, svsm_vmsa
from svsmkit.measure import (firmware_digest, image_digest, reset_vmsa,
                             untrusted_digest, vcpu_signature)
from svsmkit.ovmf import Firmware

PAGE = 4096
VMSA = svsm_vmsa(0x1000, 0x2000, 1)
A, B, C = (letter * PAGE for letter in (b"a", b"b", b"c"))
NORMAL, ZERO, UNMEASURED = PageType.NORMAL, PageType.ZERO, PageType.UNMEASURED


def digest_of(*headers, policy=0x30000):
    data = igvm.write([Platform(), GuestPolicy(policy), ParameterArea(0, PAGE),
                       ParameterArea(1, 2 * PAGE), *headers])
    return image_digest(File(data)).hex()


def chain(*pages):
    """The digest of pages (type, gpa, content), and the VMSA."""
    digest = LaunchDigest()
    for page in pages:
        digest.add(*page)
    digest.add(PageType.VMSA, 0xfffffffff000, VMSA)
    return digest.hex()


class Images(unittest.TestCase):
    def test_pages_count_in_file_order(self):
        self.assertEqual(
            digest_of(PageData(0x3000, A), PageData(0x1000, B),
                      VpContext(VMSA)),
            chain((NORMAL, 0x3000, A), (NORMAL, 0x1000, B)))

    def test_the_vmsa_counts_last_wherever_it_stands(self):
        self.assertEqual(digest_of(VpContext(VMSA), PageData(0x1000, A)),
                         chain((NORMAL, 0x1000, A)))

    def test_the_vmsa_counts_with_its_address(self):
        digest = LaunchDigest()
        digest.add(PageType.VMSA, 0x7000, VMSA)
        self.assertEqual(digest_of(VpContext(VMSA, gpa=0x7000)), digest.hex())

    def test_further_vmsas_are_at_reset_with_the_images_features(self):
        vmsa = svsm_vmsa(0x1000, 0x2000, 0x21)
        for gpa in (0xfffffffff000, 0x7000):
            file = File(igvm.write([Platform(), VpContext(vmsa, gpa=gpa)]))
            digest = LaunchDigest()
            digest.add(PageType.VMSA, gpa, vmsa)
            self.assertEqual(untrusted_digest(file, 1, "EPYC").hex(),
                             digest.hex())
            for _ in range(2):
                digest.add(PageType.VMSA, gpa,
                           reset_vmsa(0xfffffff0, 0xa00f11, 0x21))
            found = untrusted_digest(file, 3, "EPYC-Milan")
            self.assertEqual(found.hex(), digest.hex())

    def test_page_types(self):
        pages = [PageData(0x1000, A), PageData(0x2000, None),
                 PageData(0x3000, B, flags=PageFlags.UNMEASURED),
                 PageData(0x4000, None, DataType.SECRETS),
                 PageData(0x5000, C, DataType.CPUID),
                 PageData(0x6000, C, DataType.CPUID_XF)]
        self.assertEqual(
            digest_of(*pages, VpContext(VMSA)),
            chain((NORMAL, 0x1000, A), (ZERO, 0x2000), (UNMEASURED, 0x3000),
                  (PageType.SECRETS, 0x4000), (PageType.CPUID, 0x5000),
                  (PageType.CPUID, 0x6000)))

    def test_a_parameter_area_counts_page_by_page(self):
        self.assertEqual(
            digest_of(Parameter(Type.MEMORY_MAP, 1),
                      ParameterInsert(0x8000, 1), VpContext(VMSA)),
            chain((UNMEASURED, 0x8000), (UNMEASURED, 0x9000)))

    def test_an_insert_overtakes_the_group_of_pages_before_it(self):
        pages = [PageData(0x1000, A), PageData(0x2000, B)]
        self.assertEqual(
            digest_of(*pages, ParameterInsert(0x8000, 0), VpContext(VMSA)),
            chain((UNMEASURED, 0x8000), (NORMAL, 0x1000, A),
                  (NORMAL, 0x2000, B)))

    def test_a_group_ends_where_pages_are_not_alike_or_not_consecutive(self):
        for second, entry in (
                (PageData(0x3000, B), (NORMAL, 0x3000, B)),
                (PageData(0x2000, None), (ZERO, 0x2000)),
                (PageData(0x2000, B, flags=PageFlags.UNMEASURED),
                 (UNMEASURED, 0x2000))):
            self.assertEqual(
                digest_of(PageData(0x1000, A), second,
                          ParameterInsert(0x8000, 0), VpContext(VMSA)),
                chain((NORMAL, 0x1000, A), (UNMEASURED, 0x8000), entry))

    def test_a_group_ends_where_another_header_stands_between(self):
        self.assertEqual(
            digest_of(PageData(0x1000, A), ParameterInsert(0x8000, 0),
                      PageData(0x2000, B), ParameterInsert(0x9000, 1),
                      VpContext(VMSA)),
            chain((UNMEASURED, 0x8000), (NORMAL, 0x1000, A),
                  (UNMEASURED, 0x9000), (UNMEASURED, 0xa000),
                  (NORMAL, 0x2000, B)))

    def test_a_policy_that_the_firmware_refuses(self):
        for policy in (0, 0x10000, 1 << 40 | 0x30000):
            with self.assertRaisesRegex(UserError, "guest policy"):
                digest_of(VpContext(VMSA), policy=policy)

    def test_an_id_block_must_expect_this_digest(self):
        def block(digest):
            raw = bytearray(0x2b4)
            raw[4:52] = bytes.fromhex(digest)
            raw[0x54] = raw[0x5c] = 1
            return IdBlock(bytes(raw))

        right = chain((NORMAL, 0x1000, A))
        pages = [PageData(0x1000, A), VpContext(VMSA)]
        self.assertEqual(digest_of(*pages, block(right)), right)
        with self.assertRaisesRegex(UserError, "ID block wants 00"):
            digest_of(*pages, block("00" * 48))


class PlainFirmware(unittest.TestCase):
    def test_pages_then_metadata_then_vmsas(self):
        data = firmware_bytes()
        digest = LaunchDigest()
        for at in range(0, len(data), PAGE):
            digest.add(NORMAL, 2 ** 32 - len(data) + at, data[at:at + PAGE])
        for gpa in range(0x800000, 0x809000, PAGE):
            digest.add(ZERO, gpa)
        digest.add(PageType.SECRETS, 0x80d000)
        digest.add(PageType.CPUID, 0x80e000)
        digest.add(ZERO, 0x80f000)      # SVSM calling area
        for rip in (0xfffffff0, 0x80b004, 0x80b004):
            digest.add(PageType.VMSA, 0xfffffffff000,
                       reset_vmsa(rip, 0xa00f11, 1))
        found = firmware_digest(Firmware(data), 3, "EPYC-Milan", 1)
        self.assertEqual(found.hex(), digest.hex())

    def test_signatures_of_vcpu_types(self):
        for name, signature in (("EPYC", 0x800f12), ("EPYC-Rome", 0x830f10),
                                ("EPYC-Milan", 0xa00f11),
                                ("EPYC-Genoa", 0xa10f10),
                                ("EPYC-Turin", 0xb00f00)):
            self.assertEqual(vcpu_signature(name), signature, name)

    def test_bad_requests(self):
        firmware = Firmware(firmware_bytes())
        for vcpus, kind, features, reason in (
                (0, "EPYC", 1, "0 vCPUs"), (-1, "EPYC", 1, "-1 vCPUs"),
                (4097, "EPYC", 1, "4097 vCPUs"), (1, "Z80", 1, "Z80"),
                (1, "EPYC", 0, "without SNP"), (1, "EPYC", 2 ** 64 + 1, "64"),
                (1, "EPYC", -1, "64-bit")):
            with self.assertRaisesRegex(UserError, reason):
                firmware_digest(firmware, vcpus, kind, features)

    def test_a_second_vcpu_needs_a_reset_vector(self):
        firmware = Firmware(bytes(PAGE))
        firmware_digest(firmware, 1, "EPYC", 1)
        with self.assertRaisesRegex(UserError, "no reset vector"):
            firmware_digest(firmware, 2, "EPYC", 1)


@dataclass(frozen=True)
class KnownLaunch:
    """An OVMF.fd of Debian, and its digests made with another tool
    (sev-snp-measure) for QEMU, EPYC-Milan and features 0x1."""
    sha256: str     # how it begins
    pages: str      # the digest after the pages of the file
    sections: list
    ap_reset: int
    digests: dict   # vCPUs -> launch digest


BOOKWORM = KnownLaunch(
    sha256="7b456907dd0786d4",
    pages="ba2c811512ef868474f239a21f7d7057d65a20de87a003c4"
          "f116e4fb1573183bfbcd75c3e99b2f558575a5d0094f73c6",
    sections=[(0x800000, 0x9000, SEC_MEM), (0x80a000, 0x3000, SEC_MEM),
              (0x80d000, PAGE, SECRETS), (0x80e000, PAGE, CPUID),
              (0x80f000, 0x11000, SEC_MEM)],
    ap_reset=0x80b004,
    digests={1: "80479ca85a2b182c026f6a3a2f2b180ab968d84b17540dd3"
                "0de39039e70b8c0c33ead2cae6d34e37750035fcff60bfc8",
             2: "a175292a4a09fcfb760c5bd80c93ed667dbaafce6247d0f2"
                "1fc06638658b3ebf2804d3019e2abed05cb6a9efe0a7464e",
             4: "e9c10ab98f8086bf4a4993dcdc1f768b1128bcb02301d179"
                "1f1d3274329e790db2d12a301d66d99a462a13b5d87e2840"})
TRIXIE = KnownLaunch(
    sha256="14954040cc754ade",
    pages="52de7f3ba560307ec6c22a5cb001524d5e560467b5d618c7"
          "15cfe3c6f1addcadb91563693fbfa433ae18c2412d739a95",
    sections=[(0x800000, 0x9000, SEC_MEM), (0x80a000, 0x3000, SEC_MEM),
              (0x80d000, PAGE, SECRETS), (0x80e000, PAGE, CPUID),
              (0x80f000, PAGE, SVSM_CAA), (0x810000, 0x10000, SEC_MEM)],
    ap_reset=0x80b004,
    digests={1: "1066da73495d1df04d21222f8277ea5e18be8cc33e99ad44"
                "e13060292f9320ddf67af6cdd10ccfc22222bb9d6ae3f96c",
             2: "b55b618cb48696814dc1d65d8be960d7c8916bf06dd0139f"
                "bc0e5a3d1ebd678c647af7abfb7da5ab1815054bf00ab69e",
             4: "23a7cfea107ad340deb77960c711065bea0527cb551ec5eb"
                "3ec8234c730947fe05f172939695b2079efb5c3f841e733a"})


class KnownAnswers(unittest.TestCase):
    """Without the files, from the digest after their own pages on; and from
    the beginning with the file that kit fetches, while Debian has that one."""

    def test_metadata_and_vmsas_lead_to_the_known_digests(self):
        for launch in (BOOKWORM, TRIXIE):
            firmware = Firmware(firmware_bytes(launch.sections))
            for vcpus, known in launch.digests.items():
                digest = LaunchDigest()
                digest.value = bytes.fromhex(launch.pages)
                measure.add_metadata(digest, firmware)
                starts = [0xfffffff0] + [launch.ap_reset] * (vcpus - 1)
                measure.add_vcpus(digest, starts, "EPYC-Milan", 1)
                self.assertEqual(digest.hex(), known)

    @unittest.skipUnless("KIT_BUILD_DIR" in os.environ, "fetches firmware")
    def test_the_firmware_that_kit_fetches(self):
        path = guest.firmware("trixie")
        if not cache.sha256(path).startswith(TRIXIE.sha256):
            self.assertTrue(Firmware(read_file(path)).sections)
            return
        firmware = Firmware(read_file(path))
        for vcpus, known in TRIXIE.digests.items():
            found = firmware_digest(firmware, vcpus, "EPYC-Milan", 1)
            self.assertEqual(found.hex(), known)


if __name__ == "__main__":
    unittest.main()
