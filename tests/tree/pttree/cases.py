# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases: a machine, a command line, and what has to come of it. One file each in cases/.

    title     what the case claims
    machine   name of a file in machines/
    more      further lines of the machine
    cmdline   command line (without it: proc/cmdline of the machine)
    conf      text of the configuration file
    inject    {call, what, path}: a system call that strace lets fail
    plan      the lines of the plan, which are the whole output of a dry run
    log       the lines that the kernel log holds besides, with N for each time
    changes   what is different in the tree afterwards
    exit      the exit code of a dry run, and of a real one unless there is
    exit_real
    requests  what is asked of drivers, in its order
    json      members that the JSON of the real run has, by address
    report    false if run/pt-hook/report.json cannot be or need not be written

An error that the C libraries word differently is written as {EIO} in plan and log, and a sentence
that many cases have by its name: see sentences.py. What is told for one case alone stands there as
it is.
"""

import os
import tempfile
import tomllib

from .judge import Judge, same
from .kernel import FakeKernel
from .machine import ADDRESS, Machine, changes
from .program import inject, without_times
from .schema import parse
from .sentences import PLACE, sentences

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(HERE, "cases")
KEYS = {"title", "machine", "more", "cmdline", "conf", "inject", "plan", "log", "changes", "exit",
        "exit_real", "requests", "json", "report"}
REPORT = "run/pt-hook/report.json"


def load_machine(root, name, more=""):
    with open(os.path.join(HERE, "machines", name + ".txt"), encoding="ascii") as file:
        return Machine(root, file.read() + more)


def case_names(folder=CASES):
    return sorted(name.removesuffix(".toml") for name in os.listdir(folder)
                  if name.endswith(".toml") and name != "sentences.toml")


class Case:
    def __init__(self, name, folder=CASES):
        self.name = name
        self.path = os.path.join(folder, name + ".toml")
        self.read()

    def read(self):
        with open(self.path, "rb") as file:
            self.data = tomllib.load(file)
        unknown = self.data.keys() - KEYS
        if unknown:
            raise ValueError(f"{self.name}: unknown keys {unknown}")
        self.title = self.data["title"]

    def run(self, program, judge=None):
        self.judge = judge or Judge()
        with tempfile.TemporaryDirectory(prefix="pt-tree-") as root:
            machine = load_machine(root, self.data["machine"], self.data.get("more", ""))
            if "conf" in self.data:
                machine.write("etc/pt-hook.conf", self.data["conf"].encode())
            self.arguments = ["--root", root]
            if "cmdline" in self.data:
                self.arguments += ["--cmdline", self.data["cmdline"]]
            self.prefix = ()
            if "inject" in self.data:
                how = self.data["inject"]
                self.prefix = inject(machine, how["call"], how["what"], how["path"])
            self.dry_runs(program, machine)
            self.real_runs(program, machine)

    def dry_runs(self, program, machine):
        before = machine.snapshot(with_times=True)
        text = program.run("--dry-run", *self.arguments, prefix=self.prefix)
        self.plan = text.out.splitlines()
        self.judge.lines("output of the dry run", program, self.plan, self.data, "plan")
        same("its standard error", text.err, "")
        self.judge.value("its exit code", text.code, self.data, "exit", 0)

        as_json = program.run("--dry-run", "--json", *self.arguments, prefix=self.prefix)
        same("exit code with --json", as_json.code, text.code)
        told = parse(as_json.out)
        if not self.judge.changes:  # else what the lines begin with is not known
            self.compare_order(told)
        same("changes by dry runs", changes(before, machine.snapshot(with_times=True)), [])
        same("kernel log of dry runs", read_log(machine), [])
        same("report of dry runs", os.path.exists(machine.path(REPORT)), False)

    def compare_order(self, told):
        """Both forms of a dry run have the same devices in the same order."""
        for key, names in (("devices", ["by"]), ("neighbours", ["stays", "stays-held"])):
            begins = [PLACE.split(sentences().by_name[name])[0] for name in names]
            same(f"{key} of the JSON", [device["address"] for device in told[key]],
                 [ADDRESS.match(line)[0] for line in self.plan
                  if any(begin in line for begin in begins)])

    def real_runs(self, program, machine):
        before = machine.snapshot()
        with FakeKernel(machine) as kernel:
            run = program.run("--json", *self.arguments, prefix=self.prefix)
        log = read_log(machine)
        only_dry = {program.words(line) for line in ONLY_DRY}
        plan = [line for line in self.plan if line not in only_dry]
        same("first lines of the kernel log", log[:len(plan)], plan)
        self.judge.lines("the other lines", program,
                         [without_times(line) for line in log[len(plan):]], self.data, "log")
        self.judge.lines("changes", program, changes(before, machine.snapshot()), self.data,
                         "changes")
        same("standard error", run.err, "")
        self.judge.value("exit code", run.code, self.data,
                         "exit_real" if "exit_real" in self.data else "exit", 0)

        if "requests" in self.data:
            self.judge.lines("requests", program, kernel.requests, self.data, "requests")
        same("report", read_report(machine), run.out if self.data.get("report", True) else None)
        told = {device["address"]: device for device in parse(run.out)["devices"]}
        for address, members in self.data.get("json", {}).items():
            for key in members:
                self.judge.value(f"JSON of {address}: {key}", told[address].get(key), members, key,
                                 None, ("json", address))
        if run.code == 0:
            self.run_again(program, machine)

    def run_again(self, program, machine):
        """What is done is not done twice: a second run finds nothing to write."""
        before = machine.snapshot(with_times=True)
        with FakeKernel(machine) as kernel:
            run = program.run(*self.arguments, prefix=self.prefix)
        same("exit code of a second run", run.code, 0)
        same("changes by it", changes(before, machine.snapshot(with_times=True)), [])
        same("requests by it", kernel.requests, [])


# What is said in a dry run because somebody looks, and not to the kernel log.
ONLY_DRY = ("{nothing-asked}",)


def read_log(machine):
    """The lines of the kernel log, without their level and the program's name."""
    lines = []
    with open(machine.path("dev/kmsg"), encoding="ascii") as file:
        for line in file.read().splitlines():
            level, _, text = line.partition("pt-hook: ")
            if level not in ("<3>", "<4>", "<6>", "<7>"):
                raise AssertionError(f"no record of the kernel log: {line!r}")
            lines.append(text)
    return lines


def read_report(machine):
    """The text of the report, or None."""
    try:
        with open(machine.path(REPORT), encoding="ascii") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
