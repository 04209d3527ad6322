# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images by Debian's initramfs-tools."""

from __future__ import annotations

from pathlib import Path

from ..files import lines, put
from ..scenario import Scenario
from .base import COMMON_PACKAGES, Builder

POLICY = {"listed": "list", "generic": "most", "hostonly": "dep"}


class InitramfsTools(Builder):
    name = "initramfs-tools"
    packages = (*COMMON_PACKAGES, "initramfs-tools", "busybox", "zstd", "dbus")
    files_of = "initramfs-tools"
    places = {"image-hook": "etc/initramfs-tools/hooks/ptboot",
              "panic": "etc/initramfs-tools/scripts/panic/ptboot",
              "local-bottom": "etc/initramfs-tools/scripts/local-bottom/ptboot"}

    quick_image = ("etc/initramfs-tools/conf.d/ptboot-base", "MODULES=list\nCOMPRESSLEVEL=1\n")

    def configure(self, wanted: Scenario, tree: Path) -> None:
        put(tree / "etc/initramfs-tools/conf.d/ptboot",
            f"MODULES={POLICY[wanted.image_kind]}\nCOMPRESSLEVEL=1\n".encode())
        put(tree / "etc/ptboot/modules", lines(self.modules(wanted)))
        if wanted.force_modules:
            put(tree / "etc/initramfs-tools/modules", lines(wanted.force_modules))
        if wanted.early_modules:
            put(tree / "etc/ptboot/early", lines(wanted.early_modules))
            put(tree / "etc/initramfs-tools/scripts/init-top/a-ptboot-early",
                (self.folder / "init-top-early").read_bytes())
