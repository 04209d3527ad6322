# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of tests/boot/run: one scenario by hand, all cases, or the self-test."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
import unittest
from pathlib import Path

from . import cases, guest, matrix, qemu, report, runner, scenario, schema
from .images import Store
from .support import PROJECT, Problem, Stopped, command, say

EPILOG = """\
cards: VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE][/CLASS[/BAR0SIZE]],... one item for each function
places: root, port, or the slot (hexadecimal) of a root port, then .FUNCTION, then /switch or /pci

  tests/boot/run --suite trixie --gpu 10de:1b06,10de:10ef --append 'pt.ids=10de:1b06,10de:10ef'
  tests/boot/run --device bochs-display@port --append pt.ids=1234:1111 --stage initramfs --json
  tests/boot/run --gpu 10de:1b06,10de:10ef@4/switch --gpu 10de:1b06,10de:10ef@5 --iommu amd
  tests/boot/run --builder bare --stage initramfs --device bochs-display@2 --append pt.ids=1234:1111
  tests/boot/run --suite small --device qemu-xhci@port --append pt.ids=1b36:000d
  tests/boot/run --case 19 --case 31
  tests/boot/run --all --suite bookworm --filter lockdown
  tests/boot/run --all --suite sid --filter matrix

exit status: 0 the guest told its facts, or all tests passed; 1 not so; 2 wrong usage
"""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="tests/boot/run", epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Boots a real Debian guest with chosen PCI cards and shows who holds them.")
    add = made.add_argument

    add("--all", action="store_true", help="run cases, each with its control: those of the default "
        "tier, or what --suite, --filter and --case name. That is also done without any option")
    add("--full", action="store_true", help="run every case on each of its suites")
    add("--case", dest="names", action="append", default=[], metavar="NAME",
        help="run this case, on trixie unless --suite says another: its name or its number")
    add("--prepare", action="store_true", help="make the root file systems that these guests need, "
        "and no guest")
    add("--self-test", action="store_true", help="test the harness itself, without a guest")
    add("--filter", default="", metavar="TEXT", help="only cases with TEXT in SUITE/CASE")
    add("-j", dest="jobs", type=int, default=2, metavar="N", help="guests at a time (2)")
    add("--deb", metavar="FILE", default=os.environ.get("PT_DEB", ""),
        help="the package under test (default: what scripts/build-deb makes, or $PT_DEB)")
    add("--logs", metavar="FOLDER", type=Path, default=PROJECT / "build" / "boot-logs",
        help="where console logs go (build/boot-logs)")
    add("--json", action="store_true", help="print JSON in place of a table")

    options = made.add_argument_group("the guest of one scenario")
    add = options.add_argument
    defaults = scenario.Scenario()
    add("--suite", choices=scenario.SUITES, help="Debian suite (trixie; with --all every one), "
        "native: the kernel and the builders of the distribution that this runs on, or "
        f"{scenario.SMALL}: a small kernel with vfio-pci, xhci_hcd, snd_hda_intel and bochs built "
        "in and without modules, and an initramfs of busybox alone")
    add("--builder", choices=scenario.BUILDERS, default=defaults.builder,
        help="bare: no builder but an initramfs packed by hand, which boots in seconds")
    add("--image-kind", choices=scenario.CHOICES["image_kind"],
        default=defaults.image_kind, help="listed: with the drivers that the guest is given alone, "
        "which is quick; generic: with all; hostonly: with those of one machine, as by MODULES=dep "
        "of initramfs-tools")
    add("--firmware", choices=scenario.CHOICES["firmware"], default=defaults.firmware,
        help="ovmf-secureboot: UEFI with Secure Boot on (with --uki, which is signed)")
    add("--iommu", choices=("intel", "amd", "none"), default=defaults.iommu)
    add("--display", choices=("none", "std"), default=defaults.display,
        help="std: a VGA card that is the boot display")
    add("--gpu", dest="gpus", action="append", default=[], metavar="CARD[@PLACE]",
        help="an emulated card with any ids; repeatable")
    add("--device", dest="devices", action="append", default=[], metavar="QEMUDEVICE[@PLACE]",
        help="a device of QEMU's own; without a place the text goes to QEMU as it is")
    add("--module", dest="modules", action="append", default=[], metavar="M",
        help="also include this module in the image")
    add("--module-format", choices=scenario.CHOICES["module_format"],
        default=defaults.module_format,
        help="how the modules of vfio and of the displays are compressed (usual: as "
        "they are packaged; in a bare guest unpacked and without their signature)")
    add("--variant", default="", metavar="VENDOR:DEVICE",
        help="have a variant driver of vfio-pci for these ids, test-pci (bookworm)")
    add("--force-module", dest="force_modules", action="append", default=[], metavar="M",
        help="include it and load it by the builder's own means")
    add("--early-module", dest="early_modules", action="append", default=[], metavar="M",
        help="load it before every other script of the initramfs")
    add("--modprobe-conf", dest="modprobe_conf", action="append", default=[], metavar="LINE",
        help="a line for /etc/modprobe.d")
    add("--conf", action="append", default=[], metavar="LINE",
        help="a line for /etc/pt-hook.conf, in place of the packaged file")
    add("--image-edit", dest="image_edit", default="", metavar="SHELL",
        help="commands that change the image, below $DESTDIR, before it is packed")
    add("--append", default="", metavar="WORDS", help="added to the kernel command line")
    add("--cmdline", default="", metavar="WORDS", help="the whole kernel command line")
    add("--kernel", default="", metavar="FILE", help="boot this kernel")
    add("--initrd", default="", metavar="FILE", help="boot this initramfs")
    add("--no-hook", dest="hook", action="store_false", help="a guest without the package")
    add("--script", default="", metavar="FILE", help="run this shell script in the guest")
    add("--loader", choices=("grub",), default="",
        help="boot from the guest's disk, by this loader, once for each --boot")
    add("--boot", dest="boots", action="append", default=[], metavar="FILE",
        help="with --loader: the shell script of one boot; repeatable, the disk keeps its changes")
    add("--package-file", dest="package_file", action="store_true",
        help="with --loader and --no-hook: the package under test as /var/tmp/pt-hook.deb")
    add("--uki", action="store_true",
        help="a unified kernel image, whose command line is fixed (with UEFI firmware)")
    add("--package", dest="packages", action="append", default=[], metavar="NAME",
        help="a Debian package for the root disk; those it depends on must be there already")
    add("--stage", choices=("initramfs", "system"), default=defaults.stage,
        help="how far to boot: the end of the initramfs, or real udev on the real root (default)")
    add("--memory", type=int, default=defaults.memory, metavar="MB")
    add("--timeout", type=int, default=defaults.timeout, metavar="SECONDS")
    add("--keep-log", type=Path, metavar="FILE", help="where the console log goes")
    add("--keep", action="store_true", help="keep the guest's folder of temporary files")
    return made


def package(path: str) -> Path:
    """The package under test: the given file, or a new build of this tree."""
    if path:
        if not Path(path).is_file():
            raise Problem(f"--deb {path}: no such file")
        return Path(path).resolve()
    say("building the package (scripts/build-deb)")
    folder = PROJECT / "build" / "boot-package"  # not in the cache, which other trees share
    folder.mkdir(parents=True, exist_ok=True)
    output = command([PROJECT / "scripts" / "build-deb", folder], "building the package")
    built = Path(output.strip().splitlines()[-1])
    if not built.is_file():
        raise Problem(f"scripts/build-deb: its last line is {str(built)!r}, not a file")
    return built


def given_file(option: str, path: str) -> Path:
    if not Path(path).is_file():
        raise Problem(f"{option} {path}: no such file")
    return Path(path).resolve()


def by_hand(arguments: argparse.Namespace) -> scenario.Scenario:
    """The scenario of the options; a Problem if they do not go together."""
    table = {name: getattr(arguments, name) for name in scenario.FIELDS
             if hasattr(arguments, name)}
    table["suite"] = arguments.suite or "trixie"
    if table["suite"] == scenario.SMALL or table["builder"] == scenario.BARE:
        table["stage"] = "initramfs"
    if table["suite"] == scenario.NATIVE and table["image_kind"] == scenario.Scenario.image_kind:
        table["image_kind"] = "generic"
    for name in ("kernel", "initrd"):
        table[name] = str(given_file(f"--{name}", table[name])) if table[name] else ""
    if table["script"]:
        table["script"] = given_file("--script", table["script"]).read_text(encoding="utf-8")
    table["boots"] = [given_file("--boot", path).read_text(encoding="utf-8")
                      for path in table["boots"]]
    return scenario.make(table, "options")


def seconds_of(wanted: scenario.Scenario) -> int:
    """About how long such a guest takes by TCG on an idle machine."""
    if wanted.suite == scenario.SMALL:
        return 4
    if wanted.builder == scenario.BARE:
        return 4
    return 15 if wanted.stage == "initramfs" else 50


def run_scenario(arguments: argparse.Namespace, wanted: scenario.Scenario) -> int:
    can = qemu.abilities()
    reason = runner.missing_ability(wanted, can)
    if reason:
        raise Problem(reason)
    if wanted.gpus and can.transport == "none":
        wanted = dataclasses.replace(wanted, append=scenario.with_stand_ins(wanted.append))
        say(f"{can.version} cannot present ids of our choice; stand-ins with other ids are used, "
            f"and the command line's are replaced: {wanted.append}")
    store = Store(package(arguments.deb) if wanted.hook or wanted.package_file else None)
    log = (arguments.keep_log or arguments.logs / f"by-hand-{os.getpid()}.log").resolve()
    say(f"booting {wanted.suite} to the {wanted.stage} stage "
        f"({seconds_of(wanted)} s or so)")
    can = guest.settle(can, wanted, store, log.parent)
    outcome = guest.boot(wanted, can, store, log, arguments.keep)
    say(f"the guest ended after {outcome.seconds:.0f} s")
    if arguments.json:
        print(json.dumps(report.scenario_json(outcome), indent=2))
    elif outcome.facts:
        print(report.scenario_text(outcome))
    if outcome.facts is None:
        say(f"{outcome.failure}; console log: {outcome.console_log}")
        return 1
    return 0


def self_test() -> unittest.TestResult:
    folder = Path(__file__).resolve().parents[1] / "selftest"
    suite = unittest.defaultTestLoader.discover(str(folder), top_level_dir=str(folder))
    return unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(suite)


def counts(result: unittest.TestResult) -> tuple[int, int, int]:
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    return result.testsRun - failed - skipped, failed, skipped


def closing_line(passed: int, failed: int, skipped: int) -> int:
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def is_scenario(arguments: argparse.Namespace) -> bool:
    """Is one guest described, rather than cases chosen?"""
    if arguments.all or arguments.full or arguments.names or arguments.filter:
        return False
    defaults = parser().parse_args([])
    return any(getattr(arguments, name) != getattr(defaults, name)
               for name in (*scenario.FIELDS, "keep_log", "keep"))


def run_cases(arguments: argparse.Namespace) -> int:
    passed, failed, skipped = counts(self_test())
    if schema.MISSING:
        say(f"skipped: {schema.MISSING}")  # counted by the self-test
    can = qemu.abilities()
    loaded = cases.load() + matrix.load()
    cases.check_proves(loaded)
    selection = runner.Selection(arguments.full, arguments.suite or "", arguments.filter,
                                 tuple(arguments.names))
    if arguments.prepare:
        runner.prepare(loaded, selection, can, Store(None))
        return 0
    store = Store(package(arguments.deb))
    tests = runner.run(loaded, selection, can, store, arguments.logs.resolve(), arguments.jobs)
    if arguments.json:
        print(json.dumps([{"test": test.name, "claim": test.case.title, "result": test.result,
                           "reasons": list(test.reasons)} for test in tests], indent=2))
    for test in tests:
        passed += test.result == runner.OK
        failed += test.result == runner.FAIL
        skipped += test.result == runner.SKIPPED
    return closing_line(passed, failed, skipped)


def main(words: list | None = None) -> int:
    made = parser()
    arguments = made.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if arguments.self_test:
            return closing_line(*counts(self_test()))
        if not is_scenario(arguments):
            return run_cases(arguments)
        try:
            wanted = by_hand(arguments)
        except Problem as problem:
            made.error(str(problem))
        return run_scenario(arguments, wanted)
    except (Problem, OSError) as problem:
        print(f"tests/boot/run: {problem}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Stopped):
        guest.stop.set()
        print("tests/boot/run: stopped", file=sys.stderr)
        return 130
