# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Print the SEV-SNP launch digest without booting.

Of an IGVM image, as QEMU, KVM and snpemu come to it; or, with --ovmf, of a
plain firmware launch as QEMU makes it, without an SVSM.

With --vcpus N of an image, a second line has the digest that follows when the
host gave all N vCPUs a VMSA at launch. Guest firmware then runs at VMPL0: it is
no digest to trust, and is there to be recognised.
"""

from svsmkit import igvm_read, image, measure
from svsmkit.binary import read_file
from svsmkit.errors import UserError
from svsmkit.ovmf import Firmware

NAME = "measure"
HELP = "print an image's launch digest"
PLAIN = {"vcpus": 1, "vcpu_type": "EPYC-Milan", "features": 1}


def number(text):
    """A number as C writes it: 0x1, 17."""
    return int(text, 0)


def add_arguments(parser):
    parser.add_argument("image", nargs="?", metavar="IMAGE",
                        help="an IGVM file; .igvm may be left out")
    parser.add_argument("--vcpus", type=int, metavar="N",
                        help="number of vCPUs with a VMSA of the launch "
                        f"(default: {PLAIN['vcpus']})")
    parser.add_argument("--vcpu-type", metavar="TYPE",
                        help="QEMU's CPU model "
                        f"(default: {PLAIN['vcpu_type']})")
    plain = parser.add_argument_group("plain firmware launch")
    plain.add_argument("--ovmf", metavar="FILE", help="the firmware (OVMF.fd)")
    plain.add_argument("--features", type=number, metavar="X",
                       help="SEV_FEATURES of the vCPUs (default: 0x1)")


def main(args):
    given = {name: getattr(args, name) for name in PLAIN
             if getattr(args, name) is not None}
    if bool(args.image) == bool(args.ovmf):
        raise UserError("give either an image or --ovmf FILE")
    settings = {**PLAIN, **given}
    if args.image:
        if "features" in given:
            raise UserError("--features goes with --ovmf: an image has its "
                            "own VMSA")
        print("\n".join(image_lines(args.image, settings)))
        return 0
    firmware = Firmware(read_file(args.ovmf), args.ovmf)
    digest = measure.firmware_digest(firmware, settings["vcpus"],
                                     settings["vcpu_type"],
                                     settings["features"])
    print(digest.hex())
    return 0


def image_lines(name, settings):
    """The digest, and that of a launch with more VMSAs."""
    path = image.path_of(name)
    file = igvm_read.File(read_file(path), path)
    vcpus = settings["vcpus"]
    bad = measure.untrusted_digest(file, vcpus, settings["vcpu_type"])
    yield measure.image_digest(file).hex()
    if vcpus > 1:
        yield f"{bad.hex()}  {vcpus} vCPUs with a VMSA each: guest firmware " \
            "runs at VMPL0: do not trust"
