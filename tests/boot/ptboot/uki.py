# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unified kernel images: kernel, initramfs and a fixed command line in one EFI program, by ukify.

ukify and its EFI stub are those of Debian trixie, unpacked into the cache and not installed: older
suites have none. The firmware starts the image itself, so nothing can add to its command line.

For Secure Boot it is signed with the test key that Debian's ovmf has beside the firmware's
variables in which that key is enrolled.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from .support import PROJECT, Problem, cache_dir, command, exclusive

SUITE = "trixie"
# ukify itself, the stub that it puts in front, and the library by which it reads that.
PACKAGES = ("systemd-ukify", "systemd-boot-efi", "python3-pefile")
KEY = Path("/usr/share/ovmf/PkKek-1-snakeoil.key")
CERTIFICATE = Path("/usr/share/ovmf/PkKek-1-snakeoil.pem")
KEY_PASSWORD = "snakeoil"  # as its README.Debian says
PYTHON = "/usr/bin/python3"  # any version from 3.9 on


def tools() -> Path:
    """A folder with the files of the packages."""
    place = cache_dir() / "ukify" / SUITE
    with exclusive(f"ukify-{SUITE}"):
        if not place.is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{SUITE}.", dir=place.parent))
            try:
                command(["bash", "-c", '. "$1" && shift && pt_private_apt "$1" -- -qq download '
                         '"${@:2}"', "bash", PROJECT / "scripts" / "lib.sh", SUITE, *PACKAGES],
                        "downloading ukify", cwd=temporary)
                for package in temporary.glob("*.deb"):
                    command(["dpkg-deb", "-x", package, temporary], "unpacking ukify")
                    package.unlink()
                temporary.rename(place)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    return place


def build(kernel: Path, initrd: Path, cmdline: str, folder: Path) -> Path:
    """The image as folder/uki.efi."""
    place = tools()
    image = folder / "uki.efi"
    libraries = {**os.environ, "PYTHONPATH": str(place / "usr/lib/python3/dist-packages")}
    command([PYTHON, "-B", place / "usr/bin/ukify", "build", f"--linux={kernel}",
             f"--initrd={initrd}", f"--cmdline={cmdline}", "--uname=guest",
             f"--stub={place / 'usr/lib/systemd/boot/efi/linuxx64.efi.stub'}",
             "--os-release=ID=ptboot", f"--output={image}"], "building a UKI", env=libraries)
    return image


def sign(image: Path, folder: Path) -> Path:
    """The image as folder/signed.efi, which the firmware starts with Secure Boot on."""
    for path in (KEY, CERTIFICATE):
        if not path.exists():
            raise Problem(f"{path}: not found; it is for testing Secure Boot (package ovmf)")
    key, signed = folder / "key.pem", folder / "signed.efi"
    command(["openssl", "rsa", "-in", KEY, "-passin", f"pass:{KEY_PASSWORD}", "-out", key],
            "unlocking the test key")
    command(["sbsign", "--key", key, "--cert", CERTIFICATE, "--output", signed, image],
            "signing a UKI")
    return signed
