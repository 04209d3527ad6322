# SPDX-License-Identifier: LGPL-2.1-or-later
"""One guest, completely described: two equal scenarios are the same boot."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass

from . import cards, variant
from .support import Problem

SMALL = "small"  # no suite of Debian: a guest of small.py
SECURE_FIRMWARE = "ovmf-secureboot"  # with Secure Boot on, and the keys of uki.py
NATIVE = "native"  # the distribution that the harness runs on: a guest of native.py
BARE = "bare"  # no builder of images: a guest of bare.py
SUITES = ("bookworm", "trixie", "sid", SMALL, NATIVE)
BUILDERS = (BARE, "initramfs-tools", "dracut", "dracut-nosystemd", "mkinitcpio", "mkinitcpio-systemd")
CHOICES = {
    "suite": SUITES,
    "builder": BUILDERS,
    "image_kind": ("listed", "generic", "hostonly"),
    "module_format": ("usual", "packaged", "xz", "zst"),
    "firmware": ("seabios", "ovmf", SECURE_FIRMWARE),
    "iommu": ("intel", "amd", "none"),
    "display": ("none", "std"),
    "stage": ("initramfs", "system"),
    "loader": ("", "grub"),
}

# In every image, of whatever kind: without the native drivers there is no race to win.
RACE_MODULES = ("bochs", "nouveau", "radeon", "snd-hda-intel")

# What a guest of bare.py has besides those that a scenario names; its image is small that way.
BARE_MODULES = ("vfio-pci", "vfio_iommu_type1", "bochs", "snd-hda-intel", "snd-hda-codec-generic",
                "xhci-pci", "virtio_blk")

# Other distributions have the others in packages that are not always there.
NATIVE_MODULES = ("bochs",)

# What a QEMU that cannot present foreign ids offers instead, with the drivers that go for it.
STAND_INS = {"10de:1b06": ("1002:5159", "ati-vga,model=rv100", "nouveau", "radeon"),
             "10de:10ef": ("8086:293e", "ich9-intel-hda", None, None)}


@dataclass(frozen=True)
class Scenario:
    suite: str = "trixie"
    builder: str = "initramfs-tools"
    image_kind: str = "listed"
    module_format: str = "usual"  # as they are packaged; in a bare guest unpacked and not signed
    firmware: str = "seabios"
    iommu: str = "intel"
    display: str = "none"
    stage: str = "system"
    hook: bool = True
    gpus: tuple = ()
    devices: tuple = ()
    modules: tuple = ()
    variant: str = ""  # ids for which vfio-pci has a variant, see variant.py
    force_modules: tuple = ()
    early_modules: tuple = ()
    modprobe_conf: tuple = ()
    conf: tuple = ()
    image_edit: str = ""
    append: str = ""
    cmdline: str = ""
    uki: bool = False
    kernel: str = ""
    initrd: str = ""
    script: str = ""
    loader: str = ""  # in the guest's disk, which is then booted from and keeps its changes
    boots: tuple = ()  # with a loader: a script for each boot of the one guest
    package_file: bool = False  # with a loader: the package as a file, /var/tmp/pt-hook.deb
    packages: tuple = ()
    memory: int = 1024
    timeout: int = 300

    def image_options(self) -> dict:
        """The part that decides what is in the image; the rest is decided at each boot."""
        return {"builder": self.builder, "image_kind": self.image_kind,
                "module_format": self.module_format,
                "modules": sorted({*self._usual_modules(), *self.modules}),
                "force_modules": list(self.force_modules),
                "early_modules": list(self.early_modules),
                "modprobe_conf": list(self.modprobe_conf), "conf": list(self.conf),
                "image_edit": self.image_edit}

    def _usual_modules(self) -> tuple:
        if self.suite == NATIVE:
            return NATIVE_MODULES
        return BARE_MODULES if self.builder == BARE else RACE_MODULES

    def key(self) -> str:
        """Equal for scenarios that are the same boot."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


FIELDS = {field.name: field for field in dataclasses.fields(Scenario)}


def make(table: dict, where: str) -> Scenario:
    """A scenario from a table of plain values; `where` begins the text of a complaint."""
    values = {}
    for name, value in table.items():
        if name not in FIELDS:
            raise Problem(f"{where}: unknown option {name!r} (known: {', '.join(FIELDS)})")
        wanted = type(FIELDS[name].default)
        if wanted is tuple and isinstance(value, list):
            value = tuple(value)
        if type(value) is not wanted:
            raise Problem(f"{where}: {name} = {value!r}: not a {wanted.__name__}")
        if name in CHOICES and value not in CHOICES[name]:
            raise Problem(f"{where}: {name} {value!r} is not one of {', '.join(CHOICES[name])}")
        values[name] = value
    made = Scenario(**values)
    for text in made.gpus:
        cards.parse_card(text)
    for text in made.devices:
        cards.parse_device(text)
    if bool(made.loader) != bool(made.boots):
        raise Problem(f"{where}: loader and boots go together: the scripts of a guest that boots "
                      "from its disk")
    if made.loader and (made.cmdline or made.append or made.script or made.stage != "system"
                        or made.image_kind == "hostonly" or made.firmware != "seabios"):
        raise Problem(f"{where}: a guest that boots from its disk has the command line of its "
                      "loader, its scripts in boots, no hostonly image, and seabios")
    if made.package_file and (not made.loader or made.hook):
        raise Problem(f"{where}: package_file: the package lies on a disk that the guest boots "
                      "from (loader), and is not installed there (hook = false)")
    if made.cmdline and made.append:
        raise Problem(f"{where}: cmdline is the whole command line, append adds to the usual one: "
                      "give only one of them")
    variant.check_ids(made.variant, where)
    if made.suite == SMALL:
        check_small(made, where)
    if made.suite == NATIVE:
        check_native(made, where)
    if made.builder == BARE:
        check_bare(made, where)
    if made.uki and made.firmware == "seabios":
        raise Problem(f"{where}: uki = true: only UEFI firmware starts such an image; "
                      'add firmware = "ovmf"')
    if made.firmware == SECURE_FIRMWARE and not made.uki:
        raise Problem(f"{where}: firmware {SECURE_FIRMWARE!r} starts what is signed, and only a "
                      "unified image is: add uki = true")
    return made


def check_small(made: Scenario, where: str) -> None:
    """A guest of small.py has neither modules nor a system behind its initramfs."""
    if made.stage != "initramfs":
        raise Problem(f"{where}: suite {SMALL!r} has no system: stage initramfs is all of it")
    for name in ("builder", "image_kind", "module_format", "modules", "variant", "force_modules",
                 "early_modules", "modprobe_conf"):
        if getattr(made, name) != getattr(Scenario, name):
            raise Problem(f"{where}: {name}: suite {SMALL!r} has no modules, nor a builder")


def check_bare(made: Scenario, where: str) -> None:
    """A guest of bare.py has the modules, and neither a builder's image nor a system."""
    if made.stage != "initramfs":
        raise Problem(f"{where}: a bare guest has no system: stage initramfs is all of it")
    if made.module_format not in ("usual", "packaged"):
        raise Problem(f"{where}: a bare guest has its modules as they are packaged, or unpacked")
    for name in ("image_kind", "variant", "force_modules", "packages"):
        if getattr(made, name) != getattr(Scenario, name):
            raise Problem(f"{where}: {name}: a bare guest has neither a builder nor a system")


def check_native(made: Scenario, where: str) -> None:
    """Of the distribution's own system only the kernel and the image are booted, as they are."""
    if made.stage != "initramfs" or made.packages:
        raise Problem(f"{where}: suite {NATIVE!r} has no system: stage initramfs is all of it")
    for name, only in (("image_kind", "generic"), ("module_format", "usual"), ("variant", "")):
        if getattr(made, name) != only:
            raise Problem(f"{where}: {name}: suite {NATIVE!r} has the modules as they are packaged, "
                          "in generic images")


def stand_in_words() -> list[tuple[str, str]]:
    """What is replaced in a case's texts when stand-in cards are used."""
    words = []
    for ids, (other_ids, _, driver, other_driver) in STAND_INS.items():
        words.append((ids, other_ids))
        if driver:
            words.append((driver, other_driver))
    return words


def with_stand_ins(value):
    """The same value (text, list, table) with the stand-ins' ids and driver names."""
    if isinstance(value, str):
        for old, new in stand_in_words():
            value = value.replace(old, new)
        return value
    if isinstance(value, (list, tuple)):
        return type(value)(with_stand_ins(item) for item in value)
    if isinstance(value, dict):
        return {with_stand_ins(k): with_stand_ins(v) for k, v in value.items()}
    return value


def stand_in_devices(gpu: str, slot: int) -> list[str]:
    """QEMU's own devices for an emulated card, or a Problem when there is none for its ids.

    They share the root port in `slot`, as the functions of the card would."""
    card = cards.parse_card(gpu)
    if card.where != cards.Where():
        raise Problem(f"card {gpu!r}: a card with a chosen place has no stand-in")
    devices = []
    for number, function in enumerate(card.functions):
        if function.ids not in STAND_INS:
            raise Problem(f"card {gpu!r}: this QEMU cannot present ids of our choice, and no "
                          f"device of its own stands in for {function.ids}")
        name = STAND_INS[function.ids][1]
        multi = ",multifunction=on" if number == 0 and len(card.functions) > 1 else ""
        devices.append(f"{name}{multi}@{slot:x}.{number}")
    return devices
