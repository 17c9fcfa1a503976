# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The real guest's parts: firmware, kernels and busybox from Debian.

A part is selected by suite and package name, what it is comes from the signed
indices of that suite. What was found is recorded in the cache's manifest and
used from then on, without asking the network again; removing the manifest
takes what the suites have by then.
"""

import json
import os
import re
import tarfile

from svsmkit import apt, cache, modinfo, ui
from svsmkit.errors import UserError

SUITES = ("trixie", "trixie-backports", "forky")


class Part:
    """Something that is taken out of a package of a suite.

    `oldest` is the first version that can run at a VMPL other than 0; `recipe`
    changes when the same packages are to be unpacked in another way; `others`
    are packages that it cannot run without.
    """

    def __init__(self, suite, package, oldest, unpack, recipe="", others=()):
        self.suite = suite
        self.package = package
        self.others = list(others)
        self.oldest = oldest
        self.unpack = unpack
        self.recipe = recipe


def unpack_files(wanted):
    """An unpacker that takes single files: {path in the package: name}."""
    def unpack(debs, into):
        for path, data in members(debs):
            if path in wanted:
                cache.write(os.path.join(into, wanted[path]), data)
    return unpack


def members(debs):
    """Path and content of each regular file in some packages."""
    for deb in debs:
        with apt.deb_tar(deb) as child:
            with tarfile.open(fileobj=child.stdout, mode="r|") as tar:
                for member in tar:
                    if member.isfile():
                        path = member.name.removeprefix("./")
                        yield path, tar.extractfile(member).read()
        if child.returncode:
            raise UserError(f"cannot unpack {deb}")


def unpack_below(prefix, wanted):
    """An unpacker of the files below a prefix that match, with their paths."""
    def unpack(debs, into):
        for path, data in members(debs):
            name = path.removeprefix(prefix)
            if name != path and re.fullmatch(wanted, name):
                file = os.path.join(into, name)
                os.makedirs(os.path.dirname(file), exist_ok=True)
                cache.write(file, data)
    return unpack


def unpack_kernel(debs, into):
    """vmlinuz, the modules a guest needs, and the order to load them in."""
    modules, builtin = {}, set()
    for path, data in members(debs):
        base = path.rsplit("/", 1)[-1]
        name = modinfo.module_name(path)
        if name:
            modules[name] = (path, data)
        elif base == "modules.builtin":
            builtin |= {modinfo.module_name(line)
                        for line in data.decode().split()}
        elif base.startswith("vmlinuz"):
            cache.write(os.path.join(into, "vmlinuz"), data)

    def find(name):
        return modinfo.unpack(*modules[name]) if name in modules else None

    order = modinfo.load_order(find, builtin)
    os.mkdir(os.path.join(into, "modules"))
    for name, elf in order.items():
        cache.write(os.path.join(into, "modules", name + ".ko"), elf)
    cache.write(os.path.join(into, "modules.order"),
                "".join(name + "\n" for name in order).encode())


def unpack_program(program, libraries):
    """An unpacker of a program, the loader and the libraries of its suite.

    Libraries get the name that a program asks for.
    """
    wanted = re.compile(rf"usr/(?:bin/({program})|lib\S*/(ld-linux-x86-64\.so\.2)|"
                        rf"lib\S*/(lib(?:{libraries})\.so\.\d+)[.\d]*)")

    def unpack(debs, into):
        for path, data in members(debs):
            found = wanted.fullmatch(path)
            if found:
                name = os.path.join(into, found[1] or found[3] or "ld.so")
                cache.write(name, data)
                os.chmod(name, 0o755)
    return unpack


OVMF = unpack_files({"usr/share/ovmf/OVMF.fd": "OVMF.fd"})
BUSYBOX = unpack_files({"bin/busybox": "busybox", "usr/bin/busybox": "busybox"})
KERNEL = "linux-image-cloud-amd64"
LINUX = re.compile(r"\blinux-(?:image|base|binary|modules|headers|kbuild|source)"
                   r"-\d[^ ,]*")
MODULES = repr(modinfo.WANTED)

FIRMWARE = {
    "forky": Part("forky", "ovmf-generic", (2025, 2), OVMF),
    "trixie": Part("trixie", "ovmf", (2025, 2), OVMF),
}
KERNELS = {
    "trixie-backports": Part("trixie-backports", KERNEL, (6, 12), unpack_kernel,
                             MODULES),
    "trixie": Part("trixie", KERNEL, (6, 12), unpack_kernel, MODULES),
}
TOOLS = {
    "busybox": Part("trixie", "busybox-static", (1,), BUSYBOX),
    "cbmc": Part("trixie", "cbmc", (6,),
                 unpack_program("cbmc", r"c|m|gcc_s|stdc\+\+|minisat|z"),
                 "loader and libraries",
                 ("libc6", "libgcc-s1", "libstdc++6", "minisat", "zlib1g")),
    "libtpms": Part("forky", "libtpms-dev", (0, 10),
                    unpack_below("usr/", r"include/libtpms/\w+\.h|lib/.*/libtpms\.a")),
}


def version(text):
    """The upstream version's leading numbers: (6, 12) for 6.12.107-1."""
    upstream = text.partition(":")[2] or text
    return tuple(int(n) for n in re.findall(r"\d+", upstream.split("-")[0])[:2])


class Store:
    """The parts in the cache and the manifest that tells what they are."""

    def __init__(self):
        self.apt = None

    @property
    def manifest(self):
        """The file that says what each part is."""
        return cache.path("guest", "manifest.json")

    def get(self, kind, name, part):
        """The directory of a part, fetched and unpacked when it is not there."""
        key = f"{kind}-{name}"
        where = cache.path("guest", key)
        with cache.locked():
            record = self._read().get(key)
            if not usable(record, part, where):
                record = self._make(part, where, record)
                self._write({**self._read(), key: record})
        return where

    def describe(self, kind, name):
        """The packages of a part that is there: name, version, SHA-256..."""
        return self._read()[f"{kind}-{name}"]["packages"]

    def _read(self):
        try:
            with open(self.manifest, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}
        except ValueError:
            ui.note(f"{self.manifest} is damaged and made anew")
            return {}

    def _write(self, manifest):
        text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
        cache.write(self.manifest, text.encode())

    def _make(self, part, where, record):
        packages = self._packages(part, record)
        debs = [cache.path("debs", package["file"]) for package in packages]
        with cache.directory(where) as into:
            part.unpack(debs, into)
            files = hashes(into)
        if not files:
            raise UserError(f"{part.package} of {part.suite} does not hold "
                            "what kit expects in it")
        return {"packages": packages, "files": files, "recipe": part.recipe}

    def _packages(self, part, record):
        """Records of the packages to unpack; of the manifest when they are there."""
        if record and all(cache.sha256(cache.path("debs", p["file"])) == p["sha256"]
                          for p in record["packages"]):
            return record["packages"]
        if self.apt is None:
            self.apt = apt.PrivateApt(SUITES)
            self.apt.update()
        there = self.apt.show(part.package, part.suite)["Version"]
        if version(there) < part.oldest:
            raise UserError(f"{part.package} of {part.suite} is too old: {there}")
        return [self.apt.fetch(name, part.suite) for name in self._names(part)]

    def _names(self, part):
        """The packages that hold the files: Linux's are behind empty ones."""
        if part.package != KERNEL:
            return [part.package, *part.others]
        todo, names = [part.package, *part.others], set()
        while todo:
            fields = self.apt.show(todo.pop(0), part.suite)
            todo += LINUX.findall(fields.get("Depends", ""))
            if int(fields["Size"]) > 100_000:
                names.add(fields["Package"])
        return sorted(names)


STORE = Store()


def hashes(where):
    """SHA-256 of each file below a directory."""
    result = {}
    for base, _, names in os.walk(where):
        for name in names:
            full = os.path.join(base, name)
            result[os.path.relpath(full, where)] = cache.sha256(full)
    return result


def usable(record, part, where):
    """Is the part there as it was unpacked, in the way it is unpacked now?"""
    return (record is not None and record.get("recipe") == part.recipe
            and all(cache.sha256(os.path.join(where, name)) == digest
                    for name, digest in record["files"].items()))


def firmware(name):
    """OVMF of a suite, or the user's own file."""
    if name not in FIRMWARE:
        return own_file(name, "firmware", FIRMWARE)
    return os.path.join(STORE.get("ovmf", name, FIRMWARE[name]), "OVMF.fd")


def kernel(name):
    """Directory of a suite's kernel: vmlinuz, modules, modules.order."""
    return STORE.get("linux", name, KERNELS[name])


def kernel_version(name, kind="linux"):
    """The upstream version of a suite's kernel, as `uname -r` begins."""
    package = STORE.describe(kind, name)[0]
    return package["version"].partition("-")[0]


def busybox():
    """A static busybox."""
    return os.path.join(STORE.get("tool", "busybox", TOOLS["busybox"]), "busybox")


def cbmc():
    """A directory with the program `cbmc`, its loader `ld.so` and libraries."""
    return STORE.get("tool", "cbmc", TOOLS["cbmc"])


def libtpms():
    """A directory with include/ and lib/ of libtpms 0.10, and its version."""
    where = STORE.get("tool", "libtpms", TOOLS["libtpms"])
    return where, STORE.describe("tool", "libtpms")[0]["version"]


def own_file(name, what, known=()):
    """Check a file that the user names."""
    if os.path.isfile(name):
        return os.path.abspath(name)
    other = f" nor one of {', '.join(known)}" if known else ""
    raise UserError(f"{what}: '{name}' is not a file{other}")
