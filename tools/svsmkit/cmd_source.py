# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Put the source of a library of somebody else where Meson looks for it.

The build calls this when it is configured: the first time it fetches the
archive from this machine's Debian mirror, later it takes the cache's.
"""

from svsmkit import source

NAME = "source"
HELP = "fetch the source of a third party's library"


def add_arguments(parser):
    """The arguments of `kit source`."""
    parser.add_argument("name", choices=sorted(source.POOL), help="which one")


def main(args):
    """Print where the archive is."""
    print(source.put(args.name))
    return 0
