# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests that are programs of their own, and count what they test themselves."""

import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree

from .runner import Check

SUM = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped\n\Z")


class Sum:
    def __init__(self, passed, failed, skipped, text=""):
        self.numbers = {"passed": passed, "failed": failed, "skipped": skipped}
        self.text = text


class Outside(Check):
    """A program whose last line is its sum, or which has none: then it is one test."""

    def __init__(self, title, *command, cost=1):
        self.title = title
        self.command = command
        self.cost = cost

    def start(self, *more):
        run = subprocess.run([*self.command, *more], check=False, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="backslashreplace")
        return run.returncode, run.stdout

    def run(self, _):
        code, out = self.start()
        found = SUM.search(out)
        if found is None:
            numbers = [int(code == 0), int(code != 0), 0]
        else:
            numbers = [int(number) for number in found.groups()]
            if code != 0 and not numbers[1]:
                out += f"no test failed, but it ended with status {code}\n"
                numbers[1] += 1
        return Sum(*numbers, out if numbers[1] else lines_of_skips(out))


def lines_of_skips(out):
    return "".join(line + "\n" for line in out.splitlines() if line.startswith("skip  "))


class Catch(Outside):
    """A program of Catch2: each of its test cases is one."""

    def run(self, _):
        with tempfile.TemporaryDirectory(prefix="pt-catch-") as folder:
            path = os.path.join(folder, "results.xml")
            code, out = self.start("--reporter", "console", "--reporter", f"xml::out={path}",
                                   "--colour-mode", "none")
            try:
                cases = xml.etree.ElementTree.parse(path).find("OverallResultsCases")
                numbers = [int(cases.get(name, 0)) for name in ("successes", "failures", "skips")]
            except (OSError, AttributeError, xml.etree.ElementTree.ParseError):
                return Sum(0, 1, 0, f"{out}it ended with status {code} and left no results\n")
        if code != 0 and not numbers[1]:
            out += f"no test failed, but it ended with status {code}\n"
            numbers[1] += 1
        return Sum(*numbers, out if numbers[1] else "")
