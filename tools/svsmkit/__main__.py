# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Where `kit` enters: finds the package and runs the command line."""

import os
import sys

# Not this directory: our modules are one package.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from svsmkit import cli                                 # noqa: E402

sys.exit(cli.main(sys.argv[1:]))
