# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small kernel: guests without a distribution, for what Debian's kernels cannot show.

    kernel/KEY/vmlinuz     the kernel

Debian's source with the options of guest/small/config: vfio-pci and native drivers are built in,
there are no modules. One driver more is ours, guest/small/ptboot-stuck.c, which takes no device
unless the command line names one. The initramfs is that of bare.py. A key is a digest of the
package's version, of the options and of that driver; nothing of a kernel is kept in the source tree.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from .support import GUEST_FILES, PROJECT, Problem, command, say, workshop

RECIPE = 4  # to be raised when the commands below change what comes out
SUITE = "bookworm"
SOURCE = "linux-source-6.1"
FOLDER = GUEST_FILES / "small"
CONFIG = FOLDER / "config"
DRIVER = FOLDER / "ptboot-stuck.c"
DRIVER_PLACE = "drivers/pci"  # drivers here start before those of any device that a guest has


def apt_get(*words) -> str:
    """apt-get with Debian's packages from this machine's mirror, by the developer scripts."""
    return command(["bash", "-c", '. "$1" && shift && pt_private_apt "$@"', "bash",
                    PROJECT / "scripts" / "lib.sh", SUITE, "--", "-qq", *words],
                   f"apt-get {words[0]}: the small kernel")


def key_parts() -> list:
    """What a built kernel depends on: files of packages, named by their version, and options."""
    told = apt_get("download", "--print-uris", SOURCE)
    # 'URI' file size hash
    files = sorted(line.split(" ")[1] for line in told.splitlines() if line.startswith("'"))
    return [files, CONFIG.read_text(encoding="utf-8"), DRIVER.read_text(encoding="utf-8"),
            RECIPE]


def make_kernel(folder: Path) -> None:
    say("building the small kernel from Debian's source (four to ten minutes, once)")
    started = time.monotonic()
    with workshop(folder) as work:
        command(["bash", "-ec", '. "$1"; cd "$2"; pt_private_apt "$3" -- -qq download "$4"',
                 "bash", PROJECT / "scripts" / "lib.sh", work, SUITE, SOURCE],
                "the source of the small kernel")
        command(["sh", "-ec", 'cd "$1"; for deb in *.deb; do dpkg-deb -x "$deb" .; done; '
                 'tar -xf "usr/src/$2.tar.xz"', "sh", work, SOURCE], "unpacking the source")
        add_driver(work / SOURCE / DRIVER_PLACE)
        compile_kernel(work / SOURCE, CONFIG.read_text(encoding="utf-8"))
        shutil.copy(work / SOURCE / "arch" / "x86" / "boot" / "bzImage", folder / "vmlinuz")
    say(f"small kernel ready after {time.monotonic() - started:.0f} s")


def add_driver(folder: Path) -> None:
    shutil.copy(DRIVER, folder)
    with open(folder / "Makefile", "a", encoding="utf-8") as makefile:
        makefile.write(f"obj-y += {DRIVER.stem}.o\n")


def compile_kernel(source: Path, options: str) -> None:
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
