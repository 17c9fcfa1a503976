# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The guest's report, and whether it is what was asked for."""

import re

from svsmkit import tpm_check

LINE = re.compile(r"^guest: (\S+) ?(.*)$")
RTC_BASE = "2030-01-02T03:04:05"    # a time that only QEMU's RTC can know
RTC_MINUTES = 20                    # for which a run may last

# What the memory test cannot have: kernel, bounce buffers, the SVSM, firmware.
OVERHEAD_MIB = 200
# What the guest's memory map lacks: the SVSM's region, firmware's tables.
RESERVED_MIB = 40

# What the guest says when its kernel brought no driver. A driver that is there
# and found no device is no excuse.
NO_DRIVER = "failed: no driver"

HOTPLUG = "svsmkit.hotplug"         # on the command line: CPUs go and come


def parse(console):
    """The report's lines: {key: [values]}."""
    result = {}
    for line in console:
        found = LINE.match(line)
        if found:
            result.setdefault(found[1], []).append(found[2].strip())
    return result


class Wanted:
    """What a run was asked for.

    A kernel of the user's may lack drivers, then what needs them is not
    compared; of an init of the user's only what it says is.
    """

    def __init__(self, cpus, memory, vmpl, kernel=None, devices=None, **more):
        self.cpus = cpus
        self.memory = memory        # MiB
        self.vmpl = vmpl
        self.kernel = kernel        # as `uname -r` begins; empty: not known
        self.devices = devices      # devices.Devices
        self.append = more.get("append", "")
        self.disk = more.get("disk")            # digest of the user's disk
        self.own_kernel = more.get("own_kernel", False)
        self.own_initrd = more.get("own_initrd", False)
        self.tpm = more.get("tpm")              # names of the TPM's tests


class Comparison:
    """What is wrong in a report, and what could not be compared."""

    def __init__(self, report, wanted):
        self.report = report
        self.wanted = wanted
        self.bad = []
        self.left = {}      # keys, in their order

    def expect(self, key, fits, what, driver=False):
        """One of a key's values has to fit; `driver`: needs a module."""
        values = self.report.get(key, [])
        if self._excused(values, driver):
            self.left[key] = True
        elif not any(fits(value) for value in values):
            self.bad.append(f"{key}: wanted {what}, the guest says: "
                            + (values or ["nothing"])[-1])

    def equal(self, key, value, driver=False):
        """A key has this value."""
        self.expect(key, lambda said: said == str(value), value, driver)

    def _excused(self, values, driver):
        if not values:
            return self.wanted.own_initrd
        return (driver and self.wanted.own_kernel
                and values[-1] == NO_DRIVER)


def compare(report, wanted):
    """Compare a report with what was wanted."""
    result = Comparison(report, wanted)
    if not report and not wanted.own_initrd:
        result.bad.append("the guest reported nothing")
        return result
    machine_is(result, wanted)
    tests_passed(result, wanted)
    devices_work(result, wanted)
    if wanted.tpm:
        tpm_works(result, wanted)
    return result


def machine_is(result, wanted):
    """The kernel, and the machine that it found."""
    if wanted.kernel:
        result.expect("kernel", lambda said: said.startswith(wanted.kernel),
                      wanted.kernel)
    result.equal("vmpl", wanted.vmpl)
    result.equal("cpus", wanted.cpus)
    result.expect("memory", lambda said: memory_fits(said, wanted.memory),
                  f"about {wanted.memory} MiB")
    result.expect("cmdline", lambda said: wanted.append in said, wanted.append)
    for word in ("SEV-SNP", f"VMPL{wanted.vmpl}"):
        result.expect("dmesg", lambda said, word=word: word in said, word)


def tests_passed(result, wanted):
    """What the guest did with CPUs and memory, to its end."""
    if HOTPLUG in wanted.append.split():
        result.equal("hotplug", f"ok: {wanted.cpus} CPUs")
    result.equal("pincpu", f"ok: {wanted.cpus} CPUs")
    result.expect("memtest", lambda said: memtest_fits(said, wanted),
                  "all free memory")
    result.expect("rtc", rtc_fits, "the time of the machine's RTC")
    result.equal("alarm", "ok")
    result.expect("end", uptime_fits, "the time since the kernel's start")


def devices_work(result, wanted):
    """What the guest reached through drivers."""
    devices = wanted.devices
    result.equal("sev-guest", "ok", driver=True)
    result.equal("disk", devices.disk_digest, driver=True)
    result.equal("network", devices.blob_digest, driver=True)
    if wanted.disk:
        result.equal("own-disk", wanted.disk, driver=True)
    if "disk" in result.report and "disk" not in result.left \
            and not devices.disk_was_written():
        result.bad.append("disk: the guest's writes did not arrive")


def tpm_works(result, wanted):
    """The TPM's tests; what the guest handed out is checked here."""
    said = result.report
    if said.get("tpm") == [NO_DRIVER] and wanted.own_kernel:
        result.left["tpm"] = True
        return
    for name in wanted.tpm:
        result.expect("tpm-" + name, lambda said: re.fullmatch(r"ok, \d+ s", said), "ok")
    if any(key.startswith("tpm-") for key in said):
        result.bad += tpm_check.complaints(said)


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
