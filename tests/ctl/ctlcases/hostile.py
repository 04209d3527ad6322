# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines of somebody who means harm, or whose memory is bad."""

import json
import os
import re
import tarfile
import tempfile
from contextlib import contextmanager

from pttree.cases import load_machine, same

from .boot_files import add_image
from .captures import entry

# What a terminal obeys: a colour, a cleared screen and a title in 7 bits, the same start in 8 bits
# and as a character of UTF-8, a bell, a new line that looks like one of ours.
EVIL = b"\x1b[31m\x1b[2J\x1b]0;x\x07\x9b31m\xc2\x9b31m\rptctl: all is good\n\x7f"
# In a word, which spaces and new lines end.
WORD = EVIL.replace(b" ", b"_").replace(b"\n", b"")
COMMANDS = (["list"], ["list", "--all"], ["status"], ["status", "--prometheus"], ["plan"],
            ["plan", "pt.ids=10de:1b06"], ["doctor"], ["use", "--print", "01:00"], ["unuse", "--print"])


def hostile_report():
    evil = EVIL.decode("latin-1")
    device = {"address": "0000:01:00.0", "ids": evil, "class": evil, "selected_by": evil,
              "companion_of": None, "decision": "refused", "reason": evil, "driver_after": evil,
              "result": evil}
    steps = [{"state": evil, "address": "0000:01:00.1", "step": "release_framebuffer" + evil,
              "error": evil}, {"state": "failed", "address": None, "step": "load_driver " + evil,
              "error": None}]
    return {"version": "0.1.0", "driver": evil, "off": False, "fulfilled": False,
            "words": [{"text": evil}],
            "devices": [device, {**device, "address": "0000:01:00.1", "decision": "kept"},
                        {**device, "address": "0000:00:02.0", "decision": "bind",
                         "result": "bound"},
                        {**device, "address": "0000:02:00.0", "decision": "bind"}],
            "complaints": [{"parameter": evil, "item": evil, "reason": evil}], "steps": steps}


@contextmanager
def hostile_machine(has_report):
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        root = os.path.join(folder, "root")
        machine = load_machine(root, "desktop", "file usr/lib/pt-hook/pt-hook\n"
                                                "file proc/sys/kernel/osrelease 6.12.1\\n\n")
        evil = EVIL.replace(b"\n", b" ")
        machine.write("usr/share/misc/pci.ids", b"8086  Intel " + evil + b"\n\t3e92  UHD " + evil +
                      b"\n10de  " + evil + b"\n\t1b06  " + evil + b"\n")
        name = os.fsdecode(WORD.replace(b"/", b""))
        for address in ("0000:00:02.0", "0000:02:00.0"):
            machine.link(f"{address}/driver", f"../../../bus/pci/drivers/{name}")
        machine.write("0000:01:00.0/driver_override", EVIL)
        machine.write("proc/cmdline", b"pt.ids=10de:1b06," + WORD + b" pt." + WORD + b"=1 root=" +
                      WORD + b" iommu=off\n")
        machine.write("etc/pt-hook.conf", b"pt.addrs=" + WORD + b"\npt.with=" + WORD + b"\n")
        machine.write("etc/os-release", b"ID=debian\nNAME=" + EVIL)
        machine.write("etc/modprobe.d/" + name + ".conf", b"options vfio-pci ids=10de:1b06" + EVIL)
        machine.write("etc/default/grub", b"GRUB_CMDLINE_LINUX=\"" + EVIL + b"\"\n")
        machine.write("boot/grub/grub.cfg", b"menuentry {\n\tlinux /vmlinuz " + WORD + b"\n}\n")
        machine.write("boot/initrd.img-6.12.1" + name, b"no archive")
        add_image(machine, "boot/initrd.img-6.12.1", "initramfs-tools-without",
                  conf=EVIL.decode("latin-1"))
        if has_report:
            machine.write("run/pt-hook/report.json", json.dumps(hostile_report()).encode())
        yield machine


def orders_in(text):
    """The control characters of a text, but for new lines and for the tones of ptctl itself."""
    text = re.sub("\x1b\\[(0|1|2|31|32|33)m", "", text) if "\x1b" in text else text
    return sorted(set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)))


def check_text_of_the_machine_drives_no_terminal(programs):
    """Whatever stands in the files of a machine, no command prints a control character of it."""
    for has_report in (True, False):
        with hostile_machine(has_report) as machine:
            for command in COMMANDS:
                for options in ([], ["--json"]):
                    if options and "--prometheus" in command:
                        continue
                    run = programs.ctl.run("--root", machine.root, *command, *options)
                    what = " ".join(command + options)
                    same(f"{what}: control characters", orders_in(run.out + run.err), [])
                    same(f"{what}: escapes", "\x1b" in run.out + run.err, False)
                    same(f"{what}: a line of the machine's making",
                         [line for line in (run.out + run.err).splitlines()
                          if line.startswith("ptctl: all is good")], [])
                    same(f"{what}: exit code is one of its own", run.code in (0, 1, 3, 4), True)


def check_names_in_archives_drive_no_terminal(programs):
    """The name of a member, which the message about it has, is printed without its control
    characters."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        archive = os.path.join(folder, "evil.tar")
        with tarfile.open(archive, "w") as file:
            info, content = entry("../" + os.fsdecode(EVIL))
            file.addfile(info, content)
        run = programs.ctl.run("--root", archive, "list")
        same("exit code", run.code, 2)
        same("control characters", orders_in(run.err), [])
