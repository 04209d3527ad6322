# SPDX-License-Identifier: LGPL-2.1-or-later
"""Case files: a claim, the guest that shows it, and the control guest that shows it can fail.

    title = "what is claimed"
    proves = "what no other case proves" # such cases are the default tier, the others run with --full
    suites = ["bookworm", "trixie"]     # the default
    extra_suites = ["sid"]              # more, for which it runs only when asked for by name
    stage = "initramfs"                 # and any other option of a scenario
    claim = [ ... ]                     # expectations; each must hold, and FAIL in the control
    also = [ ... ]                      # expectations that must hold, and are free in the control

    [control]
    why = "what is taken away"
    hook = false                        # changes to the options above
    also = [ ... ]                      # what must be true there
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from . import expect, scenario
from .support import Problem

FOLDER = Path(__file__).resolve().parents[1] / "cases"
DEFAULT_SUITES = ("bookworm", "trixie")
TIER_SUITE = "trixie"  # of the default tier


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    proves: str
    suites: tuple
    extra_suites: tuple
    options: dict
    claim: tuple
    also: tuple
    control_why: str
    control_options: dict
    control_also: tuple
    row: tuple = ()  # the headings of its row in the matrix, if it is a cell of that

    def suites_for(self, asked: str) -> tuple:
        """The suites to run it on when one is asked for, or all ("") are."""
        if not asked:
            return self.suites
        return (asked,) if asked in (*self.suites, *self.extra_suites) else ()

    def scenario(self, suite: str) -> scenario.Scenario:
        return scenario.make(_on(suite, self.options), self.name)

    def control(self, suite: str) -> scenario.Scenario:
        options = _on(suite, {**self.options, **self.control_options})
        return scenario.make(options, f"{self.name} [control]")

    def with_stand_ins(self) -> Case:
        """The same case for a QEMU that cannot present ids of our choice.

        The cards keep their ids here: they are replaced where the machine is put together."""
        changed = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in ("options", "control_options"):
                kept = {"gpus": value["gpus"]} if "gpus" in value else {}
                changed[field.name] = {**scenario.with_stand_ins(value), **kept}
            elif field.name in ("claim", "also", "control_also"):
                changed[field.name] = scenario.with_stand_ins(value)
        return dataclasses.replace(self, **changed)


def _on(suite: str, options: dict) -> dict:
    """The options of a guest of this suite, of which a native one cannot follow all."""
    if suite == scenario.NATIVE:
        options = {name: value for name, value in options.items() if name != "module_format"}
        options["image_kind"] = "generic"
    return {**options, "suite": suite}


def _expectations(table: dict, key: str, where: str) -> tuple:
    items = table.pop(key, [])
    if not isinstance(items, list):
        raise Problem(f"{where}: {key} is not a list")
    for item in items:
        expect.check_form(item, f"{where}: {key}")
    return tuple(items)


def from_table(name: str, table: dict) -> Case:
    """A case from the content of its file; everything wrong in it is a Problem with its place."""
    table = dict(table)
    control = dict(table.pop("control", {}))
    title, proves = table.pop("title", ""), table.pop("proves", "")
    suites = tuple(table.pop("suites", DEFAULT_SUITES))
    extra_suites = tuple(table.pop("extra_suites", ()))
    claim = _expectations(table, "claim", name)
    if not title or not claim or not control:
        raise Problem(f"{name}: a case has a title, a claim and a [control]")
    for suite in (*suites, *extra_suites):
        if suite not in scenario.SUITES:
            raise Problem(f"{name}: suite {suite!r} is not one of {', '.join(scenario.SUITES)}")
    also = _expectations(table, "also", name)
    control_also = _expectations(control, "also", f"{name} [control]")
    why = control.pop("why", "")
    if not why:
        raise Problem(f"{name}: [control]: `why` is missing: what does it take away?")
    made = Case(name, title, proves, suites, extra_suites, table, claim, also, why, control, control_also)
    if proves and TIER_SUITE not in suites:
        raise Problem(f"{name}: proves: the default tier is {TIER_SUITE} alone, which it has not")
    if made.scenario(suites[0]) == made.control(suites[0]):
        raise Problem(f"{name}: the control is the same guest as the case")
    return made


def check_proves(loaded: list[Case]) -> None:
    """A case that proves what another one does belongs to the full tier."""
    first: dict = {}
    for case in loaded:
        if case.proves and first.setdefault(case.proves, case) is not case:
            raise Problem(f"{case.name}: proves what {first[case.proves].name} does: "
                          f"{case.proves!r}")


def with_row(case: Case, row: tuple) -> Case:
    return dataclasses.replace(case, row=row)


def read_toml(path: Path) -> dict:
    try:
        import tomllib
    except ImportError as error:
        raise Problem("case files need Python 3.11 or later (tomllib)") from error
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"{path.name}: {error}") from error


def load(folder: Path = FOLDER) -> list[Case]:
    loaded = [from_table(path.stem, read_toml(path)) for path in sorted(folder.glob("*.toml"))]
    if not loaded:
        raise Problem(f"{folder}: no case files")
    return loaded
