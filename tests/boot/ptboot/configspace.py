# SPDX-License-Identifier: LGPL-2.1-or-later
"""The configuration space of an emulated PCI function (PCI Local Bus 3.0, chapter 6)."""

from __future__ import annotations

import struct

from .cards import Function

SIZE = 256
COMMAND, REVISION, CLASS, CACHE_LINE, HEADER_TYPE = 0x04, 0x08, 0x09, 0x0C, 0x0E
BAR0, SUBSYSTEM, CAPABILITIES, INTERRUPT_LINE, INTERRUPT_PIN = 0x10, 0x2C, 0x34, 0x3C, 0x3D
STATUS_HAS_CAPABILITIES = 0x10
HEADER_MULTIFUNCTION = 0x80
PM_CAPABILITY = 0x60  # any free place behind the header


class ConfigSpace:
    """A type 0 header with one memory BAR, a power management capability and, if asked, INTA."""

    def __init__(self, function: Function, multifunction: bool, interrupt_pin: int) -> None:
        self.bar0_size = function.bar0_size
        self._bytes = bytearray(SIZE)
        self._writable = bytearray(SIZE)  # one mask per byte
        data, mask = self._bytes, self._writable

        struct.pack_into("<HH", data, 0, function.vendor, function.device)
        data[COMMAND + 2] = STATUS_HAS_CAPABILITIES
        data[REVISION] = 0xA1  # what a GTX 1080 Ti says
        data[CLASS:CLASS + 3] = function.class_code.to_bytes(3, "little")
        data[HEADER_TYPE] = HEADER_MULTIFUNCTION if multifunction else 0
        struct.pack_into("<HH", data, SUBSYSTEM, function.subvendor, function.subdevice)
        data[CAPABILITIES] = PM_CAPABILITY
        data[INTERRUPT_PIN] = interrupt_pin
        # Capability 1, no next one, version 3, no PME; its control word holds D0 to D3hot.
        data[PM_CAPABILITY:PM_CAPABILITY + 4] = bytes((1, 0, 3, 0))

        mask[COMMAND:COMMAND + 2] = bytes((0x07, 0x05))
        mask[CACHE_LINE:CACHE_LINE + 2] = bytes((0xFF, 0xFF))
        mask[INTERRUPT_LINE] = 0xFF
        mask[PM_CAPABILITY + 4] = 0x03
        # A BAR answers its size by the address bits that cannot be written.
        struct.pack_into("<I", mask, BAR0, ~(function.bar0_size - 1) & 0xFFFFFFF0)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes behind the end (extended space) read as zero: no extended capability."""
        return bytes(self._bytes[offset:offset + length]).ljust(length, b"\0")

    def write(self, offset: int, data: bytes) -> None:
        for at, new in enumerate(data, offset):
            if at < SIZE:
                mask = self._writable[at]
                self._bytes[at] = (self._bytes[at] & ~mask) | (new & mask)
