# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the TPM is linked of: our provider and BearSSL, nothing of OpenSSL."""

import os
import re
import subprocess
import unittest

BUILD = os.environ.get("KIT_BUILD_DIR", "")
IMAGE = os.path.join(BUILD, "tests", "unit", "attest", "vtpm_freestanding")
PROCESS = os.path.join(BUILD, "tests", "unit", "unit_attest_test_tpm")
SHARED = os.path.join(BUILD, "tests", "unit", "attest", "shared", "libtpms.so.0")

# Names that no OpenSSL is without, whichever of its parts is linked.
OPENSSL = re.compile(r"^(OPENSSL_|CRYPTO_|OSSL_|ossl_|ERR_|err_|bn_mul_mont|BN_MONT)")


def read(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout


def symbols(path):
    """Name -> type, as nm has them."""
    lines = [line.split() for line in read("nm", path).splitlines()]
    return {fields[-1]: fields[-2] for fields in lines}


@unittest.skipUnless(os.path.exists(IMAGE), "needs a build")
class Image(unittest.TestCase):
    """The TPM as it is in an image."""

    def setUp(self):
        self.symbols = symbols(IMAGE)

    def test_the_tpm_is_in_it(self):
        for name in ("TPMLIB_Process", "TPM2_Process", "br_ecdsa_i31_sign_raw",
                     "EVP_PKEY_sign"):
            self.assertIn(name, self.symbols)

    def test_no_symbol_is_undefined(self):
        self.assertEqual([name for name, kind in self.symbols.items()
                          if kind in "Uw"], [])

    def test_nothing_of_openssl_is_in_it(self):
        self.assertEqual([name for name in self.symbols if OPENSSL.match(name)], [])

    def test_nothing_of_tpm_1_2_is_in_it(self):
        self.assertNotIn("TPM12_Process", self.symbols)
        self.assertEqual(self.symbols["TPM12Interface"], "R")

    def test_nothing_has_to_run_before_it(self):
        text = read("readelf", "--wide", "--sections", "--program-headers", IMAGE)
        for word in ("INTERP", "DYNAMIC", ".init_array", ".tdata", ".tbss", ".rela"):
            self.assertNotIn(word, text)

    def test_memory_comes_from_the_allocator_that_does_not_fail(self):
        self.assertIn("__wrap_malloc", self.symbols)
        self.assertNotIn("malloc", self.symbols)


@unittest.skipUnless(os.path.exists(PROCESS), "needs a build")
class Process(unittest.TestCase):
    """The TPM as the tests run it."""

    def test_no_library_of_openssl_is_needed(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", read("readelf", "-d", PROCESS))
        self.assertTrue(needed)
        self.assertEqual([name for name in needed
                          if re.match("lib(crypto|ssl|tpms)", name)], [])

    def test_its_crypto_is_ours(self):
        self.assertEqual(symbols(PROCESS)["BN_mod_exp"], "T")


@unittest.skipUnless(os.path.exists(SHARED), "needs a build")
class Shared(unittest.TestCase):
    """The TPM as a shared object with libtpms' name."""

    def names(self, path, *options):
        """Dynamic symbols with their versions."""
        return {line.split()[-1] for line in
                read("nm", "-D", *options, path).splitlines()}

    def test_it_has_the_interface_of_the_distributions(self):
        path = read("gcc", "-print-file-name=libtpms.so.0").strip()
        theirs = {name for name in self.names(path, "--defined-only") if "TPM" in name}
        self.assertGreater(len(theirs), 20)
        self.assertEqual(theirs - self.names(SHARED, "--defined-only"), set())

    def test_it_needs_the_c_library_alone(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", read("readelf", "-d", SHARED))
        self.assertEqual(needed, ["libc.so.6"])
        crypto = re.compile(r"^(BN|EVP|RSA|EC|ECDSA|SHA\d*|AES|DES|BIO|RAND|Camellia)_")
        self.assertEqual([name for name in self.names(SHARED, "--undefined-only")
                          if crypto.match(name) or OPENSSL.match(name)], [])
