# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs tests side by side, each in a process of a pool, and counts. One test is one claim, however
many programs it is held against."""

import argparse
import concurrent.futures
import multiprocessing
import os
import signal
import tempfile
import traceback

from . import accept, sentences
from .judge import Judge
from .program import Skip, crashes

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
TIMEOUT = 600  # seconds, of one test


class Check:
    """A test that is a function. `cost` is about how many seconds it takes: the long ones begin."""

    def __init__(self, function):
        self.title = " ".join(function.__doc__.split()).partition(". ")[0].rstrip(".")
        self.run = function
        self.cost = getattr(function, "cost", 1)


def checks_of(*modules):
    return {name.removeprefix("check_").replace("_", "-"): Check(function)
            for module in modules for name, function in vars(module).items()
            if name.startswith("check_")}


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--list", action="store_true", help="print the names of all tests")
    parser.add_argument("-j", type=int, default=2, metavar="N", help="tests side by side (2)")
    parser.add_argument("--accept", action="store_true",
                        help="show what differs from the cases, and write it into them")
    parser.add_argument("--full", action="store_true", help="also what takes long")
    parser.add_argument("--cases", metavar="DIR", help="another folder of cases, with its own sentences.toml if there is one, "
                             "and nothing else")
    parser.add_argument("name", nargs="*", help="tests to run (all)")
    return parser


def use_memory():
    """Makes the trees in memory if possible: the large ones take a minute on a disk."""
    if "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK):
        space = os.statvfs("/dev/shm")
        if space.f_bavail * space.f_frsize > 1 << 28:
            tempfile.tempdir = "/dev/shm"


def main(parser, options, tests, programs):
    """Runs the tests by their names, with each of `programs`, {label: what their run() gets}."""
    if options.list:
        print("\n".join(tests))
        return 0
    unknown = [name for name in options.name if name not in tests]
    if unknown:
        parser.error(f"no such test: {' '.join(unknown)}")
    own = os.path.join(options.cases or "", "sentences.toml")
    if options.cases and os.path.exists(own):
        sentences.files[:] = [own]
    use_memory()
    runner = Runner(tests, programs, options.j)
    names = options.name or list(tests)
    results = runner.run(names, options.accept)
    if options.accept:
        results = accept.settle(runner, results)
    numbers = {what: sum(result.numbers.get(what, 0) for result in results.values())
               for what in ("passed", "failed", "skipped")}
    print(", ".join(f"{number} {what}" for what, number in numbers.items()), flush=True)
    return 0 if numbers["passed"] and not numbers["failed"] else 1


class Result:
    def __init__(self, status, text="", judge=None):
        self.status = status  # passed, failed or skipped
        self.text = text
        self.numbers = {status: 1}
        self.changes = judge.changes if judge else {}
        self.pairs = judge.pairs if judge else []


class Runner:
    def __init__(self, tests, programs, number):
        self.tests = tests
        self.programs = programs
        self.number = number

    def run(self, names, accepts=False, is_quiet=False):
        """{name: Result}"""
        results = {}
        names = sorted(names, key=lambda name: -getattr(self.tests[name], "cost", 1))
        # Processes and not threads, for some tests change the environment.
        with concurrent.futures.ProcessPoolExecutor(
                self.number, multiprocessing.get_context("fork")) as pool:
            jobs = {pool.submit(run_one, self.tests[name], self.programs, accepts): name
                    for name in names}
            for job in concurrent.futures.as_completed(jobs):
                name = jobs[job]
                try:
                    result = job.result()
                except concurrent.futures.process.BrokenProcessPool:
                    result = Result("failed", "the process of the test has ended")
                results[name] = result
                if not is_quiet:
                    tell(name, self.tests[name].title, result)
        return results


def tell(name, title, result):
    if result.status == "skipped":
        print(f"skip  {name} ({result.text})", flush=True)
    elif result.status == "passed":
        print(f"passed  {name}: {title}{result.text}", flush=True)
    else:
        print(f"FAILED  {name}: {title}\n  {result.text}", flush=True)


def too_long(*_):
    raise AssertionError(f"it has taken {TIMEOUT} seconds")


def run_one(test, programs, accepts):
    """Holds one test against each program. It is passed if it is so with one and fails with none."""
    result = None
    signal.signal(signal.SIGALRM, too_long)
    for label, program in programs.items():
        signal.alarm(TIMEOUT)
        of_this = run_with(test, program, accepts)
        signal.alarm(0)
        if of_this.status == "failed":
            if len(programs) > 1:
                of_this.text = f"{label}: {of_this.text}"
            return of_this
        if result is None or result.status == "skipped":
            result = of_this
    return result


def run_with(test, program, accepts):
    crashes.clear()
    judge = Judge(accepts)
    try:
        said = test.run(program) if isinstance(test, Check) else test.run(program, judge)
        if judge.changes:
            raise judge.first
        if hasattr(said, "numbers"):
            return counted(said)
        return Result("passed", f" ({said})" if said else "")
    except Skip as why:
        return Result("skipped", str(why))
    except AssertionError as error:
        # what could be accepted, if nothing else is wrong
        return Result("failed", str(error), judge if error is judge.first else None)
    except Exception:  # a bug of the test, or what the program printed is no JSON
        return Result("failed", traceback.format_exc())


def counted(said):
    """The result of a test that counts for itself."""
    result = Result("failed" if said.numbers["failed"] else "passed", said.text)
    result.numbers = said.numbers
    if result.status == "passed":
        result.text = f" ({said.numbers['passed']} tests)\n{said.text}".rstrip("\n")
    return result


def need(parser, *programs):
    for program in programs:
        if not os.access(program, os.X_OK):
            parser.error(f"there is no program {program}: build it, or give its path")

