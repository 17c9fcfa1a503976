# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Build an example, boot it with a guest on the emulated machine, and check
that the guest got what was asked for. The last line is "run: ok" and the exit
status 0 only if all of it held.

With your own files "run: ok" means that the guest powered off, that the machine
measured what `kit measure` says, and beside that what can be compared:
  --firmware  everything
  --kernel    everything; a kernel without built-in drivers for virtio disk and
              network and for sev-guest has those left out, as kit has no modules
              for it
  --initrd    the lines "guest: KEY VALUE" that your init prints, as those of
              tests/guest/init; what it does not say is left out
  --append    that it is in the guest's /proc/cmdline
  --disk      that the guest reads its first MiB (it is not written)
What was left out is said.
"""

from svsmkit import build, example, guest, machine, run, stress, system, ui
from svsmkit.errors import UserError

NAME = "run"
HELP = "boot an example with a real guest"


def add_arguments(parser):
    """The arguments of this command."""
    add = parser.add_argument
    add("example", nargs="?", default="vtpm", metavar="EXAMPLE",
        help="a directory of examples/ (default: %(default)s)")
    add("--smp", metavar="N", help=f"CPUs, 1 to {example.MAX_CPUS}")
    add("--memory", metavar="SIZE", help="like 512M or 2G")
    add("--firmware", metavar="OVMF", default=run.Options().firmware,
        help="a file, or the Debian suite to take it from: "
        + ", ".join(guest.FIRMWARE) + " (default: %(default)s)")
    add("--kernel", metavar="KERNEL", default=run.Options().kernel,
        help="a bzImage, or the Debian suite to take it from: "
        + ", ".join(guest.KERNELS) + " (default: %(default)s)")
    add("--initrd", metavar="FILE", help="your own, instead of kit's")
    add("--append", metavar="TEXT", default="",
        help="more for the kernel's command line")
    add("--disk", metavar="FILE", help="a raw disk image as the second disk, vdb")
    add("--interactive", action="store_true", help="a shell in the guest")
    add("--cbit", choices=("51", "47"), help="where the machine has its C-bit")
    add("--invlpgb", choices=example.INVLPGB,
        help="whether the host enables it, or lists it and faults there "
        "(default: the example's)")
    add("--no-debug-swap", action="store_true",
        help="an image for hosts that cannot swap debug registers")
    add("--timeout", metavar="SECONDS", default="900",
        help="give up after this time (default: %(default)s)")
    add("--seed", metavar="N", help="of the calls that a stress guest makes")
    build.add_arguments(parser)


def main(args):
    """Run it."""
    what = example.Example(args.example)
    options = run.Options(
        smp=example.cpus(args.smp) if args.smp else None,
        memory=example.memory(args.memory, what.guest) if args.memory else None,
        firmware=args.firmware, kernel=args.kernel, initrd=args.initrd,
        append=args.append, disk=args.disk, cbit=args.cbit, invlpgb=args.invlpgb,
        debug_swap="no" if args.no_debug_swap else "yes",
        seed=stress.parse_seed(args.seed) if args.seed else None,
        timeout=seconds(args.timeout), build_dir=args.build_dir)
    this = run.Run(what, options)
    this.check()
    if args.interactive and what.guest != "linux":
        raise UserError(f"{what.name} boots no Linux, there is no shell")
    system.need(system.BUILD, system.RUN)
    build.build(options.build_dir)
    command = this.command(args.interactive)
    ui.note(f"booting {what.name}: {this.smp} CPUs, {this.memory} MiB")
    if args.interactive:
        return machine.interact(command)
    return verdict(this, machine.run(command, options.timeout))


def verdict(this, result):
    """Print what was wrong, or the last line; the exit status."""
    bad = this.judge(result)
    for line in bad:
        ui.error(line)
    if this.left:
        ui.note("not compared: " + ", ".join(this.left))
    print(f"run: {'failed' if bad else 'ok'}", flush=True)
    return 1 if bad else 0


def seconds(text):
    """A number of seconds."""
    if not text.isdigit() or not 1 <= int(text) <= 86400:
        raise UserError(f"'{text}' is no number of seconds (1 to 86400)")
    return int(text)
