# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""kit measure against snpemu's model (case F-11): the same damaged files are
refused by both, or have the same digest in both.

KIT_MUTANTS sets how many; KIT_BUILD_DIR has igvm_digest, the other side.
"""

import os
import random
import struct
import subprocess
import unittest

from samples import elf_bytes, firmware_bytes
from svsmkit import image
from svsmkit.errors import UserError
from svsmkit.igvm import IdBlock, VpContext, write
from svsmkit.igvm_read import File
from svsmkit.measure import image_digest
from test_igvm import ID_BLOCK, VMSA, fix_checksum, sample

BUILD = os.environ.get("KIT_BUILD_DIR", "")
DRIVER = os.path.join(BUILD, "tests", "unit", "tools", "igvm_digest")
MUTANTS = int(os.environ.get("KIT_MUTANTS", "3000"))
SEED = 20
HEADERS_AT, SIZE_AT, TOTAL_AT = 8, 12, 16


class Model:
    """The running driver."""

    def __init__(self):
        self.child = subprocess.Popen([DRIVER], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)

    def ask(self, data):
        self.child.stdin.write(struct.pack("<I", len(data)) + data)
        self.child.stdin.flush()
        kind, _, rest = self.child.stdout.readline().decode().partition(" ")
        return rest.strip() if kind == "digest" else None, kind, rest

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        return self.child.wait(timeout=60)


def ours(data):
    """Digest or None, and the reason."""
    try:
        return image_digest(File(data)).hex(), ""
    except UserError as error:
        return None, str(error)


def with_id_block():
    """A good file that expects its own digest."""
    digest, _ = ours(write(sample(id=None)))
    raw = bytearray(ID_BLOCK)
    raw[4:52] = bytes.fromhex(digest)
    return write(sample(id=IdBlock(bytes(raw))))


class Mutator:
    """Makes damaged files from good ones, mostly with a right checksum."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def mutate(self, data):
        headers, tail = self.take_apart(data)
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            self.chance.choice((self.field, self.field, self.field, self.bit,
                                self.swap, self.repeat, self.drop,
                                self.kind, self.copy_field))(headers)
        data = self.put_together(data, headers, tail)
        if self.chance.random() < 0.3:
            self.damage_rest(data)
        if self.chance.random() < 0.1:
            del data[self.chance.randrange(len(data)):]
        if self.chance.random() < 0.95 and len(data) >= 24:
            data[TOTAL_AT:TOTAL_AT + 4] = struct.pack("<I", len(data))
            data = fix_checksum(data)
        return bytes(data)

    @staticmethod
    def take_apart(data):
        """Variable headers (mutable) and what follows them."""
        start, size = struct.unpack_from("<II", data, HEADERS_AT)
        headers, at = [], start
        while at < start + size:
            length = struct.unpack_from("<I", data, at + 4)[0]
            end = at + 8 + ((length + 7) & ~7)
            headers.append(bytearray(data[at:end]))
            at = end
        return headers, data[start + size:]

    @staticmethod
    def put_together(data, headers, tail):
        """Offsets into the file keep their old values: they then point to
        other data, or out of the file."""
        section = b"".join(headers)
        result = bytearray(data[:24]) + section + tail
        result[SIZE_AT:SIZE_AT + 4] = struct.pack("<I", len(section))
        return result

    def number(self, width):
        top = 256 ** width
        return self.chance.choice((
            0, 1, 2, 8, top - 1, top - 2, top // 2, 0x1000 % top,
            0xfff % top, 0x8000000 % top, self.chance.randrange(top),
            1 << self.chance.randrange(8 * width)))

    def place(self, headers):
        """A header and an aligned field in it."""
        header = self.chance.choice(headers)
        width = self.chance.choice((1, 2, 4, 8))
        at = self.chance.randrange(0, len(header) - width + 1, width)
        return header, at, width

    def field(self, headers):
        if headers:
            header, at, width = self.place(headers)
            header[at:at + width] = self.number(width).to_bytes(width,
                                                                "little")

    def bit(self, headers):
        if headers:
            header, at, _ = self.place(headers)
            header[at] ^= 1 << self.chance.randrange(8)

    def copy_field(self, headers):
        if headers:
            source, at, width = self.place(headers)
            target = self.chance.choice(headers)
            if at + width <= len(target):
                target[at:at + width] = source[at:at + width]

    def kind(self, headers):
        if headers:
            header = self.chance.choice(headers)
            other = self.chance.choice(headers)
            header[0:4] = other[0:4]

    def swap(self, headers):
        if headers:
            a = self.chance.randrange(len(headers))
            b = self.chance.randrange(len(headers))
            headers[a], headers[b] = headers[b], headers[a]

    def repeat(self, headers):
        if headers:
            header = bytearray(self.chance.choice(headers))
            headers.insert(self.chance.randrange(len(headers) + 1), header)

    def drop(self, headers):
        if headers:
            del headers[self.chance.randrange(len(headers))]

    def damage_rest(self, data):
        """The fixed header, page contents or the VMSA at the end."""
        if not data:
            return
        at = self.chance.choice((self.chance.randrange(min(24, len(data))),
                                 self.chance.randrange(len(data)),
                                 max(0, len(data) - 4096
                                     + self.chance.randrange(0x420))))
        data[at] ^= 1 << self.chance.randrange(8)


@unittest.skipUnless(os.path.exists(DRIVER), "needs a build directory")
class Differential(unittest.TestCase):
    def setUp(self):
        self.model = Model()

    def tearDown(self):
        self.assertEqual(self.model.close(), 0)

    def agree(self, data, what):
        """Both refuse, or both have this digest, which is returned."""
        mine, reason = ours(data)
        theirs, kind, rest = self.model.ask(data)
        self.assertIn(kind, ("digest", "refused"), what)
        self.assertEqual(mine, theirs, f"{what}: kit: {reason or mine}; "
                         f"model: {rest.strip()}")
        return mine

    def test_good_files_have_the_same_digest(self):
        for data in (write(sample(id=None)),
                     with_id_block(),
                     write(sample(id=None,
                                  vmsa=VpContext(VMSA, gpa=0x8007000))),
                     image.build(elf_bytes(), "x", firmware_bytes()),
                     image.build(elf_bytes(), "x",
                                 options=image.Options(madt=True))):
            self.assertIsNotNone(self.agree(data, "good file"))

    def test_f11_damaged_files_are_refused_by_both_or_equal(self):
        mutator = Mutator(SEED)
        bases = (write(sample(id=None)), with_id_block())
        accepted = 0
        for number in range(MUTANTS):
            data = mutator.mutate(bases[number % 2])
            if self.agree(data, f"mutant {number} of seed {SEED}"):
                accepted += 1
        self.assertGreater(accepted, MUTANTS // 100)
        self.assertLess(accepted, MUTANTS)


if __name__ == "__main__":
    unittest.main()
