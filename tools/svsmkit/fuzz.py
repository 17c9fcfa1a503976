# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Fuzzing: clang's libFuzzer over the targets of tests/fuzz, in a build directory
of its own (BUILD/clang). See docs/testing.md.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import time

from svsmkit import build, ui
from svsmkit.errors import UserError

SECONDS, LONG_SECONDS = 15, 600
JOBS = 2
HERE = os.path.join(build.TREE, "tests", "fuzz")
COVERAGE = re.compile(r"^#\d+\s+(\w+)\s+cov: (\d+)", re.MULTILINE)
# The fake machine has its own handlers for faults.
OPTIONS = ["-handle_segv=0", "-handle_bus=0", "-len_control=0", "-timeout=60",
           "-rss_limit_mb=2000"]
MAX_LEN = {"core": 600, "ghcb": 400, "ghcb_msr": 200, "vc": 32, "cpuid": 4200,
           "secrets": 4200, "igvm": 32000, "firmware": 1200, "vtpm": 5000}
USUAL_LEN = 4096
# Mutants with a planted bug must be found in this time.
PLANTED_SECONDS = 60


class Verdict:
    """How a target did."""

    def __init__(self, name, seconds, problem="", log=""):
        self.name = name
        self.seconds = seconds
        self.problem = problem
        self.log = log


def make(build_dir):
    """Build the targets with clang; gives the directory."""
    directory = os.path.join(build_dir, "clang")
    if not os.path.exists(os.path.join(directory, "build.ninja")):
        ui.run(["env", "CC=" + os.environ.get("KIT_FUZZ_CC", "clang"), "meson",
                "setup", directory, build.TREE], "configuring the build with clang")
    ui.run(["ninja", "-C", directory, "fuzz"], "the build of the fuzz targets")
    return os.path.join(directory, "tests", "fuzz")


def targets(directory, prefix):
    """Names of what was built."""
    found = [os.path.basename(path)[len(prefix):]
             for path in glob.glob(os.path.join(directory, prefix + "*"))
             if os.access(path, os.X_OK) and os.path.isfile(path)]
    if not found:
        raise UserError("there are no fuzz targets")
    return sorted(found)


def run(build_dir, seconds, work):
    """Verdicts of all targets and mutants, as they come."""
    directory = make(build_dir)
    os.makedirs(work, exist_ok=True)
    jobs = [(hunt, directory, name, PLANTED_SECONDS, work)
            for name in targets(directory, "planted_")]
    jobs += [(fuzz, directory, name, seconds, work)
             for name in targets(directory, "fuzz_")]
    with concurrent.futures.ThreadPoolExecutor(min(JOBS, os.cpu_count())) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(*job) for job in jobs]):
            yield done.result()


def call(program, name, seconds, work, inputs):
    """Run libFuzzer; gives its status, log and seconds."""
    begin = time.monotonic()
    done = subprocess.run(
        [program, *OPTIONS, f"-max_total_time={seconds}",
         f"-max_len={MAX_LEN.get(name, USUAL_LEN)}",
         f"-artifact_prefix={os.path.join(work, name)}-", *inputs],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        timeout=seconds + 300)
    return (done.returncode, done.stdout.decode("utf-8", "replace"),
            time.monotonic() - begin)


def fuzz(directory, name, seconds, work):
    """One target, from the corpus of the tree on."""
    program = os.path.join(directory, "fuzz_" + name)
    found = os.path.join(work, "corpus", name)
    os.makedirs(found, exist_ok=True)
    tree = [path for path in (os.path.join(HERE, "corpus", name),
                              os.path.join(HERE, "crashes", name))
            if os.path.isdir(path)]
    status, log, took = call(program, name, seconds, work, [found, *tree])
    problem = ""
    if status:
        problem = f"crashed; the input is in {work}, put it into tests/fuzz/crashes/{name}"
    elif coverage(log) <= start_coverage(program, name, work):
        problem = "its coverage stays at that of an empty input: it is blind"
    return Verdict(name, took, problem, log)


def start_coverage(program, name, work):
    """What the empty input reaches."""
    empty = os.path.join(work, "empty", name)
    shutil.rmtree(empty, ignore_errors=True)
    os.makedirs(empty)
    done = subprocess.run([program, *OPTIONS, "-runs=0", empty],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return coverage(done.stdout.decode("utf-8", "replace"))


def coverage(log):
    """The last coverage counter of a log; 0 without."""
    found = COVERAGE.findall(log)
    return int(found[-1][1]) if found else 0


def hunt(directory, name, seconds, work):
    """A mutant: the bug in it has to be found."""
    place = os.path.join(work, "planted", name)
    os.makedirs(place, exist_ok=True)
    tree = os.path.join(HERE, "corpus", name)
    scratch = os.path.join(place, "corpus")
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    status, log, took = call(os.path.join(directory, "planted_" + name), name, seconds,
                             place, [scratch, tree])
    problem = "" if status else "the planted bug was not found"
    return Verdict("planted " + name, took, problem, log)


def merge(build_dir, work):
    """Add to the corpus of the tree what reaches more, minimised."""
    directory = make(build_dir)
    for name in targets(directory, "fuzz_"):
        found = os.path.join(work, "corpus", name)
        if os.path.isdir(found):
            ui.run([os.path.join(directory, "fuzz_" + name), *OPTIONS, "-merge=1",
                    os.path.join(HERE, "corpus", name), found], f"merging {name}")
