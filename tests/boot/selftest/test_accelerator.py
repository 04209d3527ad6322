# SPDX-License-Identifier: LGPL-2.1-or-later
"""KVM counts when it has booted what a guest boots; that is tried once, and the answer is kept."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ptboot import accelerator, guest, qemu, scenario
from ptboot.facts import Facts

WANTED = scenario.Scenario(suite="bookworm", gpus=("10de:1b06",))


class Trial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        cache = mock.patch.dict(os.environ, {"PT_CACHE_DIR": folder.name, "PT_TRANSPORT": "none",
                                             "PT_QEMU": "true"})
        cache.start()
        self.addCleanup(cache.stop)
        os.environ.pop("PT_ACCEL", None)

    def settle(self, told):
        """What is settled on, and the guests that were booted for it."""
        booted = []

        def boot(wanted, can, _store, log):
            booted.append((wanted.builder, can.accelerator))
            return guest.Outcome(wanted, told, "" if told else "it hangs", 1.0, log)

        with mock.patch.object(guest, "boot", boot):
            can = guest.settle(qemu.abilities(), WANTED, None, self.folder)
        return can.accelerator, booted

    def test_a_kvm_that_boots_a_guest_is_used_and_not_tried_again(self):
        with mock.patch.object(accelerator, "DEVICE", self.folder):
            self.assertEqual(self.settle(Facts("initramfs", "6.12", "")), ("kvm", [("bare", "kvm")]))
            self.assertEqual(self.settle(None), ("kvm", []))

    def test_a_kvm_that_hangs_costs_one_guest_and_no_result(self):
        with mock.patch.object(accelerator, "DEVICE", self.folder):
            self.assertEqual(self.settle(None), ("tcg", [("bare", "kvm")]))
            self.assertEqual(self.settle(None), ("tcg", []))

    def test_without_a_device_and_by_wish_nothing_is_tried(self):
        with mock.patch.object(accelerator, "DEVICE", self.folder / "none"):
            self.assertEqual(self.settle(None), ("tcg", []))
        with mock.patch.dict(os.environ, {"PT_ACCEL": "kvm"}):
            self.assertEqual(self.settle(None), ("kvm", []))

    def test_the_trial_is_short_and_without_the_package(self):
        wanted = accelerator.trial(WANTED)
        self.assertFalse(wanted.hook)
        self.assertLessEqual(wanted.timeout, 20)

    def test_a_kernel_of_its_own_is_tried_itself(self):
        own = scenario.Scenario(kernel="vmlinuz", initrd="initrd", stage="initramfs")
        self.assertEqual(accelerator.trial(own), own)


if __name__ == "__main__":
    unittest.main()
