# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Boots with files of a user's own, by `kit run` as a user types it.

`own` in tests/boot/boot.ini names the options; what each is given is made here
of the parts that kit has, under names that want care.
"""

import os
import re
import subprocess
import tempfile

from svsmkit import build, cache, devices, guest, machine, rootfs, ui
from svsmkit.initramfs import Archive

KIT = os.path.join(build.TREE, "kit")
NOTE = "an initrd of my own"
APPEND = "svsmkit.own=1,2"
# Neither whole sectors nor what init compares at most.
DISK_SIZE = 100_001
# What a person at the shell would wait for, type, and see.
CUE, TYPED, SEEN = "A shell in the guest", b"echo sum $((6*7))\npoweroff -f\n", "sum 42"
INIT = b"""#!/bin/busybox sh
echo "init of my own"
/bin/busybox poweroff -f
"""


def firmware(options, _):
    """The suite's OVMF."""
    return read(guest.firmware(options.firmware))


def kernel(options, _):
    """The suite's kernel."""
    return read(os.path.join(guest.kernel(options.kernel), "vmlinuz"))


def initrd(options, _):
    """kit's own, with a note that its init shows."""
    archive = rootfs.archive(options.build_dir, guest.kernel(options.kernel))
    archive.file("note", NOTE.encode())
    return archive.bytes()


def init(*_):
    """One that says nothing that kit knows."""
    archive = Archive()
    archive.console()
    archive.file("init", INIT, 0o755)
    archive.program("bin/busybox", guest.busybox())
    return archive.bytes()


def disk(*_):
    """Noise."""
    return devices.noise(DISK_SIZE, "own disk")


# What `own` may name: the option, what makes its file, what the guest then says.
MAKERS = {
    "firmware": ("--firmware", firmware, None),
    "kernel": ("--kernel", kernel, None),
    "initrd": ("--initrd", initrd, "guest: note " + NOTE),
    "init": ("--initrd", init, "init of my own"),
    "disk": ("--disk", disk, None),
    "append": ("--append", None, APPEND),
    "shell": ("--interactive", None, SEEN),
}


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def arguments(own, options):
    """The options of kit run that `own` stands for; makes their files."""
    where = os.path.join(options.build_dir, "run", "own, files")
    os.makedirs(where, exist_ok=True)
    result = []
    for name in own:
        option, make, _ = MAKERS[name]
        result.append(option)
        if make:
            result.append(os.path.join(where, name))
            cache.write(result[-1], make(options, name))
        elif name == "append":
            result.append(APPEND)
    for name in {"firmware", "kernel"} - set(own):
        result += ["--" + name, getattr(options, name)]
    return result


def boot(example, options, own, left):
    """Boot; gives complaints and what was said, as a machine.Result.

    `left` is what kit has to say that it could not compare.
    """
    argv = [KIT, "run", example.name, "--build-dir", options.build_dir,
            "--smp", str(options.smp or example.smp),
            "--memory", str(options.memory or example.memory),
            *arguments(own, options)]
    with tempfile.TemporaryFile() as errors:
        start = talk if "shell" in own else ui.complete
        done = start(argv, stdout=subprocess.PIPE, stderr=errors,
                     stdin=subprocess.PIPE if "shell" in own else subprocess.DEVNULL)
        errors.seek(0)
        log = lines(errors.read())
    result = machine.Result(done.returncode, lines(done.stdout), log, 0, [])
    return complaints(result, own, left), result


def talk(argv, **pipes):
    """Run a program; type when it has said the cue."""
    out = b""
    with subprocess.Popen(argv, **pipes) as child:
        try:
            for line in child.stdout:
                out += line
                if CUE.encode() in line:
                    child.stdin.write(TYPED)
                    child.stdin.flush()
        except BaseException:
            child.terminate()
            raise
    return subprocess.CompletedProcess(argv, child.returncode, out)


def lines(data):
    """A program's output as lines."""
    text = data.decode("utf-8", "replace").replace("\r", "")
    return [machine.ESCAPES.sub("", line) for line in text.split("\n") if line]


def complaints(result, own, left):
    """What is wrong with such a run."""
    bad = []
    last_line_is_good = "shell" in own or result.console[-1:] == ["run: ok"]
    if result.status != 0 or not last_line_is_good:
        bad.append(f"kit run ended with status {result.status}")
    bad += [f"no line has '{text}'" for text in (MAKERS[name][2] for name in own)
            if text and not any(text in line for line in result.console)]
    said = [found[1] for line in result.log
            if (found := re.fullmatch(r"kit: not compared: (.*)", line))]
    if said != ([left] if left else []):
        bad.append(f"not compared: wanted '{left}', kit says: {said}")
    return bad
