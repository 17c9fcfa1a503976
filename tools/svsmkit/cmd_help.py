# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Tell what kit can do, or about one command."""

NAME = "help"
HELP = "this page, or the page of a command"


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("topic", nargs="?", metavar="COMMAND")


def main(args):
    """Print the page."""
    if args.topic:
        args.parser.parse_args([args.topic, "--help"])
    args.parser.print_help()
    return 0
