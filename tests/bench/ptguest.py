# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares pt-hook with other ways to bind the same devices, in one guest and one run.

compare.sh runs in the guest and times each way from its start until all devices are bound; between
two of them the devices are unbound, the overrides cleared and the modules unloaded. Times under
emulation mean nothing by themselves: what is printed are ratios. Counts are exact: how many
processes pt-hook is, and how many system calls a device costs it, are asserted.
"""

from __future__ import annotations

import os
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ptboot import guest, qemu, report, scenario
from ptboot.images import Image, Store
from ptboot.support import say

FOLDER = Path(__file__).resolve().parent
SUITE = "trixie"

# Devices by their ids, and how many of each. They need no port of the scarce I/O space and differ
# in their ids, so that ids can choose the first of them. The kernel has a driver for the first.
KINDS = (("pvpanic-pci", "1b36:0011", 8), ("edu", "1234:11e8", 56), ("sdhci-pci", "1b36:0007", 192))
QUICK_KINDS = (KINDS[0], ("edu", "1234:11e8", 8))
FUNCTIONS_OF_A_BRIDGE = 31 * 8

WAYS = {"pt-hook": "pt-hook",
        "shell-ids": "shell loop over all devices, by ids",
        "shell-addresses": "shell loop over known addresses",
        "driverctl": "driverctl set-override for each",
        "modprobe": "modprobe, vfio-pci.ids and a softdep",
        "kernel": "one write to new_id for each id"}
STATES = ("unloaded", "loaded")
PROCESSES = 2  # the one that decides and the one that does the steps
CALLS_LIMIT = 20  # for each further device: read, override, bind, read back

# Takes the modules that pt-hook's hook would copy out of the system that the image is made of.
# What a hook asks for is copied after all hooks have run.
WITHOUT_MODULES = """
for name in 'vfio*' 'iommufd*' 'irqbypass*'; do
    find /usr/lib/modules "$DESTDIR/usr/lib/modules" -name "$name.ko*" -delete
done
find /usr/lib/modules -path '*/drivers/vfio/*' -name '*.ko*' -delete
depmod "$(ls /usr/lib/modules)"
"""


@dataclass
class Results:
    """What the guest told, by way, size and state."""

    times: dict = field(default_factory=lambda: defaultdict(list))
    user: dict = field(default_factory=lambda: defaultdict(list))
    processes: dict = field(default_factory=lambda: defaultdict(list))
    calls: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)


def devices_of(kinds) -> list[str]:
    """The QEMU devices: bridges with 31 slots of 8 functions each, as many as it takes."""
    names = [name for name, _, number in kinds for _ in range(number)]
    words = []
    for index, name in enumerate(names):
        bridge, place = divmod(index, FUNCTIONS_OF_A_BRIDGE)
        if place == 0:
            words.append(f"pci-bridge,id=many{bridge},bus=pcie.0,addr={0x10 + bridge:x}.0,"
                         f"chassis_nr={bridge + 1},shpc=off")
        slot, function = divmod(place, 8)
        more = ",multifunction=on" if function == 0 else ""
        words.append(f"{name},bus=many{bridge},addr={slot + 1:x}.{function}{more}")
    return words


def sizes_of(kinds) -> dict[int, str]:
    """The sizes to compare: all devices of the first kind, of the first two, and so on."""
    sizes, number, ids = {}, 0, []
    for _, kind_ids, count in kinds:
        number += count
        ids.append(kind_ids)
        sizes[number] = ",".join(ids)
    return sizes


def parse(lines: list[str]) -> Results:
    results = Results()
    for line in lines:
        words = line.split()
        if line.startswith("time "):
            way, size, state, whole, user, processes = words[1:]
            key = way, int(size), state
            results.times[key].append(int(whole))
            results.user[key].append(int(user) * 1000)
            results.processes[key[:2]].append(int(processes))
        elif line.startswith("calls "):
            size, state, processes, calls = words[1:]
            results.calls[int(size), state] = int(processes), int(calls)
        elif line and line != "exit 0":
            results.wrong.append(line)
    return results


def run_guest(store: Store, full: bool, logs: Path) -> Results:
    """Boots the guest and lets it compare; what went wrong is in the results."""
    kinds = KINDS if full else QUICK_KINDS
    sizes = " ".join(f"{number}={ids}" for number, ids in sizes_of(kinds).items())
    wanted = scenario.make({
        "suite": SUITE, "packages": ["driverctl"], "devices": devices_of(kinds),
        # nothing of the boot is in the way: the console is quiet, and no other driver comes
        "append": "quiet modprobe.blacklist=pvpanic_pci,sdhci_pci",
        "script": f"rounds={3 if full else 1} sizes='{sizes}'\n"
                  + (FOLDER / "compare.sh").read_text(encoding="utf-8"),
        "timeout": 3600 if full else 600}, "bench")
    outcome = guest.boot(wanted, qemu.abilities(), store, logs / "bench.log")
    say(f"the guest ended after {outcome.seconds:.0f} s")
    if outcome.facts is None:
        return Results(wrong=[f"{outcome.failure}; console log: {outcome.console_log}"])
    results = parse(outcome.facts.script)
    if not results.calls:
        results.wrong.append("the guest's script came to no end")
    return results


def ratio(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def print_comparison(results: Results) -> None:
    """A row for each way: its time as a multiple of pt-hook's, and the processes it started."""
    sizes = sorted({size for _, size, _ in results.times})
    median = {key: statistics.median(times) for key, times in results.times.items()}
    header = ["time as a multiple of pt-hook's",
              *(f"{size} {part}" for size in sizes
                for part in (*(f"modules {state}" for state in STATES), "processes"))]
    rows = []
    for way, title in WAYS.items():
        row = [title]
        for size in sizes:
            row += [ratio(median[way, size, state] / median["pt-hook", size, state])
                    for state in STATES]
            # What else the guest starts meanwhile, a worker of the kernel, comes on top.
            row.append(str(min(results.processes[way, size])))
        rows.append(row)
    print(report.table(header, rows))


def print_shares(results: Results) -> None:
    sizes = sorted({size for size, _ in results.calls})
    for size in sizes:
        for state in STATES:
            key = "pt-hook", size, state
            share = 100 * sum(results.user[key]) / sum(results.times[key])
            kernel = (statistics.median(results.times["kernel", size, state])
                      / statistics.median(results.times[key]))
            print(f"{size} devices, modules {state}: pt-hook is in user space for {share:.1f} % of "
                  f"its time; the kernel's loading and binding alone take {100 * kernel:.0f} % of "
                  f"it; {results.calls[size, state][1]} system calls")


def check_counts(results: Results) -> list[str]:
    """What is wrong with the exact counts."""
    wrong = [f"{size} devices, modules {state}: pt-hook is {processes} processes, not {PROCESSES}"
             for (size, state), (processes, _) in results.calls.items() if processes != PROCESSES]
    sizes = sorted({size for size, _ in results.calls})
    for small, large in zip(sizes, sizes[1:]):
        for state in STATES:
            calls = results.calls[large, state][1] - results.calls[small, state][1]
            each = calls / (large - small)
            print(f"modules {state}: {each:g} system calls for each of the devices beyond {small}")
            if each > CALLS_LIMIT:
                wrong.append(f"{each:g} system calls for each device, more than {CALLS_LIMIT}")
    return wrong


def compare(store: Store, full: bool, logs: Path) -> None:
    """The check: prints the comparison; an AssertionError says what is wrong."""
    results = run_guest(store, full, logs)
    wrong = list(results.wrong)
    if results.calls:
        print_comparison(results)
        print_shares(results)
        wrong += check_counts(results)
    if wrong:
        raise AssertionError("; ".join(wrong))


def measure_image(store: Store) -> None:
    """Prints what pt-hook adds to a compressed initramfs, without and with the vfio modules."""
    def image(**options) -> Image:
        return store.image(scenario.make({"suite": SUITE, "image_kind": "generic", **options},
                                         "bench"))

    images = image(hook=False), image(image_edit=WITHOUT_MODULES), image()
    has_modules = [any("/vfio-pci.ko" in line for line in made.listing) for made in images]
    if has_modules != [False, False, True]:
        raise AssertionError(f"vfio-pci is in the images (without pt-hook, without modules, whole): "
                             f"{has_modules}")
    without, bare, whole = (os.path.getsize(made.initrd) for made in images)
    print(f"initramfs of {SUITE}, {without} bytes without pt-hook: the program and its scripts add "
          f"{bare - without} bytes, the vfio modules {whole - bare}")
