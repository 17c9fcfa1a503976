# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What kit makes of a guest's event log, PCRs and quotes, and its TPM's tests."""

import base64
import contextlib
import hashlib
import os
import struct
import subprocess
import tarfile
import tempfile
import unittest
import zlib

from svsmkit import guest_report, system, tpm_check, tpm_driver, tpm_guest, tpm_log
from svsmkit.binary import Refused
from svsmkit.errors import UserError

HEADER_DATA = (b"Spec ID Event03\0" + bytes(8) + struct.pack("<I", 2)
               + struct.pack("<HHHH", 0x0b, 32, 0x0c, 48) + b"\0")
SEPARATOR = 4


def header(data=HEADER_DATA):
    """A log's first event."""
    return struct.pack("<II20sI", 0, 3, bytes(20), len(data)) + data


def event(pcr, data, kind=SEPARATOR, banks=("sha256", "sha384")):
    """An event whose digests are of its data."""
    ids = {name: number for number, name in tpm_log.BANKS.items()}
    digests = b"".join(struct.pack("<H", ids[bank]) + hashlib.new(bank, data).digest()
                       for bank in banks)
    return (struct.pack("<III", pcr, kind, len(banks)) + digests
            + struct.pack("<I", len(data)) + data)


def extend(value, data, bank="sha256"):
    """What a PCR becomes."""
    return hashlib.new(bank, value + hashlib.new(bank, data).digest()).digest()


def report(**files):
    """The lines of a guest that gives these files, cut in pieces."""
    lines = []
    for name, data in files.items():
        text = base64.b64encode(data).decode()
        lines += [f"guest: tpm-file {name.replace('_', '-')} {text[at:at + 50]}"
                  for at in range(0, len(text), 50)]
    return guest_report.parse(lines)


class LogTest(unittest.TestCase):
    """Event logs."""

    def test_a_log_replays_to_its_pcrs(self):
        events = tpm_log.parse(header() + event(0, b"a") + event(7, b"b") + event(0, b"c"))
        for bank, size in (("sha256", 32), ("sha384", 48)):
            pcrs = tpm_log.replay(events, bank)
            zero = bytes(size)
            self.assertEqual(pcrs[0], extend(extend(zero, b"a", bank), b"c", bank))
            self.assertEqual(pcrs[7], extend(zero, b"b", bank))
            self.assertEqual(pcrs[1], zero)

    def test_an_event_without_action_extends_nothing(self):
        events = tpm_log.parse(header() + event(0, b"a", kind=3))
        self.assertEqual(tpm_log.replay(events, "sha256")[0], bytes(32))

    def test_the_locality_of_the_startup_is_where_pcr_0_begins(self):
        events = tpm_log.parse(header() + event(0, b"StartupLocality\0\x03", kind=3))
        self.assertEqual(tpm_log.replay(events, "sha256")[0], bytes(31) + b"\3")

    def test_a_log_cut_off_anywhere_is_refused(self):
        first, second = header(), event(0, b"some data")
        whole = first + second
        for size in range(len(whole)):
            if size == len(first):
                continue
            with self.assertRaises(Refused, msg=f"{size} bytes"):
                tpm_log.parse(whole[:size])

    def test_numbers_that_are_wrong_are_refused(self):
        bad = {
            "no header": event(0, b"a"),
            "a header of another version": header(b"Spec ID Event02\0" + HEADER_DATA[16:]),
            "no digests": header(HEADER_DATA[:24] + struct.pack("<I", 0)),
            "too many digests": header(HEADER_DATA[:24] + struct.pack("<I", 17)),
            "a digest of a wrong size": header(
                HEADER_DATA[:28] + struct.pack("<HHHH", 0x0b, 31, 0x0c, 48)),
            "PCR 24": header() + event(24, b"a"),
            "three digests": header() + event(0, b"a", banks=("sha256",) * 3),
            "an unknown digest": header() + event(0, b"a", banks=("sha512",)),
        }
        for what, log in bad.items():
            with self.assertRaises(Refused, msg=what):
                tpm_log.parse(log)


class EventLogTest(unittest.TestCase):
    """A guest's log beside its PCRs."""

    def setUp(self):
        log = header() + b"".join(event(pcr, b"x") for pcr in tpm_check.MEASURED)
        self.files = {"eventlog": zlib.compress(log, wbits=31)}
        for bank, size in (("sha256", 32), ("sha384", 48)):
            pcrs = [bytes(size)] * 24
            for pcr in tpm_check.MEASURED:
                pcrs[pcr] = extend(pcrs[pcr], b"x", bank)
            self.files["pcrs_" + bank] = b"".join(pcrs)

    def check(self):
        """As a run does it."""
        tpm_check.event_log(report(**self.files))

    def test_a_log_that_fits_is_good(self):
        self.check()

    def test_each_pcr_is_compared(self):
        for pcr in tpm_check.REPLAYED:
            good = self.files["pcrs_sha384"]
            bad = bytearray(good)
            bad[48 * pcr + 47] ^= 1
            self.files["pcrs_sha384"] = bytes(bad)
            with self.assertRaisesRegex(UserError, f"sha384: PCR {pcr} is"):
                self.check()
            self.files["pcrs_sha384"] = good

    def test_a_firmware_that_measures_nothing_is_told(self):
        self.files["eventlog"] = zlib.compress(header() + event(0, b"x"), wbits=31)
        for bank, size in (("sha256", 32), ("sha384", 48)):
            self.files["pcrs_" + bank] = extend(bytes(size), b"x", bank) + bytes(23 * size)
        with self.assertRaisesRegex(UserError, r"PCR \[1, 2, 4, 7\]"):
            self.check()
        self.files["eventlog"] = zlib.compress(header(), wbits=31)
        with self.assertRaisesRegex(UserError, "nothing with SHA-256"):
            self.check()

    def test_missing_and_damaged_files_are_complaints(self):
        for name in self.files:
            files = {other: data for other, data in self.files.items() if other != name}
            self.assertTrue(any("gave no" in line for line in
                                tpm_check.complaints(report(**files))), name)
        damaged = {**self.files, "eventlog": b"no gzip"}
        self.assertTrue(any("event_log" in line for line in
                            tpm_check.complaints(report(**damaged))))


class QuoteTest(unittest.TestCase):
    """Quotes, with keys of OpenSSL's."""

    nonce = bytes(range(20))
    values = bytes(range(32)) * len(tpm_check.QUOTED)

    def message(self, nonce=nonce, values=values, bits=b"\xff\x02\0", kind=0x8018):
        """A TPMS_ATTEST as a TPM makes it."""
        return (struct.pack(">IHH", 0xff544347, kind, 34) + bytes(34)
                + struct.pack(">H", len(nonce)) + nonce + bytes(17 + 8)
                + struct.pack(">IHB3sH", 1, 0x0b, 3, bits, 32)
                + hashlib.sha256(values).digest())

    def test_a_quote_tells_nonce_and_pcrs(self):
        tpm_check.attested(self.message(), self.nonce, self.values)

    def test_any_other_quote_is_refused(self):
        for what, message in {
                "another nonce": self.message(nonce=bytes(20)),
                "a longer nonce": self.message(nonce=self.nonce + b"\0"),
                "other values": self.message(values=bytes(len(self.values))),
                "other PCRs": self.message(bits=b"\xff\x03\0"),
                "no quote": self.message(kind=0x8017)}.items():
            with self.assertRaises(UserError, msg=what):
                tpm_check.attested(message, self.nonce, self.values)
        for size in range(len(self.message())):
            with self.assertRaises(UserError, msg=f"{size} bytes"):
                tpm_check.attested(self.message()[:size], self.nonce, self.values)

    def test_openssl_judges_the_signature(self):
        system.need(system.TPM)
        with tempfile.TemporaryDirectory() as where, contextlib.chdir(where):
            run = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                   "ec_paramgen_curve:P-256", "-out", "private"]
            subprocess.run(run, check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", "private", "-pubout", "-out",
                            "public"], check=True, capture_output=True)
            with open("message", "wb") as file:
                file.write(self.message())
            subprocess.run(["openssl", "dgst", "-sha256", "-sign", "private", "-out",
                            "signature", "message"], check=True, capture_output=True)
            with open("public", "rb") as key, open("signature", "rb") as signature:
                pem, sig = key.read(), signature.read()
        self.assertTrue(tpm_check.signed(pem, sig, self.message()))
        self.assertFalse(tpm_check.signed(pem, sig, self.message(nonce=bytes(20))))
        with self.assertRaises(UserError):
            tpm_check.signed(b"no key", sig, self.message())


class ExtendedTest(unittest.TestCase):
    """One event in a PCR of each bank."""

    def lines(self, banks):
        """What a guest says."""
        result = []
        for bank in banks:
            digest = hashlib.new(bank, b"event").digest()
            value = hashlib.new(bank, bytes(len(digest)) + digest)
            result.append(f"guest: tpm-extended {bank} {digest.hex()} {value.hexdigest()}")
        return result

    def test_all_banks_are_wanted(self):
        lines = self.lines(["sha1", "sha256", "sha384", "sha512"])
        tpm_check.extended(guest_report.parse(lines))
        for i in range(4):
            with self.assertRaisesRegex(UserError, "only of banks"):
                tpm_check.extended(guest_report.parse(lines[:i] + lines[i + 1:]))

    def test_a_wrong_value_is_told(self):
        line, = self.lines(["sha256"])
        with self.assertRaisesRegex(UserError, "made .* of a PCR"):
            tpm_check.extended(guest_report.parse([line[:-2] + "zz"]))


class TestsOfTheTpm(unittest.TestCase):
    """The list of tests, and what counts as passed."""

    def test_long_tests_run_when_asked_for(self):
        short, long = tpm_guest.names(""), tpm_guest.names("a svsmkit.long b")
        self.assertIn("eventlog", short)
        self.assertNotIn("rsa3072", short)
        self.assertEqual(set(long) - set(short), {"rsa3072"})

    def test_each_test_has_to_say_that_it_passed(self):
        wanted = guest_report.Wanted(1, 256, 2, tpm=["one", "two"])
        said = guest_report.parse(["guest: tpm-one ok, 3 s", "guest: tpm-two failed: x"])
        result = guest_report.Comparison(said, wanted)
        guest_report.tpm_works(result, wanted)
        self.assertTrue(any(line.startswith("tpm-two: wanted ok") for line in result.bad))
        self.assertFalse(any(line.startswith("tpm-one:") for line in result.bad))

    def test_a_guest_without_tpm_is_a_failure_but_for_a_kernel_without_driver(self):
        for own, left in ((False, False), (True, True)):
            wanted = guest_report.Wanted(1, 256, 2, tpm=["one"], own_kernel=own)
            said = guest_report.parse(["guest: tpm failed: no driver"])
            result = guest_report.Comparison(said, wanted)
            guest_report.tpm_works(result, wanted)
            self.assertEqual("tpm" in result.left, left)
            self.assertEqual(bool(result.bad), not left)


class DriverTest(unittest.TestCase):
    """Unpacking of a kernel's source."""

    def test_a_source_without_driver_is_told(self):
        with tempfile.TemporaryDirectory() as where:
            archive = os.path.join(where, "source.tar.xz")
            with tarfile.open(archive, "w:xz") as tar:
                tar.addfile(tarfile.TarInfo("other"))
            with open(archive, "rb") as file:
                meter = tpm_driver.Meter(file, os.path.getsize(archive))
                with self.assertRaisesRegex(UserError, "tpm_svsm.c"):
                    tpm_driver.take(meter, where)


if __name__ == "__main__":
    unittest.main()
