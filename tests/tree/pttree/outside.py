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
    """A program of Catch2: each of its test cases is one.

    With its plain reporter alone: those that write XML take std::cout for themselves, and tests of
    what is printed there would find nothing."""

    ALL_PASSED = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)$", re.MULTILINE)
    SOME = re.compile(r"^test cases: .*$", re.MULTILINE)
    # its name between two lines, its place above dots, then the reason
    SKIPPED = re.compile(r"^-{79}\n(.+)\n-{79}\n.*\n\.{79}\n\n.* SKIPPED:\n"
                         r"(?:explicitly with message:\n)?((?: .*\n)*)", re.MULTILINE)

    def run(self, _):
        code, out = self.start("--colour-mode", "none")
        passed, some = self.ALL_PASSED.search(out), self.SOME.search(out)
        if passed:
            numbers = [int(passed[1]), 0, 0]
        elif some:
            numbers = [int((re.search(rf"(\d+) {what}", some[0]) or [0, 0])[1])
                       for what in ("passed", "failed", "skipped")]
        else:
            return Sum(0, 1, 0, f"{out}it ended with status {code} and without a sum\n")
        if code != 0 and not numbers[1]:
            out += f"no test failed, but it ended with status {code}\n"
            numbers[1] += 1
        skips = "".join(f"skip  {name} ({' '.join(why.split())})\n"
                        for name, why in self.SKIPPED.findall(out))
        return Sum(*numbers, out if numbers[1] else skips)
