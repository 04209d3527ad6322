# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every module needs: the error type, paths, progress lines, commands, locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
GUEST_FILES = Path(__file__).resolve().parent / "guest"

# Where temporary files go. Programs in a guest's tree, in which there is no such folder, are not to
# hear of it.
SCRATCH = os.environ.pop("TMPDIR", "")
if os.path.isdir(SCRATCH):
    tempfile.tempdir = SCRATCH

_started = time.monotonic()
_print_lock = threading.Lock()


class Problem(Exception):
    """An error whose text is written for the person who runs the tests."""


class Stopped(Exception):
    """The run was asked to stop (Ctrl-C or a signal)."""


def say(text: str) -> None:
    """One progress line on standard error, with the seconds since the start of the run."""
    with _print_lock:
        print(f"[{time.monotonic() - _started:6.1f} s] {text}", file=sys.stderr, flush=True)


def cache_dir() -> Path:
    """The project's cache, the same rule as in scripts/lib.sh."""
    chosen = os.environ.get("PT_CACHE_DIR")
    if not chosen:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        chosen = f"{base}/pt-hook"
    path = Path(chosen)
    path.mkdir(parents=True, exist_ok=True)
    return path


def command(argv: list, what: str, **options) -> str:
    """Runs a command and returns its output; on failure says `what` failed and how."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    except FileNotFoundError as error:
        raise Problem(f"{what}: {error.filename}: not found "
                      "(scripts/setup boot installs what the boot tests need)") from error
    if done.returncode != 0:
        tail = "\n".join("    " + line for line in done.stdout.splitlines()[-25:])
        raise Problem(f"{what}: `{' '.join(argv[:6])} ...` ended with status "
                      f"{done.returncode}; its last lines:\n{tail}")
    return done.stdout


@contextlib.contextmanager
def exclusive(name: str):
    """A lock between threads and between processes: one builder for each cache entry."""
    folder = cache_dir() / "locks"
    folder.mkdir(exist_ok=True)
    with open(folder / name, "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def workshop(folder: Path):
    """A folder to make the entry in whose own folder this is: in that one, or in $TMPDIR. One that
    programs still write to when they were stopped is left."""
    with tempfile.TemporaryDirectory(prefix="ptboot-tree.", ignore_cleanup_errors=True,
                                     dir=SCRATCH if os.path.isdir(SCRATCH) else folder) as name:
        yield Path(name)
