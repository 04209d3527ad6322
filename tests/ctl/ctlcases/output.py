# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of the output: on a full disk, and for an ordinary user."""

import os
import shutil
import tempfile

from pttree.cases import load_machine, same
from pttree.program import Skip


def check_output_that_cannot_be_written(programs):
    """On a full disk each command says that, and does not exit as if all were good."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "server")
        for arguments in (["list", "--all"], ["list", "--json"], ["status"],
                          ["status", "--prometheus"], ["plan"], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                run = programs.ctl.run("--root", machine.root, *arguments, stdout=full)
            what = " ".join(arguments)
            # of a buffer that was full before the end the reason is lost
            told = run.err if what == "status" else run.err.replace(": No space left on device", "")
            wanted = ": No space left on device" if what == "status" else ""
            same(f"{what}: standard error", told, f"ptctl: cannot write the output{wanted}\n")
            same(f"{what}: exit code", run.code, 4)


def check_status_with_a_conf_file_for_root(programs):
    """An ordinary user, for whom /etc/pt-hook.conf cannot be read, is not told that nothing is
    asked for."""
    prefix = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            raise Skip("there is no setpriv to become an ordinary user with")
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "desktop")
        machine.write("etc/pt-hook.conf", b"pt.ids=10de:1b06\n")
        os.chmod(machine.path("etc/pt-hook.conf"), 0o600 if prefix else 0)
        os.chmod(folder, 0o755)
        run = programs.ctl.run("--root", machine.root, "status", prefix=prefix)
        same("standard error", run.err.splitlines(),
             ["ptctl: cannot tell: /etc/pt-hook.conf cannot be read: Permission denied"])
        same("output and exit code", (run.out, run.code), ("", 4))
