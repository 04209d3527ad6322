# SPDX-License-Identifier: LGPL-2.1-or-later
"""The boot matrix: one file, expanded into cases that run as all others do.

    title, suites, extra_suites         as in a case file
    [guest]                             options and expectations of every cell
    [control]                           expectations of every control
    [without.NAME]                      what a control takes away: why, and options
    [words.NAME], [forced.NAME]         options and further expectations (also) of a cell
    [[cells]]                           lists of builder, image_kind, module_format, forced and
                                        words: a cell for each combination; without: one name;
                                        suites, where not all of them can have such cells;
                                        proves, as in a case file, for a block of one cell

Texts of `append` are joined, lists too; other options of later tables replace those of earlier.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from . import cases
from .support import Problem

FILE = cases.FOLDER.parent / "matrix.toml"
AXES = ("builder", "image_kind", "module_format", "forced", "words")
HEADINGS = ("builder", "image", "modules", "forced by", "words in")
VFIO_PCI = re.compile(r"/vfio[-_]pci\.(ko(?:\.\w+)?)$")
JOINED_TEXTS, JOINED_LISTS = ("append",), ("also", "claim")


def merge(*tables: dict) -> dict:
    """One table of several, the later ones over the earlier."""
    merged: dict = {}
    for table in tables:
        for name, value in table.items():
            if name in JOINED_TEXTS and merged.get(name):
                value = f"{merged[name]} {value}"
            elif name in JOINED_LISTS:
                value = [*merged.get(name, []), *value]
            merged[name] = value
    return merged


def _named(table: dict, kind: str, name: str) -> dict:
    try:
        return table[kind][name]
    except KeyError as error:
        known = ", ".join(table.get(kind, {}))
        raise Problem(f"matrix: no [{kind}.{name!r}] (there are: {known})") from error


def _cell(table: dict, values: tuple, block: dict) -> cases.Case:
    chosen = dict(zip(AXES, values))
    options = {name: chosen[name] for name in ("builder", "image_kind", "module_format")}
    guest = merge(table["guest"], options, _named(table, "words", chosen["words"]),
                  _named(table, "forced", chosen["forced"]))
    taken_away = _named(table, "without", block["without"])
    control = merge(table.get("control", {}), taken_away)
    if "append" in taken_away:
        control["append"] = merge({"append": guest.get("append", "")}, taken_away)["append"]
    name = "-".join(["matrix", *(re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")
                                 for text in values[:4])])
    made = cases.from_table(name, {"title": table["title"], "proves": block.get("proves", ""),
                                   "suites": block.get("suites", table["suites"]),
                                   "extra_suites": table.get("extra_suites", []),
                                   **guest, "control": control})
    return cases.with_row(made, values)


def from_table(table: dict) -> list[cases.Case]:
    """All cells of a matrix; everything wrong in it is a Problem with its place."""
    made = []
    for block in table.get("cells", []):
        missing = [name for name in (*AXES, "without") if name not in block]
        unknown = [name for name in block if name not in (*AXES, "without", "suites", "proves")]
        if missing or unknown:
            raise Problem(f"matrix: [[cells]]: without {', '.join(missing) or 'nothing'}, "
                          f"unknown: {', '.join(unknown) or 'nothing'}")
        for values in itertools.product(*(block[name] for name in AXES)):
            made.append(_cell(table, values, block))
    names = [case.name for case in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not made:
        raise Problem(f"matrix: cells of the same name: {', '.join(twice)}" if twice
                      else "matrix: no [[cells]]")
    return made


def form_of_vfio_pci(listing: list) -> str:
    """The ending of its module in an image, such as ko.xz; "none" when it is not there."""
    found = (VFIO_PCI.search(path) for path in listing)
    return next((match[1] for match in found if match), "none")


def load(path: Path = FILE) -> list[cases.Case]:
    return from_table(cases.read_toml(path))
