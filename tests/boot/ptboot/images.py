# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest boots from: base tree, initramfs image, root disk; each made once and kept.

    base/SUITE-KEY.tar     a root file system by mmdebstrap, with its kernel
    image/KEY/             vmlinuz, initrd and listing: the base, our files and the package, the
                           image rebuilt by the distribution's own tools
    root/KEY/disk          the same tree as an ext4 disk, for what comes after the initramfs; for
                           guests that end there, a disk with what every initramfs wants to see
    bare/KEY/              a base's kernel and modules, for guests without a builder: see bare.py
    tools/KEY/             programs in those guests: busybox, use-vfio
    vmlinux/KEY/vmlinux    a kernel, unpacked
    kernel/KEY/            the small kernel: see small.py

A key is a digest of all that the entry is made of. An entry is made under another name and then
renamed; images and disks beyond a bound are dropped, the longest unused first. The trees that they
are made from are put into $TMPDIR if there is one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import bare, builders, grub, native, qemu, small, uki, variant
from .files import (allocated_bytes, bytes_digest, digest, file_digest, folder_digest, lines,
                    make_disk, put, put_all, single)
from .scenario import BARE, NATIVE, SMALL, Scenario
from .support import (GUEST_FILES, PROJECT, Problem, cache_dir, command, exclusive, say,
                      workshop)
from .trees import (BARE_ROOT, in_tree, leave_out, make_bare_root, recompress_modules,
                    unpack_kernel)

BASE_RECIPE = 2  # to be raised when mmdebstrap's options below change
BASE_OPTIONS = ("--aptopt=Apt::Install-Recommends \"false\"",
                "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/doc/*",
                "--dpkgopt=path-exclude=/usr/share/locale/*")
# A mirror that is no longer updated has a release of sid that has expired soon.
SUITE_OPTIONS = {"sid": ("--aptopt=Acquire::Check-Valid-Until \"false\"",)}

KEEP_BYTES = 8 << 30
KEEP_SECONDS = 3600  # an entry this young may be in use by another run
DISK_LEAVES_OUT = ("boot", "var/lib/apt/lists", "var/cache/apt", "etc/ptboot/package.deb")
# Files of every guest, whoever builds its image.
PLACES = {"witness": "usr/local/lib/ptboot/witness",
          "functions": "usr/local/lib/ptboot/functions",
          "ptboot.target": "etc/systemd/system/ptboot.target",
          "ptboot-witness.service": "etc/systemd/system/ptboot-witness.service"}


@dataclass(frozen=True)
class Image:
    kernel: Path
    initrd: Path
    listing: list


def debian_mirror() -> str:
    """The mirror of this machine's own apt configuration, by the developer scripts' rule."""
    library = PROJECT / "scripts" / "lib.sh"
    return command(["bash", "-c", '. "$1" && pt_debian_mirror', "bash", library],
                   "the Debian mirror").strip()


class Store:
    """All cached entries for one package file (None: guests that are never given one)."""

    def __init__(self, package: Path | None) -> None:
        # Read once: the file may be replaced by a newer package while guests are built.
        self._package = package.read_bytes() if package else None
        self._package_name = native.package_name(package)
        self._package_digest = bytes_digest(self._package) if package else ""
        self._folder = cache_dir() / "boot"
        self._guest_digest = folder_digest(GUEST_FILES)
        self._started = time.time()
        self._used: set[Path] = set()
        self._small = ""  # the small kernel's key, once it is known
        self._small_lock = threading.Lock()

    # What others ask for.

    def image(self, wanted: Scenario) -> Image:
        if wanted.suite == SMALL or wanted.builder == BARE:
            return self._bare_image(wanted)
        entry = self._entry("image", self._image_key(wanted),
                            lambda folder: self._make_image(wanted, folder))
        listing = (entry / "listing").read_text(encoding="utf-8", errors="replace")
        return Image(entry / "vmlinuz", entry / "initrd", listing.splitlines())

    def unpacked_kernel(self, kernel: Path) -> Path:
        """The same kernel as the ELF program that it unpacks itself to, which QEMU starts without
        firmware; an emulated machine needs a third of a small guest's time for the unpacking."""
        entry = self._entry("vmlinux", file_digest(kernel),
                            lambda folder: unpack_kernel(kernel, folder / "vmlinux"))
        unpacked = entry / "vmlinux"
        return unpacked if unpacked.exists() else kernel

    def root_disk(self, wanted: Scenario) -> Path:
        if wanted.stage == "initramfs" and not wanted.packages:
            return self._entry("root", digest("bare", BARE_ROOT), make_bare_root) / "disk"
        key = digest(self._base_key(wanted), self._guest_digest,
                     self._package_digest if wanted.hook else "",
                     *(file_digest(self._debian_package(wanted.suite, name))
                       for name in wanted.packages))
        return self._entry("root", key, lambda folder: self._make_root(wanted, folder)) / "disk"

    def _bare_image(self, wanted: Scenario) -> Image:
        if wanted.suite == SMALL:
            kernels = self._entry("kernel", self._small_key(), small.make_kernel)
            kernel, modules = kernels / "vmlinuz", None
        else:
            kernels = self._entry("bare", digest(self._base_key(wanted)),
                                  lambda folder: bare.unpack_kernel(self.base(wanted), folder))
            kernel, modules = bare.kernel_of(kernels)
        key = digest(kernels.name, self._guest_digest, bare.made_of(), wanted.image_options(),
                     self._package_digest if wanted.hook else "")
        entry = self._entry("image", key, lambda folder: self._make_bare(wanted, modules, folder))
        listing = (entry / "listing").read_text(encoding="utf-8")
        return Image(kernel, entry / "initrd", listing.splitlines())

    def bootable_disk(self, wanted: Scenario) -> Path:
        """A disk with the system, its image and its boot loader."""
        key = digest(self._image_key(wanted), qemu.loader_words(wanted),
                     self._package_digest if wanted.package_file else "",
                     file_digest(Path(grub.__file__)),
                     folder_digest(self._debian_packages(wanted.suite, *grub.PACKAGES)))
        return self._entry("root", key, lambda folder: self._make_bootable(wanted, folder)) / "disk"

    def prepare(self, wanted: Scenario, made: set) -> set:
        """Makes what the guest is made of and the package is no part of; returns its names."""
        if wanted.suite == NATIVE:
            return set()
        if wanted.suite == SMALL:
            names = {SMALL}
            if not names <= made:
                self._entry("kernel", self._small_key(), small.make_kernel)
            return names
        names = {self._base_key(wanted), *((wanted.suite, name) for name in wanted.packages)}
        if wanted.loader:
            names.add((wanted.suite, *grub.PACKAGES))
        for name in names - made:
            if isinstance(name, tuple):
                self._debian_packages(*name)
            else:
                self.base(wanted)
        if wanted.uki:
            uki.tools()
        return names

    # Keys.

    def _small_key(self) -> str:
        with self._small_lock:
            if not self._small:
                self._small = digest(small.key_parts())
            return self._small

    def _base_key(self, wanted: Scenario) -> str:
        if wanted.suite == NATIVE:  # what it is made of can change at any time
            return digest(NATIVE, os.getpid(), self._started)
        return digest(wanted.suite, builders.find(wanted).packages, BASE_RECIPE)

    def _image_key(self, wanted: Scenario) -> str:
        made_of = [] if wanted.suite == NATIVE else builders.find(wanted).made_of()
        if wanted.variant:
            made_of += [wanted.variant, variant.RECIPE]
        return digest(self._base_key(wanted), self._guest_digest, wanted.image_options(),
                      made_of, self._package_digest if wanted.hook else "")

    # Entries.

    def _entry(self, kind: str, key: str, make) -> Path:
        """The folder of an entry, made by make(temporary folder) if it is not there yet."""
        entry = self._folder / kind / key
        with exclusive(f"{kind}-{key}"):
            if not entry.is_dir():
                entry.parent.mkdir(parents=True, exist_ok=True)
                temporary = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=entry.parent))
                try:
                    make(temporary)
                    temporary.rename(entry)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
            os.utime(entry)
        self._used.add(entry)
        self._drop_old()
        return entry

    def _drop_old(self) -> None:
        """Keeps images and disks below the bound; left-overs of killed runs go too."""
        with exclusive("drop-old"):
            entries = []
            for path in [path for kind in ("image", "root", "bare")
                         for path in self._folder.glob(f"{kind}/*")]:
                with contextlib.suppress(FileNotFoundError):
                    entries.append((path.stat().st_mtime, path, allocated_bytes(path)))
            total = sum(size for _, _, size in entries)
            for used, path, size in sorted(entries):
                young = time.time() - used < KEEP_SECONDS
                left_over = path.name.startswith(".")
                if young or path in self._used or (total <= KEEP_BYTES and not left_over):
                    continue
                shutil.rmtree(path, ignore_errors=True)
                total -= size

    # Making them.

    def base(self, wanted: Scenario) -> Path:
        """The archive of the base root file system."""
        path = self._folder / "base" / f"{wanted.suite}-{self._base_key(wanted)}.tar"
        with exclusive(path.name):
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                say(f"{wanted.suite}: building the base root file system "
                    "(mmdebstrap; one to four minutes, once)")
                started = time.monotonic()
                temporary = path.with_name(f".{os.getpid()}.{path.name}")
                try:
                    command(["mmdebstrap", "--mode=root", "--variant=minbase", "--format=tar",
                             *BASE_OPTIONS, *SUITE_OPTIONS.get(wanted.suite, ()), *builders.find(wanted).base_image(), "--include=" + ",".join(builders.find(wanted).packages),
                             wanted.suite, temporary, debian_mirror()],
                            f"{wanted.suite}: base root file system",
                            env={**os.environ, "TMPDIR": tempfile.gettempdir()})
                    temporary.rename(path)
                finally:
                    temporary.unlink(missing_ok=True)
                say(f"{wanted.suite}: base root file system ready after "
                    f"{time.monotonic() - started:.0f} s")
        return path

    def _debian_package(self, suite: str, name: str) -> Path:
        """A package of the suite as a file, from the machine's own mirror."""
        return single(self._debian_packages(suite, name), "*.deb")

    def _debian_packages(self, suite: str, *names: str) -> Path:
        """A folder with these packages; all at once, for apt reads its lists for each call."""
        folder = self._folder / "debian" / suite / (names[0] if len(names) == 1 else digest(names))
        with exclusive(f"debian-{suite}-{folder.name}"):
            if not folder.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
                temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
                try:
                    command(["bash", "-c", '. "$1" && shift && pt_private_apt "$1" -- -qq download '
                             '"${@:2}"', "bash", PROJECT / "scripts" / "lib.sh", suite, *names],
                            f"fetching {', '.join(names)} of {suite}", cwd=temporary)
                    temporary.rename(folder)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
        return folder

    def _tree(self, wanted: Scenario, tree: Path) -> None:
        """Unpacks the base and puts our files where the guest's own tools look for them."""
        if os.geteuid() != 0:
            raise Problem("root file systems and chroot need root; run this as root")
        base = self.base(wanted)
        tree.mkdir()
        command(["tar", "-C", tree, "-xf", base], "unpacking the base root file system")
        put_all(tree, GUEST_FILES, PLACES)
        builders.find(wanted).prepare(tree)
        put(tree / "usr/local/lib/ptboot/use-vfio", (self._tools() / "use-vfio").read_bytes())
        put(tree / "etc/fstab", b"/dev/vda / ext4 defaults 0 1\n")
        if wanted.hook:
            if self._package is None:
                raise Problem("a guest with the hook needs the package: --deb FILE")
            put(tree / "etc/ptboot/package.deb", self._package)

    def _native_tree(self, wanted: Scenario, tree: Path) -> None:
        """What goes over the running system."""
        if os.geteuid() != 0:
            raise Problem("images are made in a chroot, which needs root; run this as root")
        tree.mkdir()
        put_all(tree, GUEST_FILES, PLACES)
        builders.find(wanted).prepare_native(tree)
        put_all(tree, GUEST_FILES, {"native/install": "etc/ptboot/install"})
        put(tree / "etc/ptboot/builder", lines([wanted.builder]))
        if wanted.conf:
            put(tree / "etc/ptboot/pt-hook.conf", lines(wanted.conf))
        if wanted.hook:
            if self._package is None:
                raise Problem("a guest with the hook needs the package: --deb FILE")
            put(tree / "etc/ptboot" / self._package_name, self._package)

    def _configure_image(self, wanted: Scenario, tree: Path) -> None:
        """What the scenario wants in the image."""
        builders.find(wanted).configure(wanted, tree)
        if wanted.variant:
            variant.add(tree, wanted.variant)
        if wanted.module_format not in ("usual", "packaged"):
            recompress_modules(tree, wanted.module_format)
        if wanted.modprobe_conf:
            put(tree / "etc/modprobe.d/ptboot.conf", lines(wanted.modprobe_conf))
        if wanted.conf:
            put(tree / "etc/pt-hook.conf", lines(wanted.conf))
        if wanted.image_edit:
            put(tree / "etc/ptboot/edit", lines([wanted.image_edit]))

    def _make_image(self, wanted: Scenario, folder: Path) -> None:
        what = (f"{wanted.suite}, {wanted.builder}, {wanted.image_kind}, "
                f"{'with' if wanted.hook else 'without'} the hook")
        say(f"building an image: {what}")
        with workshop(folder) as work:
            self._make_image_in(work, what, wanted, folder)

    def _make_image_in(self, work: Path, what: str, wanted: Scenario, folder: Path) -> None:
        tree = work / "tree"
        if wanted.suite == NATIVE:
            self._native_tree(wanted, tree)
        else:
            self._tree(wanted, tree)
        self._configure_image(wanted, tree)
        if wanted.suite == NATIVE:
            in_tree(what, tree, "--over", native.ROOT)
            shutil.move(tree / "etc/ptboot/listing", folder / "listing")
            built = tree / "boot"
        elif wanted.image_kind == "hostonly":
            disk, mounted = work / "disk", work / "mounted"
            make_disk(tree, disk)
            mounted.mkdir()
            in_tree(what, mounted, disk)
            shutil.move(work / "listing", folder / "listing")
            built = work
        else:
            in_tree(what, tree)
            shutil.move(tree / "etc/ptboot/listing", folder / "listing")
            built = tree / "boot"
        shutil.move(single(built, "vmlinuz-*"), folder / "vmlinuz")
        shutil.move(single(built, "initrd.img-*"), folder / "initrd")

    def _make_bare(self, wanted: Scenario, modules: Path | None, folder: Path) -> None:
        if os.geteuid() != 0:
            raise Problem("an initramfs is made in a chroot, which needs root; run this as root")
        with workshop(folder) as work:
            listing = bare.make_initrd(wanted, self._tools(), modules, self._package,
                                       work / "tree", folder / "initrd")
        (folder / "listing").write_text("\n".join(listing), encoding="utf-8")

    def _tools(self) -> Path:
        """Programs for guests without a distribution, and use-vfio for all."""
        source = GUEST_FILES / "use-vfio.c"
        busybox = self._debian_package(small.SUITE, "busybox-static")

        def make(folder: Path) -> None:
            command(["gcc", "-O1", "-static", "-o", folder / "use-vfio", source],
                    "compiling use-vfio")
            with workshop(folder) as work:
                command(["dpkg-deb", "-x", busybox, work], "unpacking busybox")
                shutil.copy(work / "bin/busybox", folder / "busybox")

        return self._entry("tools", digest(file_digest(source), file_digest(busybox)), make)

    def _make_root(self, wanted: Scenario, folder: Path) -> None:
        say(f"building a root disk: {wanted.suite}, {'with' if wanted.hook else 'without'} the hook")
        with workshop(folder) as work:
            self._make_root_of(work / "tree", wanted, folder)

    def _make_root_of(self, tree: Path, wanted: Scenario, folder: Path) -> None:
        self._tree(wanted, tree)
        if wanted.hook:
            # The disk needs the package's files, not another image: that is built beside it.
            command(["chroot", tree, "dpkg", "--no-triggers", "--install",
                     "/etc/ptboot/package.deb"], "installing the package on the root disk")
        for name in wanted.packages:
            put(tree / "etc/ptboot/package.deb",
                self._debian_package(wanted.suite, name).read_bytes())
            command(["chroot", tree, "dpkg", "--install", "/etc/ptboot/package.deb"],
                    f"installing {name} on the root disk")
        leave_out(tree, DISK_LEAVES_OUT)
        make_disk(tree, folder / "disk")

    def _make_bootable(self, wanted: Scenario, folder: Path) -> None:
        say(f"building a disk with GRUB: {wanted.suite}, "
            f"{'with' if wanted.hook else 'without'} the hook")
        with workshop(folder) as work:
            self._make_bootable_of(work / "tree", wanted, folder)

    def _make_bootable_of(self, tree: Path, wanted: Scenario, folder: Path) -> None:
        self._tree(wanted, tree)
        self._configure_image(wanted, tree)
        # All at once, for some of them depend on each other.
        names = []
        for path in sorted(self._debian_packages(wanted.suite, *grub.PACKAGES).glob("*.deb")):
            names.append(f"/etc/ptboot/{path.name}")
            put(tree / names[-1][1:], path.read_bytes())
        command(["chroot", tree, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C",
                 "dpkg", "--install", *names], "installing GRUB's programs")
        in_tree("a disk with GRUB", tree)
        grub.configure(tree, qemu.loader_words(wanted))
        leave_out(tree, (*DISK_LEAVES_OUT[1:], *(name[1:] for name in names)))
        if wanted.package_file:
            if self._package is None:
                raise Problem("a guest with the package's file needs the package: --deb FILE")
            put(tree / grub.PACKAGE_FILE, self._package)
        grub.make_disk(tree, folder / "disk")
