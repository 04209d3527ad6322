# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done to the trees of files that guests are made of."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .files import make_disk, single
from .support import GUEST_FILES, command

ZSTD_MAGIC, ELF_MAGIC = b"\x28\xb5\x2f\xfd", b"\x7fELF"

# Modules whose compression a scenario chooses, with those they need.
RECOMPRESSED = ("drivers/vfio/**/*.ko*", "drivers/gpu/drm/tiny/bochs.ko*", "virt/lib/*.ko*")
COMPRESSORS = {"xz": ("xz", "--check=crc32"), "zst": ("zstd", "--quiet", "--rm")}
# Of a root file system that is mounted and not used: dracut-lib.sh usable_root(), systemd's
# switch-root and the scripts of initramfs-tools look for these.
BARE_ROOT = ("dev", "etc", "proc", "run", "sbin", "sys", "tmp", "usr/lib", "var")


def leave_out(tree: Path, names: tuple) -> None:
    """Removes files, and what is in directories."""
    for name in names:
        path = tree / name
        if path.is_dir():
            shutil.rmtree(path)
            path.mkdir()
        else:
            path.unlink(missing_ok=True)


def make_bare_root(folder: Path) -> None:
    tree = folder / "tree"
    for name in BARE_ROOT:
        (tree / name).mkdir(parents=True)
    (tree / "usr/lib/os-release").write_text("ID=ptboot\n", encoding="ascii")
    make_disk(tree, folder / "disk")
    shutil.rmtree(tree)


def recompress_modules(tree: Path, ending: str) -> None:
    """Has the modules of vfio and of the displays in another form than the kernel's package."""
    modules = single(tree / "usr/lib/modules", "*")
    for path in [path for name in RECOMPRESSED for path in modules.glob(f"kernel/{name}")]:
        bare = path.with_suffix("") if path.suffix != ".ko" else path
        if path.suffix == ".xz":
            command(["xz", "--decompress", path], f"decompressing {path.name}")
        command([*COMPRESSORS[ending], bare], f"compressing {bare.name}")
    command(["chroot", tree, "depmod", modules.name], "listing the modules")


def unpack_kernel(kernel: Path, unpacked: Path) -> None:
    """Writes what a bzImage unpacks itself to, if that is packed by zstd, as Debian's kernels are
    since trixie; nothing else."""
    content, at = kernel.read_bytes(), 0
    while (at := content.find(ZSTD_MAGIC, at)) >= 0:
        done = subprocess.run(["zstd", "--decompress", "--quiet"], input=content[at:],
                              capture_output=True, check=False)  # behind it comes something else
        if done.stdout.startswith(ELF_MAGIC):
            unpacked.write_bytes(done.stdout)
            return
        at += 1


def in_tree(what: str, *words: Path | str) -> None:
    """Runs the builder in a guest's tree; the words are those of the script."""
    command(["unshare", "--mount", "--propagation", "private", "sh", GUEST_FILES / "in-tree",
             *words], f"image ({what})")
