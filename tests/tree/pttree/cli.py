# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chooses tests, runs them and counts."""

import argparse
import os
import sys
import tempfile
import traceback

from . import checks, faults, modules
from .cases import Case, case_names
from .program import Program, Skip

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SKIPPED = 77  # exit code for ctest


def all_tests():
    tests = {name: Case(name) for name in case_names()}
    for module in (checks, faults, modules):
        for name, function in vars(module).items():
            if name.startswith("check_"):
                tests[name.removeprefix("check_").replace("_", "-")] = Check(function)
    return tests


class Check:
    def __init__(self, function):
        self.title = function.__doc__.strip().splitlines()[0].rstrip(".")
        self.run = function


def main():
    parser = argparse.ArgumentParser(description="Runs pt-hook on fake machines.")
    parser.add_argument("--program", default=os.path.join(TOP, "build/release/pt-hook"),
                        help="the program to test (build/release/pt-hook)")
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
    if not os.access(options.program, os.X_OK):
        parser.error(f"there is no program {options.program}: build it, or give --program")

    use_memory()
    program = Program(options.program)
    results = {"passed": 0, "failed": 0, "skipped": 0}
    for name in options.name or tests:
        results[run_one(program, name, tests[name])] += 1
    print(", ".join(f"{number} {what}" for what, number in results.items()))
    if results["failed"]:
        return 1
    return 0 if results["passed"] else SKIPPED


def use_memory():
    """Makes the trees in memory if possible: the large ones take a minute on a disk."""
    if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK):
        space = os.statvfs("/dev/shm")
        if space.f_bavail * space.f_frsize > 1 << 28:
            tempfile.tempdir = "/dev/shm"


def run_one(program, name, test):
    try:
        test.run(program)
    except Skip as why:
        print(f"skipped {name}: {why}", flush=True)
        return "skipped"
    except AssertionError as error:
        print(f"FAILED  {name}: {test.title}\n  {error}", flush=True)
        return "failed"
    except Exception:  # a bug of the test, or what the program printed is no JSON
        print(f"FAILED  {name}: {test.title}", flush=True)
        traceback.print_exc(file=sys.stdout)
        return "failed"
    print(f"passed  {name}: {test.title}", flush=True)
    return "passed"
