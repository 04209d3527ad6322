# SPDX-License-Identifier: LGPL-2.1-or-later
"""KVM or TCG. /dev/kvm proves nothing: nested virtualization may be there and hang, at once or at
the first instruction that it does not know. So KVM has to pass a trial, and counts as good only
when a guest has come to its end under it; the first guest that does not, is booted again with TCG,
and so are all that follow."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Callable

TRIAL_SECONDS = 4
# A kernel prints its first line within a second or two, an emulated one too.
SILENCE_SECONDS = 30

# A boot sector that writes 0x10 to port 0xf4, where isa-debug-exit sits: mov al,0x10;
# out 0xf4,al; hlt. QEMU then ends with status 2 * 0x10 + 1.
TRIAL_CODE = bytes((0xB0, 0x10, 0xE6, 0xF4, 0xF4))
TRIAL_STATUS = 0x21


def forced() -> str | None:
    """What the user asks for; then nothing else is tried."""
    return os.environ.get("PT_ACCEL")


def kvm_passes_trial(qemu: str, start: Callable, end: Callable,
                     seconds: float = TRIAL_SECONDS) -> bool:
    """Does a guest of five bytes end in time under KVM? `start` and `end` run and kill QEMU."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with tempfile.TemporaryDirectory(prefix="ptboot.") as folder:
        floppy = Path(folder) / "floppy"
        floppy.write_bytes(TRIAL_CODE.ljust(510, b"\0") + b"\x55\xaa" + bytes(1474560 - 512))
        process = start(
            [qemu, "-machine", "q35,accel=kvm", "-cpu", "host", "-m", "32", "-display", "none",
             "-nodefaults", "-drive", f"file={floppy},format=raw,if=floppy,readonly=on",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04", "-no-reboot"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(timeout=seconds) == TRIAL_STATUS
        except subprocess.TimeoutExpired:
            return False
        finally:
            end(process)


class Kvm:
    """What the guests of this run have shown about KVM. Guests boot in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._proven = False
        self._given_up = False

    def choose(self, able: str) -> str:
        """The accelerator of the next guest; `able` is what the trials of QEMU found."""
        with self._lock:
            return "tcg" if able == "kvm" and self._given_up else able

    def seems_dead(self, used: str, seconds: float, console: Path) -> bool:
        """Has a guest under KVM, which nobody insists on, said nothing for too long?"""
        if used != "kvm" or forced() or self._proven or seconds < SILENCE_SECONDS:
            return False
        return not console.exists() or console.stat().st_size == 0

    def judge(self, used: str, well: bool) -> bool:
        """To be told how each guest ended; the answer is whether it is to be booted again."""
        if used != "kvm" or forced():
            return False
        with self._lock:
            self._proven = self._proven or well
            if self._proven:
                return False
            self._given_up = True
            return True
