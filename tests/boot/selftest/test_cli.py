# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options of a scenario by hand: each field of a scenario has one, and says what is wrong."""

import dataclasses
import tempfile
import unittest
from pathlib import Path

from ptboot import cli, scenario
from ptboot.support import Problem


def made(*words):
    return cli.by_hand(cli.parser().parse_args(list(words)))


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.script = Path(folder.name) / "script"
        self.script.write_text("ptctl list\n", encoding="utf-8")

    def test_each_field_of_a_scenario_has_an_option(self):
        options = vars(cli.parser().parse_args([]))
        self.assertEqual([], [field.name for field in dataclasses.fields(scenario.Scenario)
                              if field.name not in options])

    def test_without_options_it_is_the_scenario_of_all_defaults(self):
        self.assertEqual(made(), scenario.Scenario())

    def test_a_guest_that_boots_from_its_disk(self):
        script = str(self.script)
        guest = made("--loader", "grub", "--boot", script, "--boot", script, "--no-hook",
                     "--package-file")
        self.assertEqual(guest.boots, ("ptctl list\n", "ptctl list\n"))
        self.assertTrue(guest.package_file and not guest.hook)

    def test_what_does_not_go_together_is_refused(self):
        script = str(self.script)
        for words in (["--loader", "grub"], ["--boot", script], ["--boot", f"{script}.no"],
                      ["--script", f"{script}.no"], ["--kernel", f"{script}.no"],
                      ["--package-file", "--no-hook"], ["--uki"], ["--firmware", "ovmf-secureboot"],
                      ["--loader", "grub", "--boot", script, "--package-file"]):
            with self.subTest(words), self.assertRaises(Problem):
                made(*words)
