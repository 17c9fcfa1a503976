# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Plant a bug: copy a source file with one piece of text replaced.

plant.py FROM TO OLD NEW. The text has to be there exactly once.
"""

import sys


def main(source, target, old, new):
    """Write the copy; 1 when the text is not there any more."""
    with open(source, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        print(f"{source} has '{old}' {text.count(old)} times, not once")
        return 1
    with open(target, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
