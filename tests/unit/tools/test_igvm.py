# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""IGVM files: writer, strict reader, and hostile files (cases F-01 to F-10)."""

import struct
import unittest
import zlib

from svsmkit import igvm
from svsmkit.binary import PAGE, Refused
from svsmkit.igvm import (DataType, GuestPolicy, IdBlock, PageData, PageFlags,
                          Parameter, ParameterArea, ParameterInsert, Platform,
                          RequiredMemory, Type, VpContext)
from svsmkit.igvm_read import File
from svsmkit.launch import svsm_vmsa

VMSA = svsm_vmsa(0x8000000, 0x8001000, 1)
ID_BLOCK = bytes(0x54) + struct.pack("<IIII", 1, 0, 1, 0) + bytes(592)


def sample(**replaced):
    """Headers of a file with one of everything."""
    headers = {
        "platform": Platform(), "policy": GuestPolicy(0x30000),
        "required": RequiredMemory(0x8000000, 0x200000),
        "area": ParameterArea(0, PAGE), "area1": ParameterArea(1, 2 * PAGE),
        "count": Parameter(Type.VP_COUNT, 0, 0),
        "environment": Parameter(Type.ENVIRONMENT, 0, 4),
        "map": Parameter(Type.MEMORY_MAP, 1),
        "madt": Parameter(Type.MADT, 1),
        "tree": Parameter(Type.DEVICE_TREE, 1),
        "insert": ParameterInsert(0x8010000, 0),
        "insert1": ParameterInsert(0x8011000, 1),
        "page": PageData(0x8000000, b"p" * PAGE),
        "page1": PageData(0x8001000, b"q" * PAGE),
        "empty": PageData(0x8002000, None),
        "open": PageData(0x8003000, b"u" * PAGE,
                         flags=PageFlags.UNMEASURED),
        "cpuid": PageData(0x8004000, bytes(PAGE), DataType.CPUID),
        "secrets": PageData(0x8005000, None, DataType.SECRETS),
        "id": IdBlock(ID_BLOCK), "vmsa": VpContext(VMSA),
    }
    headers.update(replaced)
    return [header for header in headers.values() if header is not None]


def small():
    """The shortest file: platform, one page, VMSA."""
    return igvm.write([Platform(), PageData(0x1000, b"p" * PAGE),
                       VpContext(VMSA)])


def fix_checksum(data):
    """Give a changed file a right checksum, where it has its headers."""
    data = bytearray(data)
    start, size = struct.unpack_from("<II", data, 8)
    fixed = bytes(data[:20]) + bytes(4)
    crc = zlib.crc32(data[start:start + size], zlib.crc32(fixed))
    data[20:24] = struct.pack("<I", crc)
    return bytes(data)


class RoundTrip(unittest.TestCase):
    def test_the_reader_gives_what_was_written(self):
        headers = sample()
        self.assertEqual(File(igvm.write(headers)).headers, headers)

    def test_writing_what_was_read_gives_the_same_bytes(self):
        data = igvm.write(sample())
        self.assertEqual(igvm.write(File(data).headers), data)

    def test_the_fixed_header_is_as_specified(self):
        data = small()
        magic, version, start, size, total, crc = \
            struct.unpack_from("<4sIIIII", data)
        self.assertEqual((magic, version, start, total),
                         (b"IGVM", 1, 24, len(data)))
        blank = data[:20] + bytes(4) + data[24:24 + size]
        self.assertEqual(crc, zlib.crc32(blank))

    def test_a_header_is_padded_to_eight_bytes(self):
        data = igvm.write([VpContext(VMSA)])
        self.assertEqual(struct.unpack_from("<II", data, 24), (0x304, 20))
        self.assertEqual(data[24 + 28:24 + 32], bytes(4))

    def test_headers_for_other_platforms_are_skipped(self):
        native = Platform(mask=2, platform=0)
        other = PageData(0x8000000, b"n" * PAGE, mask=2)
        file = File(igvm.write([Platform(), native, *sample()[1:-1], other,
                                VpContext(VMSA)]))
        self.assertEqual(file.of(Platform), [Platform()])
        self.assertNotIn(other, file.headers)

    def test_a_page_for_several_platforms_is_ours_too(self):
        both = PageData(0x9000000, b"n" * PAGE, mask=3)
        file = File(igvm.write([Platform(), Platform(mask=2, platform=0),
                                both, VpContext(VMSA)]))
        self.assertEqual(file.of(PageData), [both])

    def test_the_vmsa_may_lie_in_the_image(self):
        headers = sample(vmsa=VpContext(VMSA, gpa=0x8007000))
        self.assertEqual(File(igvm.write(headers)).headers, headers)

    def test_a_mask_may_have_bits_of_no_platform(self):
        for headers in (sample(page=PageData(0x8000000, b"p" * PAGE, mask=5)),
                        sample(policy=GuestPolicy(0x30000, mask=0x81)),
                        sample(vmsa=VpContext(VMSA, mask=3))):
            self.assertEqual(File(igvm.write(headers)).headers, headers)


class Refusing(unittest.TestCase):
    def refused(self, headers, reason):
        data = headers if isinstance(headers, bytes) else igvm.write(headers)
        with self.assertRaisesRegex(Refused, reason) as caught:
            File(data)
        self.assertLessEqual(caught.exception.offset, len(data))

    def replaced(self, reason, **headers):
        self.refused(sample(**headers), reason)

    def test_f01_a_file_cut_at_any_offset(self):
        data = small()
        for size in range(len(data)):
            with self.subTest(size=size), self.assertRaises(Refused):
                File(data[:size])

    def test_f01_a_file_cut_at_any_offset_that_says_so(self):
        """Total size and checksum fit what is left: contents are missing."""
        data = small()
        for size in range(24, len(data)):
            cut = bytearray(data[:size])
            cut[16:20] = struct.pack("<I", size)
            with self.subTest(size=size), self.assertRaises(Refused):
                File(fix_checksum(cut))

    def test_f02_hostile_numbers_give_a_file_or_an_error(self):
        data = igvm.write(sample())
        end = 24 + struct.unpack_from("<I", data, 12)[0]
        for at in range(0, end, 2):
            for width in (2, 4, 8):
                top = 256 ** width
                for value in (0, 1, top // 2, top - 2, top - 1):
                    bad = bytearray(data)
                    bad[at:at + width] = value.to_bytes(width, "little")
                    if at + width <= 8 or at >= 16:
                        bad = fix_checksum(bad)
                    try:
                        File(bytes(bad))
                    except Refused:
                        pass

    def test_f03_a_header_longer_than_its_section(self):
        for length in (0xffffffff, 0xfffffff8, 0x7fffffff, 5000):
            data = bytearray(small())
            data[28:32] = struct.pack("<I", length)
            self.refused(fix_checksum(data), "longer than its section")

    def test_f04_content_outside_the_file(self):
        size = len(small())
        at = 24 + 24 + 8 + 12
        for offset in (size, size - 1, size - PAGE + 1, 2 ** 32 - 1):
            data = bytearray(small())
            data[at:at + 4] = struct.pack("<I", offset)
            self.refused(fix_checksum(data), "outside the file")
        data[at:at + 4] = struct.pack("<I", 1)
        self.refused(fix_checksum(data), "inside the headers")

    def test_f05_a_page_given_twice(self):
        self.replaced("given twice", page1=PageData(0x8000000, b"q" * PAGE))
        self.replaced("given twice", secrets=PageData(0x8012000))
        self.replaced("given twice", insert1=ParameterInsert(0x800f000, 1))

    def test_f06_addresses_that_are_no_page(self):
        for gpa in (1, 0x8000800, 2 ** 52, 2 ** 64 - PAGE):
            self.replaced("address", page=PageData(gpa, b"p" * PAGE))
            self.replaced("address", insert=ParameterInsert(gpa, 0))
            self.replaced("address", required=RequiredMemory(gpa, PAGE))
        self.replaced("above 52 bits",
                      insert1=ParameterInsert(2 ** 52 - PAGE, 1))

    def test_f08_vmsas(self):
        self.replaced("vCPU 1", vmsa=VpContext(VMSA, index=1))
        self.replaced("vCPU 65535", vmsa=VpContext(VMSA, index=65535))
        self.replaced("2 MiB", vmsa=VpContext(VMSA, gpa=0x600000))
        self.replaced("not a page", vmsa=VpContext(VMSA, gpa=0x601800))
        self.replaced("52 bits", vmsa=VpContext(VMSA, gpa=2 ** 52 + PAGE))
        self.replaced("given twice", vmsa=VpContext(VMSA, gpa=0x8001000))
        self.refused(sample() + [VpContext(VMSA)], "second VMSA")
        self.replaced("no VMSA", vmsa=None)

    def test_f09_an_element_of_length_zero(self):
        self.refused(fixed(struct.pack("<II", 0x302, 0)), "0 bytes, not 24")
        self.refused(fixed(struct.pack("<II", 0x80000350, 0)), "no SEV-SNP")

    def test_f10_a_wrong_checksum(self):
        for bit in range(32):
            data = bytearray(small())
            data[20 + bit // 8] ^= 1 << bit % 8
            self.refused(bytes(data), "checksum")

    def test_versions_and_sizes(self):
        for at, value, reason in ((0, 0, "not an IGVM"), (4, 3, "version 3"),
                                  (4, 2, "x64|version|pages of"),
                                  (8, 16, "offset of"), (8, 25, "offset of"),
                                  (12, 12, "not padded"), (16, 1, "should")):
            data = bytearray(small())
            data[at:at + 4] = struct.pack("<I", value)
            self.refused(bytes(data), reason)

    def test_padding_that_is_not_zero(self):
        data = bytearray(igvm.write([Platform(), VpContext(VMSA)]))
        data[24 + 24 + 28] = 1
        self.refused(fix_checksum(data), "padding")

    def test_headers_of_an_earlier_section(self):
        headers = sample()
        self.refused(headers + [GuestPolicy(0x30000)], "earlier section")
        self.refused(headers + [Platform(mask=2)], "earlier section")

    def test_unknown_headers_unless_optional(self):
        for kind, reason in ((0x350, "unsupported"), (0x250, "no section"),
                             (0x401, "no section"), (0, "no section")):
            self.refused(with_unknown(kind), reason)
            File(with_unknown(kind | 1 << 31))

    def test_masks(self):
        self.replaced("no platform", page=PageData(0, None, mask=2))
        self.replaced("no platform", page=PageData(0, None, mask=0))
        self.refused([Platform(mask=3)], "not one bit")
        self.refused([Platform(mask=0)], "not one bit")
        self.refused([Platform(), Platform()], "used twice")
        self.refused([Platform(), Platform(mask=2)], "second SEV-SNP")
        self.refused([Platform(platform=1), VpContext(VMSA)],
                     "no platform|no SEV-SNP")

    def test_parameters(self):
        self.replaced("not declared", count=Parameter(Type.VP_COUNT, 7))
        self.replaced("outside its area",
                      count=Parameter(Type.VP_COUNT, 0, PAGE - 3))
        self.replaced("offset 0 only", map=Parameter(Type.MEMORY_MAP, 1, 8))
        self.replaced("offset 0 only", tree=Parameter(Type.DEVICE_TREE, 1, 8))
        self.replaced("declared twice", area1=ParameterArea(0, PAGE))
        self.replaced("not declared", insert=ParameterInsert(0x8010000, 31))
        self.replaced("after its insert",
                      insert1=ParameterInsert(0x8011000, 0))
        for size in (0, 1, PAGE - 1, 2 << 20, 2 ** 64 - PAGE):
            self.replaced("bytes", area1=ParameterArea(1, size))
        self.replaced("area 32", area1=ParameterArea(32, PAGE))

    def test_flags_and_types(self):
        for flags in (1, 4, 8, 1 << 31):
            self.replaced("supported|flags",
                          page=PageData(0, b"p" * PAGE, flags=flags))
        self.replaced("data type 4", page=PageData(0, None, data_type=4))
        self.replaced("flags", required=RequiredMemory(0, PAGE, flags=2))
        for size in (0, 1, PAGE + 1):
            self.replaced("bytes", required=RequiredMemory(0, size))

    def test_vmsa_fields_that_qemu_does_not_take(self):
        for at in (0xca, 0x140, 0x240, 0x3c8, 0x3e0, 0x670, PAGE - 1):
            vmsa = bytearray(VMSA)
            vmsa[at] = 1
            self.replaced(f"offset {at:#x} of a VMSA",
                          vmsa=VpContext(bytes(vmsa)))

    def test_features_that_no_processor_starts(self):
        for features, reason in ((0, "without SNP"), (0x19, "two injection")):
            vmsa = svsm_vmsa(0, 0, features)
            self.replaced(reason, vmsa=VpContext(vmsa))

    def test_id_blocks(self):
        for at, reason in ((0, "neither"), (1, "reserved"), (0x54, "version"),
                           (0x5c, "key algorithm")):
            raw = bytearray(ID_BLOCK)
            raw[at] += 2
            self.replaced(reason, id=IdBlock(bytes(raw)))
        self.refused(sample()[:-1] + [IdBlock(ID_BLOCK)], "second ID block")


def fixed(headers):
    """A file of raw variable headers."""
    data = struct.pack("<4sIIIII", b"IGVM", 1, 24, len(headers),
                       24 + len(headers), 0) + headers
    return fix_checksum(data)


def with_unknown(kind):
    """The small file with one more header, of an unknown type, in front of
    the first directive."""
    data = small()
    at, extra = 24 + 24, struct.pack("<IIQ", kind, 8, 0x55)
    data = bytearray(data[:at] + extra + data[at:])
    count = struct.unpack_from("<I", data, 12)[0]
    data[12:20] = struct.pack("<II", count + len(extra), len(data))
    for offset_at in (at + 16 + 8 + 12, at + 16 + 32 + 8 + 12):
        offset = struct.unpack_from("<I", data, offset_at)[0]
        data[offset_at:offset_at + 4] = struct.pack("<I", offset + len(extra))
    return fix_checksum(data)


if __name__ == "__main__":
    unittest.main()
