# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the harness asks of a builder of initramfs images."""

from __future__ import annotations

import shlex
from pathlib import Path

from .. import files
from ..scenario import Scenario
from ..support import GUEST_FILES

# In every base root file system, whoever builds its images. pciutils and libarchive-tools bring the
# libraries of ptctl, whose own packages have other names in each suite.
COMMON_PACKAGES = ("systemd-sysv", "udev", "kmod", "pciutils", "libarchive-tools",
                   "linux-image-amd64")

# Only a generic image has the drivers of the guest's own disk without being told.
GUEST_DISK_MODULES = ("virtio_pci", "virtio_blk", "ext4")


class Builder:
    """One builder in one of its flavours, told what a scenario wants in its own files.

    The image is built by `install` of the builder's folder, which the harness runs in the guest's
    tree as /etc/ptboot/install. It installs /etc/ptboot/package.deb, or, where there is none,
    rebuilds the image, and leaves /boot/vmlinuz-*, /boot/initrd.img-* and a list of the image's
    files in /etc/ptboot/listing. Paths in the list have no leading slash.
    """

    name = ""
    packages: tuple = ()  # of the base root file system; equal ones are made once
    files_of = ""  # its folder of guest files
    # Where they go in the guest's tree, besides `install`.
    places: dict = {}
    # A file of its configuration, and its text, while the kernel is installed in the base: an image
    # is built then, which need not be complete, for every guest builds another.
    quick_image: tuple = ()
    # Options of a scenario that this builder has no means for.
    lacks: tuple = ()

    def missing(self) -> str:
        """Why the builder cannot be had here; nothing when it can."""
        return ""

    def base_image(self) -> list[str]:
        """Options of mmdebstrap that have quick_image there for the time being."""
        if not self.quick_image:
            return []
        place, text = self.quick_image
        folder = place.rpartition("/")[0]
        return [f'--essential-hook=mkdir -p "$1/{folder}" && '
                f'printf %s {shlex.quote(text)} >"$1/{place}"', f'--customize-hook=rm "$1/{place}"']

    def prepare_native(self, tree: Path) -> None:
        """The same on the distribution's own system, which has the builder."""
        Builder.prepare(self, tree)

    def made_of(self) -> list:
        """What its images are made of, besides the base, the package and the scenario's wishes."""
        return [self.name, files.folder_digest(self.folder)]

    @property
    def folder(self) -> Path:
        return GUEST_FILES / self.files_of

    def prepare(self, tree: Path) -> None:
        """Puts our files where the builder looks for them."""
        files.put_all(tree, self.folder, {"install": "etc/ptboot/install", **self.places})

    def configure(self, wanted: Scenario, tree: Path) -> None:
        """What the scenario wants in the image, said in the builder's own configuration."""
        raise NotImplementedError

    def modules(self, wanted: Scenario) -> list:
        """All modules that have to be in the image."""
        disk = () if wanted.image_kind == "generic" else GUEST_DISK_MODULES
        options = wanted.image_options()
        return [*options["modules"], *disk, *options["early_modules"]]
