# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fake machines below a directory, a kernel that acts in them, and what the program does there."""
