# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix: how its file is expanded, and what its table says."""

import unittest
from pathlib import Path

from ptboot import guest, matrix, qemu, runner
from ptboot.facts import Device, Facts
from ptboot.support import Problem

CELLS = {"builder": ["initramfs-tools"], "image_kind": ["generic", "hostonly"],
         "module_format": ["zst"], "forced": ["a file"], "words": ["conf"], "without": "its turn"}
GOOD = {"title": "a claim", "suites": ["trixie"], "extra_suites": ["sid"],
        "guest": {"stage": "initramfs", "devices": ["bochs-display@2"], "append": "quiet",
                  "claim": [{"driver": "vfio-pci", "of": "1234:1111"}], "also": [{"module": "bochs"}]},
        "control": {"also": [{"driver": "bochs-drm", "of": "1234:1111"}]},
        "without": {"its turn": {"why": "its turn", "append": "pt.off"},
                    "package": {"why": "the package", "hook": False}},
        "words": {"conf": {"conf": ["pt.ids=1234:1111"]}, "line": {"append": "pt.ids=1234:1111"}},
        "forced": {"a file": {"force_modules": ["bochs"], "also": [{"image": "file"}]},
                   "a word": {"append": "rd.driver.pre=bochs"}},
        "cells": [CELLS]}
ABLE = qemu.Abilities("qemu", "QEMU", "proxy", "tcg")


def with_cells(**changes):
    return {**GOOD, "cells": [{**CELLS, **changes}]}


class Expanding(unittest.TestCase):
    def test_the_matrix_of_the_project_loads(self):
        cells = matrix.load()
        self.assertEqual({case.row[0] for case in cells},
                         {"initramfs-tools", "dracut", "dracut-nosystemd", "mkinitcpio",
                          "mkinitcpio-systemd"})
        rows = [dict(zip(matrix.AXES, case.row)) for case in cells]
        # What forces a driver to load is a matter of the builder.
        for one, other in (("image_kind", "module_format"), ("image_kind", "words"),
                           ("module_format", "words"), ("builder", "image_kind"),
                           ("builder", "module_format"), ("builder", "words")):
            with self.subTest(one=one, other=other):
                pairs = {(row[one], row[other]) for row in rows}
                self.assertEqual(len(pairs), len({row[one] for row in rows}) * 2)

    def test_a_block_is_all_combinations_of_its_lists(self):
        cells = matrix.from_table(with_cells(forced=["a file", "a word"]))
        self.assertEqual([case.name for case in cells],
                         ["matrix-initramfs-tools-generic-zst-a-file",
                          "matrix-initramfs-tools-generic-zst-a-word",
                          "matrix-initramfs-tools-hostonly-zst-a-file",
                          "matrix-initramfs-tools-hostonly-zst-a-word"])

    def test_command_lines_and_expectations_of_the_parts_are_joined(self):
        case = matrix.from_table(with_cells(image_kind=["generic"], words=["line"],
                                            forced=["a word"]))[0]
        self.assertEqual(case.scenario("trixie").append,
                         "quiet pt.ids=1234:1111 rd.driver.pre=bochs")
        self.assertEqual(case.control("trixie").append,
                         "quiet pt.ids=1234:1111 rd.driver.pre=bochs pt.off")
        case = matrix.from_table(with_cells(image_kind=["generic"]))[0]
        self.assertEqual(case.also, ({"module": "bochs"}, {"image": "file"}))
        self.assertEqual(case.scenario("trixie").force_modules, ("bochs",))

    def test_the_control_is_without_what_the_block_says(self):
        case = matrix.from_table(with_cells(image_kind=["generic"], without="package"))[0]
        self.assertTrue(case.scenario("trixie").hook)
        self.assertFalse(case.control("trixie").hook)
        self.assertEqual(case.control("trixie").append, case.scenario("trixie").append)

    def test_a_block_may_leave_out_a_suite(self):
        table = {**with_cells(suites=["trixie"]), "suites": ["bookworm", "trixie"]}
        self.assertEqual({case.suites for case in matrix.from_table(table)}, {("trixie",)})

    def test_a_bad_matrix_is_refused(self):
        for name, table in {"unknown name": with_cells(forced=["a spell"]),
                            "unknown control": with_cells(without="luck"),
                            "unknown list": with_cells(weather=["fair"]),
                            "unknown builder": with_cells(builder=["tar"]),
                            "the same cell twice": {**GOOD, "cells": [CELLS, CELLS]},
                            "no cells": {**GOOD, "cells": []},
                            "missing list": {**GOOD, "cells": [{"builder": ["dracut"]}]}}.items():
            with self.subTest(name), self.assertRaises(Problem):
                matrix.from_table(table)

    def test_an_extra_suite_runs_only_when_it_is_asked_for(self):
        cells = matrix.from_table(GOOD)
        for expected, selection in ((("trixie",), runner.Selection(full=True)),
                                    (("sid",), runner.Selection(suite="sid")),
                                    ((), runner.Selection(suite="bookworm"))):
            self.assertEqual({selection.suites_of(cell) for cell in cells}, {expected})


class Table(unittest.TestCase):
    def summary(self, driver, listing):
        tests = runner.plan(matrix.from_table(with_cells(image_kind=["generic"])),
                            runner.Selection(full=True), ABLE)
        outcomes = {}
        for test in tests:
            held_by = "bochs-drm" if test.is_control else driver
            told = Facts("initramfs", "6.12", "", modules=["bochs"], devices=[
                Device("0000:01:00.0", "1234:1111", "-", "038000", held_by, None, 1, False)])
            outcomes[test.scenario.key()] = guest.Outcome(test.scenario, told, "", 1.0,
                                                          Path("console.log"), listing)
            runner.judge(test, outcomes[test.scenario.key()])
        return runner.summary(tests, outcomes)

    def test_a_row_says_what_the_cell_is_and_how_it_ended(self):
        text = self.summary("vfio-pci", ["file", "x/vfio-pci.ko.zst"])
        self.assertRegex(text, r"builder +image +modules +forced by +words in +in the image +trixie")
        self.assertRegex(text, r"initramfs-tools +generic +zst +a file +conf +ko\.zst +ok +ok")
        self.assertNotIn("console.log", text)

    def test_a_failed_cell_shows_where_its_console_log_is(self):
        text = self.summary("bochs-drm", ["file"])
        self.assertRegex(text, r"a file +conf +none +FAIL +ok")
        self.assertIn("driver is bochs-drm, not vfio-pci", text)
        self.assertIn("console log: console.log", text)


if __name__ == "__main__":
    unittest.main()
