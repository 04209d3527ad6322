# SPDX-License-Identifier: LGPL-2.1-or-later
"""Case files, good and bad, and how a claim and its control are judged."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ptboot import builders, cases, guest, qemu, runner, scenario
from ptboot.facts import Device, Facts
from ptboot.support import Problem

GOOD = {"title": "a claim", "stage": "initramfs", "gpus": ["10de:1b06"], "append": "pt.ids=10de:1b06",
        "claim": [{"driver": "vfio-pci", "of": "10de:1b06"}],
        "control": {"why": "the package", "hook": False,
                    "also": [{"driver": "nouveau", "of": "10de:1b06"}]}}
PROXY = qemu.Abilities("qemu", "QEMU", "proxy", "tcg")
TRIXIE = runner.Selection(suite="trixie")
STAND_INS = qemu.Abilities("qemu", "QEMU", "none", "tcg")


def changed(**changes):
    table = {**GOOD, **changes}
    return {name: value for name, value in table.items() if value is not None}


class Loading(unittest.TestCase):
    def test_all_case_files_of_the_project_load(self):
        loaded = cases.load()
        self.assertGreater(len(loaded), 10)
        for case in loaded:
            for suite in case.suites:
                case.scenario(suite)
                case.control(suite)

    def test_the_control_is_the_case_with_its_changes(self):
        case = cases.from_table("good", GOOD)
        self.assertTrue(case.scenario("trixie").hook)
        self.assertFalse(case.control("trixie").hook)
        self.assertEqual(case.control("trixie").append, "pt.ids=10de:1b06")
        self.assertEqual(case.suites, cases.DEFAULT_SUITES)

    def test_bad_cases_are_refused(self):
        control = GOOD["control"]
        for name, table in {
                "no title": changed(title=None),
                "no claim": changed(claim=None),
                "empty claim": changed(claim=[]),
                "claim is no list": changed(claim={"driver": "x", "of": "y"}),
                "no control": changed(control=None),
                "control without why": changed(control={"hook": False}),
                "control is the same guest": changed(control={"why": "nothing"}),
                "unknown suite": changed(suites=["potato"]),
                "unknown option": changed(speed=11),
                "option of another type": changed(hook="yes"),
                "number for a text": changed(append=1),
                "bad choice": changed(stage="login"),
                "bad card": changed(gpus=["10de"]),
                "unknown expectation": changed(claim=[{"sings": "x"}]),
                "bad pattern in also": changed(also=[{"log": "("}]),
                "bad pattern in the control": changed(control={**control, "also": [{"log": "("}]}),
                "unknown option in the control": changed(control={**control, "speed": 11}),
                "cmdline and append": changed(cmdline="root=/dev/vda")}.items():
            with self.subTest(name), self.assertRaises(Problem):
                cases.from_table(name, table)

    def test_the_small_kernel_has_no_modules_and_no_system(self):
        small = {"suites": ["small"]}
        self.assertEqual(cases.from_table("c", changed(**small)).scenario("small").suite, "small")
        for name, table in {
                "stage": changed(**small, stage="system"),
                "early modules": changed(**small, early_modules=["vfio-pci"]),
                "modprobe.d": changed(**small, modprobe_conf=["options vfio-pci nointxmask=1"]),
                "another builder": changed(**small, builder="dracut"),
                "another format": changed(**small, module_format="xz")}.items():
            with self.subTest(name), self.assertRaises(Problem):
                cases.from_table(name, table)

    def test_a_bare_guest_has_modules_and_no_system(self):
        bare = {"suites": ["trixie"], "builder": "bare"}
        made = cases.from_table("c", changed(**bare, early_modules=["bochs"])).scenario("trixie")
        self.assertIn("vfio-pci", made.image_options()["modules"])
        self.assertNotIn("nouveau", made.image_options()["modules"])
        for name, table in {
                "stage": changed(**bare, stage="system"),
                "image": changed(**bare, image_kind="generic"),
                "modules by a builder's means": changed(**bare, force_modules=["bochs"]),
                "another form of the modules": changed(**bare, module_format="zst"),
                "packages": changed(**bare, packages=["pciutils"])}.items():
            with self.subTest(name), self.assertRaises(Problem):
                cases.from_table(name, table)

    def test_a_broken_file_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(Problem, "no case files"):
                cases.load(Path(folder))
            (Path(folder) / "broken.toml").write_text("title = ", encoding="utf-8")
            with self.assertRaisesRegex(Problem, "broken.toml"):
                cases.load(Path(folder))


class Planning(unittest.TestCase):
    def test_each_suite_has_claim_and_control(self):
        names = [test.name for test in
                 runner.plan([cases.from_table("c", GOOD)], runner.Selection(full=True), PROXY)]
        self.assertEqual(names, ["bookworm/c", "bookworm/c.control", "trixie/c", "trixie/c.control"])

    def test_the_default_tier_is_what_proves_something_of_its_own(self):
        alone, other = (cases.from_table("19-c", changed(proves=text)) for text in ("this", ""))
        selection = runner.Selection()
        self.assertEqual(selection.suites_of(alone), ("trixie",))
        self.assertEqual(selection.suites_of(other), ())
        with self.assertRaisesRegex(Problem, "no case is left"):
            runner.plan([other], selection, PROXY)

    def test_what_is_named_runs_whatever_it_proves(self):
        case = cases.from_table("19-c", GOOD)
        for expected, selection in (
                (("trixie",), runner.Selection(names=("19",))),
                (("trixie",), runner.Selection(names=("18", "19-c"))),
                ((), runner.Selection(names=("1",))),
                (("bookworm",), runner.Selection(names=("19",), suite="bookworm")),
                (("bookworm", "trixie"), runner.Selection(names=("19",), full=True)),
                (("trixie",), runner.Selection(suite="trixie")),
                (("bookworm",), runner.Selection(pattern="bookworm/19")),
                ((), runner.Selection(pattern="other"))):
            with self.subTest(selection=selection):
                self.assertEqual(selection.suites_of(case), expected)

    def test_two_cases_cannot_prove_the_same(self):
        twins = [cases.from_table(name, changed(proves="this")) for name in ("a", "b")]
        with self.assertRaisesRegex(Problem, "b: proves what a does"):
            cases.check_proves(twins)
        cases.check_proves([cases.from_table(name, GOOD) for name in ("a", "b")])

    def test_what_proves_something_has_a_guest_in_the_default_tier(self):
        with self.assertRaises(Problem):
            cases.from_table("c", changed(proves="this", suites=["bookworm"]))

    def test_without_a_transport_stand_ins_replace_ids_in_words_and_expectations(self):
        test = runner.plan([cases.from_table("c", GOOD)], TRIXIE, STAND_INS)[0]
        self.assertEqual(test.result, "")
        self.assertEqual(test.scenario.append, "pt.ids=1002:5159")
        self.assertEqual(test.case.claim[0]["of"], "1002:5159")

    def test_what_no_stand_in_can_show_is_skipped_with_a_reason(self):
        test = runner.plan([cases.from_table("c", changed(gpus=["10de:2684"]))], TRIXIE,
                           STAND_INS)[0]
        self.assertEqual(test.result, runner.SKIPPED)
        self.assertIn("10de:2684", test.reasons[0])

    def test_a_builder_that_cannot_be_had_is_a_skip_with_a_reason(self):
        known = {name: builder for name, builder in builders.KNOWN.items() if name != "dracut"}
        with mock.patch.object(builders, "KNOWN", known):
            test = runner.plan([cases.from_table("c", changed(builder="dracut"))], TRIXIE,
                               PROXY)[0]
        self.assertEqual(test.result, runner.SKIPPED)
        self.assertIn("builder dracut", test.reasons[0])

    def test_what_a_builder_has_no_means_for_is_a_skip_with_a_reason(self):
        with mock.patch.object(builders.KNOWN["initramfs-tools"], "lacks", ("early_modules",)):
            test = runner.plan([cases.from_table("c", changed(early_modules=["bochs"]))], TRIXIE,
                               PROXY)[0]
        self.assertEqual(test.result, runner.SKIPPED)
        self.assertIn("early_modules", test.reasons[0])

    def test_equal_scenarios_are_one_boot(self):
        case = cases.from_table("c", GOOD)
        self.assertEqual(case.scenario("trixie").key(), case.scenario("trixie").key())
        self.assertNotEqual(case.scenario("trixie").key(), case.scenario("bookworm").key())
        self.assertNotEqual(case.scenario("trixie").key(), case.control("trixie").key())


class Judging(unittest.TestCase):
    def verdict(self, driver, is_control, ids="10de:1b06"):
        case = cases.from_table("c", GOOD)
        told = Facts("initramfs", "6.12", "", devices=[
            Device("0000:01:00.0", ids, ids, "030000", driver, None, 1, False)])
        test = runner.Test(case, "trixie", is_control, case.scenario("trixie"))
        runner.judge(test, guest.Outcome(test.scenario, told, "", 1.0, Path("log")))
        return test

    def test_a_claim_holds_or_fails(self):
        self.assertEqual(self.verdict("vfio-pci", False).result, runner.OK)
        self.assertEqual(self.verdict("nouveau", False).result, runner.FAIL)

    def test_a_control_in_which_the_claim_holds_is_a_failure(self):
        test = self.verdict("vfio-pci", True)
        self.assertEqual(test.result, runner.FAIL)
        self.assertIn("should fail here", test.reasons[0])

    def test_a_control_fails_for_the_right_reason(self):
        self.assertEqual(self.verdict("nouveau", True).result, runner.OK)
        self.assertEqual(self.verdict(None, True).result, runner.FAIL)

    def test_a_missing_device_fails_claim_and_control(self):
        self.assertEqual(self.verdict("vfio-pci", False, "1:2").result, runner.FAIL)
        self.assertEqual(self.verdict("nouveau", True, "1:2").result, runner.FAIL)

    def test_a_guest_that_told_nothing_fails_claim_and_control(self):
        case = cases.from_table("c", GOOD)
        for is_control in (False, True):
            test = runner.Test(case, "trixie", is_control, case.scenario("trixie"))
            runner.judge(test, guest.Outcome(test.scenario, None, "it hangs", 1.0, Path("log")))
            self.assertEqual((test.result, test.reasons), (runner.FAIL, ("it hangs",)))


class Machine(unittest.TestCase):
    def words(self, **options):
        made = scenario.make({"stage": "initramfs", **options}, "test")
        files = qemu.GuestFiles(Path("k"), Path("i"), None, None, Path("c"), Path("w"), Path("."))
        return qemu.guest_words(made, STAND_INS, files, None)

    def test_devices_get_the_place_that_is_asked_for(self):
        words = self.words(devices=["edu@3.1", "edu@port", "edu@4/switch", "edu,addr=9.0"])
        for device in ("edu,bus=port3,addr=0.1", "edu,bus=port2,addr=0.0",
                       "edu,bus=down4,addr=0.0", "edu,addr=9.0"):
            self.assertIn(device, words)

    def test_a_place_cannot_be_taken_twice(self):
        for devices in (["edu@3", "edu@3"], ["edu@3/switch", "edu@3.1/pci"]):
            with self.subTest(devices), self.assertRaises(Problem):
                self.words(devices=devices)

    def test_a_given_command_line_is_the_whole_one(self):
        self.assertEqual(self.words(cmdline="quiet")[-1], "quiet")
        self.assertTrue(self.words(append="pt.off")[-1].endswith(" pt.off"))

    def test_only_a_video_mode_of_its_own_is_one(self):
        for words, first in (("pt.boot_vga=take", "vga=normal "), ("vga=791", ""),
                             ("vga=791 pt.boot_vga=take", ""),
                             ("pt.boot_vga=take vga=791", "vga=normal ")):
            with self.subTest(words):
                self.assertEqual(self.words(cmdline=words)[-1], f"{first}{words}")

    def test_the_iommu_is_what_is_asked_for(self):
        for kind in ("intel", "amd"):
            self.assertIn(f"{kind}-iommu,intremap=on", self.words(iommu=kind))
        self.assertFalse([word for word in self.words(iommu="none") if "iommu" in word])


if __name__ == "__main__":
    unittest.main()
