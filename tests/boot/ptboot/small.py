# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small kernel: guests without a distribution, for what Debian's kernels cannot show.

    kernel/KEY/            a kernel for each driver of the firmware's framebuffer, and busybox

Debian's source with the options of guest/small/config: vfio-pci and native drivers are built in,
there are no modules. One driver more is ours, guest/small/ptboot-stuck.c, which takes no device
unless the command line names one. It boots in seconds to an initramfs of busybox, the witness, and
of the package the program and its boot script. A key is a digest of the packages' versions, of the
options and of that driver; nothing of a kernel is kept in the source tree.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from .files import folder_digest
from .scenario import FRAMEBUFFERS, Scenario
from .support import GUEST_FILES, PROJECT, Problem, command, say, workshop

RECIPE = 2  # to be raised when the commands below change what comes out
SUITE = "bookworm"
SOURCE, BUSYBOX = "linux-source-6.1", "busybox-static"
FOLDER = GUEST_FILES / "small"
CONFIG = FOLDER / "config"
DRIVER = FOLDER / "ptboot-stuck.c"
DRIVER_PLACE = "drivers/pci"  # drivers here start before those of any device that a guest has
# simplefb is not offered beside simpledrm.
FLAVOURS = {"simpledrm": "CONFIG_DRM_SIMPLEDRM=y\n", "simplefb": "CONFIG_FB_SIMPLE=y\n"}
assert tuple(FLAVOURS) == FRAMEBUFFERS

# Where the files of the package and of the harness go in the initramfs.
PROGRAM = "usr/lib/pt-hook/pt-hook"
BOOT_SCRIPT = "usr/share/initramfs-tools/scripts/init-top/pt-hook"
FOLDERS = ("bin", "dev", "etc", "proc", "run", "scripts/init-top", "sys", "tmp",
           "usr/lib/pt-hook", "usr/local/lib/ptboot")


def apt_get(*words) -> str:
    """apt-get with Debian's packages from this machine's mirror, by the developer scripts."""
    return command(["bash", "-c", '. "$1" && shift && pt_private_apt "$@"', "bash",
                    PROJECT / "scripts" / "lib.sh", SUITE, "--", "-qq", *words],
                   f"apt-get {words[0]}: the small kernel")


def key_parts() -> list:
    """What a built kernel depends on: files of packages, named by their version, and options."""
    told = apt_get("download", "--print-uris", SOURCE, BUSYBOX)
    # 'URI' file size hash
    files = sorted(line.split(" ")[1] for line in told.splitlines() if line.startswith("'"))
    return [files, CONFIG.read_text(encoding="utf-8"), DRIVER.read_text(encoding="utf-8"),
            FLAVOURS, RECIPE]


def made_of() -> str:
    """A digest of our own files in the initramfs, besides those that all guests have."""
    return folder_digest(FOLDER)


def make_kernels(folder: Path) -> None:
    """Builds a kernel for each flavour in one source tree: the second one takes seconds."""
    say("building the small kernel from Debian's source (four to ten minutes, once)")
    started = time.monotonic()
    with workshop(folder) as work:
        command(["bash", "-ec", '. "$1"; cd "$2"; pt_private_apt "$3" -- -qq download "$4" "$5"',
                 "bash", PROJECT / "scripts" / "lib.sh", work, SUITE, SOURCE, BUSYBOX],
                "the source of the small kernel")
        command(["sh", "-ec", 'cd "$1"; for deb in *.deb; do dpkg-deb -x "$deb" .; done; '
                 'tar -xf "usr/src/$2.tar.xz"', "sh", work, SOURCE], "unpacking the source")
        shutil.copy(work / "bin" / "busybox", folder / "busybox")
        add_driver(work / SOURCE / DRIVER_PLACE)
        for flavour, options in FLAVOURS.items():
            make_kernel(work / SOURCE, CONFIG.read_text(encoding="utf-8") + options)
            shutil.copy(work / SOURCE / "arch" / "x86" / "boot" / "bzImage", folder / flavour)
    say(f"small kernel ready after {time.monotonic() - started:.0f} s")


def add_driver(folder: Path) -> None:
    shutil.copy(DRIVER, folder)
    with open(folder / "Makefile", "a", encoding="utf-8") as makefile:
        makefile.write(f"obj-y += {DRIVER.stem}.o\n")


def make_kernel(source: Path, options: str) -> None:
    make = ["make", "-s", "-C", source]
    command([*make, "tinyconfig"], "the smallest configuration")
    config = source / ".config"
    config.write_text(config.read_text(encoding="utf-8") + options, encoding="utf-8")
    command([*make, "olddefconfig"], "the small kernel's configuration")
    made = set(config.read_text(encoding="utf-8").splitlines())
    lost = [line for line in options.splitlines() if line[:1] != "#" and line not in made]
    if lost:
        raise Problem(f"the small kernel's source does not know, or cannot have: {', '.join(lost)}")
    command([*make, f"-j{os.cpu_count() or 1}", "bzImage"], "building the small kernel")


def make_initrd(wanted: Scenario, kernels: Path, package: bytes | None, tree: Path,
                initrd: Path) -> list[str]:
    """Writes the initramfs of one scenario, made in `tree`; returns the paths in it."""
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)
    shutil.copy(kernels / "busybox", tree / "bin" / "busybox")
    command(["chroot", tree, "/bin/busybox", "--install", "-s", "/bin"], "linking busybox")
    shutil.copy(FOLDER / "init", tree / "init")
    shutil.copy(GUEST_FILES / "witness", tree / "usr/local/lib/ptboot/witness")
    command(["gcc", "-O1", "-static", "-o", tree / "usr/local/lib/ptboot/use-vfio",
             GUEST_FILES / "use-vfio.c"], "compiling use-vfio")
    if wanted.hook:
        if package is None:
            raise Problem("a guest with the hook needs the package: --deb FILE")
        with tempfile.TemporaryDirectory(prefix="ptboot-package.") as unpacked:
            archive = Path(unpacked) / "package.deb"
            archive.write_bytes(package)
            command(["dpkg-deb", "-x", archive, unpacked], "unpacking the package")
            shutil.copy(Path(unpacked) / PROGRAM, tree / PROGRAM)
            shutil.copy(Path(unpacked) / BOOT_SCRIPT, tree / "scripts/init-top/pt-hook")
    if wanted.conf:
        (tree / "etc" / "pt-hook.conf").write_text("".join(f"{line}\n" for line in wanted.conf),
                                                   encoding="utf-8")
    if wanted.image_edit:
        command(["chroot", tree, "/bin/sh", "-euxc", wanted.image_edit], "image_edit",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DESTDIR": ""})
    command(["sh", "-ec", 'cd "$1"; find . | "$1/bin/busybox" cpio -o -H newc | gzip -1 >"$2"',
             "sh", tree, initrd], "packing the initramfs")
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
