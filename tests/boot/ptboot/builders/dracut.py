# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images by dracut, as Debian packages it: with systemd as their init, or without."""

from __future__ import annotations

from pathlib import Path

from ..files import lines, put
from ..scenario import Scenario
from .base import COMMON_PACKAGES, Builder

MODULE = "usr/lib/dracut/modules.d/99ptboot"
FORCED = "etc/modules-load.d/ptboot.conf"
WITHOUT_SYSTEMD = "systemd systemd-initrd systemd-udevd dracut-systemd"


class Dracut(Builder):
    name = "dracut"
    packages = (*COMMON_PACKAGES, "dracut", "busybox", "zstd", "dbus")
    files_of = "dracut"
    places = {name: f"{MODULE}/{name}"
              for name in ("module-setup.sh", "ptboot-stage.sh", "ptboot-panic.sh")}
    quick_image = ("etc/dracut.conf.d/ptboot-base.conf", 'drivers=" virtio_blk "\ncompress=cat\n')
    lacks = ("early_modules",)

    def configure(self, wanted: Scenario, tree: Path) -> None:
        items = ["/etc/modprobe.d/ptboot.conf"] if wanted.modprobe_conf else []
        settings = [f'hostonly="{"yes" if wanted.image_kind == "hostonly" else "no"}"',
                    'hostonly_cmdline="no"', 'early_microcode="no"', 'compress="zstd -1 -q -T0"',
                    f'add_drivers+=" {" ".join(self.modules(wanted))} "']
        if wanted.image_kind == "listed":
            settings.append(f'drivers=" {" ".join(self.modules(wanted))} "')
        if wanted.force_modules:
            settings += self.force(wanted.force_modules, tree)
        items += [f"/{FORCED}"] if (tree / FORCED).exists() else []
        settings.append(f'install_items+=" {" ".join(items)} "')
        put(tree / "etc/dracut.conf.d/ptboot.conf", lines(settings))

    def force(self, modules: tuple, tree: Path) -> list:
        """Has the image load modules by systemd-modules-load; what to set in dracut for that."""
        put(tree / FORCED, lines(modules))
        return [f'add_drivers+=" {" ".join(modules)} "']


class DracutWithoutSystemd(Dracut):
    """The same without systemd: dracut's own script is the init."""

    name = "dracut-nosystemd"

    def configure(self, wanted: Scenario, tree: Path) -> None:
        super().configure(wanted, tree)
        put(tree / "etc/dracut.conf.d/ptboot-init.conf",
            lines([f'omit_dracutmodules+=" {WITHOUT_SYSTEMD} "']))

    def force(self, modules: tuple, tree: Path) -> list:
        """Has the image load modules by rd.driver.pre, which dracut writes for its setting."""
        return [f'force_drivers+=" {" ".join(modules)} "']
