#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""The machine is loud: traces, counters, reports, time-out; TAP on output."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import probe_image

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Machine:
    def __init__(self, options, directory):
        self.options = options
        self.directory = pathlib.Path(directory)

    def run(self, probe, *arguments):
        """Exit status and log of one probe."""
        image = self.directory / "probe.igvm"
        image.write_bytes(probe_image.image(self.options.elf.read_bytes(),
                                            probe))
        result = subprocess.run(
            [sys.executable, str(self.options.run), str(image), "--l1",
             str(self.options.l1), "--memory", "64", "--timeout", "60",
             *arguments], stdin=subprocess.DEVNULL, capture_output=True,
            check=False)
        return result.returncode, result.stderr.decode(errors="replace")


def counters(log):
    return {name: int(value) for name, value in
            re.findall(r"^snpemu: counter (\S+) (\d+)$", log, re.M)}


@test
def counters_come_with_stats_only(machine):
    _, log = machine.run("pvalidate_rescinds")
    assert not counters(log), log
    _, log = machine.run("pvalidate_rescinds", "--stats")
    seen = counters(log)
    # Three GHCB pages, the page itself, and twice again.
    assert seen["pvalidate"] == 6, seen
    assert seen["vmgexit-ghcb"] > 10 and seen["vmgexit-msr"] > 4, seen
    assert any(name.startswith("vmpl0-exit-") for name in seen), seen


@test
def switches_between_levels_are_counted(machine):
    _, log = machine.run("level_goes_on_where_it_left_off", "--stats")
    assert counters(log)["vmpl-switches"] == 4, log


@test
def traces_are_chosen_by_word(machine):
    _, log = machine.run("hello")
    quiet = len(log.splitlines())
    for word in ("exit", "rmp", "ghcb"):
        _, log = machine.run("pvalidate_rescinds", "--trace", word)
        assert len(log.splitlines()) > quiet + 5, (word, log)
        assert "[v00 p0]" in log, (word, log)


@test
def violation_is_reported_with_all_that_matters(machine):
    status, log = machine.run("vmpl1_does_not_write_without_write")
    assert status == 12, log
    for part in ("vCPU 0", "VMPL 1", "RIP ", "page 1800000",
                 "rule: this VMPL may not write the page", "RMP entry",
                 "Guest-Valid", "permissions 1f 01 00 00", "rflags", "cr3"):
        assert part in log, (part, log)


@test
def triple_fault_is_reported_with_its_registers(machine):
    status, log = machine.run("triple_fault_is_explained")
    assert status == 11, log
    for part in ("triple fault", "vCPU 0", "RIP ", "rsp", "idt 0"):
        assert part in log, (part, log)


@test
def launch_is_summed_up(machine):
    _, log = machine.run("hello")
    assert re.search(r"launch digest [0-9a-f]{96}$", log, re.M), log
    assert re.search(r"launch pages: \d+ normal, \d+ zero, 1 unmeasured, "
                     r"1 secrets, 1 cpuid", log), log


@test
def guest_that_never_ends_is_ended(machine):
    status, log = machine.run("spins_for_ever", "--timeout", "5")
    assert status == 14, log
    assert log.splitlines()[-1] == "snpemu: exit 14: time-out", log


@test
def time_out_says_where_each_vcpu_stands(machine):
    _, log = machine.run("spins_for_ever", "--timeout", "5", "--apic-ids",
                         "0,9")
    spins = re.search(r"^snpemu: vCPU 0 \(APIC ID 0\) VMPL 0 RIP "
                      r"([0-9a-f]+): runs$", log, re.M)
    assert spins and 0x100000 <= int(spins[1], 16) < 0x200000, log
    assert "snpemu: vCPU 1 (APIC ID 9) VMPL 0 RIP 0: waits\n" in log, log
    # Its last exits are a VMGEXIT and the RDMSR of the answer.
    past = re.findall(r"^snpemu:   exit \d+: ([0-9a-f]+) info ", log, re.M)
    assert len(past) == 8 and past[-2:] == ["81", "7c"], log
    assert "standing at" not in log, log


@test
def vcpus_that_make_no_progress_are_reported(machine):
    status, log = machine.run("vcpus_without_progress_end_the_run", "--smp",
                              "2", "--no-memory", "readonly:1800000-1802000")
    assert status == 17, log
    for cpu, page in ((0, 0x1801000), (1, 0x1800000)):
        note = re.search(rf"^snpemu: note: vCPU {cpu} VMPL 0 RIP ([0-9a-f]+) "
                         rf"makes no progress at page {page:x}: the host "
                         "keeps it read-only$", log, re.M)
        assert note, log
        assert (f"snpemu: vCPU {cpu} (APIC ID {cpu}) VMPL 0 RIP {note[1]}: "
                "no progress\n") in log, log
    assert re.search(r"^snpemu: stop 17: no progress on vCPU [01] at VMPL 0, "
                     r"RIP [0-9a-f]+, page 180[01]000: ", log, re.M), log
    assert "snpemu:   exit " in log, log


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--elf", type=pathlib.Path, required=True)
    p.add_argument("--l1", type=pathlib.Path, required=True)
    p.add_argument("--run", type=pathlib.Path,
                   default=pathlib.Path(__file__).resolve().parent.parent
                   / "snpemu-run")
    return p.parse_args()


def main():
    options = arguments()
    good = True
    print(f"1..{len(TESTS)}", flush=True)
    for number, function in enumerate(TESTS, 1):
        name = function.__name__.replace("_", " ")
        try:
            with tempfile.TemporaryDirectory() as directory:
                function(Machine(options, directory))
            print(f"ok {number} - {name}", flush=True)
        except (AssertionError, KeyError) as error:
            good = False
            print(f"not ok {number} - {name}")
            for line in str(error).replace("\\n", "\n").splitlines():
                print(f"#   {line}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
