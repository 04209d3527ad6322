# SPDX-License-Identifier: LGPL-2.1-or-later
"""The text forms of emulated cards and of the place where a device is plugged in.

    CARD   := FUNCTION[,FUNCTION...][@WHERE]          up to 8 functions of one slot
    FUNCTION := VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE][/CLASS[/BAR0SIZE]]
    DEVICE := a QEMU -device text[@WHERE]
    WHERE  := root | PORT[.FUNCTION][/BRIDGE]
    PORT   := port (a root port of its own) | hexadecimal slot 2..1a of the root port
    BRIDGE := switch (PCIe upstream + downstream port) | pci (PCIe to PCI bridge)

Numbers are hexadecimal without 0x, BAR0SIZE is decimal with k or m. The first function is a VGA
display (class 030000), every other one an HDMI audio function (040300) unless it says otherwise.
Cards sit behind a root port by default, as real ones do: each is an IOMMU group of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .support import Problem

FIRST_PORT, LAST_PORT = 0x02, 0x1A
DEFAULT_CLASSES = (0x030000, 0x040300)
BAR_UNITS = {"": 0, "k": 10, "m": 20}


@dataclass(frozen=True)
class Where:
    """A place: `port` None is "a root port of its own", `root` is the root bus itself."""

    port: int | None = None
    function: int = 0
    bridge: str = ""
    root: bool = False


@dataclass(frozen=True)
class Function:
    vendor: int
    device: int
    subvendor: int
    subdevice: int
    class_code: int
    bar0_size: int

    @property
    def ids(self) -> str:
        return f"{self.vendor:04x}:{self.device:04x}"


@dataclass(frozen=True)
class Card:
    functions: tuple
    where: Where


def _hex(text: str, digits: int, what: str, whole: str) -> int:
    if not re.fullmatch(rf"[0-9a-fA-F]{{1,{digits}}}", text):
        raise Problem(f"card {whole!r}: {what} {text!r} is not a hexadecimal number of up to "
                      f"{digits} digits")
    return int(text, 16)


def parse_where(text: str, whole: str) -> Where:
    if text == "root":
        return Where(root=True)
    matched = re.fullmatch(r"(port|[0-9a-fA-F]{1,2})(?:\.([0-7]))?(?:/(switch|pci))?", text)
    if not matched:
        raise Problem(f"{whole!r}: place {text!r} is not root or PORT[.FUNCTION][/switch|/pci]")
    port = None if matched[1] == "port" else int(matched[1], 16)
    if port is not None and not FIRST_PORT <= port <= LAST_PORT:
        raise Problem(f"{whole!r}: slot {port:x} is not in {FIRST_PORT:x}..{LAST_PORT:x}")
    return Where(port, int(matched[2] or 0), matched[3] or "")


def _bar_size(text: str, whole: str) -> int:
    matched = re.fullmatch(r"(\d+)([km]?)", text)
    size = int(matched[1]) << BAR_UNITS[matched[2]] if matched else 0
    if size < 16 or size & (size - 1) or size > 1 << 30:
        raise Problem(f"card {whole!r}: BAR size {text!r} is not a power of two from 16 to 1024m")
    return size


def _parse_function(text: str, position: int, whole: str) -> Function:
    ids, _, rest = text.partition("/")
    class_text, _, bar_text = rest.partition("/")
    fields = ids.split(":")
    if len(fields) not in (2, 4):
        raise Problem(f"card {whole!r}: {ids!r} is not VENDOR:DEVICE or "
                      "VENDOR:DEVICE:SUBVENDOR:SUBDEVICE")
    names = ("vendor", "device", "subvendor", "subdevice")
    numbers = [_hex(field, 4, name, whole) for field, name in zip(fields, names)]
    class_code = DEFAULT_CLASSES[min(position, 1)]
    if class_text:
        class_code = _hex(class_text, 6, "class", whole)
        if len(class_text) <= 4:
            class_code <<= 8
    display = class_code >> 16 == 0x03
    bar0_size = _bar_size(bar_text, whole) if bar_text else (1 << 24 if display else 1 << 14)
    return Function(*numbers[:2], *(numbers[2:] or numbers[:2]), class_code, bar0_size)


def parse_card(text: str) -> Card:
    """`10de:1b06/030000,10de:10ef/040300@3` and the like; see the module's text."""
    functions_text, at, where_text = text.partition("@")
    items = functions_text.split(",")
    if len(items) > 8:
        raise Problem(f"card {text!r}: {len(items)} functions, a PCI slot has 8")
    where = parse_where(where_text, text) if at else Where()
    if where.function:
        raise Problem(f"card {text!r}: its functions are numbered from 0, leave .{where.function}")
    return Card(tuple(_parse_function(item, i, text) for i, item in enumerate(items)), where)


def parse_device(text: str) -> tuple[str, Where | None]:
    """A QEMU -device text and its place; without @WHERE the text goes to QEMU as it is."""
    device, at, where_text = text.partition("@")
    if not device:
        raise Problem(f"device {text!r}: the name of the QEMU device is missing")
    return device, parse_where(where_text, text) if at else None
