# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of three seconds: a kernel, and an initramfs that is packed by hand, without a builder of
images, a root file system or udev.

What tests the program and no builder needs no more. The kernel and its modules are those of the
distribution (builder "bare"), or it is the small kernel without modules (small.py). In the
initramfs are busybox, the witness, the package's program with its boot script for
initramfs-tools, and the modules that the scenario names, with those they need. Its init runs the
boot scripts, then loads a driver for each device, as udev would do.
"""

from __future__ import annotations

import lzma
import shutil
import tempfile
from pathlib import Path

from .files import folder_digest, lines, put, single
from .scenario import Scenario
from .support import GUEST_FILES, Problem, command
from .variant import without_signature

FOLDER = GUEST_FILES / "bare"
TOOLS = "usr/local/lib/ptboot"
# Where the files of the package go in the initramfs, as in one of initramfs-tools.
PROGRAM = "usr/lib/pt-hook/pt-hook"
BOOT_SCRIPT = "usr/share/initramfs-tools/scripts/init-top/pt-hook"
FOLDERS = ("bin", "conf", "dev", "etc/modprobe.d", "proc", "run", "scripts/init-top", "sys", "tmp",
           "usr/lib/pt-hook", TOOLS)
LINKS = {"sbin": "bin", "lib": "usr/lib"}
# Of a kernel's folder of modules, what depmod does not make.
LISTS = ("modules.builtin", "modules.builtin.modinfo", "modules.order")


def made_of() -> list[str]:
    """Digests of our own files in the initramfs, besides those that all guests have."""
    return [folder_digest(FOLDER), folder_digest(GUEST_FILES / "initramfs-tools")]


def unpack_kernel(base: Path, folder: Path) -> None:
    """The kernel of a base root file system and all its modules, for any number of guests."""
    command(["tar", "-C", folder, "-xf", base, "--strip-components=2", "--wildcards",
             "./boot/vmlinuz-*"], "unpacking the kernel")
    command(["tar", "-C", folder, "-xf", base, "--strip-components=3", "./usr/lib/modules"],
            "unpacking the modules")


def with_dependencies(modules: Path, names: list[str]) -> list[str]:
    """The files of modules and of all that they need, by modules.dep(5); built-in ones have none."""
    needs = {}
    for line in (modules / "modules.dep").read_text(encoding="ascii").splitlines():
        path, _, rest = line.partition(":")
        needs[_name(path)] = [path, *rest.split()]
    built_in = {_name(path) for path in
                (modules / "modules.builtin").read_text(encoding="ascii").splitlines()}
    paths = set()
    for name in names:
        if _name(name) in needs:
            paths.update(needs[_name(name)])
        elif _name(name) not in built_in:
            raise Problem(f"{modules.name} has no module {name}")
    return sorted(paths)


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def add_modules(wanted: Scenario, modules: Path, tree: Path) -> None:
    """Puts modules into the tree: as they are packaged, or unpacked and without their signature,
    which spares an emulated kernel half a second of unpacking and of arithmetic."""
    own = tree / "usr/lib/modules" / modules.name
    options = wanted.image_options()
    for path in with_dependencies(modules, [*options["modules"], *options["early_modules"]]):
        content = (modules / path).read_bytes()
        if wanted.module_format != "packaged":
            if path.endswith(".xz"):
                content, path = lzma.decompress(content), path.removesuffix(".xz")
            content = without_signature(content)
        put(own / path, content)
    for name in LISTS:
        shutil.copy(modules / name, own / name)


def make_initrd(wanted: Scenario, tools: Path, modules: Path | None, package: bytes | None,
                tree: Path, initrd: Path) -> list[str]:
    """Writes the initramfs of one scenario, made in `tree`; returns the paths in it. `tools` has
    the programs busybox (static) and use-vfio, `modules` all of the kernel's, if it has any."""
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)
    for name, target in LINKS.items():
        (tree / name).symlink_to(target)
    shutil.copy(tools / "busybox", tree / "bin/busybox")
    command(["chroot", tree, "/bin/busybox", "--install", "-s", "/bin"], "linking busybox")
    shutil.copy(FOLDER / "init", tree / "init")
    for name in ("witness", "functions"):
        shutil.copy(GUEST_FILES / name, tree / TOOLS / name)
    shutil.copy(tools / "use-vfio", tree / TOOLS / "use-vfio")
    if modules:
        add_modules(wanted, modules, tree)
    if wanted.early_modules:
        put(tree / "conf/ptboot-early", lines(wanted.early_modules))
        put(tree / "scripts/init-top/a-ptboot-early",
            (GUEST_FILES / "initramfs-tools/init-top-early").read_bytes())
    if wanted.hook:
        add_package(package, tree)
    for items, place in ((wanted.conf, "etc/pt-hook.conf"),
                         (wanted.modprobe_conf, "etc/modprobe.d/ptboot.conf")):
        if items:
            put(tree / place, lines(items))
    if wanted.image_edit:
        command(["chroot", tree, "/bin/sh", "-euxc", wanted.image_edit], "image_edit",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DESTDIR": ""})
    if modules:  # which are listed after the edit, so that one that was taken out is not there
        command(["depmod", "-b", tree, modules.name], "listing the modules")
    command(["sh", "-ec", 'cd "$1"; find . | bin/busybox cpio -o -H newc >"$2"', "sh", tree,
             initrd], "packing the initramfs")
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))


def add_package(package: bytes | None, tree: Path) -> None:
    if package is None:
        raise Problem("a guest with the hook needs the package: --deb FILE")
    with tempfile.TemporaryDirectory(prefix="ptboot-package.") as unpacked:
        archive = Path(unpacked) / "package.deb"
        archive.write_bytes(package)
        command(["dpkg-deb", "-x", archive, unpacked], "unpacking the package")
        shutil.copy(Path(unpacked) / PROGRAM, tree / PROGRAM)
        shutil.copy(Path(unpacked) / BOOT_SCRIPT, tree / "scripts/init-top/pt-hook")


def kernel_of(folder: Path) -> tuple[Path, Path]:
    """The kernel and its modules, where unpack_kernel() has put them."""
    kernel = single(folder, "vmlinuz-*")
    return kernel, folder / "modules" / kernel.name.removeprefix("vmlinuz-")
