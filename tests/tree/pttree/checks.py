# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the program does not touch, its exit codes, and machines of unusual size."""

import json
import os
import re
import tempfile
from contextlib import contextmanager

from .cases import load_machine, read_log, same
from .kernel import FakeKernel
from .machine import Machine, changes
from .program import strace
from .schema import parse, validator

CARD = "pt.ids=10de:1b06,10de:10ef"

# All that can change a file system or the kernel, but writing to what is open already.
CHANGING_CALLS = ("mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,link,linkat,"
                  "symlink,symlinkat,mknod,mknodat,chmod,fchmod,fchmodat,chown,fchown,lchown,"
                  "fchownat,truncate,ftruncate,utimensat,mount,umount2,init_module,finit_module,"
                  "delete_module,setxattr,fork,vfork,clone,clone3,execve,creat,socket")


@contextmanager
def machine_of(name, more=""):
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as root:
        yield load_machine(root, name, more)


def trace(program, calls, *arguments):
    """Runs the program under strace; returns the run and the lines of its system calls."""
    with tempfile.NamedTemporaryFile(prefix="pt-trace-") as file:
        run = program.run(*arguments, prefix=strace("-y", "-s", "4096", "-e", f"trace={calls}",
                                                    "-o", file.name))
        lines = file.read().decode().splitlines()
    # the first one is strace's own start of the program
    return run, [re.sub(r"^\d+ +", "", line) for line in lines if "execve(" not in line]


def check_dry_run_writes_nothing(program):
    """A dry run opens nothing for writing and changes nothing."""
    with machine_of("twins") as machine:
        before = machine.snapshot(with_times=True)
        for more in ([], ["--json"]):
            run, calls = trace(program, f"open,openat,openat2,{CHANGING_CALLS}", "--dry-run",
                               "--root", machine.root, "--cmdline", CARD + " pt.debug", *more)
            same("exit code", run.code, 0)
            same("devices found", run.out.count("0000:0"), 4)
            reads = [line for line in calls if re.match(r"open(at)?2?\(.*O_(RDONLY|PATH)", line)]
            same("calls that change something", [line for line in calls if line not in reads], [])
            same("files opened to be made", [line for line in reads if re.search(
                r"O_(CREAT|TRUNC|APPEND|TMPFILE)", line)], [])
            if not any("modalias" in line for line in reads):
                raise AssertionError("strace has seen no modalias being opened")
        same("changes", changes(before, machine.snapshot(with_times=True)), [])


def check_real_run_is_seen_writing(program):
    """The same trace of a real run shows its writes."""
    with machine_of("desktop") as machine, FakeKernel(machine):
        run, calls = trace(program, "open,openat,fork,vfork,clone,clone3", "--root", machine.root,
                           "--cmdline", CARD)
        same("exit code", run.code, 0)
        opened = [line for line in calls if "O_WRONLY" in line]
        same("overrides opened", sum("driver_override" in line for line in opened), 2)
        same("bind opened", sum("vfio-pci/bind" in line for line in opened), 2)


def check_no_word_reads_only_the_command_line(program):
    """Without a pt. word only what can hold one is read, and no process is made."""
    with machine_of("desktop") as machine:
        for root, arguments in ((machine.root, []), ("/", ["--cmdline", "quiet splash"])):
            run, calls = trace(program, f"%file,{CHANGING_CALLS}", "--root", root, *arguments)
            same("exit code", run.code, 0)
            same("output", run.out + run.err, "")
            same("accesses to /sys", [line for line in calls if re.search(
                r'"(\S*/)?sys(/|")', line)], [])
            same("processes made", [line for line in calls if re.match(
                r"(v?fork|clone3?)\(", line)], [])
            if program.is_static():
                same("files opened", [line.split(",")[1].strip() for line in calls],
                     [f'"{root}"', '"etc/pt-hook.conf"'] +
                     (['"proc/cmdline"'] if not arguments else []))
        same("kernel log", read_log(machine), [])


def check_off_reads_only_the_command_line(program):
    """With pt.off no device is looked at."""
    with machine_of("desktop") as machine:
        run, calls = trace(program, "%file", "--root", machine.root, "--cmdline", CARD + " pt.off")
        same("exit code", run.code, 0)
        same("accesses to sys", [line for line in calls if '"sys' in line], [])


def check_unselected_devices_are_read_once(program):
    """Of a device that is not asked for only modalias is read, and of a display its boot_vga."""
    with machine_of("desktop") as machine:
        _, calls = trace(program, "%file", "--dry-run", "--root", machine.root, "--cmdline",
                         "pt.ids=10de:1b06 pt.with=none")
        touched = re.findall(r'"[^"]*(0000:[^"]*)"', "\n".join(calls))
        for address, attributes in (("0000:00:02.0", ["modalias", "boot_vga"]),
                                    ("0000:00:17.0", ["modalias"]), ("0000:02:00.0", ["modalias"])):
            same(f"accesses to {address}", [path for path in touched if address in path],
                 [f"{address}/{attribute}" for attribute in attributes])
        same("accesses to the card", sorted({path.partition("/")[2] for path in touched
                                             if "0000:01:00.0" in path}),
             ["", "boot_vga", "driver", "iommu_group", "modalias"])


def check_exit_codes(program):
    """The exit code is 2 for wrong usage, 1 for what could not be done, else 0."""
    with machine_of("desktop") as machine:
        here = ["--root", machine.root]
        for code, arguments in (
                (0, ["--help"]), (0, ["--version"]), (0, [*here]),
                (0, [*here, "--dry-run", "--cmdline", CARD]),
                (0, [*here, "--cmdline", "pt.ids=10de:1b06 pt.off"]),
                (1, [*here, "--dry-run", "--cmdline", "pt.ids=1:2"]),
                (1, [*here, "--dry-run", "--cmdline", "pt.ids"]),
                (1, [*here, "--cmdline", "pt.nonsense"]),
                (2, ["--nonsense"]), (2, [*here, "--cmdline"]), (2, [*here, "--deadline", "0"]),
                (2, [*here, "extra"]), (2, ["--root", machine.path("nowhere")]),
                (2, ["--root", machine.path("proc/cmdline")]), (2, ["--root="])):
            run = program.run(*arguments)
            same(f"exit code of {arguments}", run.code, code)
            same(f"a hint on standard error of {arguments}",
                 run.err.endswith("Try 'pt-hook --help'.\n"), code == 2)
        help_text = program.run("--help").out
        same("help begins with the usage", help_text.startswith("Usage: pt-hook"), True)
        same("version", bool(re.fullmatch(r"pt-hook \d+\.\d+\.\d+\n",
                                          program.run("--version").out)), True)


def check_no_command_line_is_an_error(program):
    """A command line that cannot be read is an error, and said."""
    with machine_of("desktop", "remove proc/cmdline") as machine:
        run = program.run("--root", machine.root)
        same("exit code", run.code, 1)
        same("log", read_log(machine), ["cannot read /proc/cmdline: No such file or directory, "
                                        "nothing is done"])


def check_errors_of_a_dry_run_for_programs_go_to_standard_error(program):
    """Where there is no document to print, or one that cannot hold the error, it is told beside."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as root:
        for arguments, document, said in (
                ([], False, "cannot read /proc/cmdline: No such file or directory, nothing is done"),
                (["--cmdline", CARD], True,
                 "cannot list the PCI devices: No such file or directory, nothing is done")):
            run = program.run("--dry-run", "--json", "--root", root, *arguments)
            same("exit code", run.code, 1)
            same("a document", bool(run.out), document)
            if document:
                parse(run.out)
            same("errors", run.err, said + "\n")


def check_no_kernel_log_goes_to_standard_error(program):
    """Without a kernel log the lines go to standard error."""
    with machine_of("desktop", "remove dev/kmsg") as machine, FakeKernel(machine):
        run = program.run("--root", machine.root, "--cmdline", "pt.ids=10de:1b06")
        same("exit code", run.code, 0)
        same("lines", run.err.count("pt-hook: "), 3)
        same("written to standard output", run.out, "")
        same("driver", machine.driver_of("0000:01:00.0"), "vfio-pci")


def check_full_output_is_no_obstacle(program):
    """A standard output that takes nothing does not keep the devices from being bound."""
    with machine_of("desktop") as machine, FakeKernel(machine), open("/dev/full", "wb") as full:
        run = program.run("--json", "--root", machine.root, "--cmdline", CARD, stdout=full)
        same("exit code", run.code, 0)
        same("driver", machine.driver_of("0000:01:00.1"), "vfio-pci")


def check_closed_descriptors_are_no_obstacle(program):
    """Started without standard descriptors it works, and writes nothing where it must not."""
    def close_all():
        for descriptor in (0, 1, 2):
            os.close(descriptor)

    for more in ("", "remove dev/kmsg"):
        with machine_of("desktop", more) as machine:
            before = machine.snapshot()
            with FakeKernel(machine):
                run = program.run("--json", "--root", machine.root, "--cmdline", CARD,
                                  preexec_fn=close_all)
            same("exit code", run.code, 0)
            same("changes", changes(before, machine.snapshot()), [
                "0000:01:00.0/driver: none -> vfio-pci",
                "0000:01:00.0/driver_override: (null) -> vfio-pci",
                "0000:01:00.1/driver: none -> vfio-pci",
                "0000:01:00.1/driver_override: (null) -> vfio-pci"])


def check_long_command_line(program):
    """A command line longer than the kernel's own, by bootconfig, is read whole."""
    words = " ".join(f"kernel.word{i}=x" for i in range(3000))
    with machine_of("desktop") as machine:
        machine.write("proc/cmdline", f"{words} {CARD}\n".encode())
        run = program.run("--dry-run", "--root", machine.root)
        same("exit code", run.code, 0)
        same("devices", run.out.count(": bind to vfio-pci"), 2)


def check_conf_that_is_too_long(program):
    """Of a conf file beyond 64 KiB no word counts, for the last one may be cut off; that is said."""
    with machine_of("desktop") as machine:
        for filler, code, said in ((65536 - 18, 0, False), (65536 - 17, 1, True)):
            machine.write("etc/pt-hook.conf", b"#" * filler + b"\npt.ids=10de:1b06\n")
            run = program.run("--dry-run", "--root", machine.root)
            same("exit code", run.code, code)
            same("the card is taken", "10de:1b06 (display): bind" in run.out, not said)
            same("the file is told of", "/etc/pt-hook.conf cannot be read: File too large, its "
                 "words are missing" in run.out, said)


def check_truncated_command_line(program):
    """An item that the kernel may have cut off is not guessed at."""
    with machine_of("desktop") as machine:
        tail = " pt.ids=10de:10ef,10de:1b06"
        line = "x" * (2047 - len(tail)) + tail
        machine.write("proc/cmdline", line.encode() + b"\n")
        run = program.run("--dry-run", "--root", machine.root)
        same("exit code", run.code, 1)
        same("first words", [text.partition(" ")[0] for text in run.out.splitlines()],
             ["pt.ids:", "0000:01:00.1", "0000:01:00.0"])


def check_long_lines_are_whole_in_the_log(program):
    """However long a bad word is, the log holds the line that the dry run prints."""
    with machine_of("desktop") as machine:
        arguments = ["--root", machine.root, "--cmdline",
                     f"pt.{'a' * 1500}=1 pt.ids={'b' * 1500}:1 pt.{chr(1) * 300}"]
        dry = program.run("--dry-run", *arguments)
        real = program.run(*arguments)
        same("exit codes", (dry.code, real.code), (1, 1))
        same("log", read_log(machine), dry.out.splitlines()[:3])


def crowd(root, number):
    machine = Machine(root)
    machine.add("driver vfio-pci\nmodule vfio_iommu_type1")
    for i in range(number):
        address = f"{i >> 12:04x}:{i >> 4 & 0xff:02x}:{i & 0xf:02x}.0"
        ids = "10de:1b06" if i == number // 2 else "8086:10ed"
        machine.add_device(address, ids, "1462:3602", "020000", f"group={i}")
    return machine


def check_crowd(program):
    """Among 8192 devices in two domains one is found and bound."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as root:
        machine = crowd(root, 8192)
        with FakeKernel(machine):
            run = program.run("--json", "--root", root, "--cmdline", "pt.ids=10de:1b06")
        same("exit code", run.code, 0)
        same("devices", [(device["address"], device["result"])
                         for device in parse(run.out)["devices"]],
             [("0001:00:00.0", "bound")])


check_crowd.cost = 10


def check_crowd_selected(program):
    """4096 devices are all bound in one run."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as root:
        machine = crowd(root, 4096)
        with FakeKernel(machine):
            run = program.run("--json", "--deadline", "60", "--root", root, "--cmdline",
                              "pt.ids=8086:10ed,10de:1b06")
        same("exit code", run.code, 0)
        # a thousand times the same against the schema takes longer than all else together
        devices = json.loads(run.out)["devices"]
        same("bound", sum(device["result"] == "bound" for device in devices), 4096)
        same("sorted", [device["address"] for device in devices],
             sorted(device["address"] for device in devices))


check_crowd_selected.cost = 10


def check_json_is_held_against_its_schema(program):
    """All JSON of these tests is held against its schema, which refuses what does not fit it."""
    validator()
    with machine_of("desktop") as machine:
        run = program.run("--dry-run", "--json", "--root", machine.root, "--cmdline", CARD)
    good = parse(run.out)
    for change in ({"surprise": 1}, {"fulfilled": "yes"}, {"devices": [{}]}):
        try:
            parse(json.dumps(good | change))
        except AssertionError as error:
            same("begin of the message", str(error).partition(" at ")[0],
                 "JSON that its schema refuses")
        else:
            raise AssertionError(f"a report with {change} fits the schema")
