# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""One run of an image with its guest, and the verdict on it."""

import os
import re

from svsmkit import (build, bzimage, cache, devices, guest, guest_report,
                     hostile_host, igvm_read, image, machine, measure, owners, rootfs, stress,
                     tpm_guest, ui)
from svsmkit.errors import UserError

# The early console tells of an Oops that comes before the other one is there.
APPEND = "console=ttyS0 earlyprintk=serial,ttyS0 panic=-1"
# What only an example that boots Linux takes.
LINUX_ONLY = ("firmware", "kernel", "initrd", "append", "disk")


class Options:
    """What a run was asked for; see cmd_run for the meaning of each."""

    def __init__(self, **given):
        self.smp = None
        self.topology = ""      # how snpemu-run arranges them; with it a MADT
        self.memory = None
        self.firmware = "forky"
        self.kernel = "trixie-backports"
        self.initrd = None
        self.append = ""
        self.disk = None
        self.timeout = 900
        self.cbit = None
        self.invlpgb = None     # on, off, fault; None: the example's
        self.stats = False      # the machine's counters in its log
        self.seed = None        # of a stress payload; None: a new one
        self.seconds = stress.SECONDS
        self.every = stress.EVERY   # which cases a payload samples
        self.lie = None         # that the host tells; then `end` is what counts
        self.expect = ()        # on the console, beside `lie`
        self.vmsa = "kvm"       # where the image has it: "inside" of itself
        self.debug_swap = "yes"     # of the image's VMSA
        self.strike = []        # what the host does at instructions of the SVSM
        self.remap = None       # two pages for one address
        self.order = None       # in which the host starts the vCPUs
        self.end = None         # instead of the example's; then it is all that counts
        self.build_dir = os.path.join(build.TREE, "build")
        self.__dict__.update(given)


class Run:
    """An example with its image, guest and machine."""

    def __init__(self, example, options):
        self.example = example
        self.options = options
        self.smp = options.smp or example.smp
        self.memory = options.memory or example.memory
        self.work = os.path.join(options.build_dir, "run", example.name)
        self.devices = None
        self.kernel_dir = None
        self.digest = None
        self.good_digest = None     # that the machine must not come to
        self.disk_digest = None
        self.seed = options.seed or stress.new_seed()
        self.left = []          # what judge() could not compare

    def check(self):
        """Refuse the user's files that cannot work, before anything is built."""
        options = self.options
        given = [name for name in LINUX_ONLY
                 if getattr(options, name) != getattr(Options(), name)]
        if given and self.example.guest != "linux":
            raise UserError(f"{self.example.name} boots no Linux, "
                            f"--{given[0]} is nothing for it")
        if options.firmware not in guest.FIRMWARE:
            guest.own_file(options.firmware, "firmware", guest.FIRMWARE)
        if options.kernel not in guest.KERNELS:
            bzimage.version(guest.own_file(options.kernel, "kernel", guest.KERNELS))
        if options.initrd:
            guest.own_file(options.initrd, "initrd")
        if options.disk:
            require_disk(guest.own_file(options.disk, "disk"))

    def image(self):
        """Make the image; gives its path."""
        os.makedirs(self.work, exist_ok=True)
        firmware = None
        if self.example.guest == "linux":
            firmware = guest.firmware(self.options.firmware)
        elif self.example.guest == "payload":
            firmware = payload(self.options.build_dir, self.example.payload)
        result = os.path.join(self.work, self.example.name + ".igvm")
        elf = build.elf(self.options.build_dir, self.example.name)
        volume = read(firmware) if firmware else None
        if self.example.guest == "payload":
            volume = stress.settle(volume, seed=self.seed, every=self.options.every,
                                   seconds=self.options.seconds)
        data = image.build(read(elf), elf, volume, firmware, self._image_options())
        cache.write(result, data)
        self._measure(igvm_read.File(data))
        return result

    def _measure(self, file):
        self.digest = measure.image_digest(file).hex()
        if self.example.launch_vmsas:
            self.good_digest = self.digest
            self.digest = measure.untrusted_digest(file, self.smp,
                                                   machine.VCPU_TYPE).hex()

    def _image_options(self):
        # IDs without gaps need no table, and QEMU before 11 has none to give.
        return image.Options(madt=bool(self.options.topology),
                             debug_swap=self.options.debug_swap == "yes",
                             vmsa_inside=self.options.vmsa == "inside")

    def qemu(self, interactive):
        """QEMU's arguments for the guest."""
        if self.example.guest != "linux":
            return []
        kernel = self._kernel()
        append = APPEND + (" svsmkit.shell" if interactive else "")
        append += " svsmkit.disk" if self.options.disk else ""
        append += "" if ui.verbose else " quiet"
        result = ["-kernel", kernel, "-initrd", self._initrd(),
                  "-append", f"{append} {self.options.append}".strip(),
                  "-rtc", "base=" + guest_report.RTC_BASE]
        self.devices = devices.Devices(self.work)
        result += self.devices.qemu()
        if self.options.disk:
            disk = guest.own_file(self.options.disk, "disk")
            self.disk_digest = devices.own_digest(disk)
            result += devices.disk(disk, "own")
        return result

    def command(self, interactive=False):
        """The whole command line of the machine."""
        image_file = self.image()
        extra = ["--cbit", str(self.options.cbit)] if self.options.cbit else []
        extra += ["--invlpgb", self.options.invlpgb or self.example.invlpgb]
        extra += ["--stats"] if self.options.stats else []
        extra += ["--lie", self.options.lie] if self.options.lie else []
        extra += ["--launch-vmsas"] if self.example.launch_vmsas else []
        extra += hostile_host.options(
            self.options.strike, self.options.remap,
            read(build.elf(self.options.build_dir, self.example.name)))
        extra += ["--start-order", self.options.order] if self.options.order else []
        extra += ["--any-vmsa"]     # no kinder than the processor
        extra += ["--parallel"] if self.example.parallel else []
        extra += ["--dump-rmp"] if self.example.compare == "owners" else []
        smp = f"{self.smp},{self.options.topology}".rstrip(",")
        return machine.command(image_file, smp, self.memory,
                               self.options.timeout, self.options.build_dir,
                               self.qemu(interactive), extra)

    def judge(self, result):
        """What is wrong with the machine's run; empty when nothing is."""
        bad = wrong_end(self.options.end or self.example.end, result)
        if self.options.lie:
            told = f"snpemu: lie {self.options.lie} is told"
            bad += [] if told in result.log else ["no lie was told"]
            return bad + self._missing(result, *self.options.expect)
        bad += hostile_host.complaints(self.options.strike, self.options.remap,
                                       result.log, not self.options.end)
        if self.options.end:
            return bad
        if not any(self.digest in line for line in result.log):
            bad.append("the machine measured something else than kit: "
                       f"{self.digest} is what kit measure says")
        if self.good_digest and any(self.good_digest in line for line in result.log):
            bad.append("the machine measured what kit calls good")
        bad += self._missing(result, *self.example.expect)
        if self.example.compare == "owners":
            bad += owners.complaints(result.console, result.log,
                                     self.example.vmpl)
            bad += [f"the seed was {self.seed}"] if bad else []
        if self.example.guest == "linux":
            said = guest_report.parse(result.console)
            compared = guest_report.compare(said, self._wanted())
            bad += compared.bad
            self.left = list(compared.left)
        return bad

    @staticmethod
    def _missing(result, *patterns):
        return [f"no line on the console matches '{pattern}'"
                for pattern in patterns
                if not any(re.search(pattern, line) for line in result.console)]

    def _wanted(self):
        options = self.options
        own_kernel = options.kernel not in guest.KERNELS
        kind = tpm_guest.KERNEL if self.example.tpm else "linux"
        version = bzimage.version(options.kernel) if own_kernel \
            else guest.kernel_version(options.kernel, kind)
        return guest_report.Wanted(
            self.smp, self.memory, self.example.vmpl, version, self.devices,
            append=options.append, disk=self.disk_digest, own_kernel=own_kernel,
            own_initrd=options.initrd is not None,
            tpm=self.example.tpm and tpm_guest.names(options.append))

    def _kernel(self):
        if self.options.kernel in guest.KERNELS:
            source = tpm_guest if self.example.tpm else guest
            self.kernel_dir = source.kernel(self.options.kernel)
            return os.path.join(self.kernel_dir, "vmlinuz")
        return guest.own_file(self.options.kernel, "kernel", guest.KERNELS)

    def _initrd(self):
        if self.options.initrd:
            return guest.own_file(self.options.initrd, "initrd")
        return rootfs.make(self.options.build_dir, self.kernel_dir, self.example.tpm)


def require_disk(path):
    """Refuse a file that cannot be a disk."""
    if os.path.getsize(path) == 0:
        raise UserError(f"{path} is empty, no disk")
    if not os.access(path, os.R_OK | os.W_OK):
        raise UserError(f"{path} cannot be read and written")


def read(path):
    """The bytes of a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def payload(build_dir, name):
    """A payload that stands where the firmware would."""
    result = os.path.join(build_dir, "tests", "guest", "payload", name + ".fd")
    if not os.path.isfile(result):
        raise UserError(f"there is no payload '{name}'")
    return result


def require(complaints):
    """Figures of a run that went wrong are none."""
    if complaints:
        raise UserError("the measured run went wrong: " + complaints[0])


def wrong_end(wanted, result):
    """A complaint when the machine did not end as the example says."""
    if wanted.startswith("stop "):
        if any(re.search(wanted, line) for line in result.log):
            return []
        return [f"wanted '{wanted}', the machine {result.ending()}"]
    if wanted == "poweroff":
        if result.status == machine.POWERED_OFF:
            return []
        return [f"the machine {result.ending()}"]
    reasons = [line for line in result.log if re.search(rf"\breason {wanted}\b", line)]
    if result.status == machine.TERMINATED and reasons:
        return []
    return [f"wanted a termination with {wanted}, the machine {result.ending()}"]
