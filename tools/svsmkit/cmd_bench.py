# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Print the project's figures: measured pages of each example, instructions and
exits of calls, memory and exits of a boot, the allocators and the TPM beside others.
They are counts, but for seconds, microseconds and ns; `--write` keeps them in docs/figures.md.
"""

import inspect
import os

from svsmkit import bench_alloc, bench_tpm, budgets, build, cache, figures, system, ui
from svsmkit.errors import UserError

NAME = "bench"
HELP = "print the project's figures"
TABLES = {**figures.TABLES, "budget": budgets.rows, **bench_alloc.TABLES,
          **bench_tpm.TABLES}

HEADER = """<!-- SPDX-FileCopyrightText: The svsmkit authors -->
<!-- SPDX-License-Identifier: MIT -->
# Figures

Made by `./kit bench --write`. All but seconds, us and ns are counts, independent of what the emulated machine runs on; a boot's vary a
little with the timer interrupts that fall into it. The seconds are of two cores, QEMU 7.2.
"""


def add_arguments(parser):
    """The arguments of this command."""
    parser.add_argument("table", nargs="*", metavar="TABLE",
                        help="only these: " + ", ".join(TABLES))
    parser.add_argument("--write", action="store_true",
                        help="also write docs/figures.md (all tables)")
    build.add_arguments(parser)


def main(args):
    """Make the tables and print them."""
    for name in args.table:
        if name not in TABLES:
            raise UserError(f"there is no table '{name}'; there are: "
                            + ", ".join(TABLES))
    if args.write and args.table:
        raise UserError("--write is for all tables")
    system.need(system.BUILD, system.RUN)
    build.build(args.build_dir)
    texts = []
    for name in args.table or TABLES:
        make = TABLES[name]
        ui.note(f"measuring: {name}")
        texts.append(f"\n{inspect.getdoc(make)}\n\n" + markdown(make(args.build_dir)))
        print(texts[-1], end="", flush=True)
    if args.write:
        cache.write(os.path.join(build.TREE, "docs", "figures.md"),
                    (HEADER + "".join(texts)).encode())
    return 0


def markdown(rows):
    """A table whose columns line up."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in text) for i in range(len(text[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))) + " |"
             for row in text]
    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-")
                          for i, w in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"
