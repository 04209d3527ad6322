# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images by Arch's mkinitcpio, in guests that are Debian in all else.

It is no package of Debian: it comes from the checkout in $PT_MKINITCPIO_DIR or from this machine,
and where there is neither, its guests are skipped. What pt-hook has for it is no part of Debian's
package either, and is installed by the project's own build.
"""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from ..files import digest, file_digest, folder_digest, lines, put
from ..scenario import NATIVE, Scenario
from ..support import PROJECT, command
from .base import COMMON_PACKAGES, Builder

PUT = PROJECT / "tests" / "image" / "put-mkinitcpio"
OURS = ("mkinitcpio", "mkinitcpio/install", "mkinitcpio/hooks", "systemd")


class Mkinitcpio(Builder):
    packages = (*COMMON_PACKAGES, "busybox", "zstd", "dbus", "gawk", "libarchive-tools")
    files_of = "mkinitcpio"
    places = {"build-hook": "etc/initcpio/install/ptboot",
              "boot-script": "etc/initcpio/hooks/ptboot",
              "ptboot-initramfs.service": "usr/lib/systemd/system/ptboot-initramfs.service",
              "ptboot-panic.service": "usr/lib/systemd/system/ptboot-panic.service"}
    lacks = ("early_modules",)

    def __init__(self, name: str, hooks: str) -> None:
        self.name = name
        self._hooks = hooks

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def missing(self) -> str:
        done = subprocess.run([PUT, "--version"], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()

    def made_of(self) -> list:
        ours = [folder_digest(PROJECT / folder) for folder in OURS]
        return [*super().made_of(), *ours, file_digest(PUT), self._hooks, _its_digest()]

    def prepare(self, tree: Path) -> None:
        super().prepare(tree)
        command([PUT, tree], "putting mkinitcpio into the guest")

    def configure(self, wanted: Scenario, tree: Path) -> None:
        autodetect = " autodetect" if wanted.image_kind == "hostonly" else ""
        hooks = f"base {self._hooks}{autodetect} modconf kms block filesystems ptboot"
        put(tree / "etc/mkinitcpio.conf",
            f"MODULES=({' '.join(wanted.force_modules)})\nHOOKS=({hooks})\n".encode())
        put(tree / "etc/ptboot/modules", lines(self.modules(wanted)))
        if wanted.hook and wanted.suite != NATIVE:
            command([PUT, "--pt-hook", tree], "installing what pt-hook has for mkinitcpio")


@functools.cache
def _its_digest() -> str:
    """Of mkinitcpio itself, as far as images are made of it."""
    checkout = os.environ.get("PT_MKINITCPIO_DIR")
    if checkout:
        return digest([folder_digest(Path(checkout) / folder)
                       for folder in (".", "install", "hooks")])
    library = Path("/usr/lib/initcpio")
    return digest(file_digest(Path("/usr/bin/mkinitcpio")),
                  [folder_digest(library / folder) for folder in (".", "install", "hooks")])
