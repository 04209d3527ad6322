# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chooses tests, runs them and counts."""

import argparse
import os

from pttree.cli import SKIPPED, TOP, Check, run_one, use_memory
from pttree.program import Program

from . import captures, completion, consistency, hostile, output, terminal
from .cases import Case, case_names

MODULES = (captures, completion, consistency, hostile, output, terminal)


class Programs:
    """The program that is tested, and the one whose report it reads."""

    def __init__(self, ctl, hook):
        self.ctl = Program(ctl)
        self.hook = Program(hook)


def all_tests():
    tests = {name: Case(name) for name in case_names()}
    for module in MODULES:
        for name, function in vars(module).items():
            if name.startswith("check_"):
                tests[name.removeprefix("check_").replace("_", "-")] = Check(function)
    return tests


def main():
    parser = argparse.ArgumentParser(description="Runs ptctl on fake machines.")
    parser.add_argument("--program", default=os.path.join(TOP, "build/release/ptctl"),
                        help="the program to test (build/release/ptctl)")
    parser.add_argument("--hook", default=os.path.join(TOP, "build/release/pt-hook"),
                        help="pt-hook, whose reports it reads (build/release/pt-hook)")
    parser.add_argument("--list", action="store_true", help="print the names of all tests")
    parser.add_argument("name", nargs="*", help="tests to run (all)")
    options = parser.parse_args()

    tests = all_tests()
    if options.list:
        print("\n".join(tests))
        return 0
    unknown = [name for name in options.name if name not in tests]
    if unknown:
        parser.error(f"no such test: {' '.join(unknown)}")
    for program in (options.program, options.hook):
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}: build it, or give its path")

    # What is printed must not depend on who runs this, and where.
    for name in ("NO_COLOR", "COLUMNS", "LANGUAGE"):
        os.environ.pop(name, None)
    os.environ |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    use_memory()
    programs = Programs(options.program, options.hook)
    results = {"passed": 0, "failed": 0, "skipped": 0}
    for name in options.name or tests:
        results[run_one(programs, name, tests[name])] += 1
    print(", ".join(f"{number} {what}" for what, number in results.items()))
    if results["failed"]:
        return 1
    return 0 if results["passed"] else SKIPPED
