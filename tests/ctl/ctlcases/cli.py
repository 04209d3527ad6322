# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tests of ptctl, and the programs that they are held against."""

import os

from pttree import runner
from pttree.outside import Catch
from pttree.program import Program

from . import captures, completion, consistency, hostile, output, terminal
from .cases import CASES, Case, case_names

MODULES = (captures, completion, consistency, hostile, output, terminal)


class Programs:
    """The program that is tested, and the one whose report it reads."""

    def __init__(self, ctl, hook):
        self.ctl = Program(ctl)
        self.hook = Program(hook)

    def words(self, text):
        """A text with the sentences that it names, and the words of pt-hook for errors."""
        return self.hook.words(text)


def all_tests(folder):
    tests = {name: Case(name, folder or CASES) for name in case_names(folder or CASES)}
    return tests if folder else tests | runner.checks_of(*MODULES)


def main():
    parser = runner.arguments("Runs ptctl on fake machines.")
    release = os.path.join(runner.TOP, "build/release")
    parser.add_argument("--program", help="the program to test (build/release/ptctl)")
    parser.add_argument("--hook", help="pt-hook, whose reports it reads (build/release/pt-hook)")
    parser.add_argument("--build", metavar="DIR",
                        help="test the programs of this build, and the parts of ptctl")
    options = parser.parse_args()
    program = options.program or os.path.join(options.build or release, "ptctl")
    hook = options.hook or (os.path.join(options.build, "pt-hook-host") if options.build else
                            os.path.join(release, "pt-hook"))
    tests = all_tests(options.cases)
    if not options.list:
        runner.need(parser, program, hook)
        if options.build and not options.cases:
            unit = os.path.join(options.build, "tests/ctl/pt-ctl-unit")
            runner.need(parser, unit)
            tests["parts"] = Catch("each part of ptctl by itself", unit, cost=30)

    # What is printed must not depend on who runs this, and where.
    for name in ("NO_COLOR", "COLUMNS", "LANGUAGE"):
        os.environ.pop(name, None)
    os.environ |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return runner.main(parser, options, tests, {program: Programs(program, hook)})
