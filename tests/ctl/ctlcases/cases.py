# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases: a machine, what pt-hook has done in it, and what ptctl then says. One file each in cases/.

    title     what the case claims
    machine   name of a file in tests/tree/machines
    more      further lines of the machine, before pt-hook runs
    cmdline   the command line of the boot (without it: proc/cmdline of the machine)
    conf      text of /etc/pt-hook.conf
    boot      true: pt-hook runs in the machine, with a fake kernel, and leaves its report
    later     further lines of the machine, after that
    kernels   {version, modules, built_in}: kernels in /lib/modules and what they have
    images    {path, kind, conf, cmdline}: initramfs images by their kind in boot_files.py, with the
              conf file in them; one with the ending .efi is a unified kernel image
    run       a list of runs of ptctl:
      args    arguments, in one text as for a shell
      out     what is printed on standard output; {EIO} is the word of pt-hook's C library for it
      err     what is printed on standard error, without the program's name in front
      exit    exit code (0)
      json    members that the document printed with --json has; lists are compared whole, the
              members of objects that are not named here may be anything
      finding members that checks of doctor have in its document, by the name of the check
      files   paths below the root and what is expected there: the text, or "" for no such file
      no_json true: there is no run with --json
      as_before  true: every file, directory and link is as before the first run, with its mode and
              owner

Each run is done twice, the second time with --json, whose document has to fit the schema of the
command in docs/, and whose exit code has to be the same. A sentence that many cases have is written
by its name (pttree/sentences.py); an output with such names has each paragraph in one line. Paths and times that differ from run to run
are written as ROOT and, in UTC, from the time the report is given: 2026-01-02 03:04.
"""

import functools
import json
import os
import shlex
import tempfile
import tomllib

from pttree.cases import load_machine
from pttree.judge import Judge, contracted, same, unbroken_like
from pttree.kernel import FakeKernel
from pttree.machine import changes
from pttree.program import Skip

from .boot_files import add_image, add_kernel

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "docs")
CASES = os.path.join(HERE, "cases")
KEYS = {"title", "machine", "more", "cmdline", "conf", "boot", "later", "kernels", "images", "run"}
RUN_KEYS = {"args", "out", "err", "exit", "json", "finding", "files", "no_json", "as_before"}
REPORT = "run/pt-hook/report.json"
REPORT_TIME = 1767323040  # 2026-01-02 03:04 UTC


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
        for run in self.data["run"]:
            unknown |= run.keys() - RUN_KEYS
        if unknown:
            raise ValueError(f"{self.name}: unknown keys {unknown}")
        self.title = self.data["title"]

    def prepare(self, programs, root):
        machine = load_machine(root, self.data["machine"], self.data.get("more", ""))
        with open(os.path.join(HERE, "pci.ids"), "rb") as file:
            machine.write("usr/share/misc/pci.ids", file.read())
        if "conf" in self.data:
            machine.write("etc/pt-hook.conf", self.data["conf"].encode())
        if "cmdline" in self.data:
            machine.write("proc/cmdline", self.data["cmdline"].encode() + b"\n")
        if self.data.get("boot"):
            with FakeKernel(machine):
                programs.hook.run("--root", root)
        machine.add(self.data.get("later", ""))
        for kernel in self.data.get("kernels", []):
            add_kernel(machine, **kernel)
        for image in self.data.get("images", []):
            add_image(machine, **image)
        if os.path.exists(machine.path(REPORT)):
            os.utime(machine.path(REPORT), (REPORT_TIME, REPORT_TIME))
        return machine

    def run(self, programs, judge=None):
        self.judge = judge or Judge()
        with tempfile.TemporaryDirectory(prefix="pt-ctl-") as root:
            machine = self.prepare(programs, root)
            before = everything(machine) if any("as_before" in run for run in self.data["run"]) \
                else {}
            for number, run in enumerate(self.data["run"]):
                arguments = ["--root", root, *shlex.split(run["args"].replace("ROOT", root))]
                code = self.run_as_text(programs, machine, arguments, run, ("run", number))
                if not run.get("no_json"):
                    self.run_as_json(programs, arguments, run, ("run", number), code)
                if run.get("as_before"):
                    same(f"ptctl {run['args']}: what differs from before",
                         changes(before, everything(machine)), [])

    def run_as_text(self, programs, machine, arguments, run, path):
        what = f"ptctl {run['args']}"
        text = programs.ctl.run(*arguments)
        root = machine.root
        self.judge.value(f"{what}: exit code", text.code, run, "exit", 0, path)
        self.judge.lines(f"{what}: standard error", programs,
                         text.err.replace("ptctl: ", "").replace(root, "ROOT").splitlines(),
                         run, "err", path)
        if "out" in run:
            out = text.out.replace(root, "ROOT")
            if "--prometheus" not in run["args"]:
                out = unbroken_like(run["out"], out)
            self.judge.lines(f"{what}: output", programs, out.splitlines(), run, "out", path)
        same(f"{what}: escapes in what is no terminal", "\x1b" in text.out + text.err, False)
        for file in run.get("files", {}):
            self.judge.value(f"{what}: {file}", read_text(machine.path(file)), run["files"], file,
                             None, (*path, "files"))
        return text.code

    def run_as_json(self, programs, arguments, run, path, code):
        what = f"ptctl {run['args']} --json"
        as_json = programs.ctl.run("--json", *arguments)
        same(f"{what}: exit code", as_json.code, code)
        if not as_json.out and as_json.err:
            same(f"{what}: members of a document that there is not", run.get("json", {}), {})
            return
        document = json.loads(as_json.out)
        command = shlex.split(run["args"])[0]
        hold_against_schema(what, command, document)
        self.expect(what, programs, document, run, "json", path)
        findings = {check["name"]: check for check in document.get("checks", [])}
        self.expect(what, programs, findings, run, "finding", path)

    def expect(self, what, programs, found, data, key, path):
        """Compares the members that are wanted; TOML has no null, which is written as "null"."""
        wanted = data.get(key, {}) if isinstance(data, dict) else data[key]
        if isinstance(wanted, dict) and isinstance(found, dict):
            for member in wanted:
                same(f"{what}: is there {member}", member in found, True)
                self.expect(f"{what}: {member}", programs, found[member], wanted, member,
                            (*path, key))
        elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
            for index in range(len(wanted)):
                self.expect(f"{what}: [{index}]", programs, found[index], wanted, index,
                            (*path, key))
        elif isinstance(wanted, str) and isinstance(found, str) and wanted != "null":
            if found != programs.words(wanted):
                self.judge.pairs.append((wanted, found))
                self.judge.note(what, found, programs.words(wanted), (*path, key),
                                contracted(found))
        elif wanted == "null":
            same(what, found, None)
        elif type(wanted) is type(found) and not isinstance(found, (dict, list)):
            self.judge.note(what, found, wanted, (*path, key), found)
        else:
            same(what, found, wanted)


def everything(machine):
    def more(path):
        status = os.lstat(os.path.join(os.fsencode(machine.root), path))
        return oct(status.st_mode), status.st_uid, status.st_gid

    return {path: (*what, more(path)) for path, what in machine.snapshot().items()}


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


@functools.cache
def validator_of(command):
    """What knows the schema of a command; one schema may refer to another one beside it."""
    try:
        from jsonschema import Draft202012Validator, RefResolver
    except ImportError:
        raise Skip("Python's jsonschema is missing: run scripts/setup ctl") from None
    with open(os.path.join(DOCS, f"ptctl-{command}.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, resolver=RefResolver(f"file://{DOCS}/", schema))


def hold_against_schema(what, command, document):
    problems = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in validator_of(command).iter_errors(document)]
    same(f"{what}: what does not fit the schema", problems, [])
