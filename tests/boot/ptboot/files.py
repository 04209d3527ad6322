# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files and disks of guests, and digests of what they are made of."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from .support import Problem, command

DISK_MEGABYTES = 1200  # sparse


def digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def bytes_digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    return bytes_digest(path.read_bytes())


def folder_digest(folder: Path) -> str:
    """Of the files in a folder, not of those in the folders below it."""
    return digest([[path.name, file_digest(path)] for path in sorted(folder.iterdir())
                   if path.is_file()])


def put(path: Path, content: bytes) -> None:
    """Writes a file of the guest; scripts are executable, the rest does not mind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)


def put_all(tree: Path, folder: Path, places: dict) -> None:
    """Copies files of a folder to their places below a tree."""
    for name, place in places.items():
        put(tree / place, (folder / name).read_bytes())


def lines(items: list) -> bytes:
    return "".join(f"{item}\n" for item in items).encode()


def single(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise Problem(f"{folder}: {len(found)} files match {pattern}, expected one")
    return found[0]


def make_disk(tree: Path, disk: Path) -> None:
    with open(disk, "wb") as handle:
        handle.truncate(DISK_MEGABYTES << 20)
    command(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-L", "ptboot", "-d", tree, disk],
            "making the root disk")


def allocated_bytes(path: Path) -> int:
    """Disk space in use below a folder, as du counts it."""
    done = subprocess.run(["du", "-s", "--block-size=1", str(path)], capture_output=True,
                          text=True, check=False)
    first = done.stdout.split("\t", 1)[0]
    return int(first) if first.isdigit() else 0
