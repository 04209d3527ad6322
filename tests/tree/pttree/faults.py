# SPDX-License-Identifier: LGPL-2.1-or-later
"""Drivers that hang and a program that crashes: nothing of it may cost another device, or time."""

import threading
import time

from .cases import read_log, same, without_times
from .checks import machine_of
from .kernel import FakeKernel
from .program import inject
from .schema import parse

TWIN = "pt.addrs=0b:00.0,0b:00.1"


def act(program, machine, *arguments, prefix=()):
    with FakeKernel(machine):
        run = program.run("--json", "--root", machine.root, *arguments, prefix=prefix)
    return run, {device["address"]: device for device in parse(run.out)["devices"]}


def takes(run, least, most):
    if not least <= run.seconds <= most:
        raise AssertionError(f"the run took {run.seconds:.1f} s, not {least} to {most} s")


def check_hanging_unbind(program):
    """A driver whose remove() hangs is given up after a third of the deadline, others are bound."""
    with machine_of("twins", "driver nouveau hang=unbind") as machine:
        run, devices = act(program, machine, "--cmdline", TWIN, "--deadline", "3")
        same("exit code", run.code, 1)
        takes(run, 0.9, 10)
        same("results", [device["result"] for device in devices.values()], ["failed", "bound"])
        same("log", [without_times(line) for line in read_log(machine)[2:]], program.words(
            "0000:0b:00.0{not-bound vfio-pci}{unbinding nouveau}{stuck}\n"
            "{sum 1 2 1 0 0 0 vfio-pci}").splitlines())


def check_hanging_bind(program):
    """A probe() that hangs is given up as well, and its device not called free."""
    with machine_of("desktop", "driver vfio-pci hang=bind") as machine:
        run, devices = act(program, machine, "--cmdline", "pt.addrs=01:00.0 pt.with=none",
                           "--deadline", "3")
        same("exit code", run.code, 1)
        takes(run, 0.9, 10)
        same("result", devices["0000:01:00.0"]["result"], "failed")
        same("line", read_log(machine)[2],
             program.words("0000:01:00.0{not-bound vfio-pci}{binding vfio-pci}{stuck}"))


def check_deadline_of_the_run(program):
    """Where everything hangs each device has some time, and the run ends with its deadline."""
    with machine_of("server", "driver vfio-pci hang=bind") as machine:
        run, devices = act(program, machine, "--cmdline", "pt.ids=10de:2330", "--deadline", "1")
        same("exit code", run.code, 1)
        takes(run, 0.9, 10)  # and not the time of nine steps of which each hangs for ever
        same("results", {device["result"] for device in devices.values()}, {"failed"})
        log = "\n".join(read_log(machine))
        # the first one a third of the deadline, each other one half of what is left
        given_up = log.count("did not return in time")
        same("most of them given up", given_up > 4, True)
        same("the rest not reached", log.count("not reached before the deadline"), 9 - given_up)


def check_crash_in_a_step(program):
    """A step that kills its process costs its own device alone, whatever the signal."""
    for signal in ("SIGSEGV", "SIGKILL", "SIGABRT"):
        with machine_of("twins") as machine:
            prefix = inject(machine, "write", f"signal={signal}:when=1", "drivers/nouveau/unbind")
            run, devices = act(program, machine, "--cmdline", TWIN, prefix=prefix)
            same(f"exit code with {signal}", run.code, 1)
            same("second function", devices["0000:0b:00.1"]["result"], "bound")
            same("line", program.words(
                "0000:0b:00.0{not-bound vfio-pci}{unbinding nouveau}crashed") in
                 "\n".join(read_log(machine)), True)


def check_no_process_can_be_made(program):
    """Where no process can be made the work is done without one."""
    with machine_of("desktop") as machine:
        prefix = inject(machine, "fork,vfork,clone,clone3", "error=EAGAIN")
        run, devices = act(program, machine, "--cmdline", "pt.ids=10de:1b06", prefix=prefix)
        same("exit code", run.code, 0)
        same("result", devices["0000:01:00.0"]["result"], "bound")


def check_busy_driver_settles(program):
    """EBUSY of bind, for somebody else binds the device right now, is waited for."""
    for error, code in (("EBUSY", 0), ("EAGAIN", 0), ("EINVAL", 1)):
        with machine_of("desktop") as machine:
            prefix = inject(machine, "write", f"error={error}:when=1", "drivers/vfio-pci/bind")
            with FakeKernel(machine):
                somebody = threading.Thread(target=bind_when_overridden, args=(machine,))
                somebody.start()
                run = program.run("--root", machine.root, "--cmdline", "pt.ids=10de:1b06",
                                  prefix=prefix)
                somebody.join()
            same(f"exit code with {error}", run.code, code)


def bind_when_overridden(machine):
    """Binds the card a while after its override is written, as an asynchronous probe does."""
    override = machine.path("0000:01:00.0/driver_override")
    for _ in range(500):
        with open(override, encoding="ascii") as file:
            if file.read().startswith("vfio-pci"):
                break
        time.sleep(0.01)
    time.sleep(0.25)
    machine.bind("0000:01:00.0", "vfio-pci")
