# SPDX-License-Identifier: LGPL-2.1-or-later
"""The story of two boots of the same machine: who had the devices without pt-hook, who with it."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from .report import table

# "nouveau 0000:01:00.0: ...": dev_info() and its kin begin with the driver's name, or with the
# bus's as long as there is no driver.
NO_DRIVER = ("pci", "pt-hook:", "vfio-pci")


def asked_for(told: dict) -> list[str]:
    """The ids on the boot's command line."""
    return [ids for words in re.findall(r"\bpt\.ids=(\S+)", told["cmdline"])
            for ids in words.split(",")]


def touched_by(told: dict, device: dict) -> list[str]:
    """The native drivers that reached the device: one that holds it, or spoke of it in the log."""
    pattern = re.compile(rf"(\S+) {re.escape(device['address'])}: ")
    spoke = [found[1] for line in told["kernel_log"] if (found := pattern.match(line))]
    holder = [device["driver"]] if device["driver"] else []
    return [name for name in dict.fromkeys(holder + spoke) if name not in NO_DRIVER]


def holder(told: dict, device: dict) -> str:
    """What the table says: the driver, or who tried, or nobody."""
    if device["driver"]:
        return device["driver"]
    tried = touched_by(told, device)
    return f"{', '.join(tried)} (probed it)" if tried else "none"


def judge(without: dict, with_hook: dict, ids: list) -> list[str]:
    """Why the story is not true; nothing when it is."""
    wrong = []
    for told, name in ((without, "without"), (with_hook, "with")):
        there = {device["ids"] for device in told["devices"]}
        wrong += [f"{name} pt-hook: no device {item}" for item in ids if item not in there]
    before = [device for device in without["devices"] if device["ids"] in ids]
    if not any(touched_by(without, device) for device in before):
        wrong.append("without pt-hook: no native driver reached the card, so nothing is shown")
    for device in with_hook["devices"]:
        if device["ids"] not in ids:
            continue
        if device["driver"] != "vfio-pci":
            wrong.append(f"with pt-hook: {device['address']} is held by {device['driver']}")
        wrong += [f"with pt-hook: {driver} reached {device['address']}"
                  for driver in touched_by(with_hook, device)]
    return wrong


def text(without: dict, with_hook: dict, ids: list) -> str:
    after = {device["address"]: device for device in with_hook["devices"]}
    rows = []
    for device in without["devices"]:
        if device["ids"] in ids:
            same = after.get(device["address"])
            kind = device["name"].partition(":")[0] or f"class {device['class_code']}"
            rows.append([device["address"], device["ids"], kind, holder(without, device),
                         holder(with_hook, same) if same else "(not there)"])
    lines = with_hook["hook_log"] or ["(no line of pt-hook)"]
    return "\n".join([table(["device", "ids", "what", "without pt-hook", "with pt-hook"], rows),
                      "", "What pt-hook wrote to the kernel log:", *("  " + x for x in lines)])


def main(words: list | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/boot/compare", description="Prints a table of two boots of one machine; each "
        "file is the output of tests/boot/run --json. Exit status: 0 when without pt-hook a native "
        "driver reached a device of pt.ids, and with it vfio-pci holds them all untouched; else 1.")
    parser.add_argument("without", type=Path)
    parser.add_argument("with_hook", metavar="with", type=Path)
    arguments = parser.parse_args(words)
    told = [json.loads(path.read_text(encoding="utf-8"))
            for path in (arguments.without, arguments.with_hook)]
    ids = asked_for(told[1])
    print(text(*told, ids))
    wrong = judge(*told, ids)
    if wrong:
        print("\nThis is not as it should be:", *wrong, sep="\n  ")
    return 1 if wrong else 0
