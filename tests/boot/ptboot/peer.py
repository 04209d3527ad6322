# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other end of an emulated card: answers QEMU's questions about each function.

Two ways in QEMU bring a PCI function that lives in another process, and so one with any ids:

proxy      `x-pci-proxy-dev`, the multi-process QEMU of 5.2 and later (hw/remote/mpqemu-link.c).
           The messages go over an inherited socket: an int command, 4 bytes of padding, a 64 bit
           size, then that many bytes. Sent in the host's byte order.
vfio-user  `vfio-user-pci`, QEMU 10.1 and later (docs/interop/vfio-user.rst). The messages go over
           a named socket: id, command, whole size, flags, error, then the body. Little endian.

BARs read as zero and swallow writes: enough for a driver to probe the card and give up.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .configspace import ConfigSpace

# enum MPQemuCmd in include/hw/remote/mpqemu-link.h
PROXY_HEADER = struct.Struct("=iiQ")
PROXY_ACCESS = struct.Struct("=IIi")  # PciConfDataMsg: address, value, length
SYNC_SYSMEM, RET, CONFIG_WRITE, CONFIG_READ, BAR_WRITE, BAR_READ, SET_IRQFD, RESET = range(8)
PROXY_SILENT = (SYNC_SYSMEM, SET_IRQFD)  # QEMU waits for no answer to these

# docs/interop/vfio-user.rst
USER_HEADER = struct.Struct("<HHIII")
USER_ACCESS = struct.Struct("<QII")  # offset, region, count
(VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION, GET_REGION_IO_FDS, GET_IRQ, SET_IRQS,
 REGION_READ, REGION_WRITE, _, _, DEVICE_RESET) = range(1, 14)
FLAG_REPLY, FLAG_NO_REPLY, FLAG_ERROR = 0x1, 0x10, 0x20
EINVAL = 22
CONFIG_REGION, REGIONS, IRQS = 7, 9, 5  # VFIO_PCI_* of linux/vfio.h
DEVICE_FLAGS = 0x1 | 0x2  # VFIO_DEVICE_FLAGS_RESET, VFIO_DEVICE_FLAGS_PCI
REGION_FLAGS = 0x1 | 0x2  # VFIO_REGION_INFO_FLAG_READ, _WRITE


def receive(link: socket.socket, length: int) -> bytes:
    """Exactly `length` bytes; file descriptors that come along are closed at once."""
    got = b""
    while len(got) < length:
        data, extras, _, _ = link.recvmsg(length - len(got), 1024)
        for level, kind, raw in extras:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                handles = array.array("i")
                handles.frombytes(raw[:len(raw) - len(raw) % handles.itemsize])
                for handle in handles:
                    os.close(handle)
        if not data:
            raise EOFError
        got += data
    return got


def proxy_answer(space: ConfigSpace, code: int, body: bytes) -> bytes | None:
    """The reply to one message of the proxy protocol, or None where none is awaited."""
    if code in PROXY_SILENT:
        return None
    value = 0
    if code in (CONFIG_READ, CONFIG_WRITE):
        offset, data, length = PROXY_ACCESS.unpack(body[:PROXY_ACCESS.size])
        if code == CONFIG_READ:
            value = int.from_bytes(space.read(offset, length), "little")
        else:
            space.write(offset, data.to_bytes(4, "little")[:length])
    return PROXY_HEADER.pack(RET, 0, 8) + struct.pack("=Q", value)


def user_body(space: ConfigSpace, code: int, body: bytes) -> bytes | None:
    """The body of the reply to one vfio-user message, or None for a refusal."""
    if code == VERSION:
        # QEMU 11.1 refuses 0.1 as incompatible.
        limits = {"capabilities": {"max_msg_fds": 8, "max_data_xfer_size": 1 << 20}}
        return struct.pack("<HH", 0, 0) + json.dumps(limits).encode() + b"\0"
    if code in (DMA_MAP, SET_IRQS, DEVICE_RESET):
        return b""
    if code == DMA_UNMAP:
        return body[:24]
    if code == GET_INFO:
        return struct.pack("<IIII", 16, DEVICE_FLAGS, REGIONS, IRQS)
    if code == GET_REGION:
        index = struct.unpack_from("<I", body, 8)[0]
        size = {0: space.bar0_size, CONFIG_REGION: 256}.get(index, 0)
        return struct.pack("<IIIIQQ", 32, REGION_FLAGS if size else 0, index, 0, size, 0)
    if code == GET_IRQ:
        return struct.pack("<IIII", 16, 0, struct.unpack_from("<I", body, 8)[0], 0)
    if code in (REGION_READ, REGION_WRITE):
        head = body[:USER_ACCESS.size]
        offset, region, count = USER_ACCESS.unpack(head)
        if code == REGION_READ:
            return head + (space.read(offset, count) if region == CONFIG_REGION else bytes(count))
        if region == CONFIG_REGION:
            space.write(offset, body[USER_ACCESS.size:USER_ACCESS.size + count])
        return head
    return None


def user_answer(space: ConfigSpace, header: tuple, body: bytes) -> bytes | None:
    """The whole reply to one vfio-user message, or None where none is awaited."""
    message, code, _, flags, _ = header
    if flags & FLAG_NO_REPLY:
        user_body(space, code, body)
        return None
    reply = user_body(space, code, body)
    refused = reply is None
    reply = reply or b""
    return USER_HEADER.pack(message, code, USER_HEADER.size + len(reply),
                            FLAG_REPLY | (FLAG_ERROR if refused else 0),
                            EINVAL if refused else 0) + reply


def serve_proxy(link: socket.socket, space: ConfigSpace, seen: threading.Event) -> None:
    while True:
        code, _, size = PROXY_HEADER.unpack(receive(link, PROXY_HEADER.size))
        reply = proxy_answer(space, code, receive(link, size))
        if reply is not None:
            link.sendall(reply)
        if code == CONFIG_READ:
            seen.set()


def serve_user(link: socket.socket, space: ConfigSpace, seen: threading.Event) -> None:
    while True:
        header = USER_HEADER.unpack(receive(link, USER_HEADER.size))
        body = receive(link, max(0, header[2] - USER_HEADER.size))
        reply = user_answer(space, header, body)
        if reply is not None:
            link.sendall(reply)
        if header[1] == REGION_READ:
            seen.set()


@dataclass
class Peers:
    """All emulated functions of one guest. `seen` is set once QEMU has read a configuration."""

    transport: str
    folder: Path
    seen: threading.Event = field(default_factory=threading.Event)
    inherited: list = field(default_factory=list)
    _links: list = field(default_factory=list)

    def add(self, space: ConfigSpace, place: dict) -> list[str]:
        """Starts a peer and returns QEMU's words for it; `place` holds bus, addr and the like."""
        if self.transport == "proxy":
            return self._add_proxy(space, place)
        return self._add_user(space, place)

    def _add_proxy(self, space: ConfigSpace, place: dict) -> list[str]:
        ours, theirs = socket.socketpair()
        self._links.append(ours)
        self.inherited.append(theirs)
        self._start(lambda: serve_proxy(ours, space, self.seen))
        words = "".join(f",{name}={value}" for name, value in place.items())
        return ["-device", f"x-pci-proxy-dev,fd={theirs.fileno()}{words}"]

    def _add_user(self, space: ConfigSpace, place: dict) -> list[str]:
        path = str(self.folder / f"function{len(self._links)}.socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        self._links.append(listener)

        def accept_and_serve() -> None:
            link, _ = listener.accept()
            self._links.append(link)
            serve_user(link, space, self.seen)

        self._start(accept_and_serve)
        device = {"driver": "vfio-user-pci", "socket": {"type": "unix", "path": path}}
        device.update({name: value == "on" if value in ("on", "off") else value
                       for name, value in place.items()})
        return ["-device", json.dumps(device)]

    def _start(self, body) -> None:
        def run() -> None:
            try:
                body()
            except (EOFError, OSError):
                pass  # QEMU has ended, or close() was called

        threading.Thread(target=run, daemon=True).start()

    def close_inherited(self) -> None:
        """To be called once QEMU runs: its ends of the sockets are its own then."""
        for link in self.inherited:
            link.close()
        self.inherited = []

    def close(self) -> None:
        self.close_inherited()
        for link in self._links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # a listener, or QEMU was first
            link.close()
