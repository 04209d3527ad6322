# SPDX-License-Identifier: LGPL-2.1-or-later
"""kmod with zlib, for guests with modules as .ko.gz: Debian's own kmod cannot read them.

    kmod/KEY/kmod          modprobe, depmod and the others in one program, without libraries

It is the source that the boot program's libkmod is compiled from, with all that Debian's has for
modules of other forms left out, and stands in a guest's tree where Debian's kmod was.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from .support import PROJECT, Problem, command, say

FORMAT = "gz"  # the module_format of a scenario that has it
RECIPE = 1  # to be raised when the commands below change what comes out
SUITE, ZLIB = "bookworm", "zlib1g-dev"
PLACE = "usr/bin/kmod"

# As kmod's own build has them on a system of Debian.
OPTIONS = {"PACKAGE": '"kmod"', "VERSION": '"of the tests"', "KMOD_FEATURES": '"+ZLIB"',
           "SYSCONFDIR": '"/etc"', "DISTCONFDIR": '"/usr/lib"',
           "MODULE_DIRECTORY": '"/lib/modules"', "ENABLE_ZLIB": 1, "ENABLE_ZLIB_DLOPEN": 0,
           "ENABLE_XZ": 0, "ENABLE_ZSTD": 0, "ENABLE_OPENSSL": 0, "ENABLE_LOGGING": 1,
           "ENABLE_DEBUG": 0, "ENABLE_ELFDBG": 0, "HAVE_SECURE_GETENV": 1, "HAVE_NORETURN": 1,
           "HAVE_STATIC_ASSERT": 1, "HAVE_STRUCT_STAT_ST_MTIM": 1, "HAVE_DECL_BASENAME": 1,
           **{f"HAVE___BUILTIN_{name}": 1 for name in (
               "CLZ", "TYPES_COMPATIBLE_P", "UADD_OVERFLOW", "UADDL_OVERFLOW", "UADDLL_OVERFLOW",
               "UMUL_OVERFLOW", "UMULL_OVERFLOW", "UMULLL_OVERFLOW")}}
LEFT_OUT = ("libkmod/libkmod-file-xz.c", "libkmod/libkmod-file-zstd.c")


def source() -> Path:
    """The unpacked source of kmod, which is fetched when it is not there yet."""
    return Path(command([PROJECT / "scripts" / "fetch-kmod"],
                        "the source of kmod").strip().splitlines()[-1])


def key_parts() -> list:
    return [source().name, OPTIONS, LEFT_OUT, RECIPE]


def make(folder: Path) -> None:
    """Compiles it; zlib is that of a Debian package, for what is installed here may differ."""
    say("building kmod with zlib (seconds, once)")
    kmod = source()
    files = [path for part in ("libkmod", "shared", "tools")
             for path in sorted((kmod / part).glob("*.c"))
             if str(path.relative_to(kmod)) not in LEFT_OUT]
    with tempfile.TemporaryDirectory(prefix="ptboot-zlib.", dir=folder) as name:
        zlib = Path(name)
        command(["bash", "-ec", '. "$1"; cd "$2"; pt_private_apt "$3" -- -qq download "$4"; '
                 'dpkg-deb -x "$4"_*.deb .', "bash", PROJECT / "scripts" / "lib.sh", zlib, SUITE,
                 ZLIB], "zlib for kmod")
        archive = next(zlib.glob("usr/lib/*/libz.a"), None)
        if archive is None:
            raise Problem(f"{ZLIB} of {SUITE} has no libz.a")
        command(["gcc", "-std=gnu11", "-O1", "-w", "-static", "-D_GNU_SOURCE",
                 *(f"-D{option}={value}" for option, value in OPTIONS.items()),
                 "-I", kmod, "-I", zlib / "usr/include", "-o", folder / "kmod", *files, archive],
                "compiling kmod with zlib")
