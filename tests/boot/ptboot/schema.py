# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the report of a guest against docs/report.schema.json."""

from __future__ import annotations

import functools
import json

from .facts import REPORT_PATH, Facts
from .support import PROJECT

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

MISSING = ("Python's jsonschema is missing (Debian: python3-jsonschema), so no report is held "
           "against its schema") if Draft202012Validator is None else ""


@functools.cache
def _validator():
    path = PROJECT / "docs" / "report.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def complaints(facts: Facts) -> list[str]:
    """What is wrong with the guest's report.json; nothing if there is none."""
    if REPORT_PATH not in facts.reports:
        return []
    if facts.report is None:
        return [f"{REPORT_PATH} is not JSON"]
    if MISSING:
        return []
    return [f"{REPORT_PATH}: its schema refuses /{'/'.join(map(str, error.absolute_path))}: "
            f"{error.message[:300]}" for error in _validator().iter_errors(facts.report)]
