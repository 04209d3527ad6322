# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tests of pt-hook, and the programs that they are held against."""

import os

from . import checks, everycall, faults, modules, runner, selftest
from .cases import CASES, Case, case_names
from .program import Program


def all_tests(folder, is_full):
    tests = {name: Case(name, folder or CASES) for name in case_names(folder or CASES)}
    if folder is None:
        tests |= runner.checks_of(checks, faults, modules, selftest) | everycall.tests(is_full)
    return tests


def main():
    parser = runner.arguments("Runs pt-hook on fake machines.")
    parser.add_argument("--program", action="append", default=[],
                        help="the program to test; may be given again (build/release/pt-hook)")
    parser.add_argument("--build", metavar="DIR", help="test the one built for this machine there")
    options = parser.parse_args()
    paths = list(options.program)
    if options.build:
        paths.append(os.path.join(options.build, "pt-hook-host"))
    paths = paths or [os.path.join(runner.TOP, "build/release/pt-hook")]
    if not options.list:
        runner.need(parser, *paths)
    programs = {path: Program(path) for path in paths}
    return runner.main(parser, options, all_tests(options.cases, options.full), programs)
