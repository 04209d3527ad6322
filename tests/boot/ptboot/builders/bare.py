# SPDX-License-Identifier: LGPL-2.1-or-later
"""No builder: the kernel and its modules are those of the base for initramfs-tools."""

from __future__ import annotations

from .. import scenario
from .initramfs_tools import InitramfsTools


class Bare(InitramfsTools):
    name = scenario.BARE
