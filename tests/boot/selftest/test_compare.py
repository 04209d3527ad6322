# SPDX-License-Identifier: LGPL-2.1-or-later
"""The before/after table, and when its story counts as true."""

import unittest

from ptboot import compare

IDS = ["10de:1b06", "10de:10ef"]
NOUVEAU = "nouveau 0000:01:00.0: unknown chipset (00000000)"


def told(display, audio, *log):
    devices = [{"address": address, "ids": ids, "driver": driver, "class_code": "030000",
                "name": "VGA compatible controller: NVIDIA"}
               for address, ids, driver in (("0000:01:00.0", IDS[0], display),
                                            ("0000:01:00.1", IDS[1], audio))]
    return {"cmdline": "quiet pt.ids=10de:1b06,10de:10ef", "devices": devices,
            "kernel_log": list(log), "hook_log": ["pt-hook: 2 of 2 devices on vfio-pci"]}


WITHOUT = told(None, "snd_hda_intel", NOUVEAU)
WITH = told("vfio-pci", "vfio-pci", "pci 0000:01:00.0: vgaarb: bridge control",
            "vfio-pci 0000:01:00.0: enabling device", "nouveau: loaded")


class Story(unittest.TestCase):
    def test_it_is_true(self):
        self.assertEqual(compare.asked_for(WITH), IDS)
        self.assertEqual(compare.judge(WITHOUT, WITH, IDS), [])
        shown = compare.text(WITHOUT, WITH, IDS)
        for part in ("nouveau (probed it)", "snd_hda_intel", "vfio-pci", "2 of 2 devices"):
            self.assertIn(part, shown)

    def test_a_probe_alone_is_enough_without_the_hook(self):
        self.assertEqual(compare.judge(told(None, None, NOUVEAU), WITH, IDS), [])

    def test_it_is_not_true(self):
        for name, without, with_hook, ids in (
                ("nothing reached the card", told(None, None), WITH, IDS),
                ("vfio-pci had it before", told("vfio-pci", "vfio-pci"), WITH, IDS),
                ("one function is free", WITHOUT, told("vfio-pci", None), IDS),
                ("one has another driver", WITHOUT, told("vfio-pci", "snd_hda_intel"), IDS),
                ("a driver had probed it", WITHOUT, told("vfio-pci", "vfio-pci", NOUVEAU), IDS),
                ("a device is missing", WITHOUT, WITH, [*IDS, "dead:beef"]),
                ("nothing was asked for", WITHOUT, WITH, [])):
            with self.subTest(name):
                self.assertTrue(compare.judge(without, with_hook, ids))


if __name__ == "__main__":
    unittest.main()
