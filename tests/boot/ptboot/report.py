# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tables and JSON, from facts and results; nothing here decides anything."""

from __future__ import annotations

import dataclasses

from .guest import Outcome


def table(header: list, rows: list) -> str:
    """Columns as wide as their longest cell, two blanks between them."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def scenario_text(outcome: Outcome) -> str:
    """The devices and the hook's log of one guest, for a person."""
    facts = outcome.facts
    rows = [[device.address, device.ids, device.class_code, device.driver or "-",
             device.driver_override or "-",
             "-" if device.iommu_group is None else device.iommu_group]
            for device in facts.devices]
    text = [f"{outcome.scenario.suite}, Linux {facts.release}, {facts.stage} stage, "
            f"{outcome.seconds:.1f} s", f"command line: {facts.cmdline}", "",
            table(["address", "ids", "class", "driver", "driver_override", "group"], rows), ""]
    text += facts.hook_log or ["(no line of pt-hook in the kernel log)"]
    for title, lines in (("script", facts.script), ("use of VFIO", facts.vfio_use)):
        if lines:
            text += ["", f"{title}:", *("  " + line for line in lines)]
    text += ["", f"console log: {outcome.console_log}"]
    return "\n".join(text)


def scenario_json(outcome: Outcome) -> dict:
    """The same and more, for a program."""
    facts = outcome.facts
    result = {"scenario": dataclasses.asdict(outcome.scenario),
              "seconds": round(outcome.seconds, 1),
              "failure": outcome.failure or None,
              "console_log": str(outcome.console_log)}
    if facts:
        result |= {"stage": facts.stage, "release": facts.release, "cmdline": facts.cmdline,
                   "devices": [dataclasses.asdict(device) for device in facts.devices],
                   "hook_log": facts.hook_log, "kernel_log": facts.log,
                   "modules": facts.modules, "iomem": facts.iomem,
                   "vfio_nodes": facts.vfio_nodes, "vfio_use": facts.vfio_use,
                   "script": facts.script, "reports": facts.reports,
                   "init_top_order": facts.init_top_order}
    return result
