# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program in a fake machine that it takes for the real one, so that it loads modules."""

import os
import shutil
import subprocess

from .cases import read_log, same, without_times
from .checks import machine_of
from .kernel import FakeKernel
from .program import Skip, TIMEOUT
from .schema import parse

CARD = "pt.ids=10de:1b06,10de:10ef"


def run_inside(program, machine):
    """Runs the program with the tree as its root directory; returns its JSON and exit code."""
    if not program.is_static():
        raise Skip("the program is not static, so it cannot run in a bare tree")
    shutil.copy(program.path, machine.path("pt-hook"))
    command = ["chroot", machine.root, "/pt-hook", "--json", "--cmdline", CARD]
    if os.geteuid() != 0:
        if subprocess.run(["unshare", "-r", "true"], check=False, capture_output=True).returncode:
            raise Skip("neither root nor user namespaces, one of which chroot needs")
        command = ["unshare", "-r", *command]
    with FakeKernel(machine):
        result = subprocess.run(command, timeout=TIMEOUT, check=False, capture_output=True)
    return result.returncode, parse(result.stdout)["devices"]


def check_no_such_module(program):
    """A machine without the modules says that they are not there."""
    with machine_of("desktop", "remove drivers/vfio-pci\nremove sys/module/vfio_iommu_type1") \
            as machine:
        code, devices = run_inside(program, machine)
        same("exit code", code, 1)
        same("result", devices[0]["result"], "failed")
        log = read_log(machine)
        missing = "No such file or directory (no such module in this initramfs, nor built in)"
        same("line of the device", program.words("{not-bound vfio-pci}{loading vfio-pci}") + missing
             in log[2], True)
        same("line of the backend", log[4].startswith(
            program.words("{loading vfio_iommu_type1}") + missing), True)


def check_driver_does_not_appear(program):
    """A module that is loaded but brings no driver is told as that."""
    with machine_of("desktop", "remove drivers/vfio-pci\n"
                    "file sys/module/vfio_pci/initstate live\\n") as machine:
        code, _ = run_inside(program, machine)
        same("exit code", code, 1)
        same("line", program.words("{loading vfio-pci}No such device;") in read_log(machine)[2],
             True)


def check_nothing_to_load(program):
    """Where the driver is registered and the backend there, no module is looked for."""
    with machine_of("desktop") as machine:
        code, devices = run_inside(program, machine)
        same("exit code", code, 0)
        same("result", devices[0]["result"], "bound")
        same("summary", without_times(read_log(machine)[2]),
             program.words("{sum 2 2 0 0 0 0 vfio-pci}"))
