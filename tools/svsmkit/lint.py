# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The checks of `kit lint`: each gives a list of complaints."""

import concurrent.futures
import json
import os
import re
import subprocess

from svsmkit import build, cache, doc_names, layout_check, ui

SUBJECT = 72        # columns
# Options of GCC that clang-tidy does not know.
GCC_ONLY = re.compile(r"-fno-tree-\S+|-fno-allow-store-data-races")


# What cppcheck does not understand: functions that do not return, pointers to
# symbols of the linker, registers in asm, and tests that pass nonsense on purpose.
CPPCHECK_MISTAKES = ("missingInclude", "nullPointerRedundantCheck", "comparePointers",
                     "constStatement", "varFuncNullUB", "memsetValueOutOfRange")


def tracked(*patterns):
    """Files of the tree that git knows, by pattern."""
    out = subprocess.run(["git", "-C", build.TREE, "ls-files", "-z", *patterns],
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    paths = [os.path.join(build.TREE, name) for name in out.split("\0") if name]
    return [path for path in paths if os.path.isfile(path)]


def parallel(function, items):
    """The complaints of `function` about each item, on all CPUs."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [line for lines in pool.map(function, items) for line in lines]


def tool(argv, keep=None):
    """The lines of a program's complaint: none when it is content."""
    done = ui.complete(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, cwd=build.TREE)
    if done.returncode == 0:
        return []
    lines = done.stdout.strip().splitlines()
    kept = [line for line in lines if keep is None or re.search(keep, line)]
    return kept or lines or [f"{argv[0]}: status {done.returncode}"]


def layout(_build_dir):
    """clang-format's indentation, 80 columns, no space at line ends."""
    return parallel(layout_check.complaints, tracked("*.c", "*.h"))


def tidy(build_dir):
    """clang-tidy over everything, once for each file."""
    entries = compile_commands(build_dir)
    directory = os.path.join(build_dir, "lint")
    os.makedirs(directory, exist_ok=True)
    cache.write(os.path.join(directory, "compile_commands.json"),
                json.dumps(list(entries.values())).encode())
    return parallel(lambda name: tool(["clang-tidy", "--quiet", "-p", directory, name],
                                      r"(error|warning): "), sorted(entries))


def compile_commands(build_dir):
    """How our files are compiled: {path: entry}, the host's way if there are two."""
    with open(os.path.join(build_dir, "compile_commands.json"),
              encoding="utf-8") as file:
        entries = json.load(file)
    known = set(tracked("*.c"))
    result = {}
    for entry in sorted(entries, key=lambda e: "-fsanitize" in e["command"]):
        path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        if path in known:
            command = GCC_ONLY.sub("", entry["command"])
            result[path] = {**entry, "file": path,
                            "command": command + " -Wno-unknown-warning-option"}
    return result


def cppcheck(_build_dir):
    """cppcheck's warnings and portability problems."""
    return tool(["cppcheck", "--quiet", "--enable=warning,portability",
                 "--error-exitcode=1", "--inline-suppr", "--std=c11",
                 *("--suppress=" + name for name in CPPCHECK_MISTAKES),
                 "--template={file}:{line}: {message} ({id})",
                 "-j", str(os.cpu_count()), "-Iinclude", *tracked("*.c")])


def docs(_build_dir):
    """What the pages for readers name exists."""
    paths = [os.path.relpath(path, build.TREE) for path in tracked()]
    texts = {path: read(path) for path in paths}
    words = {word for path, text in texts.items() if not path.endswith(".md")
             for word in re.findall(r"\w+", text)}
    ends = doc_names.path_ends(paths)
    return [line for path, text in texts.items() if path.endswith(".md")
            for line in doc_names.complaints(path, text, ends, words)]


def read(path):
    """A file of the tree as text, whatever it is."""
    with open(os.path.join(build.TREE, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def shell(_build_dir):
    """shellcheck over all shell scripts, whatever their name."""
    scripts = [path for path in tracked() if is_shell(path)]
    return tool(["shellcheck", "--format=gcc", *scripts])


def is_shell(path):
    """Does the file start like a shell script?"""
    with open(path, "rb") as file:
        return re.match(rb"#!.*\bsh\b", file.readline(80)) is not None


def python(_build_dir):
    """Every Python file compiles and uses names that exist."""
    return tool(["pyflakes3", *tracked("*.py"), os.path.join(
        build.TREE, "subprojects", "snpemu", "snpemu-run")])


def reuse(_build_dir):
    """Each file tells its licence."""
    return tool(["reuse", "lint"])


def commits(_build_dir):
    """The form of commit messages."""
    log = subprocess.run(
        ["git", "-C", build.TREE, "log", "--no-merges", "--format=%h%x00%B%x01"],
        stdout=subprocess.PIPE, text=True, check=True).stdout
    bad = []
    for entry in log.split("\x01"):
        if entry.strip():
            name, message = entry.strip().split("\0")
            bad += [f"commit {name}: {text}" for text in message_faults(message)]
    return bad


def message_faults(message):
    """What is wrong with a commit message."""
    subject, *rest = message.rstrip().split("\n")
    faults = []
    if not re.match(r"^[a-z0-9][\w./,{} -]*: \S", subject):
        faults.append(f"the subject is not 'area: what': {subject}")
    if len(subject) > SUBJECT:
        faults.append(f"the subject has more than {SUBJECT} columns")
    if subject.endswith("."):
        faults.append("the subject ends with a full stop")
    if rest and rest[0]:
        faults.append("no empty line after the subject")
    if not any(line.startswith("Signed-off-by: ") for line in rest):
        faults.append("no Signed-off-by")
    return faults


CHECKS = {"layout": layout, "docs": docs, "tidy": tidy, "cppcheck": cppcheck,
          "shell": shell, "python": python, "reuse": reuse, "commits": commits}
