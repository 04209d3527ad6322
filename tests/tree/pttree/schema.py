# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what the program tells as JSON against docs/report.schema.json."""

import functools
import json
import os

from .program import Skip

try:
    from jsonschema import Draft202012Validator
except ImportError:
    Draft202012Validator = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SCHEMA = os.path.join(TOP, "docs/report.schema.json")


@functools.cache
def validator():
    """What knows the schema; Skip where that cannot be had."""
    if Draft202012Validator is None:
        raise Skip("Python's jsonschema is missing, so no JSON is held against its schema")
    with open(SCHEMA, encoding="utf-8") as file:
        return Draft202012Validator(json.load(file))


def parse(text):
    """The JSON document of a text; AssertionError unless it fits the schema."""
    document = json.loads(text)
    if Draft202012Validator is not None:  # else told once, by a test of its own
        for error in validator().iter_errors(document):
            where = "/".join(map(str, error.absolute_path))
            raise AssertionError(f"JSON that its schema refuses at /{where}: {error.message[:300]}")
    return document
