# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the guest cannot judge about its TPM, or should not.

It hands out the firmware's log, PCRs and quotes; here they are compared with
what this machine's hashes and OpenSSL make of them.
"""

import base64
import binascii
import hashlib
import os
import tempfile
import zlib

from svsmkit import system, tpm_log, ui
from svsmkit.binary import Reader
from svsmkit.errors import UserError

# PCRs that are zero at the start and that only events of the log extend: those
# from 16 on are for others, 10 is Linux' own.
REPLAYED = [pcr for pcr in range(16) if pcr != 10]
# A firmware that measures itself, its variables and the kernel has these.
MEASURED = (0, 1, 2, 4, 7)
QUOTED = (0, 1, 2, 3, 4, 5, 6, 7, 9)
MAX_LOG = 1 << 20
ATTEST_MAGIC, ATTEST_QUOTE = 0xff544347, 0x8018


def complaints(report):
    """What is wrong with what the guest handed out."""
    bad = []
    for check in (extended, event_log, quotes):
        try:
            check(report)
        except (UserError, KeyError, ValueError, binascii.Error, zlib.error) as error:
            bad.append(f"tpm: {check.__name__}: {error!s}")
    return bad


def file(report, name):
    """A file that the guest gave, in pieces."""
    pieces = [value.partition(" ")[2] for value in report.get("tpm-file", [])
              if value.partition(" ")[0] == name]
    if not pieces:
        raise UserError(f"the guest gave no {name}")
    return base64.b64decode("".join(pieces), validate=True)


def extended(report):
    """One event in a PCR of each bank."""
    seen = set()
    for said in report.get("tpm-extended", []):
        bank, event, value = said.split()
        want = hashlib.new(bank, bytes(len(event) // 2) + bytes.fromhex(event))
        if value != want.hexdigest():
            raise UserError(f"{bank}: {event} made {value} of a PCR")
        seen.add(bank)
    if seen != set(tpm_log.BANKS.values()):
        raise UserError(f"only of banks {sorted(seen)}")


def event_log(report):
    """The firmware's log leads to the PCRs, in all banks that it extended."""
    inflate = zlib.decompressobj(wbits=31)
    events = tpm_log.parse(inflate.decompress(file(report, "eventlog"), MAX_LOG))
    banks = {bank for event in events for bank in event.digests}
    if "sha256" not in banks:
        raise UserError("the firmware measured nothing with SHA-256")
    for bank in sorted(banks):
        size = hashlib.new(bank).digest_size
        values = file(report, f"pcrs-{bank}")
        if len(values) != tpm_log.PCRS * size:
            raise UserError(f"{bank}: {len(values)} bytes of PCRs")
        compare(bank, tpm_log.replay(events, bank),
                [values[i * size:][:size] for i in range(tpm_log.PCRS)])


def compare(bank, replayed, read):
    """PCRs by the log and by the TPM."""
    for pcr in REPLAYED:
        if replayed[pcr] != read[pcr]:
            raise UserError(f"{bank}: PCR {pcr} is {read[pcr].hex()}, by the log it "
                            f"is {replayed[pcr].hex()}")
    unused = [pcr for pcr in MEASURED if not any(read[pcr])]
    if unused:
        raise UserError(f"{bank}: nothing was measured into PCR {unused}")


def quotes(report):
    """Each quote is signed by its key and tells the nonce and the PCRs."""
    system.need(system.TPM)
    for key in ("ecc", "rsa"):
        part = {name: file(report, f"quote-{key}-{name}")
                for name in ("key.pem", "nonce", "message", "signature", "pcrs")}
        attested(part["message"], part["nonce"], part["pcrs"])
        if not signed(part["key.pem"], part["signature"], part["message"]):
            raise UserError(f"OpenSSL refuses the {key} signature")
        changed = bytes([*part["message"][:-1], part["message"][-1] ^ 1])
        if signed(part["key.pem"], part["signature"], changed):
            raise UserError(f"OpenSSL takes the {key} signature for anything")


def attested(message, nonce, values):
    """A TPMS_ATTEST of our nonce and PCRs (in the order of their numbers)."""
    r = Reader("quote", message)
    magic, kind, size = r.unpack_be("IHH", 0, "header")
    r.require((magic, kind) == (ATTEST_MAGIC, ATTEST_QUOTE), 0, "no quote")
    at = 8 + size
    size, = r.unpack_be("H", at, "nonce's size")
    said, = r.unpack_be(f"{size}s", at + 2, "nonce")
    r.require(said == nonce, at, "another nonce")
    # Clock, reset and restart counts, a flag; firmware version; one selection.
    at += 2 + size + 17 + 8
    count, bank, size, bits = r.unpack_be("IHB3s", at, "PCR selection")
    mask = sum(1 << pcr for pcr in QUOTED).to_bytes(3, "little")
    r.require((count, bank, size, bits) == (1, 0x0b, 3, mask), at, "other PCRs")
    digest, = r.unpack_be("32s", at + 12, "digest")
    if len(values) != 32 * len(QUOTED) or hashlib.sha256(values).digest() != digest:
        raise UserError("the quote's digest is not that of the PCRs")


def signed(pem, signature, message):
    """Does OpenSSL find that this key signed the message?"""
    with tempfile.TemporaryDirectory(prefix="svsmkit-") as where:
        names = {}
        for name, data in (("key", pem), ("signature", signature), ("message", message)):
            names[name] = os.path.join(where, name)
            with open(names[name], "wb") as out:
                out.write(data)
        try:
            ui.run(["openssl", "dgst", "-sha256", "-verify", names["key"], "-signature",
                    names["signature"], names["message"]], "openssl")
        except UserError as error:
            if "Verif" in str(error):
                return False
            raise
    return True
