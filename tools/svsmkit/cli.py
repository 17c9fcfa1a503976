# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""kit's argument parser: one module cmd_*.py for each command."""

import argparse
import importlib
import os
import pkgutil
import signal
import sys

import svsmkit
from svsmkit import ui
from svsmkit.errors import UserError

# The order of `kit help`: what people do first comes first.
ORDER = ("run", "test", "new", "image", "measure", "inspect", "stack", "bench",
         "lint", "format", "source", "help")


class Parser(argparse.ArgumentParser):
    """One line for a bad argument instead of a page."""

    def error(self, message):
        raise UserError(f"{message} (see '{self.prog} --help')")


def commands():
    """All command modules, in the order of `kit help`."""
    names = [m.name for m in pkgutil.iter_modules(svsmkit.__path__)
             if m.name.startswith("cmd_")]
    modules = [importlib.import_module(f"svsmkit.{name}") for name in names]

    def place(module):
        known = module.NAME in ORDER
        return (ORDER.index(module.NAME) if known else len(ORDER), module.NAME)

    return sorted(modules, key=place)


def make_parser():
    """The parser of the whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-v", "--verbose", action="store_true",
                        help="show every command and all of its output")
    parser = Parser(prog="kit", description="Build, run and test SVSMs.",
                    epilog="'kit COMMAND --help' tells about one command.")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in commands():
        p = sub.add_parser(module.NAME, help=module.HELP, parents=[common],
                           description=module.__doc__,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(p)
        p.set_defaults(main=module.main, parser=parser)
    return parser


def main(argv):
    """Run one command; the result is the process's exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        parser = make_parser()
        args, extra = parser.parse_known_args(argv)
        if extra:
            raise UserError(f"unknown argument '{extra[0]}' "
                            f"(see 'kit {args.command or ''} --help')")
        if args.command is None:
            parser.print_help()
            return 2
        ui.verbose = args.verbose
        return args.main(args)
    except UserError as error:
        ui.error(str(error))
        return 2
    except KeyboardInterrupt:
        ui.error("interrupted")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
