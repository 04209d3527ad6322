# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest told: the witness's sections as typed values."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

# The form of a PCI modalias: file2alias.c do_pci_entry() and pci-sysfs.c modalias_show().
MODALIAS = re.compile(r"pci:v([0-9A-F]{8})d([0-9A-F]{8})sv([0-9A-F]{8})sd([0-9A-F]{8})"
                      r"bc([0-9A-F]{2})sc([0-9A-F]{2})i([0-9A-F]{2})")
LOG_TIME = re.compile(r"^\[ *\d+\.\d+\] ?")
HOOK_MARK = "pt-hook:"
HARNESS_MARK = "ptboot:"
REPORT_PATH = "/run/pt-hook/report.json"


@dataclass(frozen=True)
class Device:
    address: str
    ids: str
    subsystem: str
    class_code: str
    driver: str | None
    driver_override: str | None
    iommu_group: int | None
    boot_vga: bool
    name: str = ""

    @property
    def is_bridge(self) -> bool:
        return self.class_code.startswith("06")


@dataclass
class Facts:
    stage: str
    release: str
    cmdline: str
    devices: list = field(default_factory=list)
    log: list = field(default_factory=list)  # every line of the kernel log, without its time
    modules: list = field(default_factory=list)
    iomem: list = field(default_factory=list)
    vfio_nodes: list = field(default_factory=list)
    vfio_use: list = field(default_factory=list)
    script: list = field(default_factory=list)
    reports: list = field(default_factory=list)
    init_top_order: list = field(default_factory=list)
    console: list = field(default_factory=list)  # what came out of the first serial port

    @property
    def hook_log(self) -> list:
        return [line for line in self.log if line.startswith(HOOK_MARK)]

    @property
    def kernel_log(self) -> list:
        """The kernel's own lines: not ours, not the harness's, and not the command line's echo."""
        return [line for line in self.log
                if not line.startswith((HOOK_MARK, HARNESS_MARK, "Command line:",
                                        "Kernel command line:"))]

    @property
    def report(self) -> dict | None:
        """What /run/pt-hook/report.json holds, if it is there and is JSON."""
        if REPORT_PATH not in self.reports:
            return None
        with contextlib.suppress(ValueError):
            return json.loads("\n".join(self.reports[self.reports.index(REPORT_PATH) + 1:]))
        return None

    def find(self, which: str) -> list:
        """Devices of an address (0000:01:00.0) or of ids (10de:1b06)."""
        return [device for device in self.devices if which in (device.address, device.ids)]


def _device(line: str, names: dict) -> Device:
    address, modalias, driver, group, boot_vga, override = line.split(" ", 5)
    matched = MODALIAS.match(modalias)
    vendor, device, subvendor, subdevice, *classes = matched.groups() if matched else [""] * 7
    return Device(address=address,
                  ids=f"{vendor[4:]}:{device[4:]}".lower(),
                  subsystem=f"{subvendor[4:]}:{subdevice[4:]}".lower(),
                  class_code="".join(classes).lower(),
                  driver=None if driver == "-" else driver,
                  driver_override=None if override in ("", "(null)") else override,
                  iommu_group=int(group) if group.isdigit() else None,
                  boot_vga=boot_vga == "1",
                  name=names.get(address, ""))


def sections(text: str) -> tuple[dict, bool]:
    """The sections by name, and whether the witness came to its end."""
    found: dict = {}
    current = None
    for line in text.replace("\r", "").split("\n"):
        if line.startswith("#BEGIN "):
            current = found.setdefault(line[7:], [])
        elif line.startswith("#END "):
            current = None
        elif line == "#DONE":
            return found, True
        elif current is not None:
            current.append(line)
    return found, False


def parse(text: str) -> Facts | None:
    """Facts from the witness's text, or None when the guest did not get to the end of it."""
    found, complete = sections(text)
    if not complete:
        return None

    def first(name: str) -> str:
        return (found.get(name) or [""])[0]

    names = dict(line.split(" ", 1) for line in found.get("names", []) if " " in line)
    return Facts(stage=first("stage"), release=first("release"), cmdline=first("cmdline"),
                 devices=[_device(line, names) for line in found.get("devices", []) if line],
                 log=[LOG_TIME.sub("", line) for line in found.get("dmesg", [])],
                 modules=[line.split(" ", 1)[0] for line in found.get("modules", [])],
                 iomem=found.get("iomem", []), vfio_nodes=found.get("nodes", []),
                 vfio_use=found.get("vfio", []), script=found.get("script", []),
                 reports=found.get("reports", []), init_top_order=found.get("order", []))


def read(path: Path) -> Facts | None:
    return parse(path.read_text(encoding="utf-8", errors="replace") if path.exists() else "")
