# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes each system call of a whole run fail in turn, or kills one of its two processes there.

A run on each machine of subjects.py is recorded with strace. Then it is done again and again, each
time with one more of the recorded calls failing. Whatever fails, the program must end by itself in
time, with an exit code and a report that are true, and every device that the failed call does not
concern must be bound. With exit code 0 everything is as without the fault, the display that shows
the boot has stayed, and all that was said is said, or else what could not be read. Where the process that supervises is killed, the other
one goes on: whatever it comes to, each device has the driver it had and no override, or an override
that keeps others away, and a second run finishes the work.

strace counts the calls of each process by themselves. A call of the process that does the steps is
found by the path that it uses as well; where both processes make such a call, one fault can be in
each of them.
"""

import collections
import os
import re
import subprocess
import tempfile
import time

from .cases import read_log, read_report, same
from .kernel import FakeKernel
from .machine import ADDRESS
from .program import Skip, strace, without_times
from .runner import Check
from .schema import parse
from .subjects import SUBJECTS, make

ERRORS = ("EIO", "ENOMEM")
KILL = "signal=SIGKILL"
DEADLINE = 3  # seconds, of each run
# These cannot fail with the arguments that they are given here, by their definition.
INFALLIBLE = {"arch_prctl", "set_tid_address", "gettid", "clock_gettime", "exit_group"}

# Where a failure concerns all devices: without these nothing is known or nothing can be bound.
ALL = re.compile(r'"proc/cmdline"|<\S*/proc/cmdline>|"sys/bus/pci"|"devices"|'
                 r'<\S*/sys/bus/pci/devices>|"drivers/[a-z-]*vfio-pci/bind", O_RDONLY|'
                 r'sys/module/[a-z_]+_vfio_pci/drivers')
# Where it concerns one device that the call does not name.
ONE = re.compile(r'"drivers/[a-z-]+/(un)?bind", O_WRONLY')
CONF = re.compile(r'etc/pt-hook\.conf')
SAYS = re.compile(r"cannot|not bound|: refused|releasing|matches no|its ids|loading |setting driver_override")
OUT_OF_MEMORY = re.compile(r"mmap\(NULL, \d+, PROT_READ\|PROT_WRITE, MAP_PRIVATE")


Call = collections.namedtuple("Call", "process name ordinal path path_ordinal text")
Fault = collections.namedtuple("Fault", "subject call what")


def calls_of(trace):
    """The calls of a trace in their order, each with its number among those of its process."""
    processes = []
    counts = collections.Counter()
    calls = []
    for line in trace.splitlines():
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if match is None or match[2] == "execve":
            continue
        pid, name, text = match.groups()
        if pid not in processes:
            processes.append(pid)
        process = processes.index(pid)
        path = path_of(name, text)
        counts[process, name] += 1
        counts[process, name, path] += 1
        calls.append(Call(process, name, counts[process, name], path,
                          counts[process, name, path], line))
    return calls


def path_of(name, text):
    """What strace's -P is to compare: the path as it is given, or that of the descriptor."""
    if name in ("openat", "readlinkat", "mkdirat", "renameat"):
        match = re.search(r'"([^"]*)"', text)
    else:
        match = re.match(r"\d+<([/{][^>]*)>", text)
    return match[1] if match else None


def is_own_path(call, calls):
    """Whether the path alone makes sure that the first process does not make this call."""
    return call.path is not None and not any(
        (other.process, other.name, other.path) == (0, call.name, call.path) for other in calls)


def faults_for(subject, calls):
    """All faults. The process that does the steps is killed in calls that only it makes."""
    faults = []
    for call in calls:
        if call.process == 0 and subject.all_errors:
            faults.append(Fault(subject, call, KILL))
        if call.name not in INFALLIBLE:
            errors = ERRORS if subject.all_errors else ERRORS[:1]
            faults += [Fault(subject, call, f"error={error}") for error in errors]
            if call.process == 1 and subject.all_errors and is_own_path(call, calls):
                faults.append(Fault(subject, call, KILL))
    return faults


# What came of a run: `states` are driver and override of the devices that are looked at.
Result = collections.namedtuple("Result", "run trace states is_released log report")


def run_once(program, subject, options):
    """Runs the program on the machine under strace with these options."""
    with tempfile.TemporaryDirectory(prefix="pt-fault-") as root:
        machine = make(subject, root)
        with tempfile.NamedTemporaryFile(prefix="pt-trace-") as file, FakeKernel(machine):
            options = [option.replace("{root}", root) for option in options]
            run = program.run(*options_of_run(root),
                              prefix=("strace", "-q", "-y", "-s", "256", "-o", file.name, *options))
            trace = file.read().decode()
        states = {address: state_of(machine, address) for address in looked_at(subject)}
        return Result(run, trace.replace(root, "{root}"), states, is_released(machine, subject),
                      read_log(machine), read_report(machine))


def looked_at(subject):
    return subject.bound + ((subject.kept,) if subject.kept else ())


def is_released(machine, subject):
    return subject.framebuffer is None or not machine.is_held(subject.framebuffer)


def options_of_run(root):
    return "--json", "--root", root, "--deadline", str(DEADLINE)


def wait_for_others(root):
    """Waits until no process of the program is left that works on this tree."""
    end = time.monotonic() + DEADLINE + 2
    while time.monotonic() < end:
        if not any(root.encode() in words for words in command_lines()):
            return
        time.sleep(0.01)
    raise AssertionError("the process that does the steps does not end")


def command_lines():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                yield file.read()
        except OSError:
            pass  # it has ended


def state_of(machine, address):
    """Driver and override of a device, None for none."""
    with open(machine.path(f"{address}/driver_override"), encoding="ascii") as file:
        override = file.read().rstrip("\n")
    return machine.driver_of(address), None if override == "(null)" else override


def kill_supervisor(program, fault):
    """Kills the first process in a call; returns whether that came about."""
    devices = fault.subject.bound
    with tempfile.TemporaryDirectory(prefix="pt-fault-") as root:
        machine = make(fault.subject, root)
        before = {address: state_of(machine, address) for address in devices}
        with FakeKernel(machine):
            run = program.run(*options_of_run(root), prefix=(
                "strace", "-q", "-o", "/dev/null", *options_for(fault)))
            if run.code not in (-9, 137):
                return False
            wait_for_others(root)
        for address in devices:
            driver, override = state_of(machine, address)
            same(f"{address} is as it was, or kept for vfio-pci",
                 (driver, override) == before[address] or
                 override == "vfio-pci" and driver in (before[address][0], None, "vfio-pci"),
                 True)
        report = read_report(machine)
        if report is not None:
            parse(report)
        with FakeKernel(machine):
            again = program.run(*options_of_run(root))
        same("exit code of a second run", again.code, 0)
        same("bound by a second run", {state_of(machine, address) for address in devices},
             {("vfio-pci", "vfio-pci")})
        same("framebuffer released by it", is_released(machine, fault.subject), True)
    return True


def options_for(fault):
    """How strace is to be asked for a fault."""
    call = fault.call
    if call.process == 0:
        # its child is not traced, so the fault is in this process alone
        return ["-e", f"inject={call.name}:{fault.what}:when={call.ordinal}"]
    if call.path is None:
        return ["-f", "-e", f"inject={call.name}:{fault.what}:when={call.ordinal}"]
    return ["-f", "-P", call.path, "-e", f"trace={call.name}",
            "-e", f"inject={call.name}:{fault.what}:when={call.path_ordinal}"]


def concerned(fault, trace):
    """What a fault may cost: the devices that are named, and the number of those that are not;
    and the lines of the trace in which it came about."""
    if "signal=" in fault.what:
        # Each process that goes on with the work can come to such a call, and is killed as well.
        lines = [line for line in trace.splitlines() if "killed by SIGKILL" in line]
        return set(), len(lines), lines
    lines = [line for line in trace.splitlines() if "(INJECTED)" in line]
    devices = set()
    for line in lines:
        if ALL.search(line):
            devices |= set(fault.subject.bound)
        elif CONF.search(line):
            devices.add("0000:02:00.0")
        else:
            devices |= set(ADDRESS.findall(line))
    return devices, sum(bool(ONE.search(line)) for line in lines), lines


def check(fault, result, undisturbed):
    """Raises AssertionError unless all is as it has to be. Returns whether the fault came about."""
    subject, run = fault.subject, result.run
    excused, unnamed, lines = concerned(fault, result.trace)
    told = {}
    for text in (result.report, run.out):
        told = parse(text) if text else told
    # nobody knows which device the driver was given when its loading came to an end
    if any(step["step"] == "load_driver" and step["state"] == "crashed"
           for step in told.get("steps", ())):
        excused = set(subject.bound)
    if not lines:
        return False
    if any(OUT_OF_MEMORY.search(line) for line in lines) and run.code in (-6, 134):
        same("last words", run.err, "out of memory\n")
        return True
    if "openat(AT_FDCWD" in lines[0]:
        same("exit code without a root", run.code, 2)
        return True
    not_done = 3 if "pt.on_error=stop" in subject.more and told else 1
    same(f"exit code is 0 or {not_done}", run.code in (0, not_done), True)
    same("ended in time", run.seconds < DEADLINE + 2, True)
    said = result.log + run.err.splitlines()
    # What is said goes this way, so that it may be missing where the fault is there.
    is_mute = any("write(" in line or "dev/kmsg" in line for line in lines)
    said_what = is_mute or any(SAYS.search(line) for line in said)
    bound = {address for address, state in result.states.items() if state[0] in (subject.driver, "vfio-pci")}
    if run.code == 0:
        check_done(subject, result, undisturbed, is_mute)
    else:
        lost = set(subject.bound) - bound - excused
        # Where the boot display cannot be told, one that may be it stays.
        is_unsure = any("something may have been missed" in line for line in said)
        same("devices lost for nothing", sorted(lost)[unnamed + is_unsure:], [])
        same("something is said of the failure", said_what, True)
        if not result.is_released and is_told_bound(told, "0000:01:00.0"):
            same("the framebuffer that is held is named", is_mute or any(
                "framebuffer" in line or "something may have been missed" in line
                for line in said), True)
    check_told(subject, result, told, bound, excused if not unnamed else set(subject.bound))
    if not told and "proc/cmdline" not in lines[0]:
        raise AssertionError("there is neither output nor a report")
    return True


def without_names(line):
    """A line without the names of drivers, for they are told only where they can be read."""
    return re.sub(r" \(driver \S+\)| bind to [^,]*,", "", without_times(line))


def is_told_bound(told, address):
    return any(device["address"] == address and device.get("result") == "bound"
               for device in told.get("devices", ()))


def check_done(subject, result, undisturbed, is_mute):
    """With exit code 0 all is done, and what is not as without the fault is told."""
    said = [without_times(line) for line in result.log]
    if subject.kept:
        same("the display that shows the boot has stayed, with exit code 0",
             result.states[subject.kept], undisturbed.states[subject.kept])
    # What is left to the host, or to the usual driver, since something cannot be read.
    is_careful = any(re.search(r"cannot be read: .*(counts as|serves for all)", line)
                     for line in said)
    if not (is_careful and set(result.states.values()) <= {
            *undisturbed.states.values(), ("vfio-pci", "vfio-pci"), ("nouveau", None)}):
        same("driver and override, with exit code 0", result.states, undisturbed.states)
    same("framebuffer released, with exit code 0", result.is_released, True)
    if not is_mute and not any(SAYS.search(line) for line in said):
        same("said, with exit code 0", [without_names(line) for line in said],
             [without_names(line) for line in undisturbed.log])


def check_told(subject, result, told, bound, excused):
    """What the report says is true."""
    if not told:
        return
    same("fulfilled", told["fulfilled"], result.run.code == 0)
    for device in told["devices"]:
        address = device["address"]
        if device.get("result") == "bound":
            same(f"{address} told as bound is so", address in bound, True)
        elif address not in excused and address in subject.bound and result.run.code == 0:
            raise AssertionError(f"{address} is told as {device}")
    for step in told.get("steps", ()):
        if step["step"] == "release_framebuffer" and step["state"] in ("done", "not_needed"):
            same("framebuffer told as released is so", result.is_released, True)


def record(program, subject):
    """An undisturbed run."""
    result = run_once(program, subject, ["-f"])
    same("exit code of the undisturbed run", result.run.code, 0)
    same("devices bound by it", {address for address, state in result.states.items()
                                 if state == (subject.driver,) * 2}, set(subject.bound))
    same("framebuffer released by it", result.is_released, True)
    same("its report", result.report, result.run.out)
    return result


class EveryCall(Check):
    """The faults of one kind on one machine."""

    def __init__(self, subject, what):
        self.subject = subject
        self.what = what
        fails = "kills its process" if what == KILL else f"fails with {what.removeprefix('error=')}"
        self.title = f"{subject.name}: whichever system call {fails}, the rest is done and all is told"
        self.cost = 20

    def run(self, program):
        strace()
        if not program.is_static():
            raise Skip("the program is not static: its loader and sanitizer fail, not its code")
        undisturbed = record(program, self.subject)
        faults = [fault for fault in faults_for(self.subject, calls_of(undisturbed.trace))
                  if fault.what == self.what]
        problems = []
        numbers = collections.Counter()
        for fault in faults:
            try:
                if fault.what == KILL and fault.call.process == 0:
                    numbers[kill_supervisor(program, fault)] += 1
                else:
                    numbers[check(fault, run_once(program, self.subject, options_for(fault)),
                                  undisturbed)] += 1
            except subprocess.TimeoutExpired:
                problems.append((fault, "it hangs"))
            except (AssertionError, ValueError) as error:
                problems.append((fault, error))
        if problems or not numbers[True]:
            raise AssertionError(f"{len(problems)} of {len(faults)} faults:" + "".join(
                f"\n  in process {fault.call.process}: {fault.call.text}\n    {error}"
                for fault, error in problems[:20]))
        never = f", {numbers[False]} did not come about" if numbers[False] else ""
        return f"{numbers[True]} faults{never}"


def tests(is_full):
    """All of them; with `is_full` every kind of fault on every machine."""
    found = {}
    for subject in SUBJECTS:
        if is_full:
            subject = subject._replace(all_errors=True)
        kinds = [f"error={error}" for error in ERRORS] + [KILL]
        for what in kinds if subject.all_errors else kinds[:1]:
            name = f"every-call-{subject.name}-{what.partition('=')[2]}".replace(" ", "-").lower()
            found[name] = EveryCall(subject, what)
    return found
