# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runner itself: what it accepts, and what it does not."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from .cases import HERE
from .judge import same

CASE = '''# a comment that stays
title = "two words are wrong"  # and this one
machine = "desktop"
exit = 3
cmdline = 'pt.ids=10de:1b06'
plan = """
0000:01:00.0 10de:1b06 (display): {bind pci-stub}{group 1}{by pt.ids=10de:1b06}
"""
# between
log = "nonsense"
changes = \'\'\'
0000:01:00.0/driver: none -> vfio-pci
\'\'\'
'''
ACCEPTED = '''# a comment that stays
title = "two words are wrong"  # and this one
machine = "desktop"
exit = 0
cmdline = 'pt.ids=10de:1b06'
plan = """
0000:01:00.0 10de:1b06 (display): {bind vfio-pci}{group 1}{by pt.ids=10de:1b06}
0000:01:00.1 10de:10ef (audio): {bind vfio-pci}{group 1}{companion 0000:01:00.0}{by pt.ids=10de:1b06}
"""
# between
log = "{sum 2 2 0 0 0 0 vfio-pci}"
changes = \'\'\'
0000:01:00.0/driver: none -> vfio-pci
0000:01:00.0/driver_override: (null) -> vfio-pci
0000:01:00.1/driver: none -> vfio-pci
0000:01:00.1/driver_override: (null) -> vfio-pci
\'\'\'
'''
CRASHING = '#!/bin/sh\n"{program}" "$@"\nkill -SEGV $$\n'


def accept(folder, program, case, *options):
    """Runs the one case there; returns what the runner prints, its exit code, and the case then."""
    path = os.path.join(folder, "case.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(case)
    run = subprocess.run([sys.executable, os.path.join(HERE, "run"), "--cases", folder, "--program",
                          program, *options], check=False, capture_output=True, text=True)
    with open(path, encoding="utf-8") as file:
        return run.stdout, run.returncode, file.read()


def check_accept_writes_what_was_found(program):
    """--accept shows the difference and writes it into the case, of which all else stays."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as folder:
        out, code, text = accept(folder, program.path, CASE)
        same("without --accept", (code, text), (1, CASE))
        out, code, text = accept(folder, program.path, CASE, "--accept")
        same("the case", text.splitlines(), ACCEPTED.splitlines())
        same("exit code", code, 0)
        same("the difference is shown", "-exit = 3\n+exit = 0\n" in out, True)
        same("last line", out.splitlines()[-1], "1 passed, 0 failed, 0 skipped")
        same("and again", accept(folder, program.path, text)[1], 0)


def check_accept_changes_the_sentence_and_not_its_cases(program):
    """--accept of a sentence that reads otherwise wherever it is used changes that alone."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as folder:
        path = shutil.copy(os.path.join(HERE, "sentences.toml"), folder)
        with open(path, encoding="utf-8") as file:
            before = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(re.sub("^by = .*", 'by = ", meant by {1}"', before, flags=re.MULTILINE))
        out, code, text = accept(folder, program.path, ACCEPTED, "--accept")
        same("exit code and case", (code, text), (0, ACCEPTED))
        same("the difference is shown", '-by = ", meant by {1}"\n' in out, True)
        with open(path, encoding="utf-8") as file:
            same("the sentences", file.read(), before)


def check_accept_takes_no_crash(program):
    """--accept writes nothing of a run that crashed."""
    with tempfile.TemporaryDirectory(prefix="pt-tree-") as folder:
        crashing = os.path.join(folder, "crashing")
        with open(crashing, "w", encoding="ascii") as file:
            file.write(CRASHING.format(program=program.path))
        os.chmod(crashing, 0o755)
        _, code, text = accept(folder, crashing, CASE, "--accept")
        same("exit code and case", (code, text), (1, CASE))
