# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the program, also under strace, which can make system calls fail."""

import errno
import os
import re
import shutil
import signal
import subprocess
import time

from .sentences import sentences

TIMEOUT = 60  # seconds; a run that is stuck must not stop the tests

# How musl says it; glibc's words Python has.
MUSL_WORDS = {"EIO": "I/O error", "EBUSY": "Resource busy", "ELOOP": "Symbolic link loop",
              "ENOTSUP": "Not supported"}
SANITIZER = re.compile(r"(Address|Leak|UndefinedBehavior)Sanitizer|runtime error:")

# How programs have ended that crashed since this was last emptied.
crashes = []


class Run:
    def __init__(self, code, out, err, seconds):
        self.code = code
        self.out = out
        self.err = err
        self.seconds = seconds


class Program:
    def __init__(self, path):
        self.path = os.path.abspath(path)

    def is_static(self):
        with open(self.path, "rb") as file:
            return b"/ld-linux" not in file.read(4096)

    def words(self, text):
        """A text with the sentences that it names, and this program's words for errors that it names
        as in {EIO}."""
        for name, musl in MUSL_WORDS.items():
            words = musl if self.is_static() else os.strerror(getattr(errno, name))
            text = text.replace("{" + name + "}", words)
        return sentences().expand(text)

    def run(self, *arguments, prefix=(), **options):
        """Runs it to its end. `prefix` is a command that runs the program, such as strace."""
        environment = dict(os.environ)
        if prefix:
            # LeakSanitizer needs ptrace for itself.
            environment["ASAN_OPTIONS"] = "detect_leaks=0"
        begin = time.monotonic()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        with subprocess.Popen([*prefix, self.path, *arguments], env=environment,
                              stdin=subprocess.DEVNULL, start_new_session=True, **pipes) as process:
            try:
                out, err = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                # strace would leave the program behind
                os.killpg(process.pid, signal.SIGKILL)
                crashes.append("it did not end")
                raise
        run = Run(process.returncode, decode(out), decode(err), time.monotonic() - begin)
        if run.code < 0 or run.code > 128 or SANITIZER.search(run.err):
            crashes.append(f"it ended with {run.code}: {run.err[-2000:]}")
        return run


def without_words(text):
    """A text with names for the words for errors."""
    for name, musl in MUSL_WORDS.items():
        for words in (musl, os.strerror(getattr(errno, name))):
            text = re.sub(rf"\b{re.escape(words)}\b", "{" + name + "}", text)
    return text


def decode(data):
    return "" if data is None else data.decode("utf-8", "backslashreplace")


def without_times(text):
    return re.sub(r"\b\d+ us\b", "N us", text)


def strace(*arguments):
    """A prefix that runs the program and its children under strace."""
    if shutil.which("strace") is None:
        raise Skip("there is no strace")
    return ("strace", "-f", "-qq", *arguments)


def inject(machine, call, what, *paths):
    """A prefix that makes `call` on any of `paths` fail. strace compares the path as it is given to
    the call, or that of the file descriptor."""
    selected = []
    for path in paths:
        for name in (path, f"devices/{path}", os.path.realpath(machine.path(path))):
            selected += ["-P", name]
    return strace("-o", "/dev/null", *selected, "-e", f"trace={call}",
                  "-e", f"inject={call}:{what}")


class Skip(Exception):
    """Why a test cannot be done here."""
