# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The launch digest and the VMSA, against values worked out elsewhere."""

import hashlib
import struct
import unittest

from svsmkit.launch import (LaunchDigest, PageType, Segment, policy_problem,
                            features_problem, svsm_vmsa, vmsa_pack, vmsa_rest,
                            vmsa_unpack)

PAGE = 4096
# A chain of three pages, made with printf, xxd and sha384sum.
CHAIN = (
    (PageType.NORMAL, 0x1000, b"A" * PAGE,
     "ba3d0e531f228b81d4f6eb53577eade9a10d849eb03fd0d672b91c1fff5fb29c"
     "16d5f65cfe0054cbeffd9b2ef8287697"),
    (PageType.SECRETS, 0x2000, None,
     "8aaa995d0a5344860cb7b88f9fb0947a5a15767f7532e264f9d3561688c3f6ab"
     "4848c0d8985bf78eb82110b7ab3adc19"),
    (PageType.ZERO, 0xfff000, None,
     "2ec20a819613f896d086a6052b869d4ac79589c4918327980a283275a917d3a0"
     "a41257927c47dc2bbf39dc2a72ddd2ca"),
)


class Digest(unittest.TestCase):
    def test_it_starts_with_zeros(self):
        self.assertEqual(LaunchDigest().value, bytes(48))

    def test_a_chain_worked_out_by_hand(self):
        digest = LaunchDigest()
        for page_type, gpa, content, expected in CHAIN:
            digest.add(page_type, gpa, content)
            self.assertEqual(digest.hex(), expected)

    def test_a_record_is_112_bytes_in_the_specified_order(self):
        digest = LaunchDigest()
        digest.add(PageType.VMSA, 0xfffffffff000, b"v" * PAGE)
        record = bytes(48) + hashlib.sha384(b"v" * PAGE).digest() \
            + b"\x70\0\x02\0\0\0\0\0" + struct.pack("<Q", 0xfffffffff000)
        self.assertEqual(len(record), 112)
        self.assertEqual(digest.value, hashlib.sha384(record).digest())

    def test_content_counts_for_normal_pages_only(self):
        for page_type in PageType:
            digests = set()
            for content in (b"a" * PAGE, b"b" * PAGE):
                digest = LaunchDigest()
                digest.add(page_type, 0, content)
                digests.add(digest.hex())
            bound = page_type in (PageType.NORMAL, PageType.VMSA)
            self.assertEqual(len(digests), 2 if bound else 1)

    def test_order_address_and_type_count(self):
        def chain(*pages):
            digest = LaunchDigest()
            for page in pages:
                digest.add(*page, b"x" * PAGE)
            return digest.hex()

        a, b = (PageType.NORMAL, 0x1000), (PageType.NORMAL, 0x2000)
        self.assertEqual(len({chain(a, b), chain(b, a), chain(a), chain(b),
                              chain(a, (PageType.ZERO, 0x2000))}), 5)

    def test_a_page_is_whole_and_aligned(self):
        with self.assertRaises(ValueError):
            LaunchDigest().add(PageType.NORMAL, 0, b"x")
        with self.assertRaises(ValueError):
            LaunchDigest().add(PageType.ZERO, 1)


class Vmsa(unittest.TestCase):
    def test_fields_stand_where_the_manual_has_them(self):
        page = svsm_vmsa(0x8000123, 0x8765000, 0x29)
        expected = {0x0d0: 0x1000, 0x148: 0x40, 0x158: 0x31, 0x170: 2,
                    0x178: 0x8000123, 0x268: 0x7040600070406,
                    0x330: 0x8765000, 0x3b0: 0x29, 0x3e8: 1}
        for at in range(0xa0, PAGE, 8):
            value = struct.unpack_from("<Q", page, at)[0]
            self.assertEqual(value, expected.get(at, 0), hex(at))

    def test_segments_are_flat_32_bit(self):
        page = svsm_vmsa(0, 0, 1)
        code = struct.unpack_from("<HHIQ", page, 0x10)
        self.assertEqual(code, (8, 0xc9b, 0xffffffff, 0))
        for at in (0x00, 0x20, 0x30, 0x40, 0x50):
            self.assertEqual(struct.unpack_from("<HHIQ", page, at),
                             (0x10, 0xc93, 0xffffffff, 0))
        self.assertEqual(page[0x60:0xa0], bytes(0x40))

    def test_reading_gives_what_was_written(self):
        segments = {"TR": Segment(1, 2, 3, 4)}
        page = vmsa_pack(segments, {"RAX": 5, "MXCSR": 6, "CPL": 7})
        read_segments, registers = vmsa_unpack(page)
        self.assertEqual(read_segments["TR"], segments["TR"])
        self.assertEqual((registers["RAX"], registers["MXCSR"],
                          registers["CPL"]), (5, 6, 7))

    def test_what_qemu_does_not_take_is_found(self):
        self.assertIsNone(vmsa_rest(svsm_vmsa(1, 2, 3)))
        self.assertEqual(vmsa_rest(vmsa_pack({}, {"VMPL": 1})), 0xca)
        self.assertEqual(vmsa_rest(bytes(4095) + b"\1"), 4095)


class Rules(unittest.TestCase):
    def test_guest_policies(self):
        for good in (0x20000, 0x30000, 0xb0000, 0x2013a):
            self.assertIsNone(policy_problem(good))
        for bad in (0, 0x10000, 0x4030000, 1 << 63 | 0x30000, 0x30200,
                    0x3013b):
            self.assertIsNotNone(policy_problem(bad))

    def test_features(self):
        for good in (1, 9, 0x11, 0x29):
            self.assertIsNone(features_problem(good))
        for bad in (0, 8, 0x19):
            self.assertIsNotNone(features_problem(bad))


if __name__ == "__main__":
    unittest.main()
