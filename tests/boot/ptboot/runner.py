# SPDX-License-Identifier: LGPL-2.1-or-later
"""All cases on all suites: each different guest is booted once, then every test is judged."""

from __future__ import annotations

import concurrent.futures
from dataclasses import dataclass
from pathlib import Path

from . import builders, cards, cases, expect, guest, matrix, qemu, report, scenario, schema
from .cases import Case
from .images import Store
from .scenario import Scenario
from .support import Problem, Stopped, say

OK, FAIL, SKIPPED = "ok", "FAIL", "skipped"


@dataclass
class Test:
    """One claim or one control on one suite."""

    case: Case
    suite: str
    is_control: bool
    scenario: Scenario
    result: str = ""
    reasons: tuple = ()

    @property
    def name(self) -> str:
        return f"{self.suite}/{self.case.name}" + (".control" if self.is_control else "")


@dataclass(frozen=True)
class Selection:
    """Which tests of which suites are asked for: with nothing named the default tier, else all
    that have the name."""

    full: bool = False
    suite: str = ""
    pattern: str = ""
    names: tuple = ()  # of cases, whole or as their number alone

    def suites_of(self, case: Case) -> tuple:
        is_named = any(name in (case.name, case.name.partition("-")[0]) for name in self.names)
        if self.names and not is_named:
            return ()
        if not (self.full or self.suite or self.pattern or is_named):
            return (cases.TIER_SUITE,) if case.proves else ()
        suites = case.suites_for(self.suite)
        if is_named and not (self.full or self.suite):
            suites = (cases.TIER_SUITE,) if cases.TIER_SUITE in suites else suites[:1]
        return tuple(name for name in suites if self.pattern in f"{name}/{case.name}")


def plan(loaded: list[Case], selection: Selection, can: qemu.Abilities) -> list[Test]:
    """All tests that are asked for; those this QEMU cannot show are marked as skipped."""
    tests = []
    for case in loaded:
        if can.transport == "none":
            case = case.with_stand_ins()
        for name in selection.suites_of(case):
            for is_control in (False, True):
                wanted = case.control(name) if is_control else case.scenario(name)
                test = Test(case, name, is_control, wanted)
                reason = missing_ability(wanted, can)
                if reason:
                    test.result, test.reasons = SKIPPED, (reason,)
                tests.append(test)
    if not tests:
        raise Problem("no case is left: no case's name or suites match what was asked for")
    return tests


def missing_ability(wanted: Scenario, can: qemu.Abilities) -> str:
    """Why this guest cannot be had here; nothing when it can."""
    reason = builders.missing(wanted)
    if reason:
        return reason
    if can.transport != "none":
        return ""
    try:
        for text in wanted.gpus:
            scenario.stand_in_devices(text, cards.FIRST_PORT)
    except Problem as problem:
        return str(problem)
    return ""


def judge(test: Test, outcome: guest.Outcome) -> None:
    """Fills in the test's result. In a control each claim has to fail, not just be unknown. A
    report has to fit its schema in every guest."""
    if outcome.facts is None:
        test.result, test.reasons = FAIL, (outcome.failure,)
        return
    also = test.case.control_also if test.is_control else test.case.also
    reasons = schema.complaints(outcome.facts)
    for items, wanted in ((test.case.claim, expect.FAILS if test.is_control else expect.HOLDS),
                          (also, expect.HOLDS)):
        for item in items:
            verdict = expect.judge(item, outcome.facts, outcome.listing)
            if verdict.value == wanted:
                continue
            if wanted == expect.FAILS:
                reasons.append(f"the claim should fail here, but {verdict.value}: {verdict.reason}")
            else:
                reasons.append(verdict.reason)
    test.result, test.reasons = (FAIL, tuple(reasons)) if reasons else (OK, ())


def boot_all(tests: list[Test], can: qemu.Abilities, store: Store, logs: Path,
             jobs: int) -> dict[str, guest.Outcome]:
    """Boots each different scenario once, the long ones first; the outcomes by scenario key."""
    wanted: dict[str, Test] = {}
    for test in tests:
        if test.result != SKIPPED:
            wanted.setdefault(test.scenario.key(), test)
    if wanted:
        can = guest.settle(can, next(iter(wanted.values())).scenario, store, logs)
    order = sorted(wanted, key=lambda key: wanted[key].scenario.stage != "system")
    numbers = {key: number for number, key in enumerate(order, 1)}

    def one(key: str) -> guest.Outcome:
        test = wanted[key]
        label = f"{numbers[key]}/{len(order)} {test.name}"
        if guest.stop.is_set():
            raise Stopped
        say(f"start {label}")
        log = logs / f"{test.name.replace('/', '-')}.log"
        try:
            outcome = guest.boot(test.scenario, can, store, log)
        except (Problem, OSError) as problem:  # such as a disk that is full
            outcome = guest.Outcome(test.scenario, None, str(problem), 0.0, log)
        say(f"ended {label} after {outcome.seconds:.0f} s" +
            (f": {outcome.failure}" if outcome.failure else ""))
        return outcome

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {key: pool.submit(one, key) for key in order}
        try:
            return {key: future.result() for key, future in futures.items()}
        except BaseException:
            guest.stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def prepare(loaded: list[Case], selection: Selection, can: qemu.Abilities, store: Store) -> None:
    """Makes what guests are made of that is not made of the package."""
    made = set()
    for test in plan(loaded, selection, can):
        if test.result != SKIPPED and not guest.stop.is_set():
            made.update(store.prepare(test.scenario, made))


def run(loaded: list[Case], selection: Selection, can: qemu.Abilities, store: Store, logs: Path,
        jobs: int) -> list[Test]:
    tests = plan(loaded, selection, can)
    if can.transport == "none":
        say(f"{can.version} cannot present cards with ids of our choice: "
            "ati-vga (1002:5159) and ich9-intel-hda (8086:293e) stand in for the GTX 1080 Ti")
    outcomes = boot_all(tests, can, store, logs, jobs)
    for test in tests:
        if test.result != SKIPPED:
            judge(test, outcomes[test.scenario.key()])
    print(summary(tests, outcomes))
    return tests


def summary(tests: list[Test], outcomes: dict) -> str:
    """A row for each case, and below the reasons of everything that is not ok."""
    text = []
    if any(not test.case.row for test in tests):
        text += ["", results([test for test in tests if not test.case.row], ["case"],
                             lambda case: [case.name], lambda case: [case.title])]
    if any(test.case.row for test in tests):
        cells = [test for test in tests if test.case.row]
        text += ["", results(cells, [*matrix.HEADINGS, "in the image"],
                             lambda case: [*case.row, forms_in_image(case, cells, outcomes)],
                             lambda case: [])]
    text.append("")
    for test in tests:
        if test.result == OK:
            continue
        text.append(f"{test.result} {test.name}: {test.case.title}")
        if test.is_control:
            text.append(f"    control: {test.case.control_why}")
        text += [f"    {reason}" for reason in test.reasons]
        if test.result == FAIL:
            text.append(f"    console log: {outcomes[test.scenario.key()].console_log}")
    guests = f"{len(outcomes)} guests, {sum(o.seconds for o in outcomes.values()):.0f} guest seconds"
    return "\n".join([*text, guests])


def forms_in_image(case: Case, tests: list[Test], outcomes: dict) -> str:
    """As what the images of a cell have vfio-pci: some builders decompress modules."""
    listings = [outcomes[test.scenario.key()].listing for test in tests
                if test.case is case and not test.is_control and test.scenario.key() in outcomes]
    forms = {matrix.form_of_vfio_pci(listing) for listing in listings}
    return ", ".join(sorted(forms)) or "-"


def results(tests: list[Test], headings, begin, end) -> str:
    """The table of these tests: what `begin` says of the case, its results by suite, `end`."""
    suites = sorted({test.suite for test in tests})
    cells: dict[str, dict] = {}
    for test in tests:
        cells.setdefault(test.case.name, {"case": test.case})[test.suite, test.is_control] = test
    columns = [(suite, control) for suite in suites for control in (False, True)]
    last = ["claim"] if end(tests[0].case) else []
    header = [*headings, *(f"{suite}{' control' if control else ''}" for suite, control in columns),
              *last]
    rows = [[*begin(row["case"]),
             *(row[column].result if column in row else "-" for column in columns),
             *end(row["case"])] for row in cells.values()]
    return report.table(header, rows)
