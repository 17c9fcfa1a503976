# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Install what is missing, build, and run the tests: unit tests (of the
libraries, snpemu's model and kit), lint, snpemu's conformance probes, proofs
and the boot of real guests. The last line says how many passed and failed.
"""

import time

from svsmkit import build, suites, system, ui
from svsmkit.errors import UserError

NAME = "test"
HELP = "run the tests"


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("suite", nargs="*", metavar="SUITE",
                        help="only these: " + ", ".join(suites.SUITES))
    parser.add_argument("--long", action="store_true",
                        help="boot all combinations of tests/boot/boot.ini, "
                             "give races and floods their full time")
    parser.add_argument("--boot", metavar="NAME", default="",
                        help="only the boots with NAME in their name, long ones too")
    parser.add_argument("--proofs", action="store_true",
                        help="only the suites 'exhaustive' and 'proofs'")
    parser.add_argument("--coverage", action="store_true",
                        help="only measure which lines and branches the tests run")
    build.add_arguments(parser)


def main(args):
    """Run the suites; exit status 0 when all passed."""
    if args.proofs:
        args.suite = [*args.suite, "exhaustive", "proofs"]
    if args.boot and "boot" not in args.suite:
        args.suite = [*args.suite, "boot"]
    if args.coverage:
        args.suite = [*args.suite, "coverage"]
    known = {**suites.SUITES, **suites.ON_DEMAND}
    for name in args.suite:
        if name not in known:
            raise UserError(f"there is no suite '{name}'; there are: "
                            + ", ".join(known))
    times = []
    begin = time.monotonic()
    system.need(system.BUILD, system.RUN, system.LINT, system.TEST)
    build.build(args.build_dir)
    times.append(("install and build", time.monotonic() - begin, 0))
    outcomes = []
    for name in args.suite or suites.SUITES:
        ui.note(f"testing: {name}")
        begin = time.monotonic()
        found = [show(outcome) for outcome in known[name](args)]
        times.append((name, time.monotonic() - begin, len(found)))
        outcomes += found
    return summary(outcomes, times)


def show(outcome):
    """Print a failure at once, a success only when asked to."""
    if not outcome.passed:
        print(f"FAILED {outcome.name}", flush=True)
        for line in outcome.detail.splitlines():
            print(f"    {line}", flush=True)
    elif ui.verbose:
        print(f"passed {outcome.name}", flush=True)
    return outcome


def summary(outcomes, times):
    """Where the time went, the slowest tests, and the last line."""
    print("\nseconds  tests")
    for name, seconds, count in times:
        print(f"{seconds:7.1f}  {count or '':>5}  {name}")
    for outcome in sorted(outcomes, key=lambda o: -o.seconds)[:5]:
        if outcome.seconds > 1:
            print(f"{outcome.seconds:7.1f}         {outcome.name}")
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for outcome in failed:
        print(f"FAILED {outcome.name}")
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed or not outcomes else 0
