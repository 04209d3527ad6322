# SPDX-License-Identifier: LGPL-2.1-or-later
"""A KVM that passes its trial and hangs later costs one guest half a minute, and no result."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ptboot import accelerator, guest, qemu

KVM = qemu.Abilities("qemu", "QEMU", "none", "kvm")


class Doubts(unittest.TestCase):
    def setUp(self):
        os.environ.pop("PT_ACCEL", None)

    def test_kvm_is_given_up_with_the_first_guest_that_fails(self):
        kvm = accelerator.Kvm()
        self.assertEqual(kvm.choose("kvm"), "kvm")
        self.assertTrue(kvm.judge("kvm", False))
        self.assertEqual(kvm.choose("kvm"), "tcg")
        self.assertTrue(kvm.judge("kvm", False), "a guest that was under way")
        self.assertFalse(kvm.judge("tcg", False))

    def test_kvm_that_has_ended_a_guest_well_stays(self):
        kvm = accelerator.Kvm()
        self.assertFalse(kvm.judge("kvm", True))
        self.assertFalse(kvm.judge("kvm", False))
        self.assertEqual(kvm.choose("kvm"), "kvm")

    def test_what_the_user_insists_on_stays(self):
        with mock.patch.dict(os.environ, {"PT_ACCEL": "kvm"}):
            kvm = accelerator.Kvm()
            self.assertFalse(kvm.judge("kvm", False))
            self.assertEqual(kvm.choose("kvm"), "kvm")

    def test_only_silence_is_death(self):
        kvm = accelerator.Kvm()
        with tempfile.TemporaryDirectory() as folder:
            console = Path(folder) / "console"
            late = accelerator.SILENCE_SECONDS + 1
            self.assertTrue(kvm.seems_dead("kvm", late, console))
            self.assertFalse(kvm.seems_dead("kvm", 1, console))
            self.assertFalse(kvm.seems_dead("tcg", late, console))
            console.write_text("Linux version")
            self.assertFalse(kvm.seems_dead("kvm", late, console))

    def test_a_guest_that_fails_under_kvm_is_booted_again_by_tcg(self):
        used = []

        def run(_wanted, can, files):
            used.append(can.accelerator)
            if can.accelerator == "tcg":
                files.witness_log.write_text("facts")
            return "" if can.accelerator == "tcg" else "not a word"

        def read(path):
            return path.read_text() if path.exists() else None

        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(guest, "kvm", accelerator.Kvm()), \
                mock.patch.object(guest, "_run", run), \
                mock.patch.object(guest.facts, "read", read), \
                mock.patch.object(guest.qemu, "give_up_kvm") as told:
            files = mock.Mock(console_log=Path(folder) / "console",
                              witness_log=Path(folder) / "witness")
            self.assertEqual(guest._attempt(None, KVM, files), ("", "facts"))
            self.assertEqual(used, ["kvm", "tcg"])
            told.assert_called_once_with(KVM, "not a word")
            guest._attempt(None, KVM, files)
            self.assertEqual(used, ["kvm", "tcg", "tcg"])


if __name__ == "__main__":
    unittest.main()
