# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The guest's report, and whether it is what was asked for."""

import re

LINE = re.compile(r"^guest: (\S+) ?(.*)$")
RTC_BASE = "2030-01-02T03:04:05"    # a time that only QEMU's RTC can know
RTC_MINUTES = 20                    # for which a run may last

# What the memory test cannot have: kernel, bounce buffers, the SVSM, firmware.
OVERHEAD_MIB = 200
# What the guest's memory map lacks: the SVSM's region, firmware's tables.
RESERVED_MIB = 40


def parse(console):
    """The report's lines: {key: [values]}."""
    result = {}
    for line in console:
        found = LINE.match(line)
        if found:
            result.setdefault(found[1], []).append(found[2].strip())
    return result


class Wanted:
    """What a run was asked for."""

    def __init__(self, cpus, memory, vmpl, kernel=None, devices=None):
        self.cpus = cpus
        self.memory = memory        # MiB
        self.vmpl = vmpl
        self.kernel = kernel        # version, None for a kernel of the user's
        self.devices = devices      # devices.Devices, None without modules


def complaints(report, wanted):
    """One line for everything that is not as wanted; empty when all is well."""
    if not report:
        return ["the guest reported nothing"]
    bad = []

    def expect(key, fits, what):
        values = report.get(key, ["nothing"])
        if not any(fits(value) for value in values):
            bad.append(f"{key}: wanted {what}, the guest says: {values[-1]}")

    def expect_equal(key, value):
        expect(key, lambda said: said == str(value), value)

    expect_equal("vmpl", wanted.vmpl)
    expect_equal("cpus", wanted.cpus)
    expect("memory", lambda said: memory_fits(said, wanted.memory),
           f"about {wanted.memory} MiB")
    expect("dmesg", lambda said: "SEV-SNP" in said, "SEV-SNP")
    expect("dmesg", lambda said: f"VMPL{wanted.vmpl}" in said,
           f"VMPL{wanted.vmpl}")
    expect_equal("pincpu", f"ok: {wanted.cpus} CPUs")
    expect("memtest", lambda said: memtest_fits(said, wanted), "all free memory")
    expect("rtc", rtc_fits, "the time of the machine's RTC")
    expect("end", uptime_fits, "the time since the kernel's start")
    if wanted.kernel:
        expect("kernel", lambda said: said.startswith(wanted.kernel),
               wanted.kernel)
        expect_equal("sev-guest", "ok")
    if wanted.devices:
        expect_equal("disk", wanted.devices.disk_digest)
        expect_equal("network", wanted.devices.blob_digest)
        if not wanted.devices.disk_was_written():
            bad.append("disk: the guest's writes did not arrive")
    return bad


def memory_fits(said, asked):
    """Is this many KiB of RAM what a guest with `asked` MiB sees?"""
    return said.isdigit() and asked - RESERVED_MIB <= int(said) / 1024 <= asked


def memtest_fits(said, wanted):
    """Did all CPUs test most of the memory?"""
    found = re.fullmatch(r"ok: (\d+) MiB by (\d+) CPUs", said)
    return (found is not None and int(found[2]) == wanted.cpus
            and int(found[1]) >= 0.7 * (wanted.memory - OVERHEAD_MIB))


def rtc_fits(said):
    """Is this the RTC's time, set when the machine started?"""
    found = re.match(r"2030-01-02 03:(\d\d):\d\d", said)
    return found is not None and 4 <= int(found[1]) <= 4 + RTC_MINUTES


def uptime_fits(said):
    """Is this a number of seconds?"""
    return re.fullmatch(r"\d+\.\d+", said) is not None
