# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that boots by itself: GRUB for PCs in its first sectors, one partition with the system.

The sectors are written here because grub-install asks the kernel of the machine it runs on about
the disk. What is written is what it writes: boot.img, which loads the sector behind itself, and
the core image, whose own list of blocks says by default that the rest follows at once
(grub-core/boot/i386/pc/boot.S, diskboot.S; GRUB manual, "BIOS installation").
"""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from . import files
from .support import command

SECTOR = 512
FIRST_SECTOR = 2048
DISK = "/dev/vda1"
PACKAGE_FILE = "var/tmp/pt-hook.deb"  # of a guest that installs it by itself

# What update-grub needs, with all that depends on; they are not in the base root file systems.
PACKAGES = ("libbrotli1", "libpng16-16t64", "libfreetype6", "libdevmapper1.02.1", "dmsetup",
            "libefivar1t64", "libefiboot1t64", "libfuse3-4", "gettext-base", "grub-common",
            "grub2-common", "grub-pc-bin")
MODULES = ("biosdisk", "part_msdos", "ext2", "linux", "normal", "configfile", "search",
           "search_fs_uuid", "search_label", "echo", "test", "gzio", "all_video", "halt", "reboot")

SETTINGS = """\
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="{words}"
"""

# For the images that the guest makes: with all drivers, one takes an emulated machine ten minutes.
IMAGE_SETTINGS = "MODULES=dep\nCOMPRESSLEVEL=1\n"

# The menu of the first boot; update-grub, when the guest runs it, makes the menu anew.
MENU = """\
set timeout=0
menuentry 'the system as it was installed' {{
    set root=(hd0,msdos1)
    linux /boot/{kernel} root={disk} ro {words} quiet
    initrd /boot/{initrd}
}}
"""


def configure(tree: Path, words: str) -> None:
    """GRUB's settings, its first menu and its modules. `words` go to every kernel command line."""
    files.put(tree / "etc/default/grub", SETTINGS.format(words=words).encode())
    files.put(tree / "etc/fstab", f"{DISK} / ext4 defaults 0 1\n".encode())
    files.put(tree / "etc/initramfs-tools/conf.d/ptboot-guest", IMAGE_SETTINGS.encode())
    menu = MENU.format(kernel=files.single(tree / "boot", "vmlinuz-*").name, disk=DISK, words=words,
                       initrd=files.single(tree / "boot", "initrd.img-*").name)
    files.put(tree / "boot/grub/grub.cfg", menu.encode())
    shutil.copytree(tree / "usr/lib/grub/i386-pc", tree / "boot/grub/i386-pc")
    command(["chroot", tree, "grub-mkimage", "--format=i386-pc",
             "--prefix=(hd0,msdos1)/boot/grub", "--output=/boot/grub/i386-pc/core.img", *MODULES],
            "making GRUB's core image")


def make_disk(tree: Path, disk: Path) -> None:
    """A disk image with GRUB and, in its only partition, the tree."""
    core = (tree / "boot/grub/i386-pc/core.img").read_bytes()
    boot = (tree / "boot/grub/i386-pc/boot.img").read_bytes()
    assert len(core) < (FIRST_SECTOR - 1) * SECTOR
    size = files.DISK_MEGABYTES << 20
    with open(disk, "wb") as handle:
        handle.truncate(FIRST_SECTOR * SECTOR + size)
        handle.write(boot[:440])
        handle.seek(446)
        # One active partition of Linux; the addresses by cylinders are those for "too large".
        handle.write(struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff",
                                 FIRST_SECTOR, size // SECTOR))
        handle.seek(510)
        handle.write(b"\x55\xaa")
        handle.write(core)
    command(["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-L", "ptboot",
             "-E", f"offset={FIRST_SECTOR * SECTOR}", "-d", tree, disk,
             f"{size // 1024}k"], "making the disk that boots by itself")
