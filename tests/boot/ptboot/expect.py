# SPDX-License-Identifier: LGPL-2.1-or-later
"""Expectations: one small table each, judged against the facts of a guest.

    {driver = "vfio-pci", of = "10de:1b06"}     every device of these ids (or this address);
    {driver = "none", of = "0000:01:00.0"}      "none": no driver
    {override = "vfio-pci", of = "10de:1b06"}   driver_override, "none": not set
    {iommu_group = "yes", of = "10de:1b06"}     yes or none
    {log = "regex"}, {no_log = "regex"}         lines of the kernel itself
    {hook_log = "regex"}, {no_hook_log = "regex"}   lines of pt-hook
    {order = ["regex", "regex"]}                the first line of each, in this order, whole log
    {module = "vfio_iommu_type1"}, {no_module = "..."}   loaded at the end
    {vfio = "ok", of = "10de:1b06"}             the group was used as by a VM monitor
    {image = "regex"}, {no_image = "regex"}     a path in the initramfs image
    {script = "regex"}                          a line of the given script's output
    {console = "regex"}, {no_console = "regex"} a line on the console
    {iomem = "regex"}, {no_iomem = "regex"}     a line of /proc/iomem
    {stage = "panic"}                           where the guest ended: initramfs, system or panic
    {report = 'devices.0.result = "bound"'}     a value in report.json, written as JSON

A verdict has three values: an expectation whose subject is missing is neither true nor false, so
it can never make a control look as if it had failed for the right reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .facts import Facts
from .support import Problem

HOLDS, FAILS, UNKNOWN = "holds", "fails", "unknown"
WITH_SUBJECT = ("driver", "override", "iommu_group", "vfio")
PATTERNS = ("log", "no_log", "hook_log", "no_hook_log", "script", "image", "no_image", "console",
            "no_console", "iomem", "no_iomem")
REPORT_ITEM = re.compile(r"([\w.]+) = (.+)")
NAMES = ("module", "no_module")


@dataclass(frozen=True)
class Verdict:
    value: str
    reason: str


def check_form(item, where: str) -> None:
    """Raises Problem when an expectation is not one of the forms above."""
    if not isinstance(item, dict):
        raise Problem(f"{where}: {item!r} is not a table like {{driver = \"...\", of = \"...\"}}")
    kinds = [name for name in item if name != "of"]
    if len(kinds) != 1:
        raise Problem(f"{where}: {item!r}: one kind of expectation each, here are {len(kinds)}")
    kind = kinds[0]
    known = (*WITH_SUBJECT, *PATTERNS, *NAMES, "order", "stage", "report")
    if kind not in known:
        raise Problem(f"{where}: unknown expectation {kind!r} (known: {', '.join(known)})")
    if (kind in WITH_SUBJECT) != ("of" in item):
        raise Problem(f"{where}: {kind}: `of` (address or ids) is "
                      f"{'missing' if kind in WITH_SUBJECT else 'not for this kind'}")
    patterns = item[kind] if kind == "order" else [item[kind]]
    if not isinstance(patterns, list) or not all(isinstance(text, str) for text in patterns):
        raise Problem(f"{where}: {kind} = {item[kind]!r}: not text")
    if kind == "report":
        _report_item(item[kind], where)
    if kind in PATTERNS or kind == "order":
        for text in patterns:
            try:
                re.compile(text)
            except re.error as error:
                raise Problem(f"{where}: {kind} = {text!r}: {error}") from error


def _report_item(text: str, where: str = "report") -> tuple:
    """The path and the value in the text of a report expectation."""
    matched = REPORT_ITEM.fullmatch(text)
    try:
        return matched[1].split("."), json.loads(matched[2])
    except (TypeError, ValueError) as error:
        raise Problem(f"{where}: report = {text!r}: not of the form 'some.path = JSON'") from error


def judge(item: dict, facts: Facts, listing: list) -> Verdict:
    kind = next(name for name in item if name != "of")
    wanted = item[kind]
    if kind in WITH_SUBJECT:
        return _judge_devices(kind, wanted, item["of"], facts)
    if kind == "order":
        return _judge_order(wanted, facts)
    if kind == "report":
        return _judge_report(wanted, facts.report)
    if kind == "stage":
        return Verdict(HOLDS if facts.stage == wanted else FAILS, f"the stage is {facts.stage}")
    absent = kind.startswith("no_")
    kind = kind.removeprefix("no_")
    if kind == "image" and not listing:
        return Verdict(UNKNOWN, "the content of the given initramfs is not known")
    texts = {"log": facts.kernel_log, "hook_log": facts.hook_log, "script": facts.script,
             "module": facts.modules, "image": listing, "console": facts.console,
             "iomem": facts.iomem}[kind]
    if kind in NAMES:
        found = next((text for text in texts if text == wanted), None)
    else:
        found = next((text for text in texts if re.search(wanted, text)), None)
    what = f"{kind} {wanted!r}: " + (f"found {found!r}" if found else "not found")
    return Verdict(HOLDS if (found is None) == absent else FAILS, what)


def _judge_devices(kind: str, wanted: str, which: str, facts: Facts) -> Verdict:
    devices = facts.find(which)
    if not devices:
        return Verdict(UNKNOWN, f"{which}: no such device in the guest")
    for device in devices:
        found = _value(kind, device, facts)
        if found != wanted:
            return Verdict(FAILS, f"{device.address} {device.ids}: {kind} is {found}, not {wanted}")
    return Verdict(HOLDS, f"{which}: {kind} is {wanted}")


def _value(kind: str, device, facts: Facts) -> str:
    if kind == "driver":
        return device.driver or "none"
    if kind == "override":
        return device.driver_override or "none"
    if kind == "iommu_group":
        return "none" if device.iommu_group is None else "yes"
    used = f"device {device.address} {device.ids}" in facts.vfio_use
    ended = f"group {device.iommu_group} exit 0" in facts.vfio_use
    if used and ended:
        return "ok"
    return "; ".join(facts.vfio_use) or "never used"


def _judge_report(wanted: str, report: dict | None) -> Verdict:
    path, value = _report_item(wanted)
    found = report
    for name in path:
        try:
            found = found[int(name) if isinstance(found, list) else name]
        except (KeyError, IndexError, TypeError, ValueError):
            return Verdict(FAILS, f"report: no {'.'.join(path)}" if report else "report: there is none")
    return Verdict(HOLDS if found == value else FAILS,
                   f"report: {'.'.join(path)} is {json.dumps(found)}")


def _judge_order(patterns: list, facts: Facts) -> Verdict:
    at = -1
    for pattern in patterns:
        found = next((n for n, line in enumerate(facts.log) if re.search(pattern, line)), None)
        if found is None:
            return Verdict(FAILS, f"order: no line {pattern!r}")
        if found <= at:
            return Verdict(FAILS, f"order: line {pattern!r} is too early: {facts.log[found]!r}")
        at = found
    return Verdict(HOLDS, "order as expected")
