# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of the distribution that the harness runs on, such as Fedora or Arch: its own kernel, and
an image that its own builder makes, with the package's files and ours. That is done in a copy of
the running system, an overlay in memory, so nothing is installed or changed on the machine.

What a guest does there ends in the initramfs, so it needs no system to go on with.
"""

from __future__ import annotations

import os
from pathlib import Path

# The system to take; another one than the running one is for tests of this.
ROOT = Path(os.environ.get("PT_NATIVE_ROOT", "/"))
PROGRAMS = {"initramfs-tools": "mkinitramfs", "dracut": "dracut", "dracut-nosystemd": "dracut",
            "mkinitcpio": "mkinitcpio", "mkinitcpio-systemd": "mkinitcpio"}
PACKAGES = (".deb", ".rpm", ".pkg.tar.zst", ".pkg.tar.xz", ".pkg.tar.gz")


def missing(builder: str) -> str:
    """Why no image can be made by it here; nothing when one can."""
    program = PROGRAMS[builder]
    if not any((ROOT / folder / program).exists() for folder in ("usr/bin", "usr/sbin")):
        return f"builder {builder}: {program} is not installed here"
    if not any(kernel(folder) for folder in (ROOT / "usr/lib/modules").glob("*/")):
        return "no kernel with its modules is installed here"
    return ""


def kernel(modules: Path) -> Path | None:
    """The kernel that the modules in a folder are for."""
    places = (modules / "vmlinuz", ROOT / "boot" / f"vmlinuz-{modules.name}")
    return next((place for place in places if place.is_file()), None)


def package_name(package: Path | None) -> str:
    """What the package is called in the copy: its ending says what unpacks it."""
    ending = next((end for end in PACKAGES if package and package.name.endswith(end)), PACKAGES[0])
    return f"package{ending}"
