#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""Run the conformance probes and compare what they say; TAP on output.

A transcript, expected/NAME.expected, has the options of the run in its first
line ("# --smp 2, features 9": of snpemu-run, of the VMSA), then what the guest
wrote, then how it ended. In an option, {NAME} is the address of a symbol.
What differs between builds is left out: instruction addresses, and offsets in
the data of a file. The launch digest that the machine prints is compared with
one computed here.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

import probe_image

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60
SPECIFIC = re.compile(r" \(vCPU .*\)$|,? RIP [0-9a-f]+|^snpemu: |"
                      r" at offset 0x[0-9a-f]{4,}")

SYMBOL = re.compile(r"\{(\w+)\}")


class Probe:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        lines = path.read_text().splitlines(keepends=True)
        self.expected = "".join(lines[1:])
        self.options, self.numbers = [], {}
        for part in filter(None, lines[0].lstrip("#").strip().split(", ")):
            if part.startswith("--"):
                self.options += part.split()
            else:
                key, value = part.split()
                self.numbers[key] = int(value, 0)
        self.features = self.numbers.get("features", probe_image.FEATURE_SNP)

        # Memory that the image requires, pages beside the program's: address
        # and how much.
        self.need = self.pair("need", "need-bytes")
        self.extra = self.pair("extra", "extra-pages")
        self.vmsa_gpa = self.numbers.get("vmsa", probe_image.VMSA_GPA)
        self.tree = self.numbers.get("tree", 0)     # the header's type

    def pair(self, *keys):
        return tuple(self.numbers.get(key, 0) for key in keys) \
            if keys[0] in self.numbers else None

    def image(self, elf):
        return probe_image.image(elf, self.name, self.features,
                                 self.numbers.get("page-flags", 0),
                                 self.numbers.get("mask", probe_image.MASK),
                                 self.tree, self.vmsa_gpa, self.extra,
                                 self.need)


def ending(log):
    """The machine's last word, without what differs between builds."""
    for line in reversed(log.splitlines()):
        if line.startswith("snpemu: stop "):
            return SPECIFIC.sub("", line)
    return log.splitlines()[-1] if log else "no ending"


def at_symbols(option, elf):
    """The option, with addresses for {NAME}."""
    return SYMBOL.sub(lambda match: hex(probe_image.symbol(elf, match[1])), option)


def run(probe, options, directory):
    """The transcript of one run."""
    image = directory / f"{probe.name}.igvm"
    elf = options.elf.read_bytes()
    image.write_bytes(probe.image(elf))
    command = [sys.executable, str(options.run), str(image),
               "--l1", str(options.l1), "--memory", "64",
               "--cbit", str(options.cbit), "--timeout", str(SECONDS)]
    command += ["--parallel"] if options.parallel else []
    command += [at_symbols(option, elf) for option in probe.options]
    result = subprocess.run(command, check=False,
                            stdin=subprocess.DEVNULL, capture_output=True)
    guest = result.stdout.decode(errors="replace").replace("\r", "")
    log = result.stderr.decode(errors="replace")
    digest = probe_image.launch_digest(elf, probe.name, probe.features,
                                       probe.tree, probe.vmsa_gpa,
                                       probe.extra,
                                       probe.numbers.get("vmsas", 1))
    if "launch digest " in log and f"launch digest {digest}\n" not in log:
        guest += f"the launch digest is not {digest}\n"
    return f"{guest}{ending(log)}\n", log


def tap_line(number, probe, got, log):
    sentence = probe.name.replace("_", " ")
    if got == probe.expected:
        return f"ok {number} - {sentence}"
    text = [f"not ok {number} - {sentence}"]
    for title, lines in (("expected", probe.expected), ("got", got),
                         ("log", log)):
        text.append(f"# {title}:")
        text += [f"#   {line}" for line in lines.splitlines()[-30:]]
    return "\n".join(text)


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--elf", type=pathlib.Path, required=True)
    p.add_argument("--l1", type=pathlib.Path, required=True)
    p.add_argument("--run", type=pathlib.Path,
                   default=HERE.parent / "snpemu-run")
    p.add_argument("--cbit", type=int, default=51)
    p.add_argument("--parallel", action="store_true",
                   help="a host thread for each vCPU")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--write", action="store_true",
                   help="store what was seen as expected; then read it")
    p.add_argument("names", nargs="*", help="probes to run (default: all)")
    return p.parse_args()


def chosen(names):
    paths = sorted((HERE / "expected").glob("*.expected"))
    probes = [Probe(path) for path in paths]
    known = {probe.name for probe in probes}
    for name in names:
        if name not in known:
            sys.exit(f"run.py: no probe {name}")
    return [p for p in probes if not names or p.name in names]


def store(probe, got):
    first = probe.path.read_text().splitlines(keepends=True)[0]
    probe.path.write_text(first + got)


def main():
    options = arguments()
    probes = chosen(options.names)
    print(f"1..{len(probes)}", flush=True)
    good = True
    with tempfile.TemporaryDirectory() as directory, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = [pool.submit(run, probe, options, pathlib.Path(directory))
                   for probe in probes]
        for number, probe in enumerate(probes, 1):
            got, log = results[number - 1].result()
            if options.write:
                store(probe, got)
            good = good and got == probe.expected
            print(tap_line(number, probe, got, log), flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
