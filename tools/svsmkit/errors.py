# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Errors that a person can cause and understand."""


class UserError(Exception):
    """Something the user gave or has is wrong: one line, exit status 2."""
