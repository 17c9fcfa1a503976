# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The user's cache: downloads that are checked, and complete or not there.

A file appears under its final name only after its hash was checked, so a kit
that is killed at any moment leaves nothing half-done: a `.part` is continued
or thrown away by the next run.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile

from svsmkit import ui
from svsmkit.errors import UserError


def root():
    """The cache directory of this user, made when needed."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(os.path.abspath(base), "svsmkit")
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the cache {path}: {error.strerror}") from None
    return path


def path(*parts):
    """A path in the cache; its directory exists afterwards."""
    result = os.path.join(root(), *parts)
    os.makedirs(os.path.dirname(result), exist_ok=True)
    return result


def sha256(name):
    """SHA-256 of a file in hex, or None when there is no such file."""
    digest = hashlib.sha256()
    try:
        with open(name, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


@contextlib.contextmanager
def locked():
    """One kit at a time works on the cache; others wait."""
    with open(path("lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            ui.note("waiting for another kit")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(name, data):
    """Write a file so that it is there whole or not at all."""
    handle, part = tempfile.mkstemp(dir=os.path.dirname(name))
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(part, 0o644)
    os.replace(part, name)


@contextlib.contextmanager
def directory(name):
    """Fill a new directory; it replaces `name` when the block succeeds."""
    os.makedirs(os.path.dirname(name), exist_ok=True)
    part = tempfile.mkdtemp(dir=os.path.dirname(name), prefix=".part-")
    try:
        yield part
        os.chmod(part, 0o755)
        if os.path.isdir(name):
            shutil.rmtree(name)
        os.rename(part, name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def download(fetch, name, digest, size):
    """Make `name` a file with this SHA-256.

    `fetch(part, progress)` has to write the file `part`, which may hold the
    beginning of it already. A wrong file is thrown away and tried once more.
    """
    part = name + ".part"
    if sha256(name) == digest:
        return
    for _ in range(2):
        progress = ui.Progress(f"fetching {os.path.basename(name)}"
                               f" ({size / 1e6:.1f} MB)")
        try:
            fetch(part, lambda bar=progress: bar.update(_size(part), size))
        finally:
            progress.close()
        if sha256(part) == digest:
            os.replace(part, name)
            return
        os.unlink(part)
        ui.note(f"{os.path.basename(name)} arrived damaged")
    raise UserError(f"{os.path.basename(name)} does not have the SHA-256 {digest}")


def _size(name):
    try:
        return os.stat(name).st_size
    except FileNotFoundError:
        return 0
