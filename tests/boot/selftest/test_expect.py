# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facts out of a witness's text, and the verdicts of expectations about them."""

import unittest

from ptboot import expect, facts
from ptboot.expect import FAILS, HOLDS, UNKNOWN
from ptboot.support import Problem

TEXT = """noise of the firmware
#BEGIN stage
system
#END stage
#BEGIN cmdline
root=/dev/vda pt.ids=10de:1b06
#END cmdline
#BEGIN release
6.12.0
#END release
#BEGIN script
answer 42
#END script
#BEGIN devices
0000:00:00.0 pci:v00008086d000029C0sv00001AF4sd00001100bc06sc00i00 - - - (null)
0000:01:00.0 pci:v000010DEd00001B06sv000010DEsd00001B06bc03sc00i00 vfio-pci 7 1 vfio-pci
0000:01:00.1 pci:v000010DEd000010EFsv000010DEsd000010EFbc04sc03i00 snd_hda_intel 7 - (null)
0000:02:00.0 pci:v00001234d00001111sv00001AF4sd00001100bc03sc80i00 - - - my driver
#END devices
#BEGIN dmesg
[    0.000000] Kernel command line: nouveau pt.ids=10de:1b06
[    1.000000] snd_hda_intel 0000:01:00.1: no codecs found!
[    2.000000] pt-hook: 0000:01:00.0 10de:1b06 (display): bind to vfio-pci
[    3.000000] ptboot: loaded vfio-pci early: status 0
#END dmesg
#BEGIN modules
vfio_pci 16384 0 - Live 0x0
#END modules
#BEGIN names
0000:01:00.0 VGA compatible controller: NVIDIA Corporation GP102
#END names
#BEGIN vfio
device 0000:01:00.0 10de:1b06
group 7 exit 0
#END vfio
#BEGIN iomem
    c0000000-c0ffffff : efifb
#END iomem
#BEGIN reports
/run/pt-hook/report.json
{"version":"1","devices":[{"result":"bound","companion_of":null}]}
#END reports
#DONE
""".replace("\n", "\r\n")

FACTS = facts.parse(TEXT)
LISTING = ["usr/lib/pt-hook/pt-hook", "scripts/init-top/ORDER"]


class Witness(unittest.TestCase):
    def test_devices(self):
        card = FACTS.find("10de:1b06")[0]
        self.assertEqual((card.address, card.class_code, card.driver, card.driver_override,
                          card.iommu_group, card.boot_vga),
                         ("0000:01:00.0", "030000", "vfio-pci", "vfio-pci", 7, True))
        self.assertEqual(card.name, "VGA compatible controller: NVIDIA Corporation GP102")
        other = FACTS.find("0000:02:00.0")[0]
        self.assertEqual((other.driver, other.driver_override, other.iommu_group),
                         (None, "my driver", None))
        self.assertTrue(FACTS.find("8086:29c0")[0].is_bridge)

    def test_the_log_is_split_by_its_speakers(self):
        self.assertEqual(len(FACTS.hook_log), 1)
        self.assertEqual(FACTS.kernel_log, ["snd_hda_intel 0000:01:00.1: no codecs found!"])

    def test_a_text_without_its_end_is_no_facts(self):
        for cut in (0, 1, len(TEXT) // 2, TEXT.index("#DONE")):
            with self.subTest(cut):
                self.assertIsNone(facts.parse(TEXT[:cut]))

    def test_a_garbled_modalias_does_not_stop_the_rest(self):
        told = facts.parse(TEXT.replace("pci:v00001234", "pcx:"))
        self.assertEqual(told.find("0000:02:00.0")[0].ids, ":")


class Verdicts(unittest.TestCase):
    def check(self, wanted, **item):
        expect.check_form(item, "test")
        with self.subTest(item):
            verdict = expect.judge(item, FACTS, LISTING)
            self.assertEqual(verdict.value, wanted, verdict.reason)

    def test_devices(self):
        self.check(HOLDS, driver="vfio-pci", of="10de:1b06")
        self.check(FAILS, driver="vfio-pci", of="10de:10ef")
        self.check(FAILS, driver="vfio", of="10de:1b06")
        self.check(HOLDS, driver="none", of="0000:02:00.0")
        self.check(HOLDS, override="my driver", of="1234:1111")
        self.check(HOLDS, override="none", of="10de:10ef")
        self.check(FAILS, override="vfio-pci", of="10de:10ef")
        self.check(HOLDS, iommu_group="yes", of="10de:10ef")
        self.check(HOLDS, iommu_group="none", of="1234:1111")

    def test_a_device_that_is_not_there_proves_nothing(self):
        for kind in expect.WITH_SUBJECT:
            self.check(UNKNOWN, **{kind: "none", "of": "dead:beef"})

    def test_every_device_of_the_ids_counts(self):
        twin = facts.parse(TEXT.replace("v000010DEd000010EF", "v000010DEd00001B06"))
        verdict = expect.judge({"driver": "vfio-pci", "of": "10de:1b06"}, twin, [])
        self.assertEqual(verdict.value, FAILS)

    def test_use_of_vfio_needs_the_device_and_a_good_end(self):
        self.check(HOLDS, vfio="ok", of="10de:1b06")
        self.check(FAILS, vfio="ok", of="10de:10ef")
        ended_badly = facts.parse(TEXT.replace("group 7 exit 0", "group 7 exit 1"))
        verdict = expect.judge({"vfio": "ok", "of": "10de:1b06"}, ended_badly, [])
        self.assertEqual(verdict.value, FAILS)

    def test_log_lines(self):
        self.check(HOLDS, log=r"^snd_hda_intel 0000:01:00\.1")
        self.check(FAILS, no_log=r"^snd_hda_intel 0000:01:00\.1")
        self.check(HOLDS, no_log="nouveau")  # the command line's echo is no probe
        self.check(HOLDS, no_log="bind to")  # nor is a line of ours
        self.check(HOLDS, hook_log="bind to")
        self.check(FAILS, hook_log="refused")
        self.check(FAILS, no_hook_log=".")

    def test_order(self):
        self.check(HOLDS, order=["snd_hda_intel", "pt-hook: ", "ptboot: "])
        self.check(FAILS, order=["ptboot: ", "pt-hook: "])
        self.check(FAILS, order=["pt-hook: ", "never said"])

    def test_modules_script_and_image(self):
        self.check(HOLDS, module="vfio_pci")
        self.check(FAILS, module="vfio")  # a whole name, not a part of one
        self.check(HOLDS, no_module="vfio")
        self.check(HOLDS, script="^answer 42$")
        self.check(HOLDS, image="^usr/lib/pt-hook/pt-hook$")
        self.check(FAILS, no_image="ORDER")

    def test_console_iomem_and_stage(self):
        FACTS.console = ["(initramfs) "]
        self.check(HOLDS, console=r"^\(initramfs\) ")
        self.check(FAILS, no_console="initramfs")
        self.check(HOLDS, iomem="efifb")
        self.check(FAILS, no_iomem="efifb")
        self.check(HOLDS, stage="system")
        self.check(FAILS, stage="panic")

    def test_report(self):
        self.check(HOLDS, report='version = "1"')
        self.check(HOLDS, report='devices.0.result = "bound"')
        self.check(HOLDS, report="devices.0.companion_of = null")
        self.check(FAILS, report='devices.0.result = "failed"')
        self.check(FAILS, report='devices.1.result = "bound"')
        self.check(FAILS, report="devices.0.reason = null")  # missing is not null
        for text in ("", "/run/pt-hook/report.json\n{broken"):
            other = facts.parse(TEXT.replace("/run/pt-hook/report.json", text))
            verdict = expect.judge({"report": 'version = "1"'}, other, [])
            self.assertEqual(verdict.value, FAILS)

    def test_the_content_of_a_given_image_is_unknown(self):
        for kind in ("image", "no_image"):
            self.assertEqual(expect.judge({kind: "x"}, FACTS, []).value, UNKNOWN)


class Forms(unittest.TestCase):
    def test_bad_forms_are_refused(self):
        for item in ("driver", {}, {"of": "1:2"}, {"driver": "x"}, {"log": "x", "of": "1:2"},
                     {"log": "x", "no_log": "y"}, {"sings": "x"}, {"log": "("}, {"log": 3},
                     {"order": "x"}, {"order": ["("]}, {"order": [1]}, {"driver": ["x"], "of": "y"},
                     {"report": "x"}, {"report": "x = y"}):
            with self.subTest(item), self.assertRaises(Problem):
                expect.check_form(item, "test")


if __name__ == "__main__":
    unittest.main()
