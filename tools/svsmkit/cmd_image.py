# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Make an IGVM image from an example or from an SVSM's ELF file.

The file starts on QEMU 10.1 or later with SEV-SNP and, bit for bit the same,
on snpemu. An SVSM that starts a guest needs --firmware: OVMF with SVSM
support. The launch digest is printed by `kit measure`.
"""

import os

from svsmkit import build, guest, image, ui
from svsmkit.errors import UserError

NAME = "image"
HELP = "make an IGVM image"


def add_arguments(parser):
    parser.add_argument("source", metavar="ELF|EXAMPLE",
                        help="an SVSM's ELF file, or the name of an example")
    parser.add_argument("--firmware", metavar="OVMF",
                        help="guest firmware to put into the image: a file, or "
                        "the Debian suite to take it from: "
                        + ", ".join(guest.FIRMWARE))
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="the image (default: the ELF file's name with "
                        ".igvm, in this directory)")
    parser.add_argument("--no-symbols", action="store_true",
                        help="leave out function names: fewer measured pages, "
                        "backtraces show addresses only")
    parser.add_argument("--madt", action="store_true",
                        help="ask the host for its ACPI MADT; without it CPUs "
                        "are numbered from 0. Only for QEMU 11 and later")
    parser.add_argument("--no-debug-swap", action="store_true",
                        help="for hosts that cannot swap debug registers: "
                        "another digest, and what the guest writes to DR7 "
                        "goes through the host")
    parser.add_argument("--vmsa", choices=("kvm", "inside"), default="kvm",
                        help="where the first vCPU's VMSA is: at FFFFFFFFF000 "
                        "for mainline KVM (the default), or inside the "
                        "image's memory, as newer host branches want it")
    build.add_arguments(parser)


def main(args):
    elf = find_elf(args)
    output = args.output or \
        os.path.splitext(os.path.basename(elf))[0] + ".igvm"
    if os.path.exists(output) and os.path.samefile(output, elf):
        raise UserError(f"{output}: that is the ELF file itself")
    options = image.Options(symbols=not args.no_symbols, madt=args.madt,
                            debug_swap=not args.no_debug_swap,
                            vmsa_inside=args.vmsa == "inside")
    firmware = args.firmware and guest.firmware(args.firmware)
    data = image.make(elf, firmware, output, options)
    ui.note(f"{output}: {len(data)} bytes")
    return 0


def find_elf(args):
    """The ELF file; an example is built first."""
    if args.source in build.examples():
        build.build(args.build_dir)
        elf = build.elf(args.build_dir, args.source)
        if not os.path.isfile(elf):
            raise UserError(f"example {args.source} makes no image")
        return elf
    if not os.path.isfile(args.source):
        known = ", ".join(build.examples()) or "none"
        raise UserError(f"{args.source}: no such file or example "
                        f"(examples: {known})")
    return args.source
