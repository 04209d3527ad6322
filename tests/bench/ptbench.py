# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts system calls and memory, which is exact, and compares times, which is not.

The counts are asserted: a device that nobody asks for costs one open, one read and one close, and
nothing else grows with the number of devices. Asserted is as well how much memory a run takes at
its peak. Times depend on the machine: only their ratios within one run are printed, and nothing is
asserted about them. Some checks use fake sysfs trees on this machine; `guest` compares pt-hook with
other ways to bind devices, in an emulated machine, and `image` measures the initramfs.
"""

import argparse
import collections
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import ptguest
from ptboot.cli import package
from ptboot.images import Store
from ptboot.support import Problem
from pttree.checks import trace
from pttree.runner import use_memory
from pttree.cases import same
from pttree.kernel import FakeKernel
from pttree.machine import Machine
from pttree.program import Program, Skip, strace

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZES = (256, 1024, 4096)
WORD = "pt.ids=10de:1b06"
MEMORY_LIMIT = 512  # KiB, beyond what a run without any work takes
ROUNDS = 31  # of each measured time; the median counts


def crowd(root, number):
    """A machine with so many network functions and, in their midst, one graphics card."""
    machine = Machine(root)
    machine.add("driver vfio-pci\nmodule vfio_iommu_type1")
    for i in range(number):
        address = f"0000:{i >> 8:02x}:{i >> 3 & 0x1f:02x}.{i & 7}"
        ids, class_code = (("10de:1b06", "030000") if i == number // 2
                           else ("8086:10ed", "020000"))
        machine.add_device(address, ids, "1462:3602", class_code, f"group={i}")
    return machine


def count_calls(program, machine):
    """System calls of a dry run: by name, and those on attributes of unselected devices."""
    run, lines = trace(program, "all", "--dry-run", "--root", machine.root, "--cmdline", WORD)
    same("exit code", run.code, 0)
    same("devices found", run.out.count(": bind to vfio-pci"), 1)
    names = collections.Counter()
    devices = collections.defaultdict(collections.Counter)
    card = re.match(r"\S+", run.out)[0]
    for line in lines:
        name = re.match(r"\w+", line)
        if name is None or line.startswith("exit"):
            continue
        names[name[0]] += 1
        address = re.search(r"(0000:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(/|\")", line)
        if address and "getdents" not in line:
            devices[address[1]][name[0]] += 1
    devices.pop(card)
    return names, devices


def check_counts(program):
    counts = {}
    for number in SIZES:
        with tempfile.TemporaryDirectory(prefix="pt-bench-") as root:
            names, devices = count_calls(program, crowd(root, number))
        same("unselected devices seen", len(devices), number - 1)
        same("calls for each unselected device",
             {tuple(sorted(calls.items())) for calls in devices.values()},
             {(("close", 1), ("openat", 1), ("read", 1))})
        counts[number] = names
        print(f"{number:5} devices: {sum(names.values())} system calls, "
              f"{names['openat']} openat, {names['read']} read, {names['close']} close, "
              f"{names['getdents64']} getdents64")
    small, middle, large = (counts[number] for number in SIZES)
    for name in ("openat", "read", "close"):
        # exactly linear: each further device brings exactly one
        same(f"{name} for each further device", [
            (middle[name] - small[name]) / (SIZES[1] - SIZES[0]),
            (large[name] - middle[name]) / (SIZES[2] - SIZES[1])], [1, 1])
    # Directories are read in pieces, memory comes in steps that double.
    known = {"openat", "read", "close", "getdents64", "brk", "mmap", "munmap", "mremap", "lseek"}
    same("other calls that grow with the number of devices",
         [name for name in large if name not in known and large[name] != small[name]], [])


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def runs(pid, path):
    """Whether the process, which may be gone by now, runs this program."""
    try:
        return os.path.samefile(f"/proc/{pid}/exe", path)
    except OSError:
        return False


def high_water(pid):
    """The most memory that a process has had so far, in KiB; none of one that is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            match = re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.M)
    except OSError:
        return 0
    return int(match[1]) if match else 0


def peak_memory(program, *arguments):
    """The peaks of a run in KiB: of the process that decides and of that which does the steps.
    strace holds each of them at its end, so that the peak can be read."""
    peaks = collections.defaultdict(int)
    command = [*strace("-o", "/dev/null", "-e", "trace=exit_group",
                       "-e", "inject=exit_group:delay_enter=200000"), program.path, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            for first in children_of(process.pid):
                for pid in (first, *children_of(first)):
                    # what strace starts is strace itself for a moment
                    if runs(pid, program.path):
                        peaks[pid] = max(peaks[pid], high_water(pid))
            time.sleep(0.02)
    same("exit code", process.returncode, 0)
    return max(peaks.values())


def check_memory(program):
    """Prints what runs among many devices take, and asserts it where one of them is asked for."""
    idle = peak_memory(program, "--version")
    number = SIZES[-1]
    with tempfile.TemporaryDirectory(prefix="pt-bench-") as root:
        machine = crowd(root, number)
        for words, asked in ((WORD, 1), ("pt.ids=10de:1b06,8086:10ed", number)):
            with FakeKernel(machine):
                peak = peak_memory(program, "--root", root, "--deadline", "120", "--cmdline", words)
            print(f"{number} devices, {asked} asked for: peak memory {peak - idle} KiB above the "
                  f"{idle} KiB of pt-hook --version")
            if asked == 1:
                small = peak - idle
    same(f"peak memory is at most {MEMORY_LIMIT} KiB", small <= MEMORY_LIMIT, True)


def median_seconds(*commands):
    """The median time of each command, run in turn so that a busy moment hits all of them."""
    times = [[] for _ in commands]
    for _ in range(ROUNDS):
        for command, seconds in zip(commands, times):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - begin)
    return [statistics.median(seconds) for seconds in times]


def print_planning(program):
    with contextlib.ExitStack() as stack:
        commands = []
        for number in SIZES:
            root = stack.enter_context(tempfile.TemporaryDirectory(prefix="pt-bench-"))
            crowd(root, number)
            commands.append([program.path, "--dry-run", "--root", root, "--cmdline", WORD])
        small, middle, large = median_seconds(*commands)
    print(f"planning for 4096 devices takes {large / middle:.2f} times as long as for 1024, "
          f"for 1024 {middle / small:.2f} times as for 256 (4 is linear; the start of the program "
          "is part of each)")


def print_idle(program):
    with tempfile.TemporaryDirectory(prefix="pt-bench-") as root:
        Machine(root)  # its command line has none of our words
        idle, nothing = median_seconds([program.path, "--root", root], ["/bin/true"])
    print(f"a boot without a pt. word takes {idle / nothing:.2f} times as long as /bin/true")


def store_of(deb):
    """The boot tests' images, with the package under test."""
    if os.geteuid() != 0:
        raise Skip("root file systems and chroot need root; run this as root")
    if not shutil.which("mmdebstrap"):
        raise Skip("mmdebstrap is not here, which makes the guest's root file system")
    return Store(package(deb))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", help="the program to look at; without it the preset release "
                        "is built and taken")
    parser.add_argument("--deb", metavar="FILE", default=os.environ.get("PT_DEB", ""),
                        help="the package for the guest (default: what scripts/build-deb makes, or "
                        "$PT_DEB)")
    parser.add_argument("--full", action="store_true", help="the guest has 8, 64 and 256 functions "
                        "to bind, and of the quick ways the median of three rounds counts: a quarter "
                        "of an hour or more; without it one round with 8 and 16")
    parser.add_argument("--only", choices=CHECKS, action="append", help="run this part; repeatable")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", default=Path(TOP, "build/bench-logs"),
                        help="where the guest's console log goes (build/bench-logs)")
    return parser.parse_args()


CHECKS = {
    "counts": lambda program, options: check_counts(program),
    "memory": lambda program, options: check_memory(program),
    "planning": lambda program, options: print_planning(program),
    "idle": lambda program, options: print_idle(program),
    "image": lambda program, options: ptguest.measure_image(store_of(options.deb)),
    "guest": lambda program, options: ptguest.compare(store_of(options.deb), options.full,
                                                      options.logs.resolve()),
}


def main():
    options = arguments()
    if options.program is None:
        for step in (["--preset", "release"], ["--build", "--preset", "release"]):
            subprocess.run(["cmake", *step], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        options.program = os.path.join(TOP, "build/release/pt-hook")

    use_memory()
    program = Program(options.program)
    results = {"passed": 0, "failed": 0, "skipped": 0}
    for name in options.only or CHECKS:
        try:
            CHECKS[name](program, options)
            results["passed"] += 1
        except Skip as why:
            print(f"skip  {name}: {why}")
            results["skipped"] += 1
        except (AssertionError, Problem) as error:
            print(f"FAILED  {name}: {error}")
            results["failed"] += 1
    print(", ".join(f"{number} {what}" for what, number in results.items()))
    return 1 if results["failed"] else 0
