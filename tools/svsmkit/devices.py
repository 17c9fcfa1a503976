# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""QEMU's disk and network device for a run, with contents to find again."""

import hashlib
import os
import random

from svsmkit import cache

SECTOR = 512
COMPARED = 1 << 20      # bytes of a user's disk that init reads
HALF = 512 << 10        # bytes; init copies the disk's first half to the second
VIRTIO = "disable-legacy=on,iommu_platform=on"


def noise(size, seed):
    """Bytes that nobody would make up, the same in each run."""
    return random.Random(seed).randbytes(size)


class Devices:
    """Disk image and the directory that the network serves."""

    def __init__(self, directory):
        self.disk = os.path.join(directory, "disk.raw")
        self.served = os.path.join(directory, "served")
        half = noise(HALF, "disk")
        blob = noise(200_001, "blob")
        os.makedirs(self.served, exist_ok=True)
        cache.write(self.disk, half + bytes(HALF))
        cache.write(os.path.join(self.served, "blob"), blob)
        self.disk_digest = hashlib.sha256(half).hexdigest()
        self.blob_digest = hashlib.sha256(blob).hexdigest()

    def qemu(self):
        """QEMU's arguments."""
        return [*disk(self.disk, "test"), *network(self.served)]

    def disk_was_written(self):
        """Did the guest's copy arrive in the file?"""
        with open(self.disk, "rb") as file:
            first, second = file.read(HALF), file.read()
        return first == second


def own_digest(name):
    """What the guest finds at the beginning of a user's disk."""
    with open(name, "rb") as file:
        data = file.read(COMPARED)
    return hashlib.sha256(data + bytes(-len(data) % SECTOR)).hexdigest()


def disk(name, ident):
    """A virtio disk on a raw file."""
    return ["-drive", f"if=none,id={ident},format=raw,cache=unsafe,file={escape(name)}",
            "-device", f"virtio-blk-pci,drive={ident},{VIRTIO}"]


def network(served):
    """A network that has nothing but a server with one directory."""
    return ["-netdev", f"user,id=net,restrict=on,tftp={escape(served)}",
            "-device", f"virtio-net-pci,netdev=net,romfile=,{VIRTIO}"]


def escape(name):
    """A file name inside QEMU's comma-separated options."""
    return name.replace(",", ",,")
