# SPDX-License-Identifier: LGPL-2.1-or-later
"""A variant driver of vfio-pci for chosen ids; no kernel of Debian has one for a device of QEMU.

It is vfio-pci's own module under another name, and with an alias for these ids alone in place of
the one for all devices: what makes a variant for the kernel and for depmod.
"""

from __future__ import annotations

import re
from pathlib import Path

from .files import put, single
from .support import Problem, command

RECIPE = 1  # to be raised when what is written below changes
FOLDER = "kernel/drivers/vfio/pci"
IDS = re.compile("([0-9a-f]{4}):([0-9a-f]{4})")

# Texts in the module; each gives way to one of its length, so that nothing in the file moves.
MODULE, DRIVER = (b"\0vfio_pci\0", b"\0test_pci\0"), (b"\0vfio-pci\0", b"\0test-pci\0")
NAME = (b"\0name=vfio_pci\0", b"\0name=test_pci\0")
ALIAS = b"alias=vfio_pci:v*d*sv*sd*bc*sc*i*\0"
AUTHOR = b"author=Alex Williamson <alex.williamson@redhat.com>\0"  # the longer alias goes here


def check_ids(ids: str, where: str) -> None:
    if ids and not IDS.fullmatch(ids):
        raise Problem(f"{where}: variant = {ids!r}: not VENDOR:DEVICE")


def add(tree: Path, ids: str) -> None:
    """Puts the module among those of a guest's tree."""
    modules = single(tree / "usr/lib/modules", "*")
    original = modules / FOLDER / "vfio-pci.ko"
    if not original.exists():
        raise Problem("variant: this suite has no uncompressed vfio-pci.ko to make it of")
    put(modules / FOLDER / "test-pci.ko", make(original.read_bytes(), ids))
    command(["chroot", tree, "depmod", modules.name], "listing the modules")


def make(module: bytes, ids: str) -> bytes:
    vendor, device = (part.upper() for part in IDS.fullmatch(ids).groups())
    alias = f"alias=vfio_pci:v0000{vendor}d0000{device}sv*sd*bc*sc*i*".encode()
    module = without_signature(module)
    for old, new in (MODULE, DRIVER, NAME, (ALIAS, bytes(len(ALIAS))),
                     (AUTHOR, alias.ljust(len(AUTHOR), b"\0"))):
        if old not in module:
            raise Problem(f"variant: no {old!r} in vfio-pci.ko")
        module = module.replace(old, new)
    return module


def without_signature(module: bytes) -> bytes:
    """A wrong signature keeps a module out, none does not. It comes after the section headers,
    which are at e_shoff and e_shnum times 64 bytes long (elf.h, Elf64_Ehdr)."""
    headers = int.from_bytes(module[0x28:0x30], "little")
    return module[:headers + 64 * int.from_bytes(module[0x3C:0x3E], "little")]
