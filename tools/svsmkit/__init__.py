# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""The modules behind `kit`; Python's standard library is all they need."""
