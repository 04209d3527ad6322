# SPDX-License-Identifier: LGPL-2.1-or-later
"""One boot: files in a folder of its own, QEMU, a bound in time, the facts that came out."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import accelerator, facts, qemu, uki
from .images import Image, Store
from .peer import Peers
from .scenario import BARE, SECURE_FIRMWARE, SMALL, Scenario
from .support import Stopped, command, say

POLL_SECONDS = 0.2
SECTOR = 512

# The witness switches the machine off at once. What is written has to be on the disk by then.
UNMOUNT = "\nsync\necho u >/proc/sysrq-trigger\nsleep 1\n"

# Set by Ctrl-C and the like: every guest ends soon after.
stop = threading.Event()


@dataclass
class Outcome:
    """`facts` is None when the guest did not tell; `failure` then says why."""

    scenario: Scenario
    facts: facts.Facts | None
    failure: str
    seconds: float
    console_log: Path
    listing: list = field(default_factory=list)


def boot(wanted: Scenario, can: qemu.Abilities, store: Store, console_log: Path,
         keep: bool = False) -> Outcome:
    """Boots one guest to its end. Raises Problem when it cannot even be started."""
    folder = Path(tempfile.mkdtemp(prefix="ptboot."))
    console_log.parent.mkdir(parents=True, exist_ok=True)
    console_log.unlink(missing_ok=True)
    try:
        if wanted.loader:
            return _boot_from_disk(wanted, can, store, console_log, folder)
        image = _image(wanted, store)
        files = qemu.GuestFiles(
            kernel=_kernel(wanted, image, store, folder),
            initrd=image.initrd,
            root_disk=store.root_disk(wanted) if _needs_root_disk(wanted) else None,
            script_disk=_script_disk(wanted, folder), console_log=console_log,
            witness_log=folder / "witness.log", folder=folder)
        started = time.monotonic()
        failure, told = _attempt(wanted, can, files)
        if told:
            console = console_log.read_text(encoding="utf-8", errors="replace")
            told.console = console.replace("\r", "").split("\n")
        if told is None and not failure:
            failure = "the guest ended without its facts (a panic, or it never got so far)"
        return Outcome(wanted, told, failure if told is None else "",
                       time.monotonic() - started, console_log, image.listing)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _boot_from_disk(wanted: Scenario, can: qemu.Abilities, store: Store, console_log: Path,
                    folder: Path) -> Outcome:
    """One guest through all its boots. The facts are those of the last one, with the lines that
    every boot's script has printed, each after "boot N: "."""
    disk = folder / "disk"
    command(["cp", "--sparse=always", store.bootable_disk(wanted), disk], "copying the disk")
    started = time.monotonic()
    told, failure, script, console = None, "", [], []
    for number, text in enumerate(wanted.boots, 1):
        one = dataclasses.replace(wanted, script=text + UNMOUNT)
        files = qemu.GuestFiles(
            kernel=None, initrd=None, root_disk=disk, script_disk=_script_disk(one, folder),
            console_log=console_log, witness_log=folder / f"witness-{number}.log", folder=folder)
        failure, told = _attempt(one, can, files)
        console.append(console_log.read_text(encoding="utf-8", errors="replace")
                       if console_log.exists() else "")
        if told is None:
            failure = f"boot {number}: {failure or 'the guest ended without its facts'}"
            break
        script += [f"boot {number}: {line}" for line in told.script]
    console_log.write_text("".join(console) + "".join(f"{line}\n" for line in script),
                           encoding="utf-8")
    if told:
        told.script = script
        told.console = "".join(console).replace("\r", "").split("\n")
    return Outcome(wanted, told, failure if told is None else "", time.monotonic() - started,
                   console_log)


def settle(can: qemu.Abilities, wanted: Scenario, store: Store, logs: Path) -> qemu.Abilities:
    """Decides between KVM and TCG by booting a guest with KVM, where that has not been done yet."""
    if can.accelerator != accelerator.UNTRIED:
        return can
    outcome = boot(accelerator.trial(wanted), dataclasses.replace(can, accelerator="kvm"), store,
                   logs / "trial-of-kvm.log")
    if outcome.facts is None:
        say(f"/dev/kvm is there, and a guest does not boot with it: {outcome.failure}")
    return qemu.settle_accelerator(can, "kvm" if outcome.facts else "tcg")


def _attempt(wanted: Scenario, can: qemu.Abilities,
             files: qemu.GuestFiles) -> tuple[str, facts.Facts | None]:
    """Why the guest did not end well, and its facts."""
    failure = _run(wanted, can, files)
    return failure, facts.read(files.witness_log)


def _image(wanted: Scenario, store: Store) -> Image:
    """The store's image; a kernel or initramfs given by hand takes the place of its own."""
    if wanted.kernel and wanted.initrd:
        return Image(Path(wanted.kernel), Path(wanted.initrd), [])
    made = store.image(wanted)
    return Image(Path(wanted.kernel or made.kernel), Path(wanted.initrd or made.initrd),
                 [] if wanted.initrd else made.listing)


def _kernel(wanted: Scenario, image: Image, store: Store, folder: Path) -> Path:
    """What the machine starts. A kernel that is unpacked already tells nothing of a screen, for what
    the firmware shows is asked for by the code that unpacks it."""
    if wanted.uki:
        return _uki(wanted, image, folder)
    if wanted.firmware != "seabios" or wanted.display != "none" or wanted.kernel:
        return image.kernel
    return store.unpacked_kernel(image.kernel)


def _uki(wanted: Scenario, image: Image, folder: Path) -> Path:
    made = uki.build(image.kernel, image.initrd, qemu.whole_cmdline(wanted), folder)
    return uki.sign(made, folder) if wanted.firmware == SECURE_FIRMWARE else made


def _needs_root_disk(wanted: Scenario) -> bool:
    if wanted.suite == SMALL or wanted.builder == BARE:
        return False
    return not (wanted.kernel and wanted.initrd and wanted.stage == "initramfs")


def _script_disk(wanted: Scenario, folder: Path) -> Path | None:
    if not wanted.script:
        return None
    disk = folder / "script"
    text = wanted.script.encode()
    disk.write_bytes(text.ljust(-(-len(text) // SECTOR) * SECTOR, b"\0"))
    return disk


def _run(wanted: Scenario, can: qemu.Abilities, files: qemu.GuestFiles) -> str:
    """Starts QEMU and waits; the answer is why it did not end well, or nothing."""
    peers = Peers(can.transport, files.folder) if can.transport != "none" else None
    process = None
    errors = files.folder / "qemu.stderr"
    try:
        words = qemu.guest_words(wanted, can, files, peers)
        with open(errors, "wb") as stderr:
            process = qemu.start(words, stdout=stderr, stderr=stderr, cwd=files.folder,
                                 env={"PATH": "/usr/bin:/bin", "TMPDIR": str(files.folder)},
                                 pass_fds=[link.fileno() for link in peers.inherited]
                                 if peers else ())
        if peers:
            peers.close_inherited()
        return _wait(process, wanted.timeout, errors)
    finally:
        if process:
            qemu.end(process)
        if peers:
            peers.close()


def _wait(process: subprocess.Popen, timeout: float, errors: Path) -> str:
    started = time.monotonic()
    while True:
        if stop.is_set():
            raise Stopped
        try:
            status = process.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() - started > timeout:
                return f"no end after {timeout} s: the guest hangs"
            continue
        if status == 0:
            return ""
        text = errors.read_text(encoding="utf-8", errors="replace").strip()
        return f"QEMU ended with status {status}: {text[-500:] or 'without a word'}"
