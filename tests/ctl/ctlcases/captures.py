# SPDX-License-Identifier: LGPL-2.1-or-later
"""Captured machines: that nothing is missing in them, that nothing private is there, and that an
archive of anybody's making does no harm."""

import io
import json
import os
import tarfile
import tempfile
from contextlib import contextmanager

from pttree.cases import load_machine, same
from pttree.kernel import FakeKernel

from .cases import hold_against_schema

PRIVATE = "file proc/cmdline root=UUID=1234-secret luks.key=secret pt.ids=10de:1b06 iommu=pt\n" \
          "file 0000:0a:00.0/serial_number secret\n" \
          "file 0000:0a:00.0/config secret\n" \
          "file 0000:0a:00.0/vpd secret\n" \
          "file sys/class/dmi/id/product_serial secret\n" \
          "file proc/iomem 00001000-0009ffff : secret\\n\n" \
          "file etc/hostname secret\n" \
          "file etc/pt-hook.conf # secret\\npt.with=gpu # secret\\n\n" \
          "file 0000:0b:00.0/boot_vga 1\\n\n" \
          "file dev/vfio/14\n" \
          "module vfio_pci vfio-pci\n" \
          "0000:0c:10.0 8086:1889 8086:0002 020000 group=30\n" \
          "link 0000:0c:10.0/physfn ../0000:0b:00.0\n"


@contextmanager
def captured(programs, name="machine.tar.gz"):
    """A machine after a boot, and an archive of it."""
    with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
        root = os.path.join(folder, "root")
        machine = load_machine(root, "twins", PRIVATE)
        with FakeKernel(machine):
            programs.hook.run("--root", root)
        archive = os.path.join(folder, name)
        run = programs.ctl.run("--root", root, "capture", archive)
        same("exit code of capture", (run.code, run.err), (0, ""))
        yield machine, archive


def check_capture_shows_the_same(programs):
    """Each command says of a captured machine what it says of the machine."""
    for name in ("machine.tar", "machine.tar.gz", "machine"):
        with captured(programs, name) as (machine, archive):
            for command in (["list", "--all"], ["status"], ["plan"], ["plan", "pt.addrs=0b:00.0"]):
                for options in ([], ["--json"]):
                    of_root = programs.ctl.run("--root", machine.root, *command, *options)
                    of_archive = programs.ctl.run("--root", archive, *command, *options)
                    what = f"{name}: {' '.join(command + options)}"
                    same(f"{what}: errors", of_archive.err, of_root.err)
                    same(f"{what}: output", of_archive.out.splitlines(), of_root.out.splitlines())
                    same(f"{what}: exit code", of_archive.code, of_root.code)


def check_capture_has_commands_of_its_own_machine(programs):
    """The commands that doctor prints for a captured machine name no directory of this one."""
    with captured(programs) as (machine, archive):
        machine.write("proc/cmdline", b"quiet\n")  # so that doctor has something to propose
        programs.ctl.run("--root", machine.root, "capture", archive)
        lines = programs.ctl.run("--root", archive, "doctor").out.splitlines()
        same("where they are to be run", "The commands are for the machine that was captured: run "
             "them there." in lines, True)
        commands = [line.strip() for line in lines if line.startswith(" " * 9 + "$ ")]
        same("there are some", commands != [], True)
        same("they name a root", [line for line in commands if "--root" in line], [])


def check_capture_is_read_by_pt_hook(programs):
    """An unpacked capture is a tree that pt-hook plans with as on the machine."""
    with captured(programs) as (machine, archive):
        folder = os.path.join(os.path.dirname(archive), "unpacked")
        with tarfile.open(archive) as file:
            file.extractall(folder)
        words = ["--dry-run", "--cmdline", "pt.addrs=0b:00.*,0a:00.0"]
        same("plan", programs.hook.run("--root", folder, *words).out,
             programs.hook.run("--root", machine.root, *words).out)


def check_capture_tells_nothing_private(programs):
    """No serial number, no word of others and no comment is in a captured machine."""
    with captured(programs) as (_, archive):
        with tarfile.open(archive) as file:
            members = file.getmembers()
            texts = {member.name: file.extractfile(member).read() for member in members
                     if member.isreg()}
        same("files that tell a secret", [name for name, text in texts.items() if b"secret" in text],
             [])
        same("words", texts["proc/cmdline"], b"pt.ids=10de:1b06 iommu=pt\n")
        same("conf", texts["etc/pt-hook.conf"], b"#\npt.with=gpu #\n")
        same("owners", {(member.uid, member.gid, member.uname) for member in members}, {(0, 0, "")})


def check_capture_as_json(programs):
    """capture --json says what it has written."""
    with captured(programs) as (machine, archive):
        run = programs.ctl.run("--json", "--root", machine.root, "capture", archive)
        document = json.loads(run.out)
        hold_against_schema("capture --json", "capture", document)
        same("document", document, {"version": document["version"], "file": archive, "devices": 6})


def check_capture_where_nothing_can_be_written(programs):
    """A file that cannot be written is told, with the reason."""
    with captured(programs) as (machine, archive):
        run = programs.ctl.run("--root", machine.root, "capture", f"{archive}/x.tar")
        same("exit code", run.code, 1)
        same("reason", run.err.startswith(f"ptctl: cannot write {archive}/x.tar: "), True)
        run = programs.ctl.run("--json", "--root", machine.root, "capture", f"{archive}/x.tar")
        document = json.loads(run.out)
        hold_against_schema("capture --json", "capture", document)
        same("reason in the document", "ptctl: " + document["problem"] + "\n", run.err)


def entry(name, kind=tarfile.REGTYPE, target="", content=b"x"):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, io.BytesIO(content)


LINK = tarfile.SYMTYPE
HARMFUL = {
    "a name that goes up": [entry("../outside")],
    "a name that goes up later": [entry("a/../../outside")],
    "an absolute name": [entry("/tmp/ptctl-outside")],
    "an absolute link": [entry("proc/cmdline", LINK, "/etc/passwd")],
    "a link that goes up": [entry("proc/cmdline", LINK, "../../outside")],
    "links that go up together": [
        entry("a/b/c/f"), entry("top", LINK, "a/b/c"), entry("up", LINK, "top/../../../.."),
        entry("a/b/c/x", LINK, "../../.."), entry("proc", LINK, "a/b/c/x/../outside")],
    "a file behind a link": [entry("d", LINK, "e"), entry("e/x"), entry("d/../../outside")],
    "a hard link": [entry("a"), entry("b", tarfile.LNKTYPE, "a")],
    "a pipe": [entry("proc/cmdline", tarfile.FIFOTYPE)],
    "a device": [entry("proc/cmdline", tarfile.CHRTYPE)],
}


def check_harmful_archives_are_refused(programs):
    """An archive that leads out of its tree, or holds what no machine has, is not read."""
    for what, entries in HARMFUL.items():
        with tempfile.TemporaryDirectory(prefix="pt-ctl-") as folder:
            with open(os.path.join(folder, "outside"), "wb"):
                pass
            archive = os.path.join(folder, "harmful.tar")
            with tarfile.open(archive, "w") as file:
                for info, content in entries:
                    file.addfile(info, content)
            temporary = os.path.join(folder, "tmp")
            os.mkdir(temporary)
            before = os.environ.get("TMPDIR")
            os.environ["TMPDIR"] = temporary
            try:
                run = programs.ctl.run("--root", archive, "list")
            finally:
                del os.environ["TMPDIR"]
                if before is not None:
                    os.environ["TMPDIR"] = before
            same(f"{what}: exit code", run.code, 2)
            same(f"{what}: is told", "cannot read the captured machine" in run.err and
                 ("outside of the tree" in run.err or "out of the tree" in run.err or
                  "neither a file" in run.err), True)
            same(f"{what}: files", sorted(os.listdir(folder)), ["harmful.tar", "outside", "tmp"])
            same(f"{what}: size of the file outside",
                 os.path.getsize(os.path.join(folder, "outside")), 0)
            same(f"{what}: what is left over", os.listdir(temporary), [])


def check_broken_archives_are_told(programs):
    """A file that is no archive, is cut off or is empty says so, and nothing is left over."""
    with captured(programs, "machine.tar") as (_, archive):
        with open(archive, "rb") as file:
            whole = file.read()
        for what, content in (("empty", b""), ("text", b"no archive\n" * 100),
                              ("cut off", whole[:5000]), ("zeros", bytes(4096))):
            with open(archive, "wb") as file:
                file.write(content)
            run = programs.ctl.run("--root", archive, "list")
            same(f"{what}: exit code", run.code, 2)
            same(f"{what}: is told", run.err.startswith(
                f"ptctl: cannot read the captured machine '{archive}': "), True)


def check_captured_machines_are_not_changed(programs):
    """Where an archive has a boot loader, which capture puts into none, use only tells."""
    with captured(programs, "machine.tar") as (_, archive):
        with tarfile.open(archive, "a") as file:
            for name, content in (("usr/sbin/grub-mkconfig", b"default/grub.d/"),
                                  ("boot/grub/grub.cfg", b"linux /vmlinuz ro quiet\n")):
                info, text = entry(name, content=content)
                file.addfile(info, text)
        with open(archive, "rb") as file:
            before = file.read()
        words = ["--root", archive, "use", "0a:00", "--force"]
        run = programs.ctl.run(*words, "--print")
        same("what would be done", (run.code, "/etc/default/grub.d/pt-hook.cfg" in run.out),
             (0, True))
        run = programs.ctl.run(*words, "--yes")
        same("exit code", run.code, 1)
        same("reason", "Nothing is changed: a captured machine is for looking at" in run.err, True)
        with open(archive, "rb") as file:
            same("the archive is as it was", file.read() == before, True)


def check_captures_are_compressed_as_they_are_named(programs):
    """The ending of the name says how a captured machine is compressed, and it is read again."""
    for name, begin in (("m.tar.gz", b"\x1f\x8b"), ("m.tgz", b"\x1f\x8b"), ("m.tar.bz2", b"BZh"),
                        ("m.tar.xz", b"\xfd7zXZ"), ("m.tar", None), ("m", None)):
        with captured(programs, name) as (_, archive):
            with open(archive, "rb") as file:
                content = file.read()
            found = content.startswith(begin) if begin else content[257:262] == b"ustar"
            same(f"{name}: its form", found, True)
            same(f"{name}: exit code of list", programs.ctl.run("--root", archive, "list").code, 0)


def check_captures_are_unpacked_where_tmpdir_says(programs):
    """A captured machine is unpacked below TMPDIR: where nothing can be put there it is not read."""
    with captured(programs) as (_, archive):
        for place, code, said in ((os.path.dirname(archive), 0, False), ("/proc", 2, True)):
            run = programs.ctl.run("--root", archive, "list", prefix=("env", f"TMPDIR={place}"))
            same(f"{place}: exit code", run.code, code)
            same(f"{place}: reason", "cannot make a directory for it" in run.err, said)
