# SPDX-License-Identifier: LGPL-2.1-or-later
"""The variant driver of guests."""

import struct
import unittest

from ptboot import scenario, variant
from ptboot.support import Problem

SIGNATURE = b"signature~Module signature appended~\n"


def fake_module(texts: bytes) -> bytes:
    """The header of an ELF file, some texts, a table of two section headers, a signature."""
    header = bytearray(64)
    struct.pack_into("<Q", header, 0x28, 64 + len(texts))
    struct.pack_into("<H", header, 0x3C, 2)
    return bytes(header) + texts + b"\xff" * 128 + SIGNATURE


class VariantTest(unittest.TestCase):
    texts = (b"x\0vfio-pci\0" b"x\0vfio_pci\0" b"vfio_pci_core_read\0" b"name=vfio_pci\0"
             + variant.AUTHOR + variant.ALIAS)

    def test_nothing_moves_and_only_the_signature_goes(self):
        module = fake_module(self.texts)
        self.assertEqual(len(variant.make(module, "10de:1b06")), len(module) - len(SIGNATURE))

    def test_it_has_its_own_names_and_an_alias_for_the_ids(self):
        made = variant.make(fake_module(self.texts), "10de:1b06")
        for text in (b"\0test-pci\0", b"\0test_pci\0", b"\0name=test_pci\0",
                     b"\0alias=vfio_pci:v000010DEd00001B06sv*sd*bc*sc*i*\0"):
            self.assertIn(text, made)
        self.assertIn(b"\0vfio_pci_core_read\0", made)
        self.assertNotIn(b"alias=vfio_pci:v*", made)

    def test_another_module_is_refused(self):
        with self.assertRaisesRegex(Problem, "no .* in vfio-pci.ko"):
            variant.make(fake_module(b"\0"), "10de:1b06")

    def test_ids_are_checked(self):
        with self.assertRaisesRegex(Problem, "variant = '10DE': not VENDOR:DEVICE"):
            scenario.make({"variant": "10DE"}, "a case")


if __name__ == "__main__":
    unittest.main()
