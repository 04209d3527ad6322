# SPDX-License-Identifier: LGPL-2.1-or-later
"""ptctl in a real terminal: who gets colours, and how wide the lines are."""

import fcntl
import os
import pty
import re
import shlex
import struct
import tempfile
import termios
import threading
from contextlib import contextmanager

from pttree.cases import load_machine, same
from pttree.machine import changes

from .cases import Case, case_names
from .hostile import COMMANDS, hostile_machine, orders_in

COLUMNS = 80
SGR = re.compile("\x1b\\[[0-9;]*m")


@contextmanager
def environment(**variables):
    """Sets variables, or removes those that are None."""
    before = {name: os.environ.get(name) for name in variables}

    def put(values):
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    put(variables)
    try:
        yield
    finally:
        put(before)


def run_in_terminal(program, *arguments, columns=COLUMNS):
    """Runs it with a terminal for standard output; `out` is what that has shown."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    parts = []

    def read():
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # EIO: nobody has the other end open any more
                return
            if not part:
                return
            parts.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        run = program.run(*arguments, stdout=slave)
    finally:
        os.close(slave)
        reader.join()
        os.close(master)
    run.out = b"".join(parts).decode().replace("\r\n", "\n")
    return run


@contextmanager
def machine_of(programs, name):
    case = Case(name)
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as root:
        case.prepare(programs, root)
        yield case, root


def check_colours_are_for_terminals(programs):
    """Colours and box drawing appear in a terminal, and neither with NO_COLOR, nor with TERM=dumb,
    nor in a pipe."""
    def has_colour(text):
        return SGR.search(text) is not None

    with machine_of(programs, "doctor-good") as (_, root):
        for command in (["list"], ["list", "--all"], ["status"], ["plan"], ["doctor"]):
            arguments = ("--root", root, *command)
            what = " ".join(command)
            with environment(TERM="xterm", NO_COLOR=None):
                coloured = run_in_terminal(programs.ctl, *arguments)
                same(f"{what}: colour in a terminal", has_colour(coloured.out), True)
                same(f"{what}: each tone ends with its line",
                     [line for line in coloured.out.splitlines()
                      if has_colour(line) and not re.search(r"\x1b\[0m[^\x1b]*$", line)], [])
                piped = programs.ctl.run(*arguments)
                same(f"{what}: colour in a pipe", has_colour(piped.out), False)
                same(f"{what}: box drawing in a pipe", "─" in piped.out, False)
                as_json = run_in_terminal(programs.ctl, "--json", *arguments)
                same(f"{what} --json: colour", has_colour(as_json.out), False)
            plain = re.sub("─+\n", "", SGR.sub("", coloured.out))
            for variables in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb", "NO_COLOR": None},
                              {"TERM": None, "NO_COLOR": None}, {"TERM": "", "NO_COLOR": None}):
                with environment(**variables):
                    run = run_in_terminal(programs.ctl, *arguments)
                same(f"{what}: with {variables}", run.out, plain)
            with environment(TERM="xterm", NO_COLOR=""):
                run = run_in_terminal(programs.ctl, *arguments)
            same(f"{what}: an empty NO_COLOR says nothing", run.out, coloured.out)


def is_ours_to_break(line):
    """Not what is there to be pasted."""
    return not line.lstrip().startswith("$ ")


def check_lines_fit_into_the_terminal(programs):
    """Of all cases, no command prints a line that is wider than the terminal."""
    with environment(TERM="xterm", NO_COLOR=None):
        for name in case_names():
            with machine_of(programs, name) as (case, root):
                for arguments in {run["args"] for run in case.data["run"]}:
                    if "--prometheus" in arguments or arguments.startswith("use"):
                        continue
                    run = run_in_terminal(programs.ctl, "--root", root,
                                          *shlex.split(arguments.replace("ROOT", root)))
                    shown = SGR.sub("", run.out)
                    same(f"{name}: {arguments}: lines that are too wide",
                         [line for line in shown.splitlines()
                          if len(line) > COLUMNS and is_ours_to_break(line)], [])


def check_any_width_will_do(programs):
    """In a terminal of whatever width all that is told is there, in the same words."""
    with environment(TERM="xterm", NO_COLOR="1"):
        for name, command in (("list-server", ["list", "--all"]), ("status-taken-away", ["status"]),
                              ("plan-refused", ["plan"]), ("doctor-mess", ["doctor"])):
            with machine_of(programs, name) as (_, root):
                wanted = run_in_terminal(programs.ctl, "--root", root, *command).out
                for columns in (0, 1, 20, 79, 200, 65535):
                    run = run_in_terminal(programs.ctl, "--root", root, *command, columns=columns)
                    same(f"{name}: words at {columns} columns", sorted(run.out.split()),
                         sorted(wanted.split()))


def check_text_of_the_machine_drives_no_real_terminal(programs):
    """With colours, too, all escape sequences are those of ptctl itself."""
    with environment(TERM="xterm", NO_COLOR=None), hostile_machine(True) as machine:
        for command in COMMANDS:
            run = run_in_terminal(programs.ctl, "--root", machine.root, *command)
            same(f"{' '.join(command)}: control characters", orders_in(run.out), [])


def check_only_a_yes_is_one(programs):
    """Whoever is asked and does not say y or yes has changed nothing."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as root:
        machine = load_machine(root, "desktop",
                               "file usr/sbin/grub-mkconfig default/grub.d/\n"
                               "file boot/grub/grub.cfg linux /vmlinuz ro quiet\\n\n")
        before = machine.snapshot()
        for answer in ("n\n", "\n", "yesterday\n", "\x04", "y\n"):
            master, slave = pty.openpty()
            os.write(master, answer.encode())
            run = programs.ctl.run("--root", root, "use", "01:00", prefix=(
                "sh", "-c", f'exec "$@" <{os.ttyname(slave)}', "sh"))
            os.close(slave)
            os.close(master)
            agreed = answer == "y\n"
            same(f"{answer!r}: it was asked", "Do this? [y/N] " in run.out, True)
            same(f"{answer!r}: exit code and what is said", (run.code, run.err),
                 (0, "") if agreed else (1, "ptctl: Nothing is changed.\n"))
            same(f"{answer!r}: something is changed", changes(before, machine.snapshot()) != [],
                 agreed)
            same(f"{answer!r}: the file is there", os.path.exists(
                os.path.join(root, "etc/default/grub.d/pt-hook.cfg")), agreed)
