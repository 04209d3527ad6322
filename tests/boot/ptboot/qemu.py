# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU: what this one can do, found out by trials, and the command line of a guest's machine."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import accelerator, cards, scenario
from .configspace import ConfigSpace
from .peer import Peers
from .support import Problem, cache_dir, say

TRIAL_SECONDS = 10

OVMF_CODE = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
             "/usr/share/edk2/ovmf/OVMF_CODE.fd")
# With Secure Boot on and the test keys of uki.py known; Debian's package alone has it.
OVMF_SECURE_VARS = ("/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd",)
OVMF_VARS = ("/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd",
             "/usr/share/edk2/ovmf/OVMF_VARS.fd")

# Places on the root bus that are not for root ports, so that the cards' addresses stay the same
# whatever else the machine has. 00:01 is left to amd-iommu, which takes the first free slot.
DISPLAY_SLOT, ROOT_DISK_SLOT, SCRIPT_DISK_SLOT = 0x1B, 0x1C, 0x1D


@dataclass(frozen=True)
class Abilities:
    """What the trials showed. `transport` is proxy, vfio-user or none."""

    program: str
    version: str
    transport: str
    accelerator: str


def program() -> str:
    name = os.environ.get("PT_QEMU", "qemu-system-x86_64")
    found = shutil.which(name)
    if not found:
        raise Problem(f"{name}: not found (scripts/setup boot installs what the boot tests need)")
    return found


def end(process: subprocess.Popen) -> None:
    """Kills one process that we started; a process stuck in the kernel is left behind."""
    if process.poll() is None:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)


def start(words: list, **options) -> subprocess.Popen:
    """Starts QEMU so that it dies with this program, however that ends."""
    guard = shutil.which("setpriv")
    if guard:
        words = [guard, "--pdeathsig", "KILL", *words]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **options)


def transport_works(qemu: str, transport: str, seconds: float = TRIAL_SECONDS) -> bool:
    """Does QEMU's firmware read the configuration of a card of ours? No guest is needed for that.

    QEMU must also outlive it: versions after 7.2 may have the proxy device and crash on it.
    """
    card = cards.parse_card("10de:1b06")
    with tempfile.TemporaryDirectory(prefix="ptboot.") as folder:
        peers = Peers(transport, Path(folder))
        process = None
        try:
            device = peers.add(ConfigSpace(card.functions[0], False, 1), {"addr": "2.0"})
            words = [qemu, *machine_words("tcg"), *shared_memory_words(64), "-display", "none",
                     "-nodefaults", *device]
            process = start(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            pass_fds=[link.fileno() for link in peers.inherited])
            peers.close_inherited()
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and process.poll() is None:
                if peers.seen.wait(0.1):
                    time.sleep(0.5)  # a crash comes at once
                    return process.poll() is None
            return False
        finally:
            if process:
                end(process)
            peers.close()


def choose_transport(works) -> str:
    """The first of the two transports for which `works(name)` is true, or none."""
    return next((name for name in ("proxy", "vfio-user") if works(name)), "none")


def abilities() -> Abilities:
    """Trials of this QEMU on this machine; remembered until either changes."""
    qemu = program()
    forced = os.environ.get("PT_TRANSPORT"), accelerator.forced()
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    status = os.stat(qemu)
    identity = [boot_id, qemu, status.st_size, status.st_mtime_ns, *forced]
    memory = _memory()
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(memory.read_text(encoding="utf-8"))
        if known["identity"] == identity:
            return Abilities(**known["abilities"])

    version = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False)
    first_line = version.stdout.partition("\n")[0] or f"{qemu}: no version"
    transport = forced[0] or choose_transport(lambda name: transport_works(qemu, name))
    found = Abilities(qemu, first_line, transport, forced[1] or accelerator.first_guess())
    _remember(identity, found)
    say(f"{first_line}: cards of any ids by {transport}")
    return found


def settle_accelerator(can: Abilities, accelerated: str) -> Abilities:
    """What the trial of KVM has shown, for this run and for later ones on this machine."""
    say(f"accelerator {accelerated}")
    settled = dataclasses.replace(can, accelerator=accelerated)
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(_memory().read_text(encoding="utf-8"))
        _remember(known["identity"], settled)
    return settled


def _memory() -> Path:
    return cache_dir() / "qemu-abilities.json"


def _remember(identity: list, found: Abilities) -> None:
    temporary = _memory().with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    temporary.write_text(json.dumps({"identity": identity, "abilities": vars(found)}),
                         encoding="utf-8")
    temporary.rename(_memory())


DEAR_FEATURES = ",-smap,-smep,-pku,-xsave,-avx,-avx2"


def machine_words(used: str, suite: str = "") -> list[str]:
    """With TCG one CPU without 5-level paging: with two, one boot of four ended in an int3 oops. And
    without what makes each access to a user's memory and each change of tasks dear there, unless
    the guest is of a distribution that may want more of a CPU than Debian does."""
    if used == "kvm":
        return ["-machine", "q35,accel=kvm,kernel_irqchip=split,memory-backend=memory",
                "-cpu", "host", "-smp", "1"]
    return ["-machine", "q35,accel=tcg,memory-backend=memory", "-smp", "1",
            "-cpu", "max,-la57" + ("" if suite == scenario.NATIVE else DEAR_FEATURES)]


def shared_memory_words(megabytes: int) -> list[str]:
    """Both transports hand the guest's memory to the peer, which needs it in a file."""
    return ["-m", str(megabytes), "-object",
            f"memory-backend-memfd,id=memory,size={megabytes}M,share=on"]


class Topology:
    """Root ports and bridges, made when a device first asks for them."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._ports: dict[int, str] = {}
        self._taken: set[tuple] = set()
        self._reserved: set[int] = set()

    def reserve(self, wheres: list) -> None:
        """Slots that are asked for by number are not given to those who ask for any."""
        self._reserved.update(where.port for where in wheres if where.port is not None)

    def place(self, where: cards.Where, function: int) -> dict:
        """bus= and addr= for a function of the device at this place."""
        if where.root:
            return {}
        port = where.port if where.port is not None else self._new_port()
        bus, slot = self._bus(port, where.bridge), 1 if where.bridge == "pci" else 0
        if (bus, function) in self._taken:
            raise Problem(f"slot {port:x}: function {function} is taken twice")
        self._taken.add((bus, function))
        return {"bus": bus, "addr": f"{slot}.{function}"}

    def new_place(self, where: cards.Where) -> cards.Where:
        """The same place with its port decided, for the further functions of a card."""
        if where.root or where.port is not None:
            return where
        return cards.Where(self._new_port(), where.function, where.bridge)

    def _new_port(self) -> int:
        for port in range(cards.FIRST_PORT, cards.LAST_PORT + 1):
            if port not in self._ports and port not in self._reserved:
                self._reserved.add(port)
                return port
        raise Problem(f"no free root port: {cards.LAST_PORT - cards.FIRST_PORT + 1} are possible")

    def _bus(self, port: int, bridge: str) -> str:
        if port not in self._ports:
            self._ports[port] = bridge
            self._add(f"pcie-root-port,id=port{port:x},bus=pcie.0,addr={port:x}.0,"
                      f"chassis={port},slot={port}")
            if bridge == "switch":
                self._add(f"x3130-upstream,id=up{port:x},bus=port{port:x}")
                self._add(f"xio3130-downstream,id=down{port:x},bus=up{port:x},"
                          f"chassis={port + 64},slot=0")
            elif bridge == "pci":
                self._add(f"pcie-pci-bridge,id=pci{port:x},bus=port{port:x}")
        elif self._ports[port] != bridge:
            raise Problem(f"slot {port:x}: two devices ask for different bridges in front of it")
        return {"": "port", "switch": "down", "pci": "pci"}[bridge] + f"{port:x}"

    def _add(self, device: str) -> None:
        self.words += ["-device", device]


def card_words(wanted: scenario.Scenario, peers: Peers | None) -> list[str]:
    """All cards and devices of a scenario. Without peers the stand-ins take the cards' places."""
    gpus = [cards.parse_card(text) for text in wanted.gpus]
    devices = list(wanted.devices)
    if gpus and peers is None:
        for number, text in enumerate(wanted.gpus):
            devices += scenario.stand_in_devices(text, cards.FIRST_PORT + number)
        gpus = []
    parsed = [cards.parse_device(text) for text in devices]
    topology = Topology()
    topology.reserve([card.where for card in gpus] + [where for _, where in parsed if where])

    words = []
    for card in gpus:
        where = topology.new_place(card.where)
        many = len(card.functions) > 1
        for number, function in enumerate(card.functions):
            place = topology.place(where, number)
            if many and number == 0:
                place["multifunction"] = "on"
            words += peers.add(ConfigSpace(function, many, number % 4 + 1), place)
    for device, where in parsed:
        place = topology.place(where, where.function) if where else {}
        words += ["-device", device + "".join(f",{k}={v}" for k, v in place.items())]
    return topology.words + words


def firmware_words(name: str, folder: Path) -> list[str]:
    if name == "seabios":
        return []
    code = next((path for path in OVMF_CODE if os.path.exists(path)), None)
    kept = OVMF_SECURE_VARS if name == scenario.SECURE_FIRMWARE else OVMF_VARS
    variables = next((path for path in kept if os.path.exists(path)), None)
    if not code or not variables:
        raise Problem(f"firmware {name}: no OVMF_CODE or not its OVMF_VARS found (package ovmf)")
    own = folder / "OVMF_VARS.fd"
    shutil.copyfile(variables, own)
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,file={own}"]


def disk_words(path: Path, name: str, slot: int, serial: str,
               keeps_changes: bool = False) -> list[str]:
    """A virtio disk. One whose changes are not thrown away is the one to boot from."""
    snapshot, boot = ("off", ",bootindex=1") if keeps_changes else ("on", "")
    return ["-drive", f"file={path},if=none,id={name},format=raw,snapshot={snapshot}",
            "-device", f"virtio-blk-pci,drive={name},addr={slot:x}.0,serial={serial}{boot}"]


# What costs an emulated machine most of its time and is not what is tested: guards against flaws of
# real processors and of the kernel, self-tests of ciphers, and each line on the serial port. The
# translated code of a program is found again by its virtual address, before QEMU 8.0 by that alone:
# with another one in each process every shell of a boot script would be translated anew.
FASTER = ("norandmaps", "mitigations=off", "init_on_alloc=0", "hardened_usercopy=off",
          "kfence.sample_interval=0", "cryptomgr.notests", "rcupdate.rcu_expedited=1", "loglevel=5")


def default_cmdline(wanted: scenario.Scenario) -> str:
    """With words for two weaknesses of an emulated machine: on a busy host its timer ticks too late
    for the kernel's check and boot ends in a panic, and ati-vga has registers that radeon divides
    by when it sets a mode for the console (Linux 6.1, r100_bandwidth_update). Where the machine gets
    its words from a unified image, the console is the witness for them, with all of the log."""
    words = ["root=/dev/vda", "rw"]
    if wanted.display != "none":
        words.append("console=tty0")
    words += ["console=ttyS0", "panic=-1", "oops=panic", f"ptboot.stage={wanted.stage}",
              "systemd.unit=ptboot.target", "systemd.show_status=no",
              "no_timer_check", "drm_kms_helper.fbdev_emulation=0",
              *(word for word in FASTER if not (wanted.uki and word.startswith("loglevel")))]
    if wanted.iommu == "intel":
        words += ["intel_iommu=on", "iommu=pt"]
    elif wanted.iommu == "amd":
        words.append("iommu=pt")
    return " ".join(words)


def whole_cmdline(wanted: scenario.Scenario) -> str:
    cmdline = wanted.cmdline or f"{default_cmdline(wanted)} {wanted.append}".strip()
    # QEMU takes the first "vga=", wherever it stands, for a video mode, and pt.boot_vga= has it too.
    if "vga=" in cmdline and not re.search(r"(^|\s)vga=", cmdline.partition("_vga=")[0]):
        return f"vga=normal {cmdline}"
    return cmdline


def loader_words(wanted: scenario.Scenario) -> str:
    """The same for a guest whose loader knows the root file system, and whose user has not yet
    thought of an IOMMU."""
    leave_out = ("root=/dev/vda", "intel_iommu=on", "iommu=pt")
    return " ".join(word for word in default_cmdline(wanted).split() if word not in leave_out)


@dataclass(frozen=True)
class GuestFiles:
    """What a guest is made of and where it writes."""

    kernel: Path | None  # none: the machine boots from its disk, which keeps its changes
    initrd: Path | None
    root_disk: Path | None
    script_disk: Path | None
    console_log: Path
    witness_log: Path
    folder: Path


def guest_words(wanted: scenario.Scenario, can: Abilities, files: GuestFiles,
                peers: Peers | None) -> list[str]:
    """The whole command line of the machine."""
    words = [can.program, *machine_words(can.accelerator, wanted.suite), *shared_memory_words(wanted.memory),
             "-nodefaults", "-display", "none", "-no-reboot",
             *firmware_words(wanted.firmware, files.folder)]
    if wanted.iommu != "none":
        words += ["-device", f"{wanted.iommu}-iommu,intremap=on"]
    if wanted.display == "std":
        words += ["-device", f"VGA,addr={DISPLAY_SLOT:x}.0"]
    if files.root_disk:
        words += disk_words(files.root_disk, "root", ROOT_DISK_SLOT, "root",
                            keeps_changes=files.kernel is None)
    if files.script_disk:
        words += disk_words(files.script_disk, "script", SCRIPT_DISK_SLOT, "script")
    words += card_words(wanted, peers)
    words += ["-serial", f"file:{files.console_log}", "-serial", f"file:{files.witness_log}"]
    if files.kernel is None:
        return words
    words += ["-kernel", str(files.kernel)]
    if wanted.uki:  # which has all else in it
        return words
    return words + ["-initrd", str(files.initrd), "-append", whole_cmdline(wanted)]
