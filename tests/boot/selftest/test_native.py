# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of the distribution that the harness runs on."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ptboot import builders, matrix, native, scenario
from ptboot.support import Problem


class NativeTest(unittest.TestCase):
    def test_has_what_the_distribution_packages(self):
        for case in matrix.load():
            for made in (case.scenario("native"), case.control("native")):
                self.assertEqual(made.module_format, "usual", case.name)
                self.assertEqual(made.image_kind, "generic", case.name)
            self.assertNotEqual(case.scenario("native"), case.control("native"), case.name)

    def test_runs_only_when_asked_for(self):
        for case in matrix.load():
            self.assertNotIn("native", case.suites_for(""))
            self.assertEqual(case.suites_for("native"), ("native",))

    def test_what_it_has_not_is_a_problem(self):
        for options in ({"stage": "system"}, {"image_kind": "hostonly"},
                        {"image_kind": "listed"}, {"module_format": "xz"},
                        {"packages": ["driverctl"]}):
            with self.subTest(options), self.assertRaisesRegex(Problem, "native"):
                scenario.make({"suite": "native", "stage": "initramfs", "image_kind": "generic",
                               **options}, "test")

    def test_says_what_is_not_installed(self):
        wanted = scenario.make({"suite": "native", "stage": "initramfs", "builder": "dracut",
                                "image_kind": "generic"}, "x")
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(native, "ROOT",
                                                                        Path(folder)):
            self.assertIn("dracut is not installed", builders.missing(wanted))
            (Path(folder) / "usr/bin").mkdir(parents=True)
            (Path(folder) / "usr/bin/dracut").touch()
            self.assertIn("no kernel", builders.missing(wanted))
            modules = Path(folder) / "usr/lib/modules/6.1"
            modules.mkdir(parents=True)
            self.assertIn("no kernel", builders.missing(wanted))
            (modules / "vmlinuz").touch()
            self.assertEqual(builders.missing(wanted), "")

    def test_package_keeps_the_ending_that_says_what_unpacks_it(self):
        for name, wanted in (("pt-hook_0.1_amd64.deb", "package.deb"),
                             ("pt-hook-0.1-1.x86_64.rpm", "package.rpm"),
                             ("pt-hook-0.1-1-x86_64.pkg.tar.zst", "package.pkg.tar.zst")):
            self.assertEqual(native.package_name(Path(name)), wanted)
        self.assertEqual(native.package_name(None), "package.deb")


if __name__ == "__main__":
    unittest.main()
