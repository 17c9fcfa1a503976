# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""What the texts say: links lead somewhere, programs compile, commands exist."""

import os
import re
import subprocess
import unittest

from svsmkit import build, cli

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PROGRAM = re.compile(r"^```c\n(.*?)^```", re.S | re.M)
COMMAND = re.compile(r"(?:^    |`)\./kit ([a-z]+)", re.M)
INCLUDED = ("include", "src/core/arch/inline", "examples/counter")


def texts():
    """Path and content of the pages for readers."""
    docs = os.path.join(build.TREE, "docs")
    names = ["README.md", "CONTRIBUTING.md", "examples/README.md",
             *("docs/" + name for name in sorted(os.listdir(docs)))]
    for name in names:
        with open(os.path.join(build.TREE, name), encoding="utf-8") as file:
            yield name, file.read()


class Texts(unittest.TestCase):
    def test_links_lead_to_files(self):
        for name, text in texts():
            for link in LINK.findall(text):
                path = os.path.join(build.TREE, os.path.dirname(name), link)
                self.assertTrue(os.path.exists(path), f"{name}: {link}")

    def test_commands_exist(self):
        known = {module.NAME for module in cli.commands()}
        for name, text in texts():
            self.assertLessEqual(set(COMMAND.findall(text)), known, name)

    def test_the_readme_leads_to_every_page(self):
        links = LINK.findall(dict(texts())["README.md"])
        rows = [link for link in links if link.startswith("docs/")]
        pages = {name for name, _ in texts() if name.startswith("docs/")}
        self.assertEqual(sorted(set(rows)), sorted(pages))

    def test_the_short_svsm_of_the_readme_compiles(self):
        programs = PROGRAM.findall(dict(texts())["README.md"])
        self.assertEqual(len(programs), 1)
        done = subprocess.run(
            ["gcc", "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Werror",
             *("-I" + os.path.join(build.TREE, path) for path in INCLUDED),
             "-fsyntax-only", "-xc", "-"], input=programs[0], text=True,
            stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
