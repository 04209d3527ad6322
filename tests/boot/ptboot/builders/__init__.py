# SPDX-License-Identifier: LGPL-2.1-or-later
"""The builders of initramfs images that guests can be made with, each in a module of its own."""

from __future__ import annotations

from .. import native
from ..scenario import BUILDERS, NATIVE, Scenario
from ..support import Problem
from .bare import Bare
from .base import Builder
from .dracut import Dracut, DracutWithoutSystemd
from .initramfs_tools import InitramfsTools
from .mkinitcpio import Mkinitcpio

KNOWN = {builder.name: builder for builder in (
    Bare(), InitramfsTools(), Dracut(), DracutWithoutSystemd(), Mkinitcpio("mkinitcpio", "udev"),
    Mkinitcpio("mkinitcpio-systemd", "systemd"))}


def missing(wanted: Scenario) -> str:
    """Why no image can be built for this scenario here; nothing when it can."""
    if wanted.builder not in KNOWN:
        return f"builder {wanted.builder}: this harness cannot use it, only {', '.join(KNOWN)}"
    builder = KNOWN[wanted.builder]
    lacking = [name for name in builder.lacks if getattr(wanted, name)]
    if lacking:
        return f"builder {builder.name}: it has no means for {', '.join(lacking)}"
    return native.missing(builder.name) if wanted.suite == NATIVE else builder.missing()


def find(wanted: Scenario) -> Builder:
    reason = missing(wanted)
    if reason:
        raise Problem(reason)
    return KNOWN[wanted.builder]


assert set(KNOWN) <= set(BUILDERS)
