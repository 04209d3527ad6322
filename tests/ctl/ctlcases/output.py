# SPDX-License-Identifier: LGPL-2.1-or-later
"""What becomes of the output: on a full disk, and for an ordinary user."""

import json
import os
import shutil
import signal
import tempfile

from pttree.cases import load_machine, same
from pttree.program import Skip

from .boot_files import add_image


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


def check_closed_streams(programs):
    """Without standard output each command says so."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "server")
        archive = os.path.join(folder, "machine.tar")
        for arguments in (["list"], ["status"], ["--help"], ["capture", archive]):
            run = programs.ctl.run("--root", machine.root, *arguments,
                                   prefix=("sh", "-c", 'exec "$@" <&- >&-', "sh"))
            what = " ".join(arguments[:1])
            same(f"{what}: standard error", run.err,
                 "ptctl: cannot write the output: Bad file descriptor\n")
            same(f"{what}: exit code", run.code, 4)


def check_a_reader_that_has_enough(programs):
    """Who reads no further ends the program, without a word."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "server")
        out, end = os.pipe()
        os.close(out)
        run = programs.ctl.run("--root", machine.root, "list", "--all", stdout=end,
                               prefix=("env", "--default-signal=PIPE"))
        os.close(end)
        same("exit code and standard error", (run.code, run.err), (-signal.SIGPIPE, ""))


def check_metrics_are_no_json(programs):
    """Who asks for metrics and for JSON at once is told to choose, wherever the options stand."""
    for arguments in (["--json", "status", "--prometheus"], ["status", "--prometheus", "--json"]):
        run = programs.ctl.run(*arguments)
        what = " ".join(arguments)
        same(f"{what}: output and exit code", (run.out, run.code), ("", 2))
        same(f"{what}: reason", sorted(run.err.splitlines()[0].split()),
             ["--json", "--prometheus", "excludes"])


def check_unknown_commands_are_named(programs):
    """A mistyped command is told as that, and not as one that is missing."""
    for arguments in (["lst"], ["lst", "--all"], ["--root", "/", "lst"]):
        run = programs.ctl.run(*arguments)
        same(" ".join(arguments), (run.out, run.err, run.code),
             ("", "ptctl: no such command: 'lst'; ptctl --help lists them\n", 2))


def check_the_version_is_that_of_the_boot_program(programs):
    """ptctl --version says which one it is, the same as pt-hook does."""
    run, hook = programs.ctl.run("--version"), programs.hook.run("--version")
    same("output and exit code", (run.out, run.err, run.code),
         (hook.out.replace("pt-hook", "ptctl"), "", 0))
    same("what pt-hook says", hook.out.startswith("pt-hook "), True)


def as_an_ordinary_user():
    """A prefix that runs a program as one; nothing where one runs the tests."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise Skip("there is no setpriv to become an ordinary user with")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def close_to_users(path):
    os.chmod(path, 0o600 if os.geteuid() == 0 else 0)


def check_status_with_a_conf_file_for_root(programs):
    """An ordinary user, for whom /etc/pt-hook.conf cannot be read, is not told that nothing is
    asked for."""
    prefix = as_an_ordinary_user()
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "desktop")
        machine.write("etc/pt-hook.conf", b"pt.ids=10de:1b06\n")
        close_to_users(machine.path("etc/pt-hook.conf"))
        os.chmod(folder, 0o755)
        run = programs.ctl.run("--root", machine.root, "status", prefix=prefix)
        same("standard error", run.err.splitlines(),
             ["ptctl: cannot tell: /etc/pt-hook.conf cannot be read: Permission denied"])
        same("output and exit code", (run.out, run.code), ("", 4))


def check_status_with_images_for_root(programs):
    """An ordinary user, for whom the images or their directory cannot be read, is told that only
    root can learn why pt-hook did not run."""
    prefix = as_an_ordinary_user()
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "desktop",
                               "file usr/lib/pt-hook/pt-hook\n"
                               "file proc/sys/kernel/osrelease 6.12.1\\n\n"
                               "file proc/cmdline pt.ids=10de:1b06\\n\n")
        os.chmod(folder, 0o755)
        add_image(machine, "boot/initrd.img-6.12.1", "initramfs-tools-without")
        for path in ("boot/initrd.img-6.12.1", "boot"):
            close_to_users(machine.path(path))
            run = programs.ctl.run("--root", machine.root, "status", "--json", prefix=prefix)
            document = json.loads(run.out)
            same(f"{path}: cause and exit code", (document["cause"], run.code), ("unknown", 1))
            same(f"{path}: problem", document["problem"],
                 f"the cause cannot be told, for only root may read /{path}; sudo ptctl status "
                 "tells it")
            os.chmod(machine.path(path), 0o755)
