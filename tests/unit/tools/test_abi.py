# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The image tools' offsets against those of the C compiler."""

import os
import subprocess
import unittest

from svsmkit import abi
from svsmkit.launch import VMSA_REGISTERS, VMSA_SEGMENTS

PRINTER = os.path.join(os.environ.get("KIT_BUILD_DIR", ""), "tests", "abi",
                       "abi_layout")
STRUCTS = {"svsm_image": abi.IMAGE_FIELDS,
           "svsm_abi_launch": abi.LAUNCH_FIELDS,
           "svsm_abi_symbols": abi.SYMBOLS_FIELDS,
           "svsm_abi_symbol": abi.SYMBOL_FIELDS}
VALUES = {"SVSM_IMAGE_MAGIC": abi.IMAGE_MAGIC,
          "SVSM_ABI_LAUNCH_MAGIC": abi.LAUNCH_MAGIC,
          "SVSM_IMAGE_FIRMWARE": abi.NEEDS_FIRMWARE,
          "SVSM_IMAGE_CONSOLE": abi.CONSOLE}


@unittest.skipUnless(os.path.exists(PRINTER), "needs a build directory")
class Layouts(unittest.TestCase):
    def setUp(self):
        done = subprocess.run([PRINTER], text=True, capture_output=True,
                              check=True)
        self.compiler = {}      # struct -> {field: (offset, size)}
        for line in done.stdout.splitlines():
            struct, name, offset, size = line.split()
            fields = self.compiler.setdefault(struct, {})
            fields[name] = (int(offset), int(size))

    def test_structs_have_the_same_fields_at_the_same_offsets(self):
        for struct, fields in STRUCTS.items():
            expected = {"-": (0, abi.size_of(fields)), **abi.offsets(fields)}
            self.assertEqual(self.compiler[struct], expected, struct)

    def test_values_are_the_same(self):
        values = {name: value for name, (value, _)
                  in self.compiler["value"].items()}
        self.assertEqual(values, VALUES)

    def test_vmsa_fields_are_the_same(self):
        for name, (offset, size) in self.compiler["svsm_abi_vmsa"].items():
            known = VMSA_REGISTERS.get(name.upper()) \
                or (VMSA_SEGMENTS[name.upper()], 16)
            self.assertEqual(known, (offset, size), name)

    def test_the_cpuid_page_is_the_same(self):
        self.assertEqual(self.compiler["svsm_abi_cpuid_page"]["entry"][0], 16)
        self.assertEqual(self.compiler["svsm_abi_cpuid_entry"]["-"][1], 48)


if __name__ == "__main__":
    unittest.main()
