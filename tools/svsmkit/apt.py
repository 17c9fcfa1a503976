# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Packages of other Debian suites, without touching the system's apt state.

A private apt in the cache (lists, status, sources of its own) uses the mirror
and the proxy that the machine is set up with and the distribution's keyring,
so the indices are signed and give the SHA-256 of each package.
"""

import os
import re
import shutil
import subprocess
import sys

from svsmkit import cache, ui
from svsmkit.errors import UserError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HELPER = "/usr/lib/apt/apt-helper"
INRELEASE = re.compile(r"^'(\S+?)/+dists/([a-z]+)/InRelease' ")


def mirror():
    """The mirror that this machine takes Debian from."""
    if shutil.which("apt-get") is None or not os.path.exists(KEYRING):
        raise UserError(
            "guest parts come from Debian's archive through apt; here give "
            "--firmware, --kernel and --initrd")
    uris = ui.run(["apt-get", "update", "--print-uris"], "asking apt for its mirror")
    for line in uris.splitlines():
        # The archive itself: other repositories' suites have compound names.
        found = INRELEASE.match(line)
        if found and "security" not in found[1]:
            return found[1]
    raise UserError("apt has no Debian mirror configured")


def sandbox():
    """Options: the cache belongs to the user, apt's own user cannot write there."""
    return ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []


def download(uri, digest, part, poll, env=None):
    """Fetch a file as apt would, through the proxy that apt uses."""
    ui.watch([HELPER, *sandbox(), "download-file", uri, part, "SHA256:" + digest],
             f"fetching {uri}", poll, env=env)


class PrivateApt:
    """apt-get and apt-cache for some suites, with their state in the cache."""

    def __init__(self, suites):
        self.suites = suites
        self.config = cache.path("apt", "apt.conf")

    def update(self):
        """Fetch the signed indices."""
        self._configure()
        ui.note("fetching the package lists of Debian " + ", ".join(self.suites))
        # A list that does not arrive is an error, not a reason to go on.
        self._run("apt-get", "-o", "APT::Update::Error-Mode=any", "update")

    def show(self, package, suite):
        """The fields of a package in a suite."""
        text = self._run("apt-cache", "show", f"{package}/{suite}")
        fields = re.findall(r"^([A-Z][\w-]*): (.*)$", text.split("\n\n")[0], re.M)
        if not fields:
            raise UserError(f"Debian {suite} has no package {package}")
        return dict(fields)

    def fetch(self, package, suite):
        """Download a package; gives a record of it (file, version, sha256...)."""
        fields = self.show(package, suite)
        line = self._run("apt-get", "--print-uris", "download",
                         f"{package}={fields['Version']}")
        found = re.search(r"^'(\S+)' (\S+) (\d+) SHA256:([0-9a-f]{64})", line, re.M)
        if not found or found[4] != fields["SHA256"]:
            raise UserError(f"apt cannot tell where {package} of {suite} is")
        name = cache.path("debs", os.path.basename(fields["Filename"]))
        cache.download(lambda part, poll: download(found[1], found[4], part, poll,
                                                   self._env()),
                       name, found[4], int(found[3]))
        return {"package": package, "version": fields["Version"], "suite": suite,
                "sha256": found[4], "file": os.path.basename(name)}

    def _configure(self):
        """Write the private configuration: the machine's Acquire settings, our paths."""
        base = os.path.dirname(self.config)
        for name in ("lists/partial", "archives/partial", "empty"):
            os.makedirs(os.path.join(base, name), exist_ok=True)
        source = mirror()
        cache.write(os.path.join(base, "status"), b"")
        cache.write(os.path.join(base, "sources.list"), "".join(
            f"deb [arch=amd64 signed-by={KEYRING}] {source} {suite} main\n"
            for suite in self.suites).encode())
        dump = ui.run(["apt-config", "dump"], "reading apt's settings")
        lines = [line for line in dump.splitlines() if line.startswith("Acquire::")]
        lines += [
            'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
            'Acquire::Languages "none";',
            'APT::Architecture "amd64";',
            'APT::Architectures "amd64";',
            f'Dir::State "{base}";',
            f'Dir::State::lists "{base}/lists";',
            f'Dir::State::status "{base}/status";',
            f'Dir::Cache "{base}";',
            f'Dir::Cache::archives "{base}/archives";',
            f'Dir::Etc::sourcelist "{base}/sources.list";',
            f'Dir::Etc::sourceparts "{base}/empty";',
            f'Dir::Etc::parts "{base}/empty";',
            f'Dir::Etc::preferencesparts "{base}/empty";',
            'Dir::Etc::main "/dev/null";',
            'Dir::Etc::preferences "/dev/null";',
        ]
        cache.write(self.config, ("\n".join(lines) + "\n").encode())

    def _env(self):
        return {**os.environ, "APT_CONFIG": self.config, "LC_ALL": "C"}

    def _run(self, program, *args):
        return ui.run([program, *sandbox(), *args],
                      f"{program} for Debian {', '.join(self.suites)}",
                      env=self._env())


def deb_tar(file, errors=sys.stderr):
    """The data of a .deb as a pipe with a tar archive in it."""
    if shutil.which("dpkg-deb") is None:
        raise UserError("dpkg-deb is not installed")
    return subprocess.Popen(["dpkg-deb", "--fsys-tarfile", file],
                            stdout=subprocess.PIPE, stderr=errors)
