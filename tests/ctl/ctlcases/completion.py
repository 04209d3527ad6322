# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the shells themselves offer at a line of ptctl, for a machine below another root."""

import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time

from pttree.cases import load_machine, same
from pttree.runner import TOP
from pttree.program import Skip

COMPLETIONS = os.path.join(TOP, "completions")
BREAKS = " \t\n\"'><=;|&(:"

# A line behind "ptctl ", with ROOT, and the whole words that are offered. The machine has the
# displays 00:02.0 (8086:3e92) and 01:00.0 (10de:1b06), other devices, and names that are no addresses.
LINES = {
    "--root ROOT use ": {"00:02.0", "01:00.0"},
    "use --root ROOT/ 01": {"01:00.0"},
    "--root ROOT use 0000:": {"0000:00:02.0", "0000:01:00.0"},
    "--root ROOT use 0000:01": {"0000:01:00.0"},
    "--root ROOT plan pt.addrs=": {"pt.addrs=00:02.0", "pt.addrs=01:00.0"},
    "--root ROOT plan pt.addrs=0000:01": {"pt.addrs=0000:01:00.0"},
    "--root ROOT plan pt.addrs=05:00.0,00:": {"pt.addrs=05:00.0,00:02.0"},
    "--root ROOT plan pt.ids=": {"pt.ids=8086:3e92", "pt.ids=10de:1b06"},
    "--root ROOT plan pt.ids=1:2,3:4,10de:": {"pt.ids=1:2,3:4,10de:1b06"},
    "--root ROOT plan pt.fb=": {"pt.fb=release", "pt.fb=keep"},
    "--root ROOT/etc/c": {"ROOT/etc/captured.tar"},
    "capture ROOT/etc/c": {"ROOT/etc/captured.tar"},
    "--root ROOT unuse --p": {"--print"},
}


def by_bash(line, _):
    script = ('source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDBREAKS=$3; _ptctl;'
              ' printf "%s\\n" "${COMPREPLY[@]}"')
    run = subprocess.run(["bash", "-c", script, "bash", f"{COMPLETIONS}/ptctl.bash", line, BREAKS],
                         check=False, capture_output=True, text=True)
    same(f"bash: errors at '{line}'", run.stderr, "")
    # readline puts what it is given behind its last break
    word = line.rpartition(" ")[2]
    kept = word[:max(word.rfind(":"), word.rfind("=")) + 1]
    return {kept + candidate for candidate in run.stdout.split()}


def by_fish(line, _):
    run = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                          f"{COMPLETIONS}/ptctl.fish", line],
                         check=False, capture_output=True, text=True)
    same(f"fish: errors at '{line}'", run.stderr, "")
    return {candidate.partition("\t")[0] for candidate in run.stdout.splitlines()}


# zsh completes for its line editor alone, which wants a terminal. What would be offered is written
# down where it is handed over; calls that only sort out (-O, -A, -D) are left as they are.
ZSH = r"""
fpath=($PT_COMPLETIONS $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-[a-zA-Z12]#[OAD]* ]]; then
        local -a pt_hits
        builtin compadd -O pt_hits "$@"
        print -rl -- "$IPREFIX"${^pt_hits} >>$PT_OUT
    fi
    builtin compadd "$@"
}
pt-end() { print -r -- END >>$PT_OUT; exit }
zle -N pt-end
setopt extended_glob
bindkey '^I' complete-word '^X' pt-end
PS1=ready
"""


def by_zsh(line, folder):
    out = os.path.join(folder, "out")
    with open(os.path.join(folder, ".zshrc"), "w", encoding="ascii") as file:
        file.write(ZSH)
    open(out, "w", encoding="ascii").close()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"ZDOTDIR": folder, "PT_COMPLETIONS": COMPLETIONS, "PT_OUT": out,
                       "TERM": "dumb", "LC_ALL": "C"}
        os.execvp("zsh", ["zsh", "-o", "no_global_rcs", "-i"])
    try:
        talk(terminal, line.encode() + b"\t\x18")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    with open(out, encoding="ascii") as file:
        found = file.read().splitlines()
    same(f"zsh: does it come to an end at '{line}'", found[-1:], ["END"])
    return set(found[:-1]) - {""}


def talk(terminal, keys, seconds=30):
    """Types the keys when the shell is ready, and reads until it ends."""
    shown = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other side is closed
            return
        if keys and b"ready" in shown:
            os.write(terminal, keys)
            keys = b""


def hold(shell, complete):
    if shutil.which(shell) is None:
        raise Skip(f"there is no {shell}: run scripts/setup ctl")
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        machine = load_machine(os.path.join(folder, "root"), "desktop")
        machine.write("etc/captured.tar", b"")
        # a name that a shell would run
        machine.write("sys/bus/pci/devices/$(exit 9)`exit 9`/modalias",
                      b"pci:v000010DEd00001B06sv0sd0bc03sc00i00\n")
        for line, wanted in LINES.items():
            line = "ptctl " + line.replace("ROOT", machine.root)
            found = complete(line, folder)
            # some write a path's last part alone
            wanted = {word.replace("ROOT", machine.root) for word in wanted}
            if all(word.startswith("/") for word in wanted):
                found = {os.path.join(os.path.dirname(line.split()[-1]), word) for word in found}
            same(f"{shell}: what is offered at '{line}'", found, wanted)


def check_offers_of_bash(_):
    """bash offers the devices of the machine that the line names, in every form."""
    hold("bash", by_bash)


def check_offers_of_fish(_):
    """fish offers the devices of the machine that the line names, in every form."""
    hold("fish", by_fish)


def check_offers_of_zsh(_):
    """zsh offers the devices of the machine that the line names, in every form."""
    hold("zsh", by_zsh)
