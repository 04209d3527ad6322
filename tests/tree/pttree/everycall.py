# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes each system call of a whole run fail in turn, or kills one of its two processes there.

A run on a machine of which three devices are asked for is recorded with strace. Then it is done
again and again, each time with one more of the recorded calls failing. Whatever fails, the program
must end by itself in time, with an exit code and a report that are true, and every device that the
failed call does not concern must be bound. Where the process that supervises is killed, the other
one goes on: whatever it comes to, each device has the driver it had and no override, or an override
that keeps others away, and a second run finishes the work.

strace counts the calls of each process by themselves. A call of the process that does the steps is
found by the path that it uses as well; where both processes make such a call, one fault can be in
each of them.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import tempfile
import time

from .cases import load_machine, read_log, read_report, same
from .cli import SKIPPED, TOP, use_memory
from .kernel import FakeKernel
from .machine import ADDRESS
from .program import Program, Skip, strace

ERRORS = ("EIO", "ENOMEM", "EACCES")
KILL = "signal=SIGKILL"
DEADLINE = 3  # seconds, of each run
DEVICES = ("0000:01:00.0", "0000:01:00.1", "0000:02:00.0")
MORE = """
framebuffer efi-framebuffer.0 under=0000:01:00.0 goes_with=0000:01:00.0
file proc/cmdline quiet pt.ids=10de:1b06,10de:10ef pt.driver=vfio-pci\\n
file etc/pt-hook.conf pt.addrs=02:00.0\\n
"""

# These cannot fail with the arguments that they are given here, by their definition.
INFALLIBLE = {"arch_prctl", "set_tid_address", "gettid", "clock_gettime", "exit_group"}

# Where a failure concerns all devices: without these nothing is known or nothing can be bound.
ALL = re.compile(r'"proc/cmdline"|<\S*/proc/cmdline>|"sys/bus/pci"|"devices"|'
                 r'<\S*/sys/bus/pci/devices>|"drivers/vfio-pci/bind", O_RDONLY')
# Where it concerns one device that the call does not name.
ONE = re.compile(r'"drivers/[a-z-]+/(un)?bind", O_WRONLY')
CONF = re.compile(r'etc/pt-hook\.conf')
OUT_OF_MEMORY = re.compile(r"mmap\(NULL, \d+, PROT_READ\|PROT_WRITE, MAP_PRIVATE")


Call = collections.namedtuple("Call", "process name ordinal path path_ordinal text")
Fault = collections.namedtuple("Fault", "call what")


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


def faults_for(calls):
    """All faults. The process that does the steps is killed in calls that only it makes."""
    faults = []
    for call in calls:
        if call.process == 0:
            faults.append(Fault(call, KILL))
        if call.name not in INFALLIBLE:
            faults += [Fault(call, f"error={error}") for error in ERRORS]
            if call.process == 1 and is_own_path(call, calls):
                faults.append(Fault(call, KILL))
    return faults


Result = collections.namedtuple("Result", "run trace bound log report")


def run_once(program, options):
    """Runs the program on the machine under strace with these options."""
    with tempfile.TemporaryDirectory(prefix="pt-fault-") as root:
        machine = load_machine(root, "desktop", MORE)
        with tempfile.NamedTemporaryFile(prefix="pt-trace-") as file, FakeKernel(machine):
            options = [option.replace("{root}", root) for option in options]
            run = program.run(*options_of_run(root),
                              prefix=("strace", "-q", "-y", "-s", "256", "-o", file.name, *options))
            trace = file.read().decode()
        bound = {address for address in DEVICES if machine.driver_of(address) == "vfio-pci"}
        return Result(run, trace.replace(root, "{root}"), bound, read_log(machine),
                      read_report(machine))


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
    with tempfile.TemporaryDirectory(prefix="pt-fault-") as root:
        machine = load_machine(root, "desktop", MORE)
        before = {address: state_of(machine, address) for address in DEVICES}
        with FakeKernel(machine):
            run = program.run(*options_of_run(root), prefix=(
                "strace", "-q", "-o", "/dev/null", *options_for(fault)))
            if run.code not in (-9, 137):
                return False
            wait_for_others(root)
            for address in DEVICES:
                driver, override = state_of(machine, address)
                same(f"{address} is as it was, or kept for vfio-pci",
                     (driver, override) == before[address] or
                     override == "vfio-pci" and driver in (before[address][0], None, "vfio-pci"),
                     True)
            json.loads(read_report(machine) or "{}")
            again = program.run(*options_of_run(root))
            same("exit code of a second run", again.code, 0)
            same("bound by a second run", {machine.driver_of(address) for address in DEVICES},
                 {"vfio-pci"})
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
            devices |= set(DEVICES)
        elif CONF.search(line):
            devices.add("0000:02:00.0")
        else:
            devices |= set(ADDRESS.findall(line))
    return devices, sum(bool(ONE.search(line)) for line in lines), lines


def check(fault, result):
    """Raises AssertionError unless all is as it has to be. Returns whether the fault came about."""
    run, trace, bound, log, report = result
    excused, unnamed, lines = concerned(fault, trace)
    told = json.loads(run.out or report or "{}")
    # nobody knows which device the driver was given when its loading came to an end
    if any(step["step"] == "load_driver" and step["state"] == "crashed"
           for step in told.get("steps", ())):
        excused = set(DEVICES)
    if not lines:
        return False
    if any(OUT_OF_MEMORY.search(line) for line in lines) and run.code in (-6, 134):
        same("last words", run.err, "out of memory\n")
        return True
    if "openat(AT_FDCWD" in lines[0]:
        same("exit code without a root", run.code, 2)
        return True
    same("exit code is 0 or 1", run.code in (0, 1), True)
    same("ended in time", run.seconds < DEADLINE + 2, True)
    lost = set(DEVICES) - bound - excused
    same("devices lost for nothing", sorted(lost)[unnamed:], [])
    if run.code == 0:
        same("bound, with exit code 0", sorted(bound), sorted(DEVICES))
    else:
        said = log + run.err.splitlines()
        same("something is said of the failure", any(
            re.search(r"cannot|not bound|refused|releasing|matches no|its ids", line)
            for line in said) or "write(" in "".join(lines), True)
    if told:
        same("fulfilled", told["fulfilled"], run.code == 0)
        for device in told["devices"]:
            if device.get("result") == "bound":
                same(f"{device['address']} told as bound is so", device["address"] in bound, True)
            elif device["address"] not in excused and not unnamed:
                raise AssertionError(f"{device['address']} is told as {device}")
    elif "proc/cmdline" not in lines[0]:
        raise AssertionError("there is neither output nor a report")
    return True


def record(program):
    """The calls of an undisturbed run."""
    run, trace, bound, _, report = run_once(program, ["-f"])
    same("exit code of the undisturbed run", run.code, 0)
    same("devices bound by it", sorted(bound), sorted(DEVICES))
    same("its report", report, run.out)
    return calls_of(trace)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(TOP, "build/release/pt-hook"),
                        help="the program to test (build/release/pt-hook)")
    parser.add_argument("--seconds", type=float, default=60,
                        help="time for all runs; what is left then is left out (60)")
    parser.add_argument("--seed", type=int, default=1, help="order of the faults (1)")
    parser.add_argument("--only", help="regular expression on calls as strace shows them")
    parser.add_argument("--verbose", action="store_true", help="print each fault")
    options = parser.parse_args()
    use_memory()
    program = Program(options.program)
    try:
        strace()
        if not program.is_static():
            raise Skip("the program is not static: its loader and sanitizer fail, not its code")
    except Skip as why:
        print(f"skipped: {why}\n0 passed, 0 failed, 1 skipped")
        return SKIPPED
    calls = record(program)
    faults = [fault for fault in faults_for(calls)
              if options.only is None or re.search(options.only, fault.call.text)]
    return inject_all(program, calls, faults, options)


def inject_all(program, calls, faults, options):
    random.Random(options.seed).shuffle(faults)
    results = collections.Counter()
    slowest = 0.0
    end = time.monotonic() + options.seconds
    for number, fault in enumerate(faults):
        if time.monotonic() > end:
            results["left out for want of time"] = len(faults) - number
            break
        try:
            begin = time.monotonic()
            if fault.what == KILL and fault.call.process == 0:
                happened = kill_supervisor(program, fault)
            else:
                happened = check(fault, run_once(program, options_for(fault)))
            results["passed" if happened else "not come about"] += 1
            if options.verbose and not happened:
                print("not come about:")
            slowest = max(slowest, time.monotonic() - begin)
        except subprocess.TimeoutExpired:
            results["failed"] += 1
            print(f"FAILED  {fault.what} in {fault.call.text}\n  it hangs")
        except (AssertionError, ValueError) as error:
            results["failed"] += 1
            print(f"FAILED  {fault.what} in {fault.call.text}\n  {error}")
        if options.verbose:
            print(f"{fault.what} in process {fault.call.process}: {fault.call.text}")
    kills = [sum(fault.what == KILL and fault.call.process == process for fault in faults)
             for process in (0, 1)]
    print(f"{len(calls)} system calls, {len(faults)} faults, {kills[1]} of them kill the process "
          f"that does the steps and {kills[0]} its supervisor; "
          f"slowest run {slowest:.1f} s")
    skipped = 0
    for why in ("not come about", "left out for want of time"):
        if results[why]:
            print(f"skip  {results[why]} faults ({why})")
            skipped += results[why]
    print(f"{results['passed']} passed, {results['failed']} failed, {skipped} skipped")
    return 1 if results["failed"] or not results["passed"] else 0
